"""The workflow of a plan: what may be done in which state, and where it leads. One table.

A draft is changed and proposed; somebody approves or rejects it; what is approved is frozen, and is
sent; what the buyer answers is carried out in a new version. A change of what is no draft is a new
version too.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from app.service.errors import ApiError
from data.store.tables import PlanRecord, PlanState


class Step(StrEnum):
    """What is done to a plan."""

    CHANGE = "change"  # of its postings: swap, undo, redo
    PROPOSE = "propose"
    APPROVE = "approve"
    REJECT = "reject"
    SEND = "send"
    RECONCILE = "reconcile"
    VERSION = "version"  # a new plan is made of it; it stays as it is


_S = PlanState

TRANSITIONS: Mapping[tuple[PlanState, Step], PlanState] = {
    (_S.DRAFT, Step.CHANGE): _S.DRAFT,
    (_S.DRAFT, Step.PROPOSE): _S.PROPOSED,
    (_S.PROPOSED, Step.APPROVE): _S.APPROVED,
    (_S.PROPOSED, Step.REJECT): _S.DRAFT,
    (_S.APPROVED, Step.SEND): _S.SENT,
    (_S.SENT, Step.RECONCILE): _S.RECONCILED,
    (_S.RECONCILED, Step.RECONCILE): _S.RECONCILED,  # a second buyer answers
    **{(state, Step.VERSION): state for state in _S},
}
"""Where a step leads from a state; what is not here is refused."""


def after(plan: PlanRecord, step: Step) -> PlanState:
    """Return the state that a step leads to.

    Raises
    ------
    ApiError
        409 if the step is not for a plan in this state; it names the states that it is for.
    """
    state = PlanState(plan.state)
    found = TRANSITIONS.get((state, step))
    if found is not None:
        return found
    code = "frozen" if step is Step.CHANGE else "wrong-state"
    allowed = [each.value for each in PlanState if (each, step) in TRANSITIONS]
    remedy = " Make a new version of it." if step is Step.CHANGE else ""
    detail = f"The plan is {state.value}; {step.value} needs {' or '.join(allowed)}.{remedy}"
    raise ApiError(409, code, detail, extra={"state": state.value, "allowed_in": allowed})
