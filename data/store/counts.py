"""How much there is in the store, for those who watch over it."""

from __future__ import annotations

from sqlalchemy import func, select

from data.store.engine import Tx
from data.store.tables import JobRecord, KeyRecord


def jobs_by_status(tx: Tx) -> dict[str, int]:
    """Return how many jobs there are of each status; those with none are left out."""
    rows = tx.execute(select(JobRecord.status, func.count()).group_by(JobRecord.status))
    return {row[0]: row[1] for row in rows}


def has_keys(tx: Tx) -> bool:
    """Return whether any API key was ever made."""
    return tx.scalar(select(KeyRecord.key_id).limit(1)) is not None
