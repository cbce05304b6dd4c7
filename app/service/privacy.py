"""Personal data: consents that are withdrawn and given, campaigns kept too long.

What is withdrawn is withheld in the transaction that says so (`data.store.consents`): from then on
no file of a plan that shows the portrait leaves. The files are made again without it right after,
in a process of their own, and again by `tend` where that did not succeed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.service.campaigns import hold_campaign
from app.service.context import Services
from app.service.errors import ApiError, not_found
from app.service.plan_changes import OURSELVES, without_withdrawn
from data.read.cells import MEDIA, SEPARATOR
from data.store import (
    Store,
    StoreUnavailableError,
    Tx,
    clock,
    erasure,
    inputs,
    upkeep,
    withdrawals,
)
from data.store import consents as consent_store
from data.store.audit import Act
from data.store.erasure import AGENTS, LOCKS
from data.store.tables import RowRecord

logger = logging.getLogger("placarde.service")

ActOf = Callable[[Tx], Act]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What a withdrawal has done: all plans of the campaign, and those not made again yet."""

    plans: tuple[str, ...]
    pending: tuple[str, ...]


def withdraw(service: Services, campaign_id: str, agent_id: str, act_of: ActOf) -> Withdrawal:
    """Withdraw the consent of an agent: the row says so, and no plan shows the portrait.

    Somebody whose row was deleted may still be in plans, and withdraws from these.

    Raises
    ------
    ApiError
        404 if there is no such agent.
    """
    with service.store.write() as tx:
        record = inputs.get(tx, campaign_id, AGENTS)
        row = inputs.row(tx, campaign_id, AGENTS, agent_id)
        act = act_of(tx)
        if record is not None and row is not None:
            if "consent_media" not in record.headings:
                inputs.keep_consents(tx, record, but=agent_id, act=act)
            inputs.change_row(tx, record, row, cells={"consent_media": ""}, act=act)
        elif not erasure.known(tx, campaign_id, agent_id):
            raise not_found("agent")
        consent_store.withdraw(tx, campaign_id, [agent_id], act)
        _unlock(tx, campaign_id, agent_id, act)
        concerned = tuple(erasure.plans_of(tx, campaign_id))
    settle(service, campaign_id)
    with service.store.read() as tx:
        return Withdrawal(concerned, tuple(consent_store.withheld(tx, campaign_id)))


@dataclass(frozen=True, slots=True)
class NewConsent:
    """What an agent agrees to from now on; `until` is the last day, None for no end."""

    media: frozenset[str]
    until: date | None
    given_on: date

    def cells(self) -> dict[str, str]:
        """Return the cells that say so."""
        return {
            "consent_media": SEPARATOR.join(each for each in MEDIA if each in self.media),
            "consent_until": "" if self.until is None else self.until.isoformat(),
        }


def consent(
    service: Services, campaign_id: str, agent_id: str, new: NewConsent, act_of: ActOf
) -> tuple[RowRecord, bool]:
    """Note a new consent of an agent, whose withdrawal ends; return the row, and whether one did.

    Plans made before stay without the portrait: it comes back by a new plan.

    Raises
    ------
    ApiError
        404 if there is no such agent; 409 if the campaign is archived, or the agent has withdrawn
        after that day.
    """
    with service.store.write() as tx:
        hold_campaign(tx, campaign_id)
        record = inputs.get(tx, campaign_id, AGENTS)
        row = inputs.row(tx, campaign_id, AGENTS, agent_id)
        if record is None or row is None:
            raise not_found("agent")
        last = withdrawals.withdrawn_on(tx, campaign_id, agent_id)
        if last is not None and new.given_on < last:
            detail = f"The agent has withdrawn on {last}: a consent from before is none."
            raise ApiError(409, "withdrawn-later", detail)
        act = act_of(tx)
        ended = agent_id in withdrawals.standing(tx, campaign_id)
        if "consent_media" not in record.headings:
            inputs.keep_consents(tx, record, but=agent_id, act=act)
        withdrawals.give(tx, campaign_id, agent_id, given_on=new.given_on, act=act)
        cells = new.cells()
        if not cells["consent_until"] and "consent_until" not in record.headings:
            del cells["consent_until"]
        return inputs.change_row(tx, record, row, cells=cells, act=act), ended


def settle(service: Services, campaign_id: str | None = None) -> None:
    """Make the plans again that show a portrait that was withdrawn; what fails stays withheld."""
    with service.store.read() as tx:
        waiting = consent_store.withheld(tx, campaign_id)
    for plan_id in waiting:
        try:
            without_withdrawn(service, plan_id)
        except ApiError as error:
            logger.warning("a plan stays withheld: %s", error.code)


def compact(store: Store, at: datetime) -> None:
    """Overwrite what was erased; where others leave no moment for it, the next upkeep does."""
    try:
        upkeep.vacuum(store, at=at)
    except StoreUnavailableError:
        logger.warning("what was erased is not overwritten yet: run `placarde db vacuum`")


def purge(store: Store, retention: timedelta | None, *, at: datetime) -> int:
    """Erase the campaigns archived longer ago than they are to be kept; return how many."""
    if retention is None:
        return 0
    with store.write() as tx:
        act = Act(OURSELVES, clock.note(tx, at), "retention")
        gone = erasure.archived_before(tx, act.at - retention)
        for campaign_id in gone:
            erasure.purge(tx, campaign_id, act)
    return len(gone)


def tend(service: Services) -> None:
    """Do what time brings: plans still withheld, campaigns kept long enough. Run now and then."""
    settle(service)
    if purge(service.store, service.settings.retention, at=service.clock()):
        compact(service.store, service.clock())


def _unlock(tx: Tx, campaign_id: str, agent_id: str, act: Act) -> None:
    """Remove the locks that ask for a portrait that may not be shown."""
    record = inputs.get(tx, campaign_id, LOCKS)
    if record is None:
        return
    for row in inputs.page(tx, campaign_id, LOCKS, after=None, limit=1_000_000):
        if row.cells.get("agent_id") == agent_id:
            inputs.delete_row(tx, record, row, act=act)
