"""What a GIS program reads of a campaign: rows of inputs and files of plans, many and fast.

The same rows as in `data.store.inputs`, as plain tuples: a page is read for every pan of a map.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pydantic import TypeAdapter
from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import InstrumentedAttribute

from data.store.engine import Tx
from data.store.filters import with_cells
from data.store.tables import (
    ROWS,
    BlobRecord,
    CampaignRecord,
    PlanFileRecord,
    PlanRecord,
    RowRecord,
)
from geo.crs import Bounds

Shapes = NDArray[np.object_]
_MANY = 500
"""How many ids one query names at most."""
_CELLS = TypeAdapter(dict[str, str])
"""Reads the cells of a row, in about half the time that `json` takes."""


class CampaignState(NamedTuple):
    """What tells whether something that was made of a campaign still holds."""

    name: str
    version: int
    rows_version: int


class PlanVersion(NamedTuple):
    """What tells whether something that was made of a plan still holds."""

    plan_id: str
    number: int
    state: str
    revision: int
    version: int
    withdrawn: Sequence[str]


class FeatureRow(NamedTuple):
    """A row of an input, without its geometry."""

    position: int
    row_id: str
    cells: Mapping[str, str]


class Found(NamedTuple):
    """Some rows ``(n,)`` in the order of their positions, and their geometry in WGS84 ``(n,)``."""

    rows: Sequence[FeatureRow]
    shapes: Shapes


class Candidate(NamedTuple):
    """A row that may be in a box; `wkb` is None where its bounds say already that it is."""

    position: int
    row_id: str
    wkb: bytes | None


# Built once: every request asks these, and building one takes longer than answering it.
_CAMPAIGN_STATE = select(
    CampaignRecord.name, CampaignRecord.version, CampaignRecord.rows_version
).where(CampaignRecord.campaign_id == bindparam("id"))
_PLAN_STATES = (
    select(
        PlanRecord.plan_id,
        PlanRecord.number,
        PlanRecord.state,
        PlanRecord.revision,
        PlanRecord.version,
        PlanRecord.withdrawn,
    )
    .where(PlanRecord.campaign_id == bindparam("id"))
    .order_by(PlanRecord.number.desc())
)


def campaign_state(tx: Tx, campaign_id: str) -> CampaignState | None:
    """Return the state of a campaign; None if there is no such campaign."""
    found = tx.connection().execute(_CAMPAIGN_STATE, {"id": campaign_id}).first()
    return None if found is None else CampaignState(*found)


def plan_states(tx: Tx, campaign_id: str) -> Sequence[PlanVersion]:
    """Return the states of the plans of a campaign, the latest plan first."""
    rows = tx.connection().execute(_PLAN_STATES, {"id": campaign_id})
    return [PlanVersion(*found) for found in rows]


def plan_files(tx: Tx, plan: PlanVersion, paths: Sequence[str]) -> dict[str, bytes]:
    """Return some files of the current revision of a plan by their paths; those that it has."""
    query = (
        select(PlanFileRecord.path, BlobRecord.content)
        .join(BlobRecord, BlobRecord.sha256 == PlanFileRecord.sha256)
        .where(
            PlanFileRecord.plan_id == plan.plan_id,
            PlanFileRecord.revision == plan.revision,
            PlanFileRecord.path.in_(paths),
        )
    )
    return {path: bytes(content) for path, content in tx.execute(query)}


def page(
    tx: Tx,
    campaign_id: str,
    kind: str,
    *,
    after: int | None,
    limit: int,
    bounds: Bounds | None = None,
    where: Mapping[str, str] | None = None,
) -> Found:
    """Return some rows in the order of their positions.

    Parameters
    ----------
    after
        The position of the last row of the page before.
    bounds
        Only rows whose own bounds meet these, and those without geometry. With a west side greater
        than the east one they go over the antimeridian.
    where
        Only rows with these cells; an empty text also where there is no such cell.
    """
    table = ROWS[kind]
    query = _rows(table).where(*_conditions(table, campaign_id, bounds=bounds, where=where))
    if after is not None:
        query = query.where(table.position > after)
    return _found(tx.execute(query.order_by(table.position).limit(limit)).all())


def every(tx: Tx, campaign_id: str, kind: str, *, at_once: int) -> Iterator[Found]:
    """Yield all rows of an input, so many at once, of one state of the store."""
    table = ROWS[kind]
    query = _rows(table).where(table.campaign_id == campaign_id).order_by(table.position)
    result = tx.execute(query.execution_options(yield_per=at_once))
    for rows in result.partitions():
        yield _found(rows)


def with_ids(tx: Tx, campaign_id: str, kind: str, row_ids: Sequence[str]) -> Found:
    """Return the rows with some ids, in the order of their positions."""
    table = ROWS[kind]
    rows: list[Any] = []
    for start in range(0, len(row_ids), _MANY):
        some = row_ids[start : start + _MANY]
        query = _rows(table).where(table.campaign_id == campaign_id, table.row_id.in_(some))
        rows += tx.execute(query).all()
    return _found(sorted(rows, key=lambda row: row[0]))


def candidates(
    tx: Tx,
    campaign_id: str,
    kind: str,
    *,
    bounds: Bounds,
    inside: Bounds | None,
    where: Mapping[str, str] | None = None,
) -> Sequence[Candidate]:
    """Return the rows that `page` would give, in its order, for a closer look at their geometry.

    Parameters
    ----------
    inside
        Rows whose bounds lie in this box need no such look.
    """
    table = ROWS[kind]
    shape = _raw(table)
    if inside is not None:
        within = and_(
            table.minx >= inside.west,
            table.maxx <= inside.east,
            table.miny >= inside.south,
            table.maxy <= inside.north,
        )
        shape = case((within, None), else_=shape)
    query = select(table.position, table.row_id, shape).where(
        *_conditions(table, campaign_id, bounds=bounds, where=where)
    )
    rows = tx.execute(query.order_by(table.position))
    return [Candidate(position, row_id, _bytes(wkb)) for position, row_id, wkb in rows]


def count(
    tx: Tx,
    campaign_id: str,
    kind: str,
    *,
    bounds: Bounds | None = None,
    where: Mapping[str, str] | None = None,
) -> int:
    """Return how many rows `page` would give in all."""
    table = ROWS[kind]
    conditions = _conditions(table, campaign_id, bounds=bounds, where=where)
    return tx.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def extent(tx: Tx, campaign_id: str, kind: str) -> Bounds | None:
    """Return the box around all rows of an input; None where none has a geometry."""
    table = ROWS[kind]
    query = select(
        func.min(table.minx), func.min(table.miny), func.max(table.maxx), func.max(table.maxy)
    ).where(table.campaign_id == campaign_id)
    west, south, east, north = tx.execute(query).one()
    if west is None or south is None or east is None or north is None:
        return None
    return Bounds(west, south, east, north)


def _rows(table: type[RowRecord]) -> Any:  # noqa: ANN401 -- a Select of four columns
    columns: tuple[InstrumentedAttribute[Any], ...] = (table.position, table.row_id)
    return select(*columns, cast(table.cells, Text), _raw(table))


def _raw(table: type[RowRecord]) -> Any:  # noqa: ANN401 -- a column of bytes
    """Return the column of geometry as bytes: they are read all at once, not one by one."""
    return type_coerce(table.__table__.c.wkb, LargeBinary)


def _found(rows: Sequence[Any]) -> Found:
    wkb = [_bytes(row[3]) for row in rows]
    shapes: Shapes = np.asarray(shapely.from_wkb(np.array(wkb, dtype=object)), dtype=object)
    read = _CELLS.validate_json
    return Found([FeatureRow(row[0], row[1], read(row[2])) for row in rows], shapes)


def _bytes(wkb: Any) -> bytes | None:  # noqa: ANN401 -- what a driver gives for bytes
    return None if wkb is None else bytes(wkb)


def _conditions(
    table: type[RowRecord],
    campaign_id: str,
    *,
    bounds: Bounds | None,
    where: Mapping[str, str] | None,
) -> list[ColumnElement[bool]]:
    conditions = with_cells(table, campaign_id, where)
    if bounds is not None:
        conditions.append(or_(table.minx.is_(None), _meet(table, bounds)))
    return conditions


def _meet(table: type[RowRecord], bounds: Bounds) -> ColumnElement[bool]:
    beside = [table.maxx >= bounds.west, table.minx <= bounds.east]
    across = or_(*beside) if bounds.west > bounds.east else and_(*beside)
    return and_(across, table.maxy >= bounds.south, table.miny <= bounds.north)
