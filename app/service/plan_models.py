"""What the API tells of plans."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.service.pages import Link
from app.service.swaps import Trial, Worth
from data.store.tables import PlanRecord, PlanState
from geo.plan import AgentExposure, Posting, Status
from geo.verify import Violation

PLAN_ID = "p_7hx3m9wq2v5c8n4p6r2t3"
_CAMPAIGN_ID = "c_7hx3m9wq2v5c8n4p6r2t3"

Period = Annotated[int, Field(ge=1, le=1000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


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


class SwapAsked(BaseModel):
    """Who is to be on a face in a period; nobody where `agent_id` is null.

    With `dry_run` nothing is changed.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"period": 1, "face_id": "F0004", "agent_id": None, "dry_run": True}
        },
    )

    period: Period
    face_id: Name
    agent_id: Name | None
    dry_run: bool = False


class LockAsked(BaseModel):
    """A decision for the next planning: this agent on this face in this period, or nobody."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"period": 1, "face_id": "F0004", "agent_id": "agent-08"}},
    )

    period: Period
    face_id: Name
    agent_id: Name | None


class LockTold(LockAsked):
    """A lock of the campaign; `kept` tells whether this plan is as it says."""

    kept: bool


class WorthTold(BaseModel):
    """What the postings are worth; `gap` is to the bound of the plan as it was before."""

    objective: float
    exposure: float
    gap: float
    cost_cents: int
    postings: int


class AgentWorth(BaseModel):
    """What an agent has."""

    exposure: float
    ratio: float
    contacts: float
    postings: int


class AgentPriceTold(BaseModel):
    """What an agent has before and after."""

    agent_id: str
    before: AgentWorth
    after: AgentWorth


class PostingKey(BaseModel):
    """A posting."""

    period: int
    face_id: str
    agent_id: str


class SwapAnswer(BaseModel):
    """What a swap breaks and costs.

    `violations` lists every rule that it would break and the plan does not break without it; with
    a hard one it cannot be done. Those that are not hard are promises to agents, which a planner
    may take back: `bound_holds` is false then, and a new bound is computed when it is done.
    """

    applied: bool
    allowed: bool
    revision: int
    removed: PostingKey | None
    added: PostingKey | None
    violations: list[ViolationTold]
    bound_holds: bool
    before: WorthTold
    after: WorthTold
    agents: list[AgentPriceTold]


class RevisionTold(BaseModel):
    """A change of the postings of a plan: what was done, by whom, and where undoing leads."""

    revision: int
    action: dict[str, Any]
    undoes_to: int
    made_at: datetime
    made_by: str


class Reason(BaseModel):
    """Why a plan goes back."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"reason": "Trop d’affiches à Voiron."}}
    )

    reason: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00]+$")]


class ReconcileAnswer(BaseModel):
    """What a buyer's file says, and the new version of the plan that carries it out."""

    plan: PlanAnswer
    kind: Literal["order", "proofs"]
    counts: dict[str, int]
    changes: list[dict[str, Any]]
    proposals: list[dict[str, Any]]
    problems: list[dict[str, Any]]
    text: list[str]
    details: dict[str, Any]


class RemarksAnswer(BaseModel):
    """The remarks that were gathered on a plan so far; `summary` is French."""

    files: int
    summary: list[str]
    remarks: list[dict[str, Any]]
    problems: list[dict[str, Any]]


class Explanation(BaseModel):
    """Why; `text` says it in French, the others hold the values."""

    changed_inputs: list[str]
    face: dict[str, Any] | None
    agent: dict[str, Any] | None
    summary: dict[str, Any] | None
    margin: dict[str, Any] | None
    text: list[str]


def plan_answer(plan: PlanRecord, *, stale: bool) -> dict[str, Any]:
    """Return a plan as `PlanAnswer` has it."""
    at = f"/plans/{plan.plan_id}"
    links = [
        Link(href=at, rel="self"),
        Link(href=f"/campaigns/{plan.campaign_id}", rel="up"),
        *(Link(href=f"{at}/{name}", rel=name) for name in _RESOURCES),
    ]
    if plan.parent_id is not None:
        links.append(Link(href=f"/plans/{plan.parent_id}", rel="predecessor-version"))
    told = {name: getattr(plan, name) for name in _COLUMNS}
    summary = plan.summary
    return {
        **told,
        "stale": stale,
        "withdrawn": len(plan.withdrawn),
        "allocation": summary["allocation"],
        "tour": summary["tour"],
        "shortfalls": summary["shortfalls"],
        "links": links,
    }


_RESOURCES = ("postings", "tour", "verify", "explanations", "revisions")
_COLUMNS = (
    "plan_id",
    "campaign_id",
    "number",
    "parent_id",
    "job_id",
    "state",
    "revision",
    "version",
    "seed",
    "made_at",
    "made_by",
    "proposed_by",
    "approved_by",
)


def violation_told(violation: Violation, *, hard: bool = True) -> ViolationTold:
    """Return a violation as the API tells it."""
    return ViolationTold(
        rule=violation.rule.value, subject=violation.subject, message=violation.message, hard=hard
    )


def swap_answer(trial: Trial, *, revision: int, applied: bool) -> SwapAnswer:
    """Return what a trial found."""
    return SwapAnswer(
        applied=applied,
        allowed=trial.is_allowed,
        revision=revision,
        removed=_key(trial.removed),
        added=_key(trial.added),
        violations=[
            *(violation_told(each) for each in trial.violations),
            *(violation_told(each, hard=False) for each in trial.owed),
        ],
        bound_holds=trial.bound_holds,
        before=_worth(trial.before),
        after=_worth(trial.after),
        agents=[
            AgentPriceTold(
                agent_id=each.before.agent_id,
                before=_agent(each.before),
                after=_agent(each.after),
            )
            for each in trial.agents
        ],
    )


def _key(posting: Posting | None) -> PostingKey | None:
    if posting is None:
        return None
    return PostingKey(period=posting.period, face_id=posting.face_id, agent_id=posting.agent_id)


def _worth(worth: Worth) -> WorthTold:
    return WorthTold(
        objective=worth.objective,
        exposure=worth.exposure,
        gap=worth.gap,
        cost_cents=worth.cost_cents,
        postings=worth.postings,
    )


def _agent(row: AgentExposure) -> AgentWorth:
    return AgentWorth(
        exposure=row.exposure, ratio=row.ratio, contacts=row.contacts, postings=row.postings
    )
