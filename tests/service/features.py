"""Plans and requests that the tests of the features share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi.testclient import TestClient

from data.plan_features import FEATURE_FILES
from data.store import Store, plans
from data.store.audit import Act
from data.store.ids import new_id
from data.store.tables import JobRecord, PlanState
from tests.golden.tiny_plan import tiny_outputs
from tests.service.conftest import BEGINNING

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
ACT = Act("tests", BEGINNING, "request-of-tests")


def add_plan(
    store: Store,
    campaign_id: str,
    *,
    state: PlanState = PlanState.DRAFT,
    withdrawn: tuple[str, ...] = (),
) -> str:
    """Add the plan of the goldens to a campaign; return its id.

    Three postings, of A1 and A4, in two periods; three stops and four drives of two kits.
    """
    outputs = tiny_outputs()
    with store.write() as tx:
        job = JobRecord(
            job_id=new_id("j"),
            campaign_id=campaign_id,
            kind="plan",
            parameters={"rows_version": 1, "campaign_version": 1},
            status="successful",
            created_at=BEGINNING,
            created_by="tests",
        )
        tx.add(job)
        tx.flush()
        files = {name: outputs[name] for name in FEATURE_FILES}
        plan = plans.insert(tx, job=job, files=files, summary={}, seed=0, act=ACT)
        plan.state = state.value
        plan.withdrawn = list(withdrawn)
        return plan.plan_id


def read(client: TestClient, path: str, **query: Any) -> Mapping[str, Any]:
    """Return the JSON of an address that answers 200."""
    asked = {name.replace("_", "-"): value for name, value in query.items()}
    response = client.get(path, params=asked or None)  # an empty one would take the query away
    assert response.status_code == 200, response.text
    document: Mapping[str, Any] = response.json()
    return document


def ids(collection: Mapping[str, Any]) -> list[str]:
    """Return the ids of features."""
    return [feature["id"] for feature in collection["features"]]


def link(document: Mapping[str, Any], rel: str) -> str | None:
    """Return the address of the first link of a relation."""
    return next((each["href"] for each in document["links"] if each["rel"] == rel), None)
