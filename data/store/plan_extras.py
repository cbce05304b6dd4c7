"""Files of a plan that its folder does not hold: made when asked for, or brought to it later."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from data.store import blobs
from data.store.engine import Tx
from data.store.tables import PlanFileRecord, PlanRecord

BESIDE = -1
"""The revision of files that belong to a plan whatever becomes of its postings."""


def keep(tx: Tx, plan: PlanRecord, path: str, content: bytes, *, revision: int) -> str:
    """Keep a file of a plan as of a revision, in the place of one of this name; return its hash.

    Whoever keeps files of one plan holds its row meanwhile.
    """
    tx.execute(
        select(PlanRecord.plan_id).where(PlanRecord.plan_id == plan.plan_id).with_for_update()
    )
    sha256 = blobs.put(tx, content)
    record = tx.get(PlanFileRecord, (plan.plan_id, revision, path))
    if record is None:
        tx.add(PlanFileRecord(plan_id=plan.plan_id, revision=revision, path=path, sha256=sha256))
    else:
        record.sha256 = sha256
    tx.flush()
    return sha256


def drop(tx: Tx, plan: PlanRecord, paths: Sequence[str], *, revision: int) -> None:
    """Let go of files of a plan."""
    tx.execute(
        delete(PlanFileRecord).where(
            PlanFileRecord.plan_id == plan.plan_id,
            PlanFileRecord.revision == revision,
            PlanFileRecord.path.in_(paths),
        )
    )
