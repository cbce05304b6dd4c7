"""Signed links: made, listed, counted, revoked. Whether one may be followed is judged here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, select, update

from data.store import audit
from data.store.audit import Act
from data.store.engine import Tx
from data.store.ids import new_id
from data.store.tables import LinkRecord, PlanRecord


def create(
    tx: Tx, plan: PlanRecord, *, view: str, label: str, expires_at: datetime, act: Act
) -> LinkRecord:
    """Add a link; `expires_at` is kept to the second, as it is signed."""
    record = LinkRecord(
        link_id=new_id("l"),
        plan_id=plan.plan_id,
        view=view,
        label=label,
        created_at=act.at,
        created_by=act.actor,
        expires_at=expires_at.replace(microsecond=0),
        uses=0,
    )
    tx.add(record)
    tx.flush()
    change = {"link": record.link_id, "view": view, "expires_at": record.expires_at.isoformat()}
    _note(tx, act, "link.create", plan, change)
    return record


def get(tx: Tx, link_id: str) -> LinkRecord | None:
    """Return a link; None if there is no such link."""
    return tx.get(LinkRecord, link_id)


def page(tx: Tx, plan_id: str, *, after: str | None, limit: int) -> Sequence[LinkRecord]:
    """Return the links of a plan in the order of their ids, from one on."""
    query = select(LinkRecord).where(LinkRecord.plan_id == plan_id)
    if after is not None:
        query = query.where(LinkRecord.link_id > after)
    return tx.scalars(query.order_by(LinkRecord.link_id).limit(limit)).all()


def revoke(tx: Tx, plan: PlanRecord, link_id: str, *, act: Act) -> bool:
    """Revoke a link of a plan at once and for ever; return whether it was still good."""
    result = tx.execute(
        update(LinkRecord)
        .where(
            LinkRecord.link_id == link_id,
            LinkRecord.plan_id == plan.plan_id,
            LinkRecord.revoked_at.is_(None),
        )
        .values(revoked_at=act.at)
        .execution_options(synchronize_session="fetch")
    )
    revoked = cast("CursorResult[Any]", result).rowcount > 0
    if revoked:
        _note(tx, act, "link.revoke", plan, {"link": link_id})
    return revoked


def is_open(record: LinkRecord, now: datetime) -> bool:
    """Return whether a link may be followed; `now` is of `data.store.clock`, never set back."""
    return record.revoked_at is None and now < record.expires_at


def count_use(tx: Tx, link_id: str, *, at: datetime) -> None:
    """Count that a link was followed."""
    tx.execute(
        update(LinkRecord)
        .where(LinkRecord.link_id == link_id)
        .values(uses=LinkRecord.uses + 1, last_used_at=at)
        .execution_options(synchronize_session=False)
    )


def _note(tx: Tx, act: Act, action: str, plan: PlanRecord, change: dict[str, Any]) -> None:
    audit.record(
        tx,
        act,
        action,
        subject=f"plans/{plan.plan_id}",
        campaign_id=plan.campaign_id,
        version=plan.version,
        change=change,
    )
