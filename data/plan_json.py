"""``plan.json``: a plan for machines, written and read back.

The models below are the format; its JSON Schema is ``docs/plan.schema.json``. A number that is not
known (a bound that no solver gave) is null there and NaN here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from itertools import repeat
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import numpy as np
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    NaiveDatetime,
    ValidationError,
)

from geo.crs import LngLat
from geo.errors import PlanFolderError
from geo.model import InputFile
from geo.order import LineRecord, LineState
from geo.plan import (
    AgentExposure,
    Allocation,
    CalendarEntry,
    Changes,
    Leg,
    Plan,
    Posting,
    Shortfall,
    Spread,
    Status,
    Stop,
    Tour,
    TravelSource,
)
from geo.precision import FacePosition

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SCHEMA_ID: Final = "placarde/plan/1"

_MOST_FAULTS = 10

Measure = FiniteFloat | None
Period = Annotated[int, Field(ge=1)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Entry(BaseModel):
    """An object of ``plan.json``: nothing else is in it, and nothing is converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


class PostingEntry(Entry):
    """A `geo.plan.Posting`."""

    face_id: str
    period: Period
    agent_id: str


class AgentEntry(Entry):
    """A `geo.plan.AgentExposure`."""

    agent_id: str
    target: Measure
    exposure: Measure
    ratio: Measure
    contacts: Measure
    postings: int


class ShortfallEntry(Entry):
    """A `geo.plan.Shortfall`."""

    code: str
    subject: str
    message: str
    wanted: Measure
    got: Measure


class ChangesEntry(Entry):
    """A `geo.plan.Changes`."""

    kept: int
    added: int
    removed: int
    exposure_if_free: Measure


class AllocationEntry(Entry):
    """A `geo.plan.Allocation`."""

    status: Status
    objective: Measure
    bound: Measure
    gap: Measure
    exposure: Measure
    exposure_bound: Measure
    cost_cents: int
    solver: str
    quota: dict[str, int]
    agents: tuple[AgentEntry, ...]
    shortfalls: tuple[ShortfallEntry, ...]
    unused: dict[str, int]
    idle: dict[str, str]
    cent_price: Measure
    stopped_by: str
    changes: ChangesEntry | None
    postings: tuple[PostingEntry, ...]


class StopEntry(Entry):
    """A `geo.plan.Stop`; times are local."""

    maison_id: str
    kit: int
    open_on: tuple[date, ...]
    arrive: NaiveDatetime
    leave: NaiveDatetime
    opens: NaiveDatetime | None = None
    closes: NaiveDatetime | None = None


class LegEntry(Entry):
    """A `geo.plan.Leg`; times are local, `path` is longitudes and latitudes."""

    kit: int
    from_id: str
    to_id: str
    depart: NaiveDatetime
    arrive: NaiveDatetime
    drive_s: int
    distance_m: int
    source: TravelSource
    empty: bool = False
    low_s: int | None = None
    high_s: int | None = None
    path: tuple[tuple[FiniteFloat, FiniteFloat], ...] = ()


class SpreadEntry(Entry):
    """A `geo.plan.Spread`."""

    low_s: int
    high_s: int
    holds: bool
    breaks: tuple[ShortfallEntry, ...]


class CalendarItem(Entry):
    """A `geo.plan.CalendarEntry`; times are local."""

    key: str
    place_ids: tuple[str, ...]
    begins: NaiveDatetime
    ends: NaiveDatetime


class TourEntry(Entry):
    """A `geo.plan.Tour`; `problems` are its shortfalls."""

    status: Status
    drive_s: int
    bound_s: int
    distance_m: int
    solver: str
    stops: tuple[StopEntry, ...]
    legs: tuple[LegEntry, ...]
    problems: tuple[ShortfallEntry, ...]
    spread: SpreadEntry | None = None
    remarks: tuple[ShortfallEntry, ...] = ()
    revision: int = 0
    withdrawn: tuple[CalendarItem, ...] = ()
    calendar: str = ""
    shown: str = ""


class LineEntry(Entry):
    """A `geo.order.LineRecord`."""

    period: Period
    face_id: str
    agent_id: str
    state: LineState
    replaced_by: str
    note: str


class PositionEntry(Entry):
    """A `geo.precision.FacePosition`."""

    precision: str
    source: str
    score: Measure


class PlanDocument(Entry):
    """The whole of ``plan.json``; `created` is the only field that the same plan may change.

    `positions` are the faces posted on whose points were found by their address, if there are any.
    """

    schema_id: Literal["placarde/plan/1"] = Field(alias="schema")
    created: AwareDatetime
    versions: dict[str, str]
    seed: int
    inputs: dict[str, Sha256]
    allocation: AllocationEntry
    tour: TourEntry
    order: tuple[LineEntry, ...] = ()
    positions: dict[str, PositionEntry] = {}


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """A plan, and what was noted when it was written: versions of the software, inputs, date."""

    plan: Plan
    inputs: tuple[InputFile, ...]
    versions: Mapping[str, str]
    created: datetime


def plan_to_json(
    plan: Plan,
    *,
    inputs: Sequence[InputFile],
    versions: Mapping[str, str],
    created: datetime,
    positions: Mapping[str, FacePosition] | None = None,
) -> str:
    """Return ``plan.json``: keys in the order of the models, names in a mapping sorted.

    Raises
    ------
    ValueError
        If `created` does not say its offset from UTC, or a time of the tour does.
    """
    document = PlanDocument(
        schema_id=SCHEMA_ID,
        created=created,
        versions=dict(sorted(versions.items())),
        seed=plan.seed,
        inputs={file.name: file.sha256 for file in sorted(inputs, key=lambda file: file.name)},
        allocation=_allocation_entry(plan.allocation),
        tour=tour_entry(plan.tour),
        order=tuple(LineEntry(**_known(line)) for line in sorted(plan.order)),
        positions=_positions(plan, positions or {}),
    )
    content = document.model_dump(mode="json", by_alias=True)
    if not document.positions:
        del content["positions"]
    return "".join(json_lines(content)) + "\n"


def _positions(plan: Plan, positions: Mapping[str, FacePosition]) -> dict[str, PositionEntry]:
    used = sorted({posting.face_id for posting in plan.allocation.postings} & positions.keys())
    return {
        face_id: PositionEntry(
            precision=positions[face_id].precision,
            source=positions[face_id].source,
            score=positions[face_id].score if math.isfinite(positions[face_id].score) else None,
        )
        for face_id in used
    }


def plan_from_json(text: str | bytes) -> PlanRecord:
    """Return what `plan_to_json` was given.

    Raises
    ------
    PlanFolderError
        With the path of each field that is missing, unknown or wrong.
    """
    try:
        document = PlanDocument.model_validate_json(text)
    except ValidationError as error:
        raise PlanFolderError(faults_text(error)) from error
    return PlanRecord(
        plan=Plan(
            document.seed,
            _allocation(document.allocation),
            tour_of(document.tour),
            tuple(LineRecord(**dict(line)) for line in document.order),
        ),
        inputs=tuple(InputFile(*item) for item in sorted(document.inputs.items())),
        versions=document.versions,
        created=document.created,
    )


def plan_schema() -> str:
    """Return the JSON Schema of ``plan.json``."""
    schema = PlanDocument.model_json_schema()
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def _allocation_entry(allocation: Allocation) -> AllocationEntry:
    return AllocationEntry(
        **_known(allocation)
        | {
            "postings": tuple(PostingEntry(**_known(p)) for p in sorted(allocation.postings)),
            "agents": tuple(AgentEntry(**_known(agent)) for agent in allocation.agents),
            "quota": dict(sorted(allocation.quota.items())),
            "shortfalls": tuple(ShortfallEntry(**_known(s)) for s in allocation.shortfalls),
            "unused": dict(sorted(allocation.unused.items())),
            "idle": dict(sorted(allocation.idle.items())),
            "changes": None
            if allocation.changes is None
            else ChangesEntry(**_known(allocation.changes)),
        }
    )


def tour_entry(tour: Tour) -> TourEntry:
    """Return a tour as it stands in ``plan.json``."""
    return TourEntry(
        status=tour.status,
        drive_s=int(tour.drive_s),
        bound_s=int(tour.bound_s),
        distance_m=int(tour.distance_m),
        solver=tour.solver,
        stops=tuple(StopEntry(**_known(stop)) for stop in tour.stops),
        legs=tuple(LegEntry(**_known(leg)) for leg in tour.legs),
        problems=_shortfall_entries(tour.shortfalls),
        spread=None if tour.spread is None else _spread_entry(tour.spread),
        remarks=_shortfall_entries(tour.remarks),
        revision=tour.revision,
        withdrawn=tuple(CalendarItem(**_known(entry)) for entry in tour.withdrawn),
        calendar=tour.calendar,
        shown=tour.shown,
    )


def _spread_entry(spread: Spread) -> SpreadEntry:
    return SpreadEntry(**_known(spread) | {"breaks": _shortfall_entries(spread.breaks)})


def _shortfall_entries(shortfalls: Iterable[Shortfall]) -> tuple[ShortfallEntry, ...]:
    return tuple(ShortfallEntry(**_known(shortfall)) for shortfall in shortfalls)


def _allocation(entry: AllocationEntry) -> Allocation:
    return Allocation(
        **_filled(entry)
        | {
            "postings": tuple(Posting(**dict(posting)) for posting in entry.postings),
            "agents": tuple(AgentExposure(**_filled(agent)) for agent in entry.agents),
            "shortfalls": tuple(Shortfall(**_filled(shortfall)) for shortfall in entry.shortfalls),
            "changes": None if entry.changes is None else Changes(**_filled(entry.changes)),
        }
    )


def tour_of(entry: TourEntry) -> Tour:
    """Return the tour that `tour_entry` was given."""
    return Tour(
        status=entry.status,
        drive_s=entry.drive_s,
        bound_s=entry.bound_s,
        distance_m=entry.distance_m,
        solver=entry.solver,
        stops=tuple(Stop(**dict(stop)) for stop in entry.stops),
        legs=tuple(_leg(leg) for leg in entry.legs),
        shortfalls=_shortfalls(entry.problems),
        spread=None if entry.spread is None else _spread(entry.spread),
        remarks=_shortfalls(entry.remarks),
        revision=entry.revision,
        withdrawn=tuple(CalendarEntry(**dict(item)) for item in entry.withdrawn),
        calendar=entry.calendar,
        shown=entry.shown,
    )


def _leg(entry: LegEntry) -> Leg:
    return Leg(**dict(entry) | {"path": tuple(LngLat(*point) for point in entry.path)})


def _spread(entry: SpreadEntry) -> Spread:
    return Spread(**dict(entry) | {"breaks": _shortfalls(entry.breaks)})


def _shortfalls(entries: Iterable[ShortfallEntry]) -> tuple[Shortfall, ...]:
    return tuple(Shortfall(**_filled(entry)) for entry in entries)


def _known(value: DataclassInstance) -> dict[str, Any]:
    """Return the fields of a dataclass, NumPy scalars as Python's, None for what is not finite."""
    return {field.name: _scalar(getattr(value, field.name)) for field in fields(value)}


def _scalar(item: object) -> object:
    item = item.item() if isinstance(item, np.generic) else item
    return None if isinstance(item, float) and not math.isfinite(item) else item


def _filled(entry: BaseModel) -> dict[str, Any]:
    return {name: math.nan if item is None else item for name, item in entry}


def faults_text(error: ValidationError, *, file: str = "plan.json") -> str:
    """Return the path of each field of a file that is missing, unknown or wrong."""
    lines = [
        f"{file}, {'.'.join(map(str, fault['loc'])) or 'tout le fichier'}\u00a0: {fault['msg']}"
        for fault in error.errors(include_url=False)
    ]
    more = len(lines) - _MOST_FAULTS
    rest = [f"et {more} autre(s) défaut(s)"] if more > 0 else []
    return "\n".join([*lines[:_MOST_FAULTS], *rest])


def json_lines(value: object, indent: str = "") -> Iterator[str]:
    """Yield JSON in which whatever holds only plain values stands on one line."""
    if not _is_deep(value) or not any(map(_is_deep, _children(value))):
        yield _text(value)
        return
    inner = indent + " "
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    keys = [f"{_text(key)}: " for key in value] if isinstance(value, dict) else repeat("")
    yield opening
    for number, (key, child) in enumerate(zip(keys, _children(value), strict=False)):
        yield f"{',' if number else ''}\n{inner}{key}"
        yield from json_lines(child, inner)
    yield f"\n{indent}{closing}"


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _is_deep(value: object) -> bool:
    """Return whether a value is a mapping, or a list that holds one."""
    return isinstance(value, dict) or any(map(_is_deep, _children(value)))


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
