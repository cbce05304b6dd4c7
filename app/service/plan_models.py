"""What the API tells of plans."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from app.service.pages import Link
from data.store.tables import PlanState
from geo.plan import Status
from geo.verify import Violation

PLAN_ID = "p_7hx3m9wq2v5c8n4p6r2t3"
_CAMPAIGN_ID = "c_7hx3m9wq2v5c8n4p6r2t3"


class AllocationSummary(BaseModel):
    """The certificate of an allocation. `gap` is 1 - exposure / exposure_bound."""

    status: Status
    objective: float | None
    bound: float | None
    exposure: float | None
    exposure_bound: float | None
    gap: float | None
    cost_cents: int
    postings: int
    faces: int
    agents: int
    stopped_by: str = ""
    changes: dict[str, int] | None = None


class TourSummary(BaseModel):
    """The certificate of a tour: its driving time, and what no tour is below."""

    status: Status
    stops: int
    drive_s: int
    bound_s: int
    distance_m: int


class ShortfallTold(BaseModel):
    """Something that was asked for and could not be done; `message` is French."""

    code: str
    subject: str
    message: str
    wanted: float | None = None
    got: float | None = None


class PlanItem(BaseModel):
    """A plan as it is listed to who may not read plans: `links` are what of it they may read."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "plan_id": PLAN_ID,
                "campaign_id": _CAMPAIGN_ID,
                "number": 1,
                "state": "approved",
                "made_at": "2017-09-04T08:00:00Z",
                "links": [
                    {
                        "href": f"/plans/{PLAN_ID}/carte-elus.html",
                        "rel": "enclosure",
                        "type": "text/html; charset=utf-8",
                    }
                ],
            }
        }
    )

    plan_id: str
    campaign_id: str
    number: int
    state: PlanState
    made_at: datetime
    links: list[Link]


class PlanAnswer(BaseModel):
    """A plan. `stale` tells that its campaign has changed since it was asked for.

    `revision` counts the changes of its postings. `withdrawn` is how many agents have left it
    because their consent was withdrawn: a new plan is called for.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "plan_id": PLAN_ID,
                "campaign_id": _CAMPAIGN_ID,
                "number": 1,
                "parent_id": None,
                "job_id": "j_7hx3m9wq2v5c8n4p6r2t3",
                "state": "draft",
                "revision": 0,
                "version": 1,
                "seed": 0,
                "stale": False,
                "withdrawn": 0,
                "made_at": "2017-09-04T08:00:00Z",
                "made_by": "planificatrice",
                "proposed_by": None,
                "approved_by": None,
                "allocation": {
                    "status": "optimal",
                    "objective": 825.857,
                    "bound": 825.913,
                    "exposure": 0.2484,
                    "exposure_bound": 0.2485,
                    "gap": 0.0005,
                    "cost_cents": 8998500,
                    "postings": 1468,
                    "faces": 1051,
                    "agents": 18,
                },
                "tour": {
                    "status": "optimal",
                    "stops": 13,
                    "drive_s": 33660,
                    "bound_s": 33660,
                    "distance_m": 473000,
                },
                "shortfalls": [],
                "links": [{"href": f"/plans/{PLAN_ID}", "rel": "self"}],
            }
        }
    )

    plan_id: str
    campaign_id: str
    number: int
    parent_id: str | None
    job_id: str | None
    state: PlanState
    revision: int
    version: int
    seed: int
    stale: bool
    withdrawn: int
    made_at: datetime
    made_by: str
    proposed_by: str | None
    approved_by: str | None
    allocation: AllocationSummary
    tour: TourSummary
    shortfalls: list[ShortfallTold]
    links: list[Link]


class PlanDetail(PlanAnswer):
    """A plan with what it was made with: versions of the software, inputs with their SHA-256."""

    created: datetime
    versions: dict[str, str]
    inputs: dict[str, str]
    equity: dict[str, Any]
    files: list[Link]


class PostingTold(BaseModel):
    """One portrait on one face for one period; `zone` is the one that the buyer knows it by.

    `agent_id` is told to planners alone. `locked` tells that the campaign has a lock on it now.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "period": 1,
                "face_id": "F0004",
                "agent_id": "agent-08",
                "visual": "portrait-08",
                "zone": "Vals du Dauphiné",
                "start": "2017-10-17",
                "end": "2017-10-23",
                "price_cents": 5600,
                "state": "proposée",
                "locked": False,
            }
        }
    )

    period: int
    face_id: str
    agent_id: str | None
    visual: str
    zone: str
    start: date
    end: date
    price_cents: int
    state: str
    locked: bool


class ViolationTold(BaseModel):
    """One breach of one rule, in the words of `verify`; `hard` where it cannot be accepted."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "rule": "outside-zone",
                "subject": "F0004",
                "message": "Face F0004, vague 1, agent agent-02 : la face n’est dans aucune…",
                "hard": True,
            }
        }
    )

    rule: str
    subject: str
    message: str
    hard: bool = True


class Verification(BaseModel):
    """Every rule again, by code that shares nothing with the solvers."""

    ok: bool
    revision: int
    violations: list[ViolationTold]


class RevisionTold(BaseModel):
    """A change of the postings of a plan: what was done, by whom, and where undoing leads."""

    revision: int
    action: dict[str, Any]
    undoes_to: int
    made_at: datetime
    made_by: str


class Explanation(BaseModel):
    """Why; `text` says it in French, the others hold the values."""

    changed_inputs: list[str]
    face: dict[str, Any] | None
    agent: dict[str, Any] | None
    summary: dict[str, Any] | None
    margin: dict[str, Any] | None
    text: list[str]


def violation_told(violation: Violation, *, hard: bool = True) -> ViolationTold:
    """Return a violation as the API tells it."""
    return ViolationTold(
        rule=violation.rule.value, subject=violation.subject, message=violation.message, hard=hard
    )
