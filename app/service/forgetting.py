"""A person who is forgotten: erased from the inputs, from every plan, from what jobs kept.

Each step is a transaction of its own, and begun again it goes on with what is left: until a plan is
made again without the person, no file of it leaves (`data.store.consents`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from app.service import jobs
from app.service.context import Services
from app.service.errors import ApiError, not_found
from app.service.jobs.summary import summary_of
from app.service.plan_changes import OURSELVES
from app.service.privacy import ActOf, Withdrawal, compact
from data.plan_json import plan_from_json
from data.store import Tx, audit, clock, erasure, plans
from data.store.audit import Act
from data.store.erasure import Erased, Person
from data.store.tables import PlanRecord
from data.write.folder import PLAN_FILE

_TRIES = 5


class Outcome(StrEnum):
    """What became of a plan from which somebody is erased."""

    REMADE = "remade"
    EMPTY = "empty"  # nobody is left in it: its files are gone
    WITHHELD = "withheld"  # to be tried again; nothing leaves meanwhile


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased of somebody in a campaign: from the inputs, and plan by plan."""

    inputs: Erased
    plans: dict[str, Outcome] = field(default_factory=dict)

    def having(self, outcome: Outcome) -> tuple[str, ...]:
        """Return the plans of which that became."""
        return tuple(plan_id for plan_id, found in self.plans.items() if found is outcome)


Progress = Callable[[Erasure, int], None]
"""Told after each step: what is done so far, and how many plans there are in all."""


def forget(service: Services, campaign_id: str, agent_id: str, act_of: ActOf) -> Withdrawal:
    """Erase somebody from a campaign, and overwrite what was erased.

    Raises
    ------
    ApiError
        404 if nobody of this id is or was in the campaign.
    """
    done = erase(service, campaign_id, agent_id, act_of)
    compact(service.store, service.clock())
    return Withdrawal(tuple(done.plans), done.having(Outcome.WITHHELD))


def erase(
    service: Services,
    campaign_id: str,
    agent_id: str,
    act_of: ActOf,
    *,
    progress: Progress | None = None,
) -> Erasure:
    """Do what `forget` does, without overwriting what was erased: see `compact`.

    Raises
    ------
    ApiError
        404 if nobody of this id is or was in the campaign.
    """
    with service.store.write() as tx:
        if not erasure.known(tx, campaign_id, agent_id):
            raise not_found("agent")
        done = Erasure(erasure.forget(tx, campaign_id, agent_id, act_of(tx)))
        concerned = tuple(erasure.plans_of(tx, campaign_id))
    for plan_id in (None, *concerned):
        if plan_id is not None:
            done.plans[plan_id] = _forget_plan(service, plan_id, done.inputs.person)
        if progress is not None:
            progress(done, len(concerned))
    with service.store.write() as tx:
        erasure.forget_jobs(tx, campaign_id)
    return done


def _forget_plan(service: Services, plan_id: str, person: Person) -> Outcome:
    """Make a plan again without somebody, and erase all that it was before."""
    for _ in range(_TRIES):
        with service.store.read() as tx:
            plan = plans.get(tx, plan_id)
            files = plans.files(tx, plan_id, withheld=True)
        if plan is None or not files:
            return Outcome.EMPTY
        made = _without(files, plan)
        if made is None:
            return Outcome.WITHHELD
        with service.store.write() as tx:
            current = plans.get(tx, plan_id, lock=True)
            if current is None or current.version != plan.version:
                continue
            _put(tx, current, made, person, act=_own_act(service, tx))
            return Outcome.REMADE if made else Outcome.EMPTY
    return Outcome.WITHHELD


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
