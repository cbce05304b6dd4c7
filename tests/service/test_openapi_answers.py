"""Every operation of the OpenAPI document succeeds once, with an answer as the document has it.

Made-up requests are mostly refused; here somebody who knows the campaign asks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from schemathesis.core.result import Ok

from app.service.access import Role
from app.service.context import Services
from data.store import Store, jobs, plans
from data.store.tables import JobStatus
from tests.service.conftest import BEGINNING, AsRole
from tests.service.test_returns import answered, remark_file
from tests.service.tiny import PORTRAIT, tiny_files

FOLLOWED = {"followJob"}
"""A stream, followed in tests/service/test_jobs.py."""


class Document:
    """The document of a service, and which of its operations have succeeded."""

    def __init__(self, application: FastAPI) -> None:
        schema = schemathesis.openapi.from_asgi("/openapi.json", application)
        found = (each.ok() for each in schema.get_all_operations() if isinstance(each, Ok))
        # Of two paths that fit, the one with fewer names to fill in is meant.
        self._operations = sorted(found, key=lambda each: each.path.count("{"))
        self.done: set[str] = set()

    @property
    def names(self) -> set[str]:
        """Return the operations that there are."""
        return {_name(each) for each in self._operations}

    def check(self, answer: Any) -> None:
        """Refuse an answer that is no success, or not as the document has it."""
        assert answer.is_success, (str(answer.request.url), answer.status_code, answer.text)
        method, path = answer.request.method, answer.request.url.path
        operation = next(
            each
            for each in self._operations
            if each.method.upper() == method
            and re.fullmatch(re.sub(r"\\?\{[^}]*\}", "[^/]+", re.escape(each.path)), path)
        )
        assert str(answer.status_code) in operation.definition.raw["responses"]
        operation.validate_response(answer)
        self.done.add(_name(operation))


def _name(operation: Any) -> str:
    return str(operation.definition.raw["operationId"])


class Person:
    """Somebody whose every answer is checked; what they change they have seen."""

    def __init__(self, document: Document, client: TestClient) -> None:
        self._document, self._client = document, client

    def get(self, path: str) -> Any:
        """Return an answer."""
        answer = self._client.get(path)
        self._document.check(answer)
        return answer

    def change(self, method: str, path: str, *, seen: str = "", **sent: Any) -> Any:
        """Return the answer to a change of what was seen, at its own path or another."""
        headers = {"If-Match": self._client.get(seen).headers["ETag"]} if seen else {}
        answer = self._client.request(method, path, headers=headers, **sent)
        self._document.check(answer)
        return answer


@pytest.mark.slow
def test_every_operation_answers_as_the_document_has_it(
    application: FastAPI, service: Services, store: Store, as_role: AsRole, *, plan_id: str
) -> None:
    document = Document(application)
    client = as_role(Role.PLANNER, subject="planificatrice")
    planner = Person(document, client)
    approver = Person(document, as_role(Role.APPROVER, subject="directrice"))
    admin = Person(document, as_role(Role.ADMIN, subject="admin"))
    with store.write() as tx:
        plan = plans.get(tx, plan_id)
        assert plan is not None
        campaign_id, job_id = plan.campaign_id, plan.job_id or ""
        job = jobs.get(tx, job_id)
        assert job is not None
        jobs.finish(tx, job, JobStatus.SUCCESSFUL, at=service.clock(), plan_id=plan_id)

    _change_a_plan_by_hand(planner, plan_id)
    known = {"campaign_id": campaign_id, "plan_id": plan_id, "job_id": job_id}
    known |= _make_and_revoke(planner, admin, known)
    planner.change(
        "POST",
        f"/plans/{plan_id}/remarks",
        files={"file": ("r.json", remark_file(client, plan_id, "Bien."))},
    )
    refused = answered(client, plan_id, "refusée")
    known["next"] = _through_the_workflow(planner, approver, plan_id, refused)
    (posting, *_) = client.get(f"/plans/{known['next']}/postings").json()["items"]
    proof = f"{posting['face_id']};{posting['period']};photo-1.jpg;2017-10-17"
    proofs = f"face_id;period;photo;taken_on\n{proof}\n".encode()
    known["proven"] = _through_the_workflow(planner, approver, known["next"], proofs)
    for path in _everything_to_read(known):
        (admin if re.search("/(keys|members)", path) else planner).get(path)
    _change_a_campaign(planner)
    assert document.names - document.done == FOLLOWED


def _change_a_plan_by_hand(planner: Person, plan_id: str) -> None:
    at = f"/plans/{plan_id}"
    posting = planner.get(f"{at}/postings").json()["items"][0]
    where = {name: posting[name] for name in ("period", "face_id")}
    swap = {**where, "agent_id": None}
    planner.change("POST", f"{at}/swap", seen=at, json={**swap, "dry_run": True})
    planner.change("POST", f"{at}/swap", seen=at, json=swap)
    planner.change("POST", f"{at}/undo", seen=at)
    planner.change("POST", f"{at}/redo", seen=at)
    planner.change("POST", f"{at}/undo", seen=at)
    locked = {**where, "agent_id": posting["agent_id"]}
    planner.change("POST", f"{at}/locks", seen=at, json=locked)


def _make_and_revoke(planner: Person, admin: Person, known: Mapping[str, str]) -> dict[str, str]:
    links = f"/plans/{known['plan_id']}/links"
    asked = {"view": "officials", "label": "Mairie", "expires_in_days": 3}
    link = planner.change("POST", links, json=asked).json()
    planner.get(link["url"].removeprefix("http://testserver"))
    planner.change("POST", f"{links}/{link['link_id']}/revoke")
    key = admin.change("POST", "/keys", json={"subject": "outil", "label": "SIG"}).json()
    admin.change("POST", f"/keys/{key['key_id']}/revoke")
    role = {"subject": "marie", "role": "reader"}
    for path in ("/members", f"/campaigns/{known['campaign_id']}/members"):
        admin.change("POST", path, json=role)
        admin.change("POST", f"{path}/revoke", json=role)
    return {"link_id": link["link_id"], "key_id": key["key_id"]}


def _through_the_workflow(planner: Person, approver: Person, plan_id: str, answer: bytes) -> str:
    """Return the version of the plan that the buyer's answer makes."""
    at = f"/plans/{plan_id}"
    planner.change("POST", f"{at}/propose", seen=at)
    approver.change("POST", f"{at}/reject", seen=at, json={"reason": "Trop d’affiches."})
    planner.change("POST", f"{at}/propose", seen=at)
    approver.change("POST", f"{at}/approve", seen=at)
    planner.change("POST", f"{at}/send", seen=at)
    planner.change("POST", f"{at}/versions", seen=at)
    returned = {"file": ("retour.csv", answer, "text/csv")}
    made = planner.change("POST", f"{at}/reconcile", seen=at, files=returned)
    return str(made.json()["plan"]["plan_id"])


def _everything_to_read(known: Mapping[str, str]) -> list[str]:
    campaign, plan = f"/campaigns/{known['campaign_id']}", f"/plans/{known['plan_id']}"
    ogc = f"{campaign}/ogc"
    faces = f"{ogc}/collections/faces"
    return [
        *("/health", "/ready", "/metrics", "/campaigns", "/members"),
        *("/keys", f"/keys/{known['key_id']}", f"/jobs/{known['job_id']}"),
        *(ogc, f"{ogc}/conformance", f"{ogc}/api", f"{ogc}/collections"),
        *(faces, f"{faces}/schema", f"{faces}/items?limit=2", f"{faces}/items/f00"),
        campaign,
        *(
            f"{campaign}/{below}"
            for below in (
                *("faces.geojson", "check", "folder.zip", "plans", "jobs", "audit", "audit.csv"),
                *("faces", "faces/rows?limit=2", "faces/rows/f00", "agents/A1/portrait", "members"),
            )
        ),
        plan,
        *(
            f"{plan}/{below}"
            for below in (
                *("explanations?summary=true", "tour", "verify", "revisions", "locks", "postings"),
                *("affichage.csv", "affichage.xlsx", "affichage-machine.csv", "plan.gpkg"),
                *("bon-de-commande.pdf", "feuille-de-route.pdf", "synthese.pdf", "plan.json"),
                *("tournee.csv", "tournee.ics", "tournee.gpx"),
                *("carte-interne.html", "carte-regie.html", "carte-elus.html"),
                *("remarks", "remarques.csv", "links", f"links/{known['link_id']}"),
                f"compare/{known['next']}",
            )
        ),
        f"/plans/{known['next']}/affichage-modifications.csv",
        f"/plans/{known['proven']}/pige.csv",
    ]


def _change_a_campaign(planner: Person) -> None:
    """Do to a campaign what can be done to one, and in the end put it away."""
    rules = {"name": "Essai", "start": "2017-10-17", "periods": 2, "period_days": 7}
    empty = planner.change("POST", "/campaigns", json=rules).json()
    at = f"/campaigns/{empty['campaign_id']}"
    for kind, name in (("zones", "zones.geojson"), ("agents", "agents.csv")):
        planner.change("POST", f"{at}/{kind}", files={"file": (name, tiny_files()[name])})
    inventory = {"file": ("inventaire.csv", tiny_files()["inventaire.csv"])}
    planner.change("POST", f"{at}/faces", files=inventory)
    planner.change("PUT", f"{at}/faces", seen=f"{at}/faces", files=inventory)
    _change_a_row(planner, at)
    agent = f"{at}/agents/A1"
    planner.change("POST", f"{agent}/withdraw")
    new = {"media": ["affichage"], "until": None, "given_on": BEGINNING.date().isoformat()}
    planner.change("POST", f"{agent}/consent", json=new)
    planner.change("POST", f"{at}/agents/A2/forget")
    picture = {"file": ("P1.svg", PORTRAIT)}
    planner.change("PUT", f"{agent}/portrait", files=picture)
    planner.change("DELETE", f"{agent}/portrait", seen=f"{agent}/portrait")
    planner.change("DELETE", f"{at}/faces", seen=f"{at}/faces")
    planner.change("POST", f"{at}/copy", json={"name": "Copie"})
    job = planner.change("POST", f"{at}/plans").json()["jobID"]
    planner.change("DELETE", f"/jobs/{job}")
    planner.change("PATCH", at, seen=at, json={"campaign": {"name": "Autre essai"}})
    planner.change("POST", f"{at}/archive", seen=at, json={"archived": True})


def _change_a_row(planner: Person, at: str) -> None:
    rows = f"{at}/faces/rows"
    cells = planner.get(f"{rows}/f00").json()["cells"]
    planner.change("POST", rows, json={"cells": {**cells, "face_id": "neuve"}})
    new = f"{rows}/neuve"
    planner.change("PATCH", new, seen=new, json={"cells": {"price_eur": 95}})
    planner.change("DELETE", new, seen=new)
