"""Consents of agents as the store has them, and what follows where one is withdrawn.

A consent is withdrawn where a medium is lost, or where it now ends before the campaign does. From
that moment no plan made before shows the portrait: see `WithheldError` of `data.store.plans`.
An agent who is merely no longer among the rows has withdrawn nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from data.read.cells import MEDIA, CellFault, day, media
from data.store import audit
from data.store.audit import Act
from data.store.engine import Tx
from data.store.tables import ROWS, AuditRecord, CampaignRecord, InputRecord, PlanRecord

AGENTS = "agents"
WITHDRAWN, GIVEN = "consent.withdraw", "consent.give"
"""What the audit trail calls the word of somebody on their consent."""
_EVERYTHING = frozenset(MEDIA)
_MARGIN = timedelta(minutes=5)
SUBJECT = f"{AGENTS}/"
"""What stands before the id of an agent in the audit trail."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What an agent agreed to; `until` is the last day, None for no end."""

    media: frozenset[str]
    until: date | None


def of_campaign(tx: Tx, campaign_id: str) -> dict[str, Consent]:
    """Return the consent of each agent; a cell that cannot be read is no consent.

    Where the campaign keeps no consents every medium is agreed to, as for planning.
    """
    record = tx.get(InputRecord, (campaign_id, AGENTS))
    if record is None:
        return {}
    table, keeps = ROWS[AGENTS], "consent_media" in record.headings
    rows = tx.execute(select(table.row_id, table.cells).where(table.campaign_id == campaign_id))
    return {row_id: consent_of(cells, keeps=keeps) for row_id, cells in rows}


def consent_of(cells: Mapping[str, str], *, keeps: bool) -> Consent:
    """Return what the cells of an agent say; a cell that cannot be read is no consent.

    Parameters
    ----------
    keeps
        Whether the campaign keeps consents; where it does not, every medium is agreed to.
    """
    try:
        agreed = media(cells.get("consent_media") or "") if keeps else _EVERYTHING
        text = cells.get("consent_until") or ""
        return Consent(agreed, day(text) if text else None)
    except CellFault:
        return Consent(frozenset(), None)


def note_withdrawn(tx: Tx, campaign_id: str, before: Mapping[str, Consent], act: Act) -> None:
    """Withdraw the portraits of those who agreed to more `before` than they do now."""
    last = _last_day(tx, campaign_id)
    now = of_campaign(tx, campaign_id)
    less = [a for a in sorted(now) if a in before and _is_less(now[a], before[a], last)]
    if less:
        withdraw(tx, campaign_id, less, act)


def withdraw(tx: Tx, campaign_id: str, agent_ids: Collection[str], act: Act) -> list[str]:
    """Let no plan of a campaign show these agents any more; return the plans that it concerns.

    All plans, in whatever state: their files are given out again once they are made without them.
    """
    gone = set(agent_ids)
    query = select(PlanRecord).where(PlanRecord.campaign_id == campaign_id)
    plans = [
        plan
        for plan in tx.scalars(query.order_by(PlanRecord.plan_id).with_for_update())
        if not gone <= set(plan.withdrawn)
    ]
    for plan in plans:
        plan.withdrawn = sorted(gone.union(plan.withdrawn))
    tx.flush()
    for agent_id in sorted(gone):
        concerned = [plan.plan_id for plan in plans]
        audit.record(
            tx,
            act,
            WITHDRAWN,
            subject=f"{SUBJECT}{agent_id}",
            campaign_id=campaign_id,
            change={"plans": concerned},
        )
    return [plan.plan_id for plan in plans]


def withdrawn_since(tx: Tx, campaign_id: str, moment: datetime) -> list[str]:
    """Return who withdrew a consent since a moment: a plan under way may have been made with it.

    A few minutes before count too, for transactions that ran at the same time: leaving somebody out
    who is not in a plan changes nothing.
    """
    query = select(AuditRecord.subject, AuditRecord.action, AuditRecord.at).where(
        AuditRecord.campaign_id == campaign_id,
        AuditRecord.action.in_((WITHDRAWN, GIVEN)),
        AuditRecord.at >= moment - _MARGIN,
    )
    found: set[str] = set()
    for subject, action, at in tx.execute(query.order_by(AuditRecord.seq)):
        if action == WITHDRAWN:
            found.add(subject.removeprefix(SUBJECT))
        elif at <= moment:  # the plan was asked for with the new consent
            found.discard(subject.removeprefix(SUBJECT))
    return sorted(found)


def withheld(tx: Tx, campaign_id: str | None = None) -> Sequence[str]:
    """Return the plans whose files still show a portrait that was withdrawn."""
    query = select(PlanRecord.plan_id, PlanRecord.withdrawn, PlanRecord.left_out)
    if campaign_id is not None:
        query = query.where(PlanRecord.campaign_id == campaign_id)
    rows = tx.execute(query.order_by(PlanRecord.plan_id))
    return [plan_id for plan_id, withdrawn, left in rows if not set(withdrawn) <= set(left)]


def _is_less(now: Consent, before: Consent, last: date) -> bool:
    ends, ended = now.until or date.max, before.until or date.max
    return bool(before.media - now.media) or (ends < ended and ends < last)


def _last_day(tx: Tx, campaign_id: str) -> date:
    """Return the last day of a campaign and its tour; the end of time where that is not known."""
    campaign = tx.get(CampaignRecord, campaign_id)
    settings: Mapping[str, Any] = {} if campaign is None else campaign.settings
    rules, tour = settings.get("campaign") or {}, settings.get("tour") or {}
    try:
        days = int(rules["periods"]) * int(rules["period_days"])
        last = date.fromisoformat(rules["start"]) + timedelta(days=days - 1)
        return max(last, date.fromisoformat(tour["end"])) if tour.get("end") else last
    except (KeyError, TypeError, ValueError, OverflowError):
        return date.max
