"""Which revision undo and redo go to: a plan has one line of changes, walked back and forth.

An undo is a revision too, that shows the content of an earlier one. What it left can be done again
until something else is changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.service.errors import ApiError
from app.service.plan_changes import Postings, postings_in
from data.store import Tx, plans
from data.store.tables import PlanRecord
from data.write.folder import PLAN_FILE


@dataclass(frozen=True, slots=True)
class Move:
    """The revision whose content is shown next, the one that undoing then goes to, and the word."""

    content: int
    undoes_to: int
    action: dict[str, Any]


def undo_of(tx: Tx, plan: PlanRecord) -> Move:
    """Return where undo goes: to the nearest earlier content that differs.

    What only took withdrawn agents out is no change to go back behind: they stay out.

    Raises
    ------
    ApiError
        409 where nothing is left to undo.
    """
    here = _shown(tx, plan, plan.revision)
    now = _visible(tx, plan, plan.revision)
    content = here
    while (change := plans.revision(tx, plan.plan_id, content)) is not None:
        content = _shown(tx, plan, change.undoes_to)
        if plans.file(tx, plan.plan_id, PLAN_FILE, revision=content) is None:
            break  # erased, when somebody in it was forgotten
        if _visible(tx, plan, content) != now:
            redo = [here, *_redo(tx, plan)]
            return _move(tx, plan, content, kind="undo", redo=redo)
    raise ApiError(409, "nothing-to-undo", "This plan is as it was made.")


def redo_of(tx: Tx, plan: PlanRecord) -> Move:
    """Return where redo goes.

    Raises
    ------
    ApiError
        409 where nothing was undone since the last change.
    """
    left = _redo(tx, plan)
    if not left or _visible(tx, plan, left[0]) is None:
        raise ApiError(409, "nothing-to-redo", "Nothing was undone since the last change.")
    return _move(tx, plan, left[0], kind="redo", redo=left[1:])


def _move(tx: Tx, plan: PlanRecord, content: int, *, kind: str, redo: list[int]) -> Move:
    change = plans.revision(tx, plan.plan_id, content)
    undoes_to = content if change is None else change.undoes_to
    return Move(content, undoes_to, {"kind": kind, "shows": content, "redo": redo})


def _shown(tx: Tx, plan: PlanRecord, revision: int) -> int:
    """Return the revision whose content a revision shows: its own, unless it undid something."""
    change = plans.revision(tx, plan.plan_id, revision)
    return revision if change is None else int(change.action.get("shows", revision))


def _redo(tx: Tx, plan: PlanRecord) -> list[int]:
    change = plans.revision(tx, plan.plan_id, plan.revision)
    return [] if change is None else list(change.action.get("redo", []))


def _visible(tx: Tx, plan: PlanRecord, revision: int) -> Postings | None:
    """Return the postings of a revision that may still be shown; None if it was erased."""
    document = plans.file(tx, plan.plan_id, PLAN_FILE, revision=revision)
    if document is None:
        return None
    return frozenset(each for each in postings_in(document) if each[2] not in plan.withdrawn)
