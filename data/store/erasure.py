"""Erases a person from a campaign, and campaigns that have been kept long enough.

The audit trail stays: it never held what is personal. Bytes that are freed here are gone from the
file of the database after `data.store.upkeep.vacuum`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import delete, select, update

from data.read.portraits import FOLDER as PORTRAITS
from data.read.text import normal
from data.store import audit, campaigns, consents, jobs, plan_consents
from data.store.audit import Act
from data.store.engine import Tx
from data.store.plan_extras import BESIDE
from data.store.tables import (
    ROWS,
    AttachmentRecord,
    BlobRecord,
    CampaignRecord,
    IdempotencyRecord,
    InputRecord,
    JobEventRecord,
    JobInputRecord,
    JobRecord,
    JobStatus,
    LinkRecord,
    MembershipRecord,
    PlanFileRecord,
    PlanRecord,
    PlanRevisionRecord,
    RowRecord,
)

AGENTS, LOCKS = "agents", "locks"
STOPPED = "Somebody in the campaign was forgotten meanwhile. Ask for a new plan."
_UNSYNCED = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Person:
    """What names somebody in a campaign, to be looked for; never to be logged."""

    agent_id: str
    texts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Erased:
    """Who was erased from the inputs of a campaign, and how much there was of them."""

    person: Person
    rows: int
    locks: int
    pictures: int


def known(tx: Tx, campaign_id: str, agent_id: str) -> bool:
    """Return whether an agent is in a campaign, or was and may not be wholly erased yet."""
    if tx.get(ROWS[AGENTS], (campaign_id, agent_id)) is not None:
        return True
    query = select(PlanRecord.withdrawn).where(PlanRecord.campaign_id == campaign_id)
    if any(agent_id in withdrawn for withdrawn in tx.scalars(query)):
        return True
    return agent_id in plan_consents.in_plans(tx, campaign_id)


def campaigns_of(tx: Tx, agent_id: str) -> list[str]:
    """Return the campaigns in which there is an agent of this id, or was one in a plan."""
    found = tx.scalars(select(CampaignRecord.campaign_id).order_by(CampaignRecord.campaign_id))
    return [campaign_id for campaign_id in found if known(tx, campaign_id, agent_id)]


def forget(tx: Tx, campaign_id: str, agent_id: str, act: Act) -> Erased:
    """Erase somebody from the inputs of a campaign, and let no plan show them from now on.

    Jobs under way fail: they began with somebody who is gone. What plans and jobs hold is erased by
    `forget_plan` and `forget_jobs`, each in a transaction of its own; until then it is withheld.
    """
    for job in _jobs_under_way(tx, campaign_id):
        jobs.finish(tx, job, JobStatus.FAILED, at=act.at, reason=STOPPED)
    campaigns.lock(tx, campaign_id)
    row = tx.get(ROWS[AGENTS], (campaign_id, agent_id))
    person = Person(agent_id, _texts(agent_id, row))
    consents.withdraw(tx, campaign_id, [agent_id], act)
    pictures = locks = 0
    if row is not None:
        tx.delete(row)
        pictures = _drop_portrait(tx, campaign_id, agent_id, row.cells.get("portrait_id", ""))
    for lock in tx.scalars(select(ROWS[LOCKS]).where(ROWS[LOCKS].campaign_id == campaign_id)):
        if normal(lock.cells.get("agent_id", "")) == agent_id:
            tx.delete(lock)
            locks += 1
    tx.flush()
    _count(tx, campaign_id, (AGENTS, LOCKS))
    campaigns.count_change(tx, campaign_id, act)
    _clear_words(tx, campaign_id)
    subject = f"{AGENTS}/{agent_id}"
    audit.record(tx, act, "agent.forget", subject=subject, campaign_id=campaign_id)
    return Erased(person, 0 if row is None else 1, locks, pictures)


def forget_plan(tx: Tx, plan: PlanRecord, person: Person, *, revision: int | None) -> None:
    """Remove the files of a plan but those of one revision, which is without the person.

    Files that were brought to the plan stay unless they name the person. Without such a revision
    nothing stays: nobody is left in the plan.
    """
    here = PlanFileRecord.plan_id == plan.plan_id
    if revision is None:
        tx.execute(delete(PlanFileRecord).where(here).execution_options(**_UNSYNCED))
        plan.left_out = list(plan.withdrawn)
        tx.flush()
        return
    old = here & PlanFileRecord.revision.not_in((BESIDE, revision))
    tx.execute(delete(PlanFileRecord).where(old).execution_options(**_UNSYNCED))
    query = select(PlanFileRecord).where(here, PlanFileRecord.revision == BESIDE)
    for record in tx.scalars(query):
        content = tx.scalar(select(BlobRecord.content).where(BlobRecord.sha256 == record.sha256))
        if content is not None and _names(bytes(content), person):
            tx.delete(record)
    tx.flush()


def forget_jobs(tx: Tx, campaign_id: str) -> None:
    """Remove what the ended jobs of a campaign were made from, and all that they had to say."""
    ended = select(JobRecord.job_id).where(
        JobRecord.campaign_id == campaign_id, JobRecord.status.in_(sorted(jobs.FINAL))
    )
    tx.execute(
        delete(JobInputRecord)
        .where(JobInputRecord.job_id.in_(ended))
        .execution_options(**_UNSYNCED)
    )
    for job in tx.scalars(select(JobRecord).where(JobRecord.campaign_id == campaign_id)):
        job.problems = []
        job.reason = job.reason if job.reason == STOPPED else ""
    events = select(JobEventRecord).join(JobRecord, JobRecord.job_id == JobEventRecord.job_id)
    for event in tx.scalars(events.where(JobRecord.campaign_id == campaign_id)):
        if event.data.get("reason", STOPPED) != STOPPED:
            event.data = {name: told for name, told in event.data.items() if name != "reason"}
    tx.flush()


def plans_of(tx: Tx, campaign_id: str) -> Sequence[str]:
    """Return the ids of all plans of a campaign."""
    query = select(PlanRecord.plan_id).where(PlanRecord.campaign_id == campaign_id)
    return tx.scalars(query.order_by(PlanRecord.number)).all()


def archived_before(tx: Tx, moment: datetime) -> Sequence[str]:
    """Return the campaigns that were archived before a moment."""
    query = select(CampaignRecord.campaign_id).where(CampaignRecord.archived_at < moment)
    return tx.scalars(query.order_by(CampaignRecord.campaign_id)).all()


def purge(tx: Tx, campaign_id: str, act: Act) -> None:
    """Erase a campaign with all that belongs to it; what the audit trail tells of it stays."""
    campaigns.lock(tx, campaign_id)
    plans = select(PlanRecord.plan_id).where(PlanRecord.campaign_id == campaign_id)
    of_campaign = select(JobRecord.job_id).where(JobRecord.campaign_id == campaign_id)
    for table in (PlanFileRecord, PlanRevisionRecord, LinkRecord):
        _delete(tx, table, table.plan_id.in_(plans))
    for job_table in (JobInputRecord, JobEventRecord):
        _delete(tx, job_table, job_table.job_id.in_(of_campaign))
    owned: Any
    for owned in (
        PlanRecord,
        JobRecord,
        *ROWS.values(),
        InputRecord,
        AttachmentRecord,
        MembershipRecord,
        CampaignRecord,
    ):
        _delete(tx, owned, owned.campaign_id == campaign_id)
    audit.record(
        tx, act, "campaign.purge", subject=f"campaigns/{campaign_id}", campaign_id=campaign_id
    )


def _delete(tx: Tx, table: Any, where: Any) -> None:  # noqa: ANN401 -- any table, any condition
    tx.execute(delete(table).where(where).execution_options(**_UNSYNCED))


def _jobs_under_way(tx: Tx, campaign_id: str) -> Iterable[JobRecord]:
    query = select(JobRecord).where(
        JobRecord.campaign_id == campaign_id, JobRecord.status.not_in(sorted(jobs.FINAL))
    )
    return tx.scalars(query.order_by(JobRecord.job_id).with_for_update()).all()


def _texts(agent_id: str, row: RowRecord | None) -> frozenset[str]:
    cells = {} if row is None else row.cells
    return frozenset({agent_id, *(cells.get(name, "") for name in ("name", "headline"))} - {""})


def _drop_portrait(tx: Tx, campaign_id: str, agent_id: str, portrait_id: str) -> int:
    """Remove the pictures of a portrait, unless somebody else stands on it too; return how many."""
    table, wanted = ROWS[AGENTS], normal(portrait_id)
    others = select(table.cells).where(table.campaign_id == campaign_id, table.row_id != agent_id)
    if any(normal(cells.get("portrait_id", "")) == wanted for cells in tx.scalars(others)):
        return 0
    query = select(AttachmentRecord).where(AttachmentRecord.campaign_id == campaign_id)
    removed = 0
    for record in tx.scalars(query):
        path = PurePosixPath(record.path)
        if path.parts[0] == PORTRAITS and normal(path.stem) == wanted:
            tx.delete(record)
            removed += 1
    return removed


def _count(tx: Tx, campaign_id: str, kinds: Collection[str]) -> None:
    tx.execute(
        update(InputRecord)
        .where(InputRecord.campaign_id == campaign_id, InputRecord.kind.in_(sorted(kinds)))
        .values(version=InputRecord.version + 1)
        .execution_options(**_UNSYNCED)
    )


def _clear_words(tx: Tx, campaign_id: str) -> None:
    """Remove what was said of the person: problems of inputs, and all answers that are kept.

    That a request was done stays known: sent again, it is not done again.
    """
    of_campaign = InputRecord.campaign_id == campaign_id
    named = InputRecord.kind.in_((AGENTS, LOCKS))
    tx.execute(
        update(InputRecord)
        .where(of_campaign, named)
        .values(problems=[])
        .execution_options(**_UNSYNCED)
    )
    tx.execute(
        update(IdempotencyRecord)
        .where(IdempotencyRecord.status.is_not(None))
        .values(body=b"", headers={}, status=None)
        .execution_options(**_UNSYNCED)
    )
    tx.flush()


def _names(content: bytes, person: Person) -> bool:
    """Return whether bytes name somebody, in UTF-8 or as JSON escapes it."""
    spelt = {text.encode() for text in person.texts}
    spelt |= {json.dumps(text)[1:-1].encode() for text in person.texts}
    spelt |= {json.dumps(text, ensure_ascii=False)[1:-1].encode() for text in person.texts}
    return any(each in content for each in spelt)
