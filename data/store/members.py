"""Members: who has which role in which campaign; ``*`` stands for every campaign."""

from __future__ import annotations

from sqlalchemy import select

from data.store import audit
from data.store.audit import Act
from data.store.engine import Tx
from data.store.tables import MembershipRecord

EVERY_CAMPAIGN = "*"


def grant(tx: Tx, *, subject: str, campaign_id: str, role: str, act: Act) -> bool:
    """Give a role; return whether it is new to them."""
    if tx.get(MembershipRecord, (subject, campaign_id, role)) is not None:
        return False
    tx.add(MembershipRecord(subject=subject, campaign_id=campaign_id, role=role))
    _note(tx, act, "member.grant", subject=subject, campaign_id=campaign_id, role=role)
    return True


def revoke(tx: Tx, *, subject: str, campaign_id: str, role: str, act: Act) -> bool:
    """Take a role away, at once; return whether they had it."""
    found = tx.get(MembershipRecord, (subject, campaign_id, role))
    if found is None:
        return False
    tx.delete(found)
    _note(tx, act, "member.revoke", subject=subject, campaign_id=campaign_id, role=role)
    return True


def roles_of(tx: Tx, subject: str) -> frozenset[tuple[str, str]]:
    """Return the pairs of campaign id and role that somebody has."""
    rows = tx.execute(
        select(MembershipRecord.campaign_id, MembershipRecord.role).where(
            MembershipRecord.subject == subject
        )
    )
    return frozenset((row.campaign_id, row.role) for row in rows)


def page(tx: Tx, campaign_id: str, *, start: int, limit: int) -> list[MembershipRecord]:
    """Return the members of a campaign by subject and role, from a place in that list on."""
    query = (
        select(MembershipRecord)
        .where(MembershipRecord.campaign_id == campaign_id)
        .order_by(MembershipRecord.subject, MembershipRecord.role)
    )
    return list(tx.scalars(query.offset(start).limit(limit)))


def _note(tx: Tx, act: Act, action: str, *, subject: str, campaign_id: str, role: str) -> None:
    audit.record(
        tx,
        act,
        action,
        subject=f"members/{subject}",
        campaign_id=None if campaign_id == EVERY_CAMPAIGN else campaign_id,
        change={"role": role, "everywhere": campaign_id == EVERY_CAMPAIGN},
    )
