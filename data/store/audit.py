"""The audit trail: who did what when; entries are added in the transaction of what they tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from data.store.engine import Tx
from data.store.tables import AuditRecord


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody doing something: who, when, and the request by which it was asked."""

    actor: str
    at: datetime
    request_id: str


def record(
    tx: Tx,
    act: Act,
    action: str,
    *,
    subject: str,
    campaign_id: str | None = None,
    version: int | None = None,
    change: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry.

    Parameters
    ----------
    action
        A verb on a noun (``row.change``, ``plan.approve``).
    subject
        What was acted on (``faces/F0001``, ``plans/p_…``).
    version
        The version that the subject has from now on.
    change
        What replays the change; never a personal datum.
    """
    tx.add(
        AuditRecord(
            at=act.at,
            actor=act.actor,
            request_id=act.request_id,
            campaign_id=campaign_id,
            action=action,
            subject=subject,
            version=version,
            change=dict(change or {}),
        )
    )


def trail(tx: Tx, campaign_id: str, *, after: int | None, limit: int) -> Sequence[AuditRecord]:
    """Return entries of the audit trail of a campaign in their order, those after entry `after`."""
    query = select(AuditRecord).where(AuditRecord.campaign_id == campaign_id)
    if after is not None:
        query = query.where(AuditRecord.seq > after)
    return tx.scalars(query.order_by(AuditRecord.seq).limit(limit)).all()
