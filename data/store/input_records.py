"""The records of inputs, what changes of them share, and how each is noted in the audit trail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update

from data.store import audit
from data.store.audit import Act
from data.store.engine import Tx
from data.store.rows import Row, bounds_of
from data.store.tables import CampaignRecord, InputRecord, RowRecord
from data.store.wkb import many_wkb


def get(tx: Tx, campaign_id: str, kind: str) -> InputRecord | None:
    """Return an input without its rows; None if there is none."""
    return tx.get(InputRecord, (campaign_id, kind))


def of_campaign(tx: Tx, campaign_id: str) -> Sequence[InputRecord]:
    """Return the inputs of a campaign by kind."""
    query = select(InputRecord).where(InputRecord.campaign_id == campaign_id)
    return tx.scalars(query.order_by(InputRecord.kind)).all()


def unused_version(tx: Tx, campaign_id: str) -> int:
    """Return a version that nothing of a campaign has had: who saw what was there before is late.

    Every change of an input counts, so no version of an input or a row is above the count.
    """
    query = select(CampaignRecord.rows_version).where(CampaignRecord.campaign_id == campaign_id)
    return (tx.scalar(query) or 0) + 1


def values_of(
    campaign_id: str, rows: Sequence[Row], *, version: int, first: int = 1
) -> list[dict[str, Any]]:
    """Return rows as the columns of their table have them; `first` is the first position."""
    shapes = many_wkb([row.geometry for row in rows])
    return [
        {
            "campaign_id": campaign_id,
            "row_id": row.row_id,
            "position": position,
            "cells": dict(row.cells),
            "version": version,
            "wkb": shape,
            "minx": box[0],
            "miny": box[1],
            "maxx": box[2],
            "maxy": box[3],
        }
        for position, (row, shape, box) in enumerate(
            zip(rows, shapes, bounds_of(rows), strict=True), start=first
        )
    ]


def touch(
    tx: Tx, record: InputRecord, headings: Sequence[str], *, version: int | None = None
) -> None:
    """Raise the version of an input; who changes one of its rows need not know its version."""
    tx.execute(
        update(InputRecord)
        .where(InputRecord.campaign_id == record.campaign_id, InputRecord.kind == record.kind)
        .values(version=version or InputRecord.version + 1, headings=list(headings))
        .execution_options(synchronize_session=False)
    )
    tx.refresh(record)


def note(
    tx: Tx,
    act: Act,
    action: str,
    record: InputRecord,
    *,
    change: Mapping[str, Any],
    row: RowRecord | None = None,
) -> None:
    """Note a change of an input, or of one of its rows, in the audit trail."""
    audit.record(
        tx,
        act,
        action,
        subject=record.kind if row is None else f"{record.kind}/{row.row_id}",
        campaign_id=record.campaign_id,
        version=record.version if row is None else row.version,
        change=change,
    )
