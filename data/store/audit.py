"""The audit trail: who did what when; entries are added in the transaction of what they tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
