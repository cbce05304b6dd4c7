"""Reads the rows of the inputs of a campaign; `data.store.inputs` changes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from data.store.engine import Tx
from data.store.filters import matching
from data.store.rows import Row
from data.store.tables import ROWS, RowRecord
from geo.crs import Bounds


def row(tx: Tx, campaign_id: str, kind: str, row_id: str) -> RowRecord | None:
    """Return a row; None if there is no such row."""
    return tx.get(ROWS[kind], (campaign_id, row_id))


def page(
    tx: Tx,
    campaign_id: str,
    kind: str,
    *,
    after: int | None,
    limit: int,
    bounds: Bounds | None = None,
    where: Mapping[str, str] | None = None,
) -> Sequence[RowRecord]:
    """Return some rows in the order of their positions.

    Parameters
    ----------
    after
        The position of the last row of the page before.
    bounds
        Only rows whose own bounds meet these, a common border included.
    where
        Only rows with these cells.
    """
    table = ROWS[kind]
    query = select(table).where(*matching(tx, table, campaign_id, bounds=bounds, where=where))
    if after is not None:
        query = query.where(table.position > after)
    return tx.scalars(query.order_by(table.position).limit(limit)).all()


def every(
    tx: Tx,
    campaign_id: str,
    kind: str,
    *,
    bounds: Bounds | None = None,
    where: Mapping[str, str] | None = None,
) -> Iterator[Row]:
    """Yield all rows that `page` would give, without their versions: many, and fast."""
    table = ROWS[kind]
    columns: tuple[InstrumentedAttribute[Any], ...] = (table.row_id, table.cells, table.geometry)
    query = (
        select(*columns)
        .where(*matching(tx, table, campaign_id, bounds=bounds, where=where))
        .order_by(table.position)
        .execution_options(yield_per=1000)
    )
    for row_id, cells, geometry in tx.execute(query):
        yield Row(row_id, cells, geometry)


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
    query = select(func.count()).select_from(table)
    found = tx.scalar(query.where(*matching(tx, table, campaign_id, bounds=bounds, where=where)))
    return found or 0


def next_position(tx: Tx, campaign_id: str, kind: str) -> int:
    """Return the position of a row that is added at the end of an input."""
    table = ROWS[kind]
    last = tx.scalar(select(func.max(table.position)).where(table.campaign_id == campaign_id))
    return (last or 0) + 1
