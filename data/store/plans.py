"""Plans in the store: the plan folder of each revision, file by file.

A plan is what a job made. Its postings may be changed while it is a draft: each change is a
revision with all files of its own, and those of earlier ones stay, so that a change is undone by
writing an older revision again. Who changes a plan adds the audit entry; nothing here does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select

from data.store import blobs, consents
from data.store.audit import Act
from data.store.engine import Tx
from data.store.ids import new_id
from data.store.tables import (
    BlobRecord,
    CampaignRecord,
    JobRecord,
    PlanFileRecord,
    PlanRecord,
    PlanRevisionRecord,
    PlanState,
)


class WithheldError(Exception):
    """The files of a plan show a portrait that was withdrawn; they are being made again."""


def get(tx: Tx, plan_id: str, *, lock: bool = False) -> PlanRecord | None:
    """Return a plan; None if there is no such plan. `lock` keeps others from changing it."""
    return tx.get(PlanRecord, plan_id, with_for_update=lock or None, populate_existing=lock)


def campaign_of(tx: Tx, plan_id: str) -> str | None:
    """Return the campaign of a plan; None if there is no such plan."""
    return tx.scalar(select(PlanRecord.campaign_id).where(PlanRecord.plan_id == plan_id))


def page(
    tx: Tx,
    campaign_id: str,
    *,
    after: int | None,
    limit: int,
    states: frozenset[PlanState] | None = None,
) -> Sequence[PlanRecord]:
    """Return plans of a campaign by number, the latest first, those below number `after`.

    `states` are those that they may be in; None for all.
    """
    query = select(PlanRecord).where(PlanRecord.campaign_id == campaign_id)
    if states is not None:
        query = query.where(PlanRecord.state.in_(sorted(states)))
    if after is not None:
        query = query.where(PlanRecord.number < after)
    return tx.scalars(query.order_by(PlanRecord.number.desc()).limit(limit)).all()


def insert(
    tx: Tx,
    *,
    job: JobRecord,
    files: Mapping[str, bytes],
    summary: Mapping[str, Any],
    seed: int,
    act: Act,
) -> PlanRecord:
    """Add the plan that a job made.

    Parameters
    ----------
    job
        Its parameters tell the versions of the campaign that it was asked for, and the plan before.
    files
        The whole plan folder by path, ``plan.json`` with its certificate among them.
    summary
        What a list shows of the plan.

    Raises
    ------
    ValueError
        If there is no ``plan.json``: a plan without its certificate is none.
    """
    return _insert(
        tx,
        PlanRecord(
            campaign_id=job.campaign_id,
            parent_id=job.parameters.get("previous"),
            job_id=job.job_id,
            seed=seed,
            rows_version=job.parameters["rows_version"],
            campaign_version=job.parameters["campaign_version"],
            withdrawn=consents.withdrawn_since(tx, job.campaign_id, job.created_at),
            left_out=[],
        ),
        files=files,
        summary=summary,
        act=act,
    )


def insert_version(
    tx: Tx,
    *,
    parent: PlanRecord,
    files: Mapping[str, bytes],
    summary: Mapping[str, Any],
    act: Act,
) -> PlanRecord:
    """Add a plan that is a new version of another one, without a job: a draft again.

    Raises
    ------
    ValueError
        If there is no ``plan.json``.
    """
    return _insert(
        tx,
        PlanRecord(
            campaign_id=parent.campaign_id,
            parent_id=parent.plan_id,
            seed=parent.seed,
            rows_version=parent.rows_version,
            campaign_version=parent.campaign_version,
            withdrawn=list(parent.withdrawn),
            left_out=list(parent.left_out),
        ),
        files=files,
        summary=summary,
        act=act,
    )


def _insert(
    tx: Tx, plan: PlanRecord, *, files: Mapping[str, bytes], summary: Mapping[str, Any], act: Act
) -> PlanRecord:
    """Give a plan of a campaign its id and its number, and add it with its files."""
    if "plan.json" not in files:
        raise ValueError("a plan without its certificate")
    plan.plan_id = new_id("p")
    plan.number = _next_number(tx, plan.campaign_id)
    plan.revision = 0
    plan.summary = dict(summary)
    plan.made_at, plan.made_by = act.at, act.actor
    tx.add(plan)
    tx.flush()
    _add_files(tx, plan, files)
    return plan


def add_revision(
    tx: Tx,
    plan: PlanRecord,
    files: Mapping[str, bytes],
    *,
    action: Mapping[str, Any],
    undoes_to: int,
    act: Act,
    summary: Mapping[str, Any] | None = None,
) -> PlanRevisionRecord:
    """Give a plan the files of a change of its postings; the files before it stay.

    The version of the plan goes up by one: `sqlalchemy.orm.exc.StaleDataError` where somebody else
    changed it meanwhile.

    Parameters
    ----------
    action
        What was done, as JSON.
    undoes_to
        The revision that undoing this one goes back to.
    summary
        Replaces that of the plan.
    """
    plan.revision += 1
    if summary is not None:
        plan.summary = dict(summary)
    tx.flush()
    _add_files(tx, plan, files)
    revision = PlanRevisionRecord(
        plan_id=plan.plan_id,
        revision=plan.revision,
        undoes_to=undoes_to,
        action=dict(action),
        made_at=act.at,
        made_by=act.actor,
    )
    tx.add(revision)
    tx.flush()
    return revision


def revision(tx: Tx, plan_id: str, number: int) -> PlanRevisionRecord | None:
    """Return a change of a plan; None for revision 0 and for those that are not there."""
    return tx.get(PlanRevisionRecord, (plan_id, number))


def revisions(tx: Tx, plan_id: str) -> Sequence[PlanRevisionRecord]:
    """Return all changes of a plan in their order."""
    query = select(PlanRevisionRecord).where(PlanRevisionRecord.plan_id == plan_id)
    return tx.scalars(query.order_by(PlanRevisionRecord.revision)).all()


def paths(tx: Tx, plan_id: str, *, revision: int | None = None) -> dict[str, str]:
    """Return the paths of the files of a plan, sorted, with the SHA-256 of each.

    Raises
    ------
    WithheldError
        If they show a portrait that was withdrawn.
    """
    _check_shown(tx, plan_id)
    query = select(PlanFileRecord.path, PlanFileRecord.sha256).where(
        PlanFileRecord.plan_id == plan_id,
        PlanFileRecord.revision == _revision(revision),
        PlanRecord.plan_id == PlanFileRecord.plan_id,
    )
    return dict(sorted((path, sha256) for path, sha256 in tx.execute(query)))


def remove_files(tx: Tx, plan_id: str, *, before: int) -> None:
    """Remove the files of the revisions before one: they cannot be gone back to any more."""
    tx.execute(
        delete(PlanFileRecord)
        .where(PlanFileRecord.plan_id == plan_id, PlanFileRecord.revision < before)
        .execution_options(synchronize_session=False)
    )


def file(
    tx: Tx, plan_id: str, path: str, *, revision: int | None = None, withheld: bool = False
) -> bytes | None:
    """Return a file of a plan as of a revision, the present one if none is told; None without.

    `withheld` is as in `files`.

    Raises
    ------
    WithheldError
        If the files show a portrait that was withdrawn.
    """
    if not withheld:
        _check_shown(tx, plan_id)
    return tx.scalar(
        select(BlobRecord.content).where(
            BlobRecord.sha256 == PlanFileRecord.sha256,
            PlanFileRecord.plan_id == plan_id,
            PlanFileRecord.revision == _revision(revision),
            PlanFileRecord.path == path,
            PlanRecord.plan_id == PlanFileRecord.plan_id,
        )
    )


def files(
    tx: Tx, plan_id: str, *, revision: int | None = None, withheld: bool = False
) -> dict[str, bytes]:
    """Return all files of a plan by path, sorted, as of a revision or the present one.

    Parameters
    ----------
    withheld
        Whether they are given even if they show a portrait that was withdrawn: to make them again.

    Raises
    ------
    WithheldError
        If they do, and are not asked for that.
    """
    if not withheld:
        _check_shown(tx, plan_id)
    query = select(PlanFileRecord.path, BlobRecord.content).where(
        BlobRecord.sha256 == PlanFileRecord.sha256,
        PlanFileRecord.plan_id == plan_id,
        PlanFileRecord.revision == _revision(revision),
        PlanRecord.plan_id == PlanFileRecord.plan_id,
    )
    return dict(sorted((path, content) for path, content in tx.execute(query)))


def _check_shown(tx: Tx, plan_id: str) -> None:
    query = select(PlanRecord.withdrawn, PlanRecord.left_out).where(PlanRecord.plan_id == plan_id)
    for withdrawn, left_out in tx.execute(query):
        if not set(withdrawn) <= set(left_out):
            raise WithheldError(plan_id)


def _revision(told: int | None) -> Any:  # noqa: ANN401 -- a number or a column, as SQL takes them
    return PlanRecord.revision if told is None else told


def _next_number(tx: Tx, campaign_id: str) -> int:
    """Return the number of the next plan; plans of one campaign are added one after the other."""
    tx.execute(
        select(CampaignRecord.campaign_id)
        .where(CampaignRecord.campaign_id == campaign_id)
        .with_for_update()
    )
    query = select(func.max(PlanRecord.number)).where(PlanRecord.campaign_id == campaign_id)
    return (tx.scalar(query) or 0) + 1


def _add_files(tx: Tx, plan: PlanRecord, files: Mapping[str, bytes]) -> None:
    for path, content in sorted(files.items()):
        sha256 = blobs.put(tx, content)
        tx.add(
            PlanFileRecord(plan_id=plan.plan_id, revision=plan.revision, path=path, sha256=sha256)
        )
    tx.flush()
