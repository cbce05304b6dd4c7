"""What the API is asked and tells where plans are changed: swaps, locks, what comes back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.service.plan_models import PlanAnswer, ViolationTold, violation_told
from app.service.swaps import Trial, Worth
from geo.plan import AgentExposure, Posting

Period = Annotated[int, Field(ge=1, le=1000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


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
