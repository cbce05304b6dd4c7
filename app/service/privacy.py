"""Personal data: consents that are withdrawn, people who are forgotten, campaigns kept too long.

What is withdrawn is withheld in the transaction that says so (`data.store.consents`): from then on
no file of a plan that shows the portrait leaves. The files are made again without it right after,
in a process of their own, and again by `tend` where that did not succeed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.service import jobs
from app.service.campaigns import hold_campaign
from app.service.context import Services
from app.service.errors import ApiError, not_found
from app.service.jobs.summary import summary_of
from app.service.plan_changes import OURSELVES, without_withdrawn
from data.plan_json import plan_from_json
from data.read.cells import MEDIA, SEPARATOR
from data.store import (
    Store,
    StoreUnavailableError,
    Tx,
    audit,
    clock,
    erasure,
    inputs,
    plans,
    upkeep,
    withdrawals,
)
from data.store import consents as consent_store
from data.store.audit import Act
from data.store.erasure import AGENTS, LOCKS, Person
from data.store.tables import PlanRecord, RowRecord
from data.write.folder import PLAN_FILE

logger = logging.getLogger("placarde.service")

ActOf = Callable[[Tx], Act]
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What a withdrawal has done: all plans of the campaign, and those not made again yet."""

    plans: tuple[str, ...]
    pending: tuple[str, ...]


def withdraw(service: Services, campaign_id: str, agent_id: str, act_of: ActOf) -> Withdrawal:
    """Withdraw the consent of an agent: the row says so, and no plan shows the portrait.

    Raises
    ------
    ApiError
        404 if there is no such agent.
    """
    with service.store.write() as tx:
        record = inputs.get(tx, campaign_id, AGENTS)
        row = inputs.row(tx, campaign_id, AGENTS, agent_id)
        if record is None or row is None:
            raise not_found("agent")
        act = act_of(tx)
        if "consent_media" not in record.headings:
            inputs.keep_consents(tx, record, but=agent_id, act=act)
        inputs.change_row(tx, record, row, cells={"consent_media": ""}, act=act)
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


def forget(service: Services, campaign_id: str, agent_id: str, act_of: ActOf) -> Withdrawal:
    """Erase somebody from a campaign: inputs, portrait, plans of all revisions, what jobs kept.

    Begun again after it was cut off, it goes on with what is left.

    Raises
    ------
    ApiError
        404 if nobody of this id is or was in the campaign.
    """
    with service.store.write() as tx:
        if not erasure.known(tx, campaign_id, agent_id):
            raise not_found("agent")
        person = erasure.forget(tx, campaign_id, agent_id, act_of(tx))
        concerned = tuple(erasure.plans_of(tx, campaign_id))
    pending = tuple(each for each in concerned if not _forget_plan(service, each, person))
    with service.store.write() as tx:
        erasure.forget_jobs(tx, campaign_id)
    compact(service.store, service.clock())
    return Withdrawal(concerned, pending)


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


def _forget_plan(service: Services, plan_id: str, person: Person) -> bool:
    """Make a plan again without somebody, and erase all that it was before; return whether."""
    for _ in range(_TRIES):
        with service.store.read() as tx:
            plan = plans.get(tx, plan_id)
            files = plans.files(tx, plan_id, withheld=True)
        if plan is None or not files:
            return True
        made = _without(files, plan)
        if made is None:
            return False
        with service.store.write() as tx:
            current = plans.get(tx, plan_id, lock=True)
            if current is None or current.version != plan.version:
                continue
            _put(tx, current, made, person, act=_own_act(service, tx))
            return True
    return False


def _without(files: dict[str, bytes], plan: PlanRecord) -> dict[str, bytes] | None:
    """Return the files without all who left; none where nobody is left, None to try later."""
    try:
        return jobs.run_child("withdraw", files, {"agent_ids": sorted(plan.withdrawn)})
    except ApiError as error:
        return {} if error.status == 422 else None


def _put(tx: Tx, plan: PlanRecord, made: dict[str, bytes], person: Person, *, act: Act) -> None:
    if not made:
        erasure.forget_plan(tx, plan, person, revision=None)
        return
    summary = summary_of(plan_from_json(made[PLAN_FILE]).plan)
    action = {"kind": "withdraw", "agents": list(plan.withdrawn)}
    before = plan.revision
    plans.add_revision(tx, plan, made, action=action, undoes_to=before, act=act, summary=summary)
    plan.left_out = list(plan.withdrawn)
    erasure.forget_plan(tx, plan, person, revision=plan.revision)
    audit.record(
        tx,
        act,
        "plan.withdraw",
        subject=f"plans/{plan.plan_id}",
        campaign_id=plan.campaign_id,
        version=plan.version,
        change={"revision": plan.revision},
    )


def _own_act(service: Services, tx: Tx) -> Act:
    return Act(OURSELVES, clock.note(tx, service.clock()), "erasure")
