"""API keys: made, found by their prefix, revoked; the store holds the hash of a secret alone."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, bindparam, func, select, update

from data.store import audit
from data.store.audit import Act
from data.store.engine import Tx
from data.store.ids import new_id
from data.store.tables import ClockRecord, KeyRecord, MembershipRecord

SCHEME = "pk"
EVERY_SCOPE = "*"
"""The scope of a key that may do all that its subject may."""
USE_NOTED_EVERY = timedelta(minutes=1)
PATTERN = re.compile(rf"{SCHEME}_([0-9a-z]{{10}})_([A-Za-z0-9_-]{{43}})")
"""A whole key: its prefix, which is no secret, and its secret."""
_RECOGNISE = (
    select(
        KeyRecord.key_id,
        KeyRecord.subject,
        KeyRecord.secret_sha256,
        KeyRecord.scopes,
        KeyRecord.expires_at,
        KeyRecord.revoked_at,
        KeyRecord.last_used_at,
        MembershipRecord.campaign_id,
        MembershipRecord.role,
        select(func.max(ClockRecord.latest)).scalar_subquery().label("latest"),
    )
    .outerjoin(MembershipRecord, MembershipRecord.subject == KeyRecord.subject)
    .where(KeyRecord.prefix == bindparam("prefix"))
)
"""Everything of a key in one statement, made once: every request asks it."""
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_NOBODY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class KnownKey:
    """Whom a key stands for, and what it is limited to.

    Parameters
    ----------
    roles
        Pairs of campaign id (``*``: every one) and role.
    scopes
        Names of actions; ``*`` for all.
    latest
        The latest moment that the store had seen: time does not run back behind it.
    """

    key_id: str
    subject: str
    scopes: frozenset[str]
    roles: frozenset[tuple[str, str]]
    expires_at: datetime | None
    last_used_at: datetime | None
    latest: datetime | None

    def holds_at(self, machine: datetime) -> bool:
        """Return whether the key has not expired at a moment of the machine's clock."""
        return self.expires_at is None or self._now(machine) < self.expires_at

    def use_is_due_at(self, machine: datetime) -> bool:
        """Return whether its last use was noted too long ago."""
        return (
            self.last_used_at is None or self._now(machine) - self.last_used_at >= USE_NOTED_EVERY
        )

    def _now(self, machine: datetime) -> datetime:
        return machine if self.latest is None else max(machine, self.latest)


def create(
    tx: Tx,
    *,
    subject: str,
    label: str,
    act: Act,
    scopes: Sequence[str] = (EVERY_SCOPE,),
    expires_at: datetime | None = None,
) -> tuple[KeyRecord, str]:
    """Make a key and return it with what its holder sends: it can never be read again.

    The secret has 256 random bits: one round of SHA-256 is enough to keep it, since there is
    nothing to guess that a slower hash would guard.
    """
    prefix = "".join(secrets.choice(_LETTERS) for _ in range(10))
    secret = secrets.token_urlsafe(32)
    record = KeyRecord(
        key_id=new_id("k"),
        prefix=prefix,
        secret_sha256=_digest(secret),
        subject=subject,
        label=label,
        scopes=sorted(set(scopes)),
        created_at=act.at,
        expires_at=expires_at,
    )
    tx.add(record)
    change = {
        "prefix": prefix,
        "for": subject,
        "scopes": record.scopes,
        "expires_at": expires_at.isoformat() if expires_at else None,
    }
    audit.record(tx, act, "key.create", subject=f"keys/{record.key_id}", change=change)
    return record, f"{SCHEME}_{prefix}_{secret}"


def recognise(tx: Tx, key: str, machine: datetime) -> KnownKey | None:
    """Return whom a key stands for; None if it is unknown, revoked or expired.

    The same is read and compared whichever it is, so that the time taken tells nothing.
    """
    parts = PATTERN.fullmatch(key)
    prefix, secret = parts.groups() if parts else ("", "")
    rows = tx.execute(_RECOGNISE, {"prefix": prefix}).all()
    first = rows[0] if rows else None
    expected = first.secret_sha256 if first else _NOBODY
    right = hmac.compare_digest(_digest(secret), expected)
    if first is None or not right or first.revoked_at is not None:
        return None
    known = KnownKey(
        key_id=first.key_id,
        subject=first.subject,
        scopes=frozenset(first.scopes),
        roles=frozenset((row.campaign_id, row.role) for row in rows if row.role is not None),
        expires_at=first.expires_at,
        last_used_at=first.last_used_at,
        latest=first.latest,
    )
    return known if known.holds_at(machine) else None


def note_use(tx: Tx, key_id: str, at: datetime) -> None:
    """Note that a key was used, unless that was noted less than a minute ago."""
    tx.execute(
        update(KeyRecord)
        .where(
            KeyRecord.key_id == key_id,
            KeyRecord.last_used_at.is_(None) | (KeyRecord.last_used_at <= at - USE_NOTED_EVERY),
        )
        .values(last_used_at=at)
    )


def get(tx: Tx, key_id: str) -> KeyRecord | None:
    """Return a key; None if there is no such key."""
    return tx.get(KeyRecord, key_id)


def by_prefix(tx: Tx, prefix: str) -> KeyRecord | None:
    """Return the key of a prefix, given alone or as ``pk_<prefix>``; None if there is none."""
    bare = prefix.removeprefix(f"{SCHEME}_")
    return tx.scalar(select(KeyRecord).where(KeyRecord.prefix == bare))


def page(tx: Tx, *, after: str | None, limit: int) -> list[KeyRecord]:
    """Return the keys whose ids come after one, in the order of their ids."""
    query = select(KeyRecord).order_by(KeyRecord.key_id).limit(limit)
    if after is not None:
        query = query.where(KeyRecord.key_id > after)
    return list(tx.scalars(query))


def count(tx: Tx) -> int:
    """Return how many keys were ever made."""
    return tx.scalar(select(func.count()).select_from(KeyRecord)) or 0


def revoke(tx: Tx, key_id: str, *, act: Act) -> bool:
    """Revoke a key at once and for ever; return whether it was still good."""
    result = tx.execute(
        update(KeyRecord)
        .where(KeyRecord.key_id == key_id, KeyRecord.revoked_at.is_(None))
        .values(revoked_at=act.at)
        .execution_options(synchronize_session="fetch")
    )
    revoked = cast("CursorResult[Any]", result).rowcount > 0
    if revoked:
        audit.record(tx, act, "key.revoke", subject=f"keys/{key_id}")
    return revoked


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
