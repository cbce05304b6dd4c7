"""What agents agreed to when plans were made with them: each plan keeps a copy of its inputs.

A file of agents that is sent after another one was deleted, or a row after another, finds nobody
among the rows to be compared with; the plans still tell what was agreed to.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from sqlalchemy import select

from data.read.text import normal
from data.store.consents import Consent, consent_of
from data.store.engine import Tx
from data.store.folder_files import FILE_NAMES
from data.store.tables import BlobRecord, PlanFileRecord, PlanRecord

_PATH = f"campaign/{FILE_NAMES['agents']}"


def in_plans(tx: Tx, campaign_id: str) -> dict[str, Consent]:
    """Return what agents agreed to in the plans of a campaign that may show them.

    Where plans differ, the most that one of them was made with. Who is withdrawn of a plan is no
    longer in it.
    """
    query = (
        select(PlanRecord.withdrawn, BlobRecord.content)
        .join(PlanFileRecord, PlanFileRecord.plan_id == PlanRecord.plan_id)
        .join(BlobRecord, BlobRecord.sha256 == PlanFileRecord.sha256)
        .where(
            PlanRecord.campaign_id == campaign_id,
            PlanFileRecord.revision == PlanRecord.revision,
            PlanFileRecord.path == _PATH,
        )
    )
    found: dict[str, Consent] = {}
    for withdrawn, content in tx.execute(query.order_by(PlanRecord.plan_id)):
        for agent_id, consent in _consents(content):
            if agent_id not in withdrawn:
                found[agent_id] = _most(consent, found.get(agent_id, consent))
    return found


def of_new(
    tx: Tx, campaign_id: str, agent_ids: Iterable[str], known: Iterable[str]
) -> dict[str, Consent]:
    """Return what plans tell of agents who come among the rows, and were not there before."""
    new = set(agent_ids).difference(known)
    if not new:
        return {}
    found = in_plans(tx, campaign_id)
    return {agent_id: found[agent_id] for agent_id in sorted(new & found.keys())}


def _consents(content: bytes) -> Iterable[tuple[str, Consent]]:
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";")
    keeps = "consent_media" in (rows.fieldnames or ())
    return [(normal(row["agent_id"]), consent_of(row, keeps=keeps)) for row in rows]


def _most(one: Consent, other: Consent) -> Consent:
    ends = [one.until, other.until]
    until = None if None in ends else max(each for each in ends if each is not None)
    return Consent(one.media | other.media, until)
