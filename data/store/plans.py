"""Plans in the store: the plan folder of each revision, file by file."""

from __future__ import annotations

from data.store.engine import Tx
from data.store.tables import PlanRecord


def get(tx: Tx, plan_id: str) -> PlanRecord | None:
    """Return a plan; None if there is no such plan."""
    return tx.get(PlanRecord, plan_id)


def campaign_of(tx: Tx, plan_id: str) -> str | None:
    """Return the campaign of a plan; None if there is no such plan."""
    found = get(tx, plan_id)
    return None if found is None else found.campaign_id
