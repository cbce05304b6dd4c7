"""Requests that are sent twice and done once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update

from data.store.engine import Tx
from data.store.tables import IdempotencyRecord

ABANDONED = timedelta(seconds=120)
"""A request that has given no answer for so long has died with its process."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who repeats what: a caller, and the key that they gave to their request."""

    subject: str
    key: str


def claim(tx: Tx, who: Claim, *, request_id: str, at: datetime) -> IdempotencyRecord | None:
    """Note that a request begins; return what is known of the one before it with the same key.

    None lets the request go on: there was none, or it died before it changed anything.
    """
    found = tx.get(IdempotencyRecord, (who.subject, who.key), with_for_update=True)
    if found is None:
        record = IdempotencyRecord(
            subject=who.subject, key=who.key, request_id=request_id, created_at=at
        )
        tx.add(record)
        tx.flush()
        return None
    if found.status is None and not found.is_applied and at - found.created_at > ABANDONED:
        found.request_id, found.created_at = request_id, at
        return None
    return found


def mark_applied(tx: Tx, request_id: str) -> None:
    """Note that the request has changed something, in the transaction of that change."""
    tx.execute(
        update(IdempotencyRecord)
        .where(IdempotencyRecord.request_id == request_id)
        .values(is_applied=True)
    )


def answer(
    tx: Tx,
    request_id: str,
    *,
    fingerprint: str,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
) -> None:
    """Keep the answer of a request, to be given again."""
    tx.execute(
        update(IdempotencyRecord)
        .where(IdempotencyRecord.request_id == request_id)
        .values(fingerprint=fingerprint, status=status, headers=dict(headers), body=body)
    )


def let_go(tx: Tx, request_id: str) -> None:
    """Forget a request that changed nothing and may be tried again."""
    tx.execute(
        delete(IdempotencyRecord).where(
            IdempotencyRecord.request_id == request_id, IdempotencyRecord.is_applied.is_(False)
        )
    )


def forget_before(tx: Tx, moment: datetime) -> None:
    """Forget the answers given before a moment."""
    tx.execute(delete(IdempotencyRecord).where(IdempotencyRecord.created_at < moment))
