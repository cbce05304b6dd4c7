"""How much a campaign holds, as its folder would: a bound that costs little, and the exact size."""

from __future__ import annotations

from typing import Any

from sqlalchemy import LargeBinary, Text, cast, func, select, type_coerce

from data.store.engine import Tx
from data.store.folders import campaign_files
from data.store.input_records import of_campaign
from data.store.tables import ROWS, AttachmentRecord, BlobRecord

_SHAPE_BYTES = 3
"""Bytes of GeoJSON for one of WKB, at the most: 16 bytes hold a point, written in less than 48."""
_ROW_BYTES = 128
"""What surrounds the cells of a row in GeoJSON."""
_CELL_BYTES = 8
"""What surrounds a heading and an empty cell."""


def campaign_bytes_at_most(tx: Tx, campaign_id: str) -> int:
    """Return bytes that the tables and pictures of a campaign do not pass, without reading them.

    Cells are kept as JSON in ASCII with their headings, which is never shorter than a row of CSV.
    """
    total = _scalar(
        tx,
        select(func.sum(BlobRecord.size))
        .join(AttachmentRecord, AttachmentRecord.sha256 == BlobRecord.sha256)
        .where(AttachmentRecord.campaign_id == campaign_id),
    )
    for record in of_campaign(tx, campaign_id):
        table = ROWS[record.kind]
        shape = func.length(type_coerce(table.geometry, LargeBinary))
        cells = func.length(cast(table.cells, Text))
        size = func.sum(cells + _SHAPE_BYTES * func.coalesce(shape, 0))
        here = table.campaign_id == campaign_id
        headings = sum(len(name.encode()) + _CELL_BYTES for name in record.headings)
        rows = _scalar(tx, select(func.count()).select_from(table).where(here))
        total += _scalar(tx, select(size).where(here)) + (rows + 1) * (headings + _ROW_BYTES)
    return total


def campaign_bytes(tx: Tx, campaign_id: str) -> int:
    """Return the bytes of the files of a campaign, as an upload counts them; it reads all of it."""
    return sum(map(len, campaign_files(tx, campaign_id).values()))


def _scalar(tx: Tx, query: Any) -> int:  # noqa: ANN401 -- any query of one number
    return int(tx.scalar(query) or 0)
