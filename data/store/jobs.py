"""Jobs in the store: what is asked for, who runs it, how far it is."""

from __future__ import annotations

from data.store.engine import Tx
from data.store.tables import JobRecord


def get(tx: Tx, job_id: str) -> JobRecord | None:
    """Return a job; None if there is no such job."""
    return tx.get(JobRecord, job_id)


def campaign_of(tx: Tx, job_id: str) -> str | None:
    """Return the campaign of a job; None if there is no such job."""
    found = get(tx, job_id)
    return None if found is None else found.campaign_id
