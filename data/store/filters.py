"""Conditions on the rows of an input, the same on every database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column

from data.store.engine import Tx
from data.store.tables import SHAPED, RowRecord
from geo.crs import WGS84, Bounds


def matching(
    tx: Tx,
    table: type[RowRecord],
    campaign_id: str,
    *,
    bounds: Bounds | None = None,
    where: Mapping[str, str] | None = None,
) -> list[ColumnElement[bool]]:
    """Return the conditions on the rows of a campaign; see `data.store.inputs.page`."""
    conditions = with_cells(table, campaign_id, where)
    if bounds is not None:
        conditions += _within(tx, table, bounds)
    return conditions


def with_cells(
    table: type[RowRecord], campaign_id: str, where: Mapping[str, str] | None
) -> list[ColumnElement[bool]]:
    """Return the conditions on the rows of a campaign with these cells, wherever they are.

    An empty text stands for no such cell, too.
    """
    conditions: list[ColumnElement[bool]] = [table.campaign_id == campaign_id]
    for name, text in sorted((where or {}).items()):
        cell: ColumnElement[Any] = table.cells[name].as_string()
        conditions.append(func.coalesce(cell, "") == text)
    return conditions


def _within(tx: Tx, table: type[RowRecord], bounds: Bounds) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        table.minx <= bounds.east,
        table.maxx >= bounds.west,
        table.miny <= bounds.north,
        table.maxy >= bounds.south,
    ]
    if tx.get_bind().dialect.name == "postgresql" and table.__tablename__ in SHAPED:
        # The index of PostGIS keeps its boxes in single precision: it finds, the others decide.
        geom: ColumnElement[Any] = literal_column(f"{table.__tablename__}.geom")
        conditions.append(geom.op("&&")(func.ST_MakeEnvelope(*bounds, WGS84)))
    return conditions
