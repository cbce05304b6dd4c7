"""The order to the media buyer, line by line, as ``affichage.csv`` holds it.

A line says what was bought, where and when, and which visual goes up: nothing personal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum


class LineState(StrEnum):
    """Where one line of the order stands, in the words of the buyer's trade."""

    PROPOSED = "proposée"
    OPTION = "option"
    FIRM = "ferme"
    REFUSED = "refusée"
    REPLACED = "remplacée"
    POSTED = "posée"
    CANCELLED = "annulée"

    @property
    def is_binding(self) -> bool:
        """Return whether a new plan keeps the line as it is."""
        return self in {LineState.FIRM, LineState.POSTED}

    @property
    def is_closed(self) -> bool:
        """Return whether the line is no longer part of the order."""
        return self in {LineState.REFUSED, LineState.REPLACED, LineState.CANCELLED}


@dataclass(frozen=True, slots=True, order=True)
class LineRecord:
    """What is known of one line of the order beyond its posting. Sorts by period, then face.

    A posting without a record is `LineState.PROPOSED`. A closed line has a record and no posting.

    Parameters
    ----------
    replaced_by
        The face and the period that took the place of this line, as ``F0012, vague 2``.
    note
        What the buyer remarked.
    """

    period: int
    face_id: str
    agent_id: str
    state: LineState
    replaced_by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One posting as the media buyer reads it: one face, one period, one visual.

    Numbers are as precise as the file is: degrees to 6 decimals (0.1 m), square metres to 2.
    Text is what was typed in the inventory, without what makes a cell inert in a spreadsheet.

    Parameters
    ----------
    face_id, operator, city, insee, address, support, format
        Of the face, from the inventory; empty where it says nothing.
    lat, lon
        WGS84 degrees.
    surface_m2
        Square metres, or None where unknown.
    lit
        Whether the face is lit, or None where unknown.
    zone
        Name of a zone in which the face lies, or empty.
    period
        Counted from 1.
    start, end
        First and last day of posting.
    visual
        The id of the portrait, never that of the agent.
    price_cents
        Euro cents before tax, of this face for this period.
    state
        Where the order stands: ``proposée`` in a plan.
    """

    face_id: str
    operator: str
    city: str
    insee: str
    address: str
    lat: float
    lon: float
    support: str
    format: str
    surface_m2: float | None
    lit: bool | None
    zone: str
    period: int
    start: date
    end: date
    visual: str
    price_cents: int
    state: str


class LineChange(StrEnum):
    """What became of a line of the order from one plan to the next."""

    ADDED = "ajoutée"
    REMOVED = "supprimée"
    CHANGED = "modifiée"
    STATE = "statut"


@dataclass(frozen=True, slots=True)
class ChangedLine(OrderLine):
    """A line of the order that another plan changed, as it is now; a removed one as it was."""

    change: LineChange


def changed_lines(
    before: Sequence[OrderLine], after: Sequence[OrderLine]
) -> tuple[ChangedLine, ...]:
    """Return the lines that differ between two orders, sorted by period, then face, removed first.

    A line is the same where face, period and visual are. Where only its state differs it is a
    `LineChange.STATE`: that is what the buyer said, taken note of, and no order to the buyer. A
    removed line that was not closed is cancelled.
    """
    old = {(line.period, line.face_id, line.visual): line for line in before}
    new = {(line.period, line.face_id, line.visual): line for line in after}
    changes: list[ChangedLine] = []
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if now is None and was is not None:
            changes.append(_changed(was, LineChange.REMOVED))
        elif was is None and now is not None:
            changes.append(_changed(now, LineChange.ADDED))
        elif was is not None and now is not None and was != now:
            only_state = replace(was, state=now.state) == now
            changes.append(_changed(now, LineChange.STATE if only_state else LineChange.CHANGED))
    return tuple(sorted(changes, key=_place))


def _changed(line: OrderLine, change: LineChange) -> ChangedLine:
    values = {field.name: getattr(line, field.name) for field in fields(OrderLine)}
    if change is LineChange.REMOVED and not LineState(line.state).is_closed:
        values["state"] = LineState.CANCELLED.value
    return ChangedLine(**values, change=change)


def _place(line: ChangedLine) -> tuple[int, str, bool]:
    return line.period, line.face_id, line.change is not LineChange.REMOVED
