"""Plans over the API: who is told what, files, swaps that keep the rules, undo, withdrawals."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.service.access import Role
from app.service.plan_files import PLAN_FILES
from data.read_plan import read_plan_folder
from data.store import Store, consents, plans
from data.store.unpacked import unpacked
from geo.verify import verify
from tests.service.conftest import AsRole
from tests.service.planned import ACT, put_plan, tiny_plan_files

NAMES = b"Nom Secret"


def tag_of(client: TestClient, plan_id: str) -> str:
    return str(client.get(f"/plans/{plan_id}").headers["ETag"])


def postings_of(client: TestClient, plan_id: str, **query: Any) -> list[dict[str, Any]]:
    """Return the postings that a page of a thousand tells."""
    answer = client.get(f"/plans/{plan_id}/postings", params={"limit": 1000, **query})
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def change(client: TestClient, plan_id: str, what: str, **body: Any) -> Response:
    """Change a plan as it is now."""
    headers = {"If-Match": tag_of(client, plan_id)}
    return client.post(f"/plans/{plan_id}/{what}", json=body or None, headers=headers)


def swap(client: TestClient, plan_id: str, at: dict[str, Any], **changes: Any) -> Response:
    """Ask for a swap at the place of a posting."""
    body = {"period": at["period"], "face_id": at["face_id"], "agent_id": None} | changes
    return change(client, plan_id, "swap", **body)


def checked(store: Store, plan_id: str) -> set[tuple[int, str, str]]:
    """Return the postings of a plan whose files all agree, by the code of ``placarde verify``."""
    with store.read() as tx:
        files = plans.files(tx, plan_id)
    with unpacked(files) as folder:
        found = read_plan_folder(folder)
        assert (
            verify(found.campaign, found.plan, found.order, changed_inputs=found.changed_inputs)
            == ()
        )
    return {(p.period, p.face_id, p.agent_id) for p in found.plan.allocation.postings}


def test_a_plan_tells_its_certificate_and_answers_304_to_who_knows_it(
    plan_id: str, client: TestClient
) -> None:
    answer = client.get(f"/plans/{plan_id}")
    told = answer.json()
    document = json.loads(tiny_plan_files()["plan.json"])
    for name in ("status", "objective", "bound", "gap", "cost_cents"):
        assert told["allocation"][name] == document["allocation"][name]
    assert told["versions"] == document["versions"]
    assert told["inputs"] == document["inputs"]
    known = client.get(f"/plans/{plan_id}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (known.status_code, known.content) == (304, b"")


def test_plans_come_in_pages_the_latest_first(
    store: Store, tiny: str, plan_id: str, client: TestClient
) -> None:
    later = [put_plan(store, tiny) for _ in range(2)]
    first = client.get(f"/campaigns/{tiny}/plans?limit=2").json()
    (following,) = [link["href"] for link in first["links"] if link["rel"] == "next"]
    second = client.get(following).json()
    told = [item["plan_id"] for page in (first, second) for item in page["items"]]
    assert told == [*reversed(later), plan_id]


def test_postings_are_filtered_and_paged_without_losing_any(
    plan_id: str, client: TestClient
) -> None:
    every = postings_of(client, plan_id)
    assert len(every) == 20
    parts, url = [], f"/plans/{plan_id}/postings?limit=7"
    while url:
        page = client.get(url).json()
        parts += page["items"]
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    assert parts == every
    assert postings_of(client, plan_id, period=2) == [p for p in every if p["period"] == 2]
    mine = [p for p in every if p["agent_id"] == "A3"]
    assert postings_of(client, plan_id, agent="A3") == mine
    assert postings_of(client, plan_id, zone="t3") == mine  # A3 works in t3 alone
    south = {p["agent_id"] for p in postings_of(client, plan_id, zone="sud")}
    assert south == {"A1", "A2"}
    assert postings_of(client, plan_id, face=every[0]["face_id"])[0] == every[0]


def test_only_planners_ask_what_one_agent_has(plan_id: str, as_role: AsRole) -> None:
    approver = as_role(Role.APPROVER)
    assert approver.get(f"/plans/{plan_id}/postings?agent=A1").status_code == 403
    assert approver.get(f"/plans/{plan_id}/explanations?agent=A1").status_code == 403
    assert {p["agent_id"] for p in postings_of(approver, plan_id)} == {None}


def test_explanations_are_those_of_the_command(plan_id: str, client: TestClient) -> None:
    at = postings_of(client, plan_id)[0]
    query = f"face={at['face_id']}&agent={at['agent_id']}"
    told = client.get(f"/plans/{plan_id}/explanations?{query}").json()
    assert told["face"]["face_id"] == at["face_id"]
    assert told["agent"]["agent_id"] == at["agent_id"]
    whole = client.get(f"/plans/{plan_id}/explanations?summary=true").json()
    assert whole["summary"]["measures"]["postings"] == 20
    assert client.get(f"/plans/{plan_id}/explanations?face=nulle-part").status_code == 404
    assert client.get(f"/plans/{plan_id}/explanations").status_code == 422


READERS = {
    Role.PLANNER: {each.name for each in PLAN_FILES},
    Role.APPROVER: {each.name for each in PLAN_FILES},
    Role.BUYER: {
        "affichage.csv", "affichage.xlsx", "affichage-machine.csv", "bon-de-commande.pdf",
        "affichage-modifications.csv", "pige.csv", "carte-regie.html",
    },
    Role.READER: {
        "tournee.csv", "tournee.ics", "tournee.gpx", "feuille-de-route.pdf", "synthese.pdf",
        "carte-elus.html",
    },
    Role.ADMIN: set(),
}  # fmt: skip
SOMETIMES = {"affichage-modifications.csv", "pige.csv"}


@pytest.mark.parametrize("role", list(Role))
def test_each_role_reads_its_own_files_and_names_are_for_planners(
    plan_id: str, as_role: AsRole, role: Role
) -> None:
    reader = as_role(role)
    for file in PLAN_FILES:
        answer = reader.get(f"/plans/{plan_id}/{file.name}")
        if file.name not in READERS[role]:
            assert answer.status_code == 403, file.name
            continue
        assert answer.status_code == (404 if file.name in SOMETIMES else 200), file.name
        with_names = role is Role.PLANNER and file.name == "carte-interne.html"
        assert (NAMES in answer.content) is with_names, file.name


def test_a_file_is_known_by_its_hash_and_a_page_keeps_its_own_policy(
    plan_id: str, client: TestClient
) -> None:
    for file in PLAN_FILES:
        if file.name in SOMETIMES:
            continue
        answer = client.get(f"/plans/{plan_id}/{file.name}")
        sha256 = hashlib.sha256(answer.content).hexdigest()
        assert answer.headers["ETag"] == f'"{sha256}"'
        assert answer.headers["Content-Type"] == file.media_type
        assert f'filename="{file.name}"' in answer.headers["Content-Disposition"]
        policy = answer.headers["Content-Security-Policy"]
        assert policy.endswith("; frame-ancestors 'none'")
        if file.is_page:
            own = policy.removesuffix("; frame-ancestors 'none'").replace("'", "&#39;")
            assert f'http-equiv="Content-Security-Policy" content="{own}"' in answer.text
        known = {"If-None-Match": answer.headers["ETag"]}
        again = client.get(f"/plans/{plan_id}/{file.name}", headers=known)
        assert (again.status_code, again.content) == (304, b""), file.name


def test_two_plans_are_compared_and_those_of_others_are_not(
    store: Store, tiny: str, isere: str, plan_id: str, client: TestClient
) -> None:
    other = put_plan(store, tiny)
    swap(client, other, postings_of(client, other)[0])
    told = client.get(f"/plans/{plan_id}/compare/{other}").json()
    assert (len(told["both"]), len(told["only_a"]), told["only_b"]) == (19, 1, [])
    elsewhere = put_plan(store, isere, tiny_plan_files())
    assert client.get(f"/plans/{plan_id}/compare/{elsewhere}").status_code == 404


def test_a_dry_run_tells_the_price_and_changes_nothing(plan_id: str, client: TestClient) -> None:
    at = postings_of(client, plan_id)[0]
    before = tag_of(client, plan_id)
    told = swap(client, plan_id, at, dry_run=True).json()
    assert (told["applied"], told["allowed"], told["violations"]) == (False, True, [])
    assert told["after"]["cost_cents"] == told["before"]["cost_cents"] - at["price_cents"]
    assert told["after"]["objective"] < told["before"]["objective"]
    assert told["after"]["gap"] > told["before"]["gap"]
    (agent,) = told["agents"]
    assert agent["agent_id"] == at["agent_id"]
    assert agent["after"]["postings"] == agent["before"]["postings"] - 1
    assert tag_of(client, plan_id) == before


def test_a_swap_costs_what_its_dry_run_said_and_every_file_follows(
    store: Store, plan_id: str, client: TestClient
) -> None:
    at = postings_of(client, plan_id)[0]
    tried = swap(client, plan_id, at, dry_run=True).json()
    done = swap(client, plan_id, at)
    assert done.json() == tried | {"applied": True, "revision": 1}
    assert done.headers["ETag"] == tag_of(client, plan_id)
    told = client.get(f"/plans/{plan_id}").json()["allocation"]
    assert told["objective"] == pytest.approx(tried["after"]["objective"], rel=1e-12)
    assert told["gap"] == pytest.approx(tried["after"]["gap"], rel=1e-9)
    assert told["postings"] == 19
    assert (at["period"], at["face_id"], at["agent_id"]) not in checked(store, plan_id)
    assert at["face_id"] not in client.get(f"/plans/{plan_id}/affichage-machine.csv").text


def test_a_swap_that_breaks_rules_is_told_all_of_them_and_refused(
    store: Store, plan_id: str, client: TestClient
) -> None:
    at = postings_of(client, plan_id)[0]
    stranger = next(a for a in ("A4", "A3") if a != at["agent_id"])
    free = next(
        face
        for face in (f"f{i:02d}" for i in range(64))
        if face not in {p["face_id"] for p in postings_of(client, plan_id)}
    )
    for place, rules in (
        (at["face_id"], {"outside-zone"}),
        (free, {"outside-zone", "over-budget"}),
    ):
        asked = {"period": 1, "face_id": place, "agent_id": stranger}
        dry = change(client, plan_id, "swap", **asked, dry_run=True)
        assert not dry.json()["allowed"]
        assert {each["rule"] for each in dry.json()["violations"]} == rules
        done = change(client, plan_id, "swap", **asked)
        assert (done.status_code, done.json()["code"]) == (409, "rules-broken")
        assert done.json()["violations"] == dry.json()["violations"]
    assert len(checked(store, plan_id)) == 20
    assert client.get(f"/plans/{plan_id}").json()["revision"] == 0


def test_a_promise_taken_back_is_told_and_the_bound_still_holds(
    store: Store, plan_id: str, client: TestClient
) -> None:
    mine = postings_of(client, plan_id, agent="A1")
    for at in mine[:-2]:
        assert swap(client, plan_id, at).json()["bound_holds"]
    last = swap(client, plan_id, mine[-1])
    told = last.json()
    assert (told["applied"], told["bound_holds"]) == (True, False)
    assert [(v["rule"], v["hard"]) for v in told["violations"]] == [
        ("quota-missed", False),
        ("shortfall-unnamed", False),
    ]
    plan = client.get(f"/plans/{plan_id}").json()
    assert [(s["code"], s["subject"]) for s in plan["shortfalls"]] == [("by-hand", "A1")]
    assert checked(store, plan_id)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"period": 1, "face_id": "nulle-part", "agent_id": None}, "inventaire"),
        ({"period": 3, "face_id": "f01", "agent_id": None}, "La vague 3"),
        ({"period": 1, "face_id": "f01", "agent_id": "A9"}, "A9"),
    ],
)
def test_a_swap_names_what_there_is(
    plan_id: str, client: TestClient, body: dict[str, Any], words: str
) -> None:
    answer = change(client, plan_id, "swap", **body)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown-name")
    assert words in answer.json()["detail"]


def test_changes_are_undone_one_after_the_other_and_done_again(
    store: Store, plan_id: str, client: TestClient
) -> None:
    seen = [checked(store, plan_id)]
    files = [client.get(f"/plans/{plan_id}/carte-elus.html").content]
    for at in postings_of(client, plan_id)[:2]:
        swap(client, plan_id, at)
        seen.append(checked(store, plan_id))
        files.append(client.get(f"/plans/{plan_id}/carte-elus.html").content)
    assert len(set(files)) == 3
    for n in (1, 0):
        assert change(client, plan_id, "undo").status_code == 200
        assert checked(store, plan_id) == seen[n]
        assert client.get(f"/plans/{plan_id}/carte-elus.html").content == files[n]
    assert change(client, plan_id, "undo").json()["code"] == "nothing-to-undo"
    for n in (1, 2):
        assert change(client, plan_id, "redo").status_code == 200
        assert checked(store, plan_id) == seen[n]
    assert change(client, plan_id, "redo").json()["code"] == "nothing-to-redo"
    change(client, plan_id, "undo")
    swap(client, plan_id, postings_of(client, plan_id)[3])
    assert change(client, plan_id, "redo").json()["code"] == "nothing-to-redo"
    change(client, plan_id, "undo")
    assert checked(store, plan_id) == seen[1]


def test_whoever_withdrew_is_in_no_file_no_answer_and_no_older_revision(
    store: Store, tiny: str, plan_id: str, client: TestClient
) -> None:
    first = postings_of(client, plan_id, agent="A2")[0]
    swap(client, plan_id, first)
    client.get(f"/plans/{plan_id}/plan.gpkg")  # kept, and to be made again
    with store.write() as tx:
        consents.withdraw(tx, tiny, ["A2"], ACT)
    gone = (b'"A2"', b'"P2"', b"Nom Secret A2")

    def check() -> None:
        for file in PLAN_FILES:
            answer = client.get(f"/plans/{plan_id}/{file.name}")
            if not file.name.endswith((".pdf", ".xlsx")) and file.name not in SOMETIMES:
                assert answer.status_code == 200
                assert not any(word in answer.content for word in gone)
        assert not {p["agent_id"] for p in postings_of(client, plan_id)} & {"A2"}
        with store.read() as tx:
            kept = plans.files(tx, plan_id)
        assert not [path for path, content in kept.items() if gone[2] in content]
        assert "campaign/portraits/P2.svg" not in kept
        assert {agent for _, _, agent in checked(store, plan_id)} == {"A1", "A3", "A4"}

    assert client.get(f"/plans/{plan_id}").json()["withdrawn"] == 1
    check()
    assert change(client, plan_id, "undo").json()["code"] == "nothing-to-undo"
    at = postings_of(client, plan_id, agent="A1")[0]
    swap(client, plan_id, at)
    assert change(client, plan_id, "undo").status_code == 200
    check()
    version = change(client, plan_id, "versions").json()["plan_id"]
    assert "A2" not in client.get(f"/plans/{version}/plan.json").text
    with store.read() as tx:
        assert not [p for p, c in plans.files(tx, version).items() if gone[2] in c]


def test_a_lock_is_kept_in_the_campaign_and_binds_swaps_from_then_on(
    tiny: str, plan_id: str, client: TestClient
) -> None:
    at = postings_of(client, plan_id)[0]
    here = {name: at[name] for name in ("period", "face_id", "agent_id")}
    assert swap(client, plan_id, at, dry_run=True).json()["allowed"]
    answer = change(client, plan_id, "locks", **here)
    assert (answer.status_code, answer.json()) == (201, {**here, "kept": True})
    assert client.get(f"/plans/{plan_id}/locks").json() == [{**here, "kept": True}]
    assert postings_of(client, plan_id)[0]["locked"]
    tried = swap(client, plan_id, at, dry_run=True).json()
    assert [each["rule"] for each in tried["violations"]] == ["lock-not-kept"]
    freed = change(client, plan_id, "locks", **{**here, "agent_id": None})
    assert freed.json()["kept"] is False
    assert swap(client, plan_id, at).json()["applied"]
    row = client.get(f"/campaigns/{tiny}/locks/rows/{at['face_id']}~1").json()
    assert row["cells"]["agent_id"] == ""


def test_a_lock_that_no_plan_could_keep_is_refused(plan_id: str, client: TestClient) -> None:
    answer = change(client, plan_id, "locks", period=1, face_id="f00", agent_id="A4")
    assert (answer.status_code, answer.json()["code"]) == (409, "lock-conflict")
    assert [each["rule"] for each in answer.json()["violations"]] == ["lock-not-eligible"]
    assert client.get(f"/plans/{plan_id}/locks").json() == []


def test_of_two_swaps_at_once_the_second_is_told_what_changed(
    plan_id: str, client: TestClient
) -> None:
    one, other = postings_of(client, plan_id)[:2]
    tag = {"If-Match": tag_of(client, plan_id)}
    asked = [
        {"period": p["period"], "face_id": p["face_id"], "agent_id": None} for p in (one, other)
    ]
    first = client.post(f"/plans/{plan_id}/swap", json=asked[0], headers=tag)
    second = client.post(f"/plans/{plan_id}/swap", json=asked[1], headers=tag)
    assert (first.status_code, second.status_code) == (200, 412)
    assert second.json()["current"]["revision"] == 1
    assert len(postings_of(client, plan_id)) == 19


@pytest.mark.slow
def test_a_swap_is_carried_out_in_a_process_of_its_own(
    store: Store, tiny: str, client: TestClient
) -> None:
    plan_id = put_plan(store, tiny)
    at = postings_of(client, plan_id)[0]
    assert swap(client, plan_id, at).json()["applied"]
    assert len(checked(store, plan_id)) == 19
