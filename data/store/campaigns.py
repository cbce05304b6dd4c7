"""Campaigns in the store: their rules, and the count of the changes of their inputs.

Each change notes itself in the audit trail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import and_, or_, select, update

from data.store import audit
from data.store.audit import Act
from data.store.engine import Tx
from data.store.ids import new_id
from data.store.tables import CampaignRecord


def create(tx: Tx, *, name: str, settings: Mapping[str, Any], act: Act) -> CampaignRecord:
    """Add a campaign without inputs.

    Parameters
    ----------
    name
        Replaces the one in `settings`.
    settings
        The sections of ``campaign.toml`` without ``[files]``; dates as ISO 8601 texts.
    """
    campaign = CampaignRecord(
        campaign_id=new_id("c"),
        name=name,
        settings=_named(settings, name),
        version=1,
        rows_version=0,
        created_at=act.at,
        created_by=act.actor,
        changed_at=act.at,
    )
    tx.add(campaign)
    tx.flush()
    _note(tx, act, "campaign.create", campaign, change={"settings": campaign.settings})
    return campaign


def get(tx: Tx, campaign_id: str) -> CampaignRecord | None:
    """Return a campaign; None if there is no such campaign."""
    return tx.get(CampaignRecord, campaign_id)


def page(
    tx: Tx,
    *,
    after: str | None,
    limit: int,
    only: frozenset[str] | None,
    archived: bool,
) -> Sequence[CampaignRecord]:
    """Return campaigns in the order in which they were created.

    Parameters
    ----------
    after
        The id of the last campaign of the page before.
    only
        The ids that may be among them; None for all.
    archived
        Whether those that are archived are meant, or those that are not.
    """
    created, campaign_id = CampaignRecord.created_at, CampaignRecord.campaign_id
    query = select(CampaignRecord).order_by(created, campaign_id).limit(limit)
    there = CampaignRecord.archived_at
    query = query.where(there.is_not(None) if archived else there.is_(None))
    if only is not None:
        query = query.where(campaign_id.in_(sorted(only)))
    last = None if after is None else tx.get(CampaignRecord, after)
    if last is not None:
        same = and_(created == last.created_at, campaign_id > last.campaign_id)
        query = query.where(or_(created > last.created_at, same))
    return tx.scalars(query).all()


def change(
    tx: Tx, campaign: CampaignRecord, *, settings: Mapping[str, Any], name: str | None, act: Act
) -> None:
    """Set the name (None: the same) and the rules of a campaign that was read in `tx`.

    Raises
    ------
    sqlalchemy.orm.exc.StaleDataError
        If somebody changed it meanwhile.
    """
    campaign.name = campaign.name if name is None else name
    campaign.settings = _named(settings, campaign.name)
    campaign.changed_at = act.at
    tx.flush()
    written = {"name": campaign.name, "settings": campaign.settings}
    _note(tx, act, "campaign.change", campaign, change=written)


def archive(tx: Tx, campaign: CampaignRecord, *, archived: bool, act: Act) -> None:
    """Put a campaign that was read in `tx` away, or take it out again.

    Raises
    ------
    sqlalchemy.orm.exc.StaleDataError
        If somebody changed it meanwhile.
    """
    campaign.archived_at = act.at if archived else None
    campaign.changed_at = act.at
    tx.flush()
    _note(tx, act, "campaign.archive" if archived else "campaign.restore", campaign)


def lock(tx: Tx, campaign_id: str) -> None:
    """Let nobody else change the inputs of a campaign until the transaction ends."""
    tx.execute(
        select(CampaignRecord.campaign_id)
        .where(CampaignRecord.campaign_id == campaign_id)
        .with_for_update()
    )


def count_change(tx: Tx, campaign_id: str, act: Act) -> None:
    """Count a change of an input: `rows_version` grows by one, `version` stays."""
    tx.execute(
        update(CampaignRecord)
        .where(CampaignRecord.campaign_id == campaign_id)
        .values(rows_version=CampaignRecord.rows_version + 1, changed_at=act.at)
        .execution_options(synchronize_session=False)
    )
    campaign = tx.get(CampaignRecord, campaign_id)
    if campaign is not None:
        tx.refresh(campaign, ["rows_version", "changed_at"])


def _named(settings: Mapping[str, Any], name: str) -> dict[str, Any]:
    section = settings.get("campaign")
    first = {**section, "name": name} if isinstance(section, Mapping) else {"name": name}
    return {"campaign": first, **{k: v for k, v in settings.items() if k != "campaign"}}


def _note(
    tx: Tx,
    act: Act,
    action: str,
    campaign: CampaignRecord,
    *,
    change: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        tx,
        act,
        action,
        subject=f"campaigns/{campaign.campaign_id}",
        campaign_id=campaign.campaign_id,
        version=campaign.version,
        change=change,
    )
