"""What a buyer sends back, line by line, and what it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from geo.crs import LngLat
from geo.errors import Problem, Where
from geo.french import quoted
from geo.model import Lock
from geo.order import LineRecord, LineState
from geo.plan import Posting


class Row(NamedTuple):
    """A row of the file that came back: its sheet, empty where the file is none, and its number."""

    sheet: str
    number: int

    def __str__(self) -> str:
        """Return e.g. ``ligne 5`` or ``ligne 5 de « Vague 1 »``."""
        return f"ligne {self.number}" + (f" de {quoted(self.sheet)}" if self.sheet else "")


WHOLE_FILE = Row("", 0)


@dataclass(frozen=True, slots=True)
class FaceWords:
    """How the buyer describes a face; empty or None where nothing is said."""

    operator: str = ""
    format: str = ""
    support: str = ""
    address: str = ""
    postcode: str = ""
    city: str = ""
    insee: str = ""
    surface_m2: float | None = None
    lit: bool | None = None
    lnglat: LngLat | None = None
    contacts: float | None = None


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """One row of the file that came back; None or empty where the cell is.

    Parameters
    ----------
    row
        Counted as a spreadsheet does.
    replacement
        The face that is offered instead.
    new_period
        The period that is offered instead.
    price_cents
        What one period on the face of the row costs.
    new_price_cents
        What it costs from now on; where another face is offered, what that one costs.
    accepted
        Whether the planner accepts what is only proposed for this row.
    unread
        Whether a cell of the row cannot be read: nobody knows then what it asks for.
    """

    row: Row
    face_id: str
    period: int | None = None
    visual: str = ""
    state: LineState | None = None
    replacement: str = ""
    new_period: int | None = None
    price_cents: int | None = None
    new_price_cents: int | None = None
    words: FaceWords = FaceWords()
    accepted: bool = False
    note: str = ""
    unread: bool = False

    @property
    def latest_price_cents(self) -> int | None:
        """Return what the face costs now, as far as the row tells."""
        return self.price_cents if self.new_price_cents is None else self.new_price_cents


@dataclass(frozen=True, slots=True)
class Returned:
    """The file that came back: its name, its rows, and its headings by canonical name."""

    file: str
    lines: tuple[ReturnedLine, ...]
    headings: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Return whether every row could be read."""
        return not any(line.unread for line in self.lines)

    def where(self, row: Row, column: str = "") -> Where:
        """Return the place of a cell, by the canonical name of its column."""
        file = f"{self.file}#{row.sheet}" if row.sheet else self.file
        return Where(file, row.number, self.headings.get(column, column))


class Change(StrEnum):
    """What a returned line does to the order."""

    CONFIRMED = "confirmed"
    OPTION = "option"
    POSTED = "posted"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    MOVED = "moved"
    ADDED = "added"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, order=True)
class Answer:
    """What one row comes to.

    Parameters
    ----------
    posting
        The line of the order that it speaks of; the new line where the buyer added one.
    now
        The posting that the buyer holds instead, where the line was replaced or moved.
    price_cents
        The new price, where it is one.
    """

    row: Row
    change: Change
    posting: Posting
    now: Posting | None = None
    price_cents: int | None = None


@dataclass(frozen=True, slots=True, order=True)
class Proposal:
    """How a row could be meant; nothing is done about it until the planner accepts.

    Parameters
    ----------
    kind
        ``face-id``, ``place``, ``address``, ``replacement``, ``addition``, ``new-face``.
    found
        What the row says.
    face_id
        The face that it could mean.
    distance_m
        From the place that the row gives to the face, or from the face that it replaces.
    message
        One French sentence that asks.
    """

    row: Row
    kind: str
    found: str
    face_id: str
    message: str
    distance_m: float | None = None
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class NewFace:
    """A face that the inventory did not have, complete enough to be in it."""

    row: Row
    face_id: str
    words: FaceWords
    price_cents: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What a returned file comes to as a whole.

    Parameters
    ----------
    answers, proposals
        By row.
    silent
        Postings of the order that no row speaks of: they stay as they are.
    problems
        Everything that keeps the file from being used.
    warnings
        What was passed over and might have been meant.
    records
        Where every line of the order stands now, the closed ones included.
    locks
        Of the campaign from now on: what is firm, what is no longer to be had.
    slots
        The row to blame for each lock that this file set, by face and period.
    prices
        New prices in cents, by face.
    """

    answers: tuple[Answer, ...]
    proposals: tuple[Proposal, ...]
    silent: tuple[Posting, ...]
    problems: tuple[Problem, ...]
    records: tuple[LineRecord, ...]
    locks: tuple[Lock, ...]
    slots: Mapping[tuple[str, int], Row]
    prices: Mapping[str, int]
    new_faces: tuple[NewFace, ...]
    warnings: tuple[Problem, ...] = ()

    @property
    def open_proposals(self) -> tuple[Proposal, ...]:
        """Return the proposals that nobody has accepted yet."""
        return tuple(proposal for proposal in self.proposals if not proposal.accepted)
