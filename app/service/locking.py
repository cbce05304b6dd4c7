"""Locks set from a plan: rows of the campaign, that the next planning keeps."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from app.service.swaps import Swap
from data.store import Tx, inputs
from data.store.audit import Act
from geo import matching
from geo.matching.locks import lock_conflicts
from geo.model import Campaign, Lock
from geo.plan import Shortfall
from geo.targeting import target

KIND = "locks"
COLUMNS = ("face_id", "period", "agent_id")
FILE_NAME = "verrous.csv"


def refused_locks(campaign: Campaign, asked: Swap, others: Iterable[Lock]) -> tuple[Shortfall, ...]:
    """Return why a lock cannot be kept beside the others; nothing where it can.

    Parameters
    ----------
    campaign
        As the plan was made from it.
    others
        The locks of the campaign as it is now; one in the same place gives way.
    """
    known = {str(face_id) for face_id in campaign.faces.face_id}
    agents = {agent.agent_id for agent in campaign.agents}
    place = (asked.face_id, asked.period)
    kept = [
        lock
        for lock in others
        if (lock.face_id, lock.period) != place
        and lock.face_id in known
        and (lock.agent_id is None or lock.agent_id in agents)
    ]
    whole = replace(campaign, locks=(*kept, Lock(*place, asked.agent_id)))
    before = set(_conflicts(replace(campaign, locks=tuple(kept))))
    return tuple(each for each in _conflicts(whole) if each not in before)


def lock_posting(tx: Tx, campaign_id: str, asked: Swap, *, act: Act) -> None:
    """Keep a lock in the campaign, in the place of one on the same face in the same period."""
    cells = {
        "face_id": asked.face_id,
        "period": str(asked.period),
        "agent_id": asked.agent_id or "",
    }
    record = inputs.get(tx, campaign_id, KIND)
    if record is None:
        record = inputs.replace(
            tx,
            campaign_id,
            KIND,
            file_name=FILE_NAME,
            sha256=hashlib.sha256(b"").hexdigest(),
            headings=COLUMNS,
            rows=(),
            problems=(),
            act=act,
        )
    row = inputs.row(tx, campaign_id, KIND, f"{asked.face_id}~{asked.period}")
    if row is None:
        inputs.add_row(tx, record, cells=cells, act=act)
    elif row.cells.get("agent_id", "") != cells["agent_id"]:
        inputs.change_row(tx, record, row, cells=cells, act=act)


def _conflicts(campaign: Campaign) -> tuple[Shortfall, ...]:
    return lock_conflicts(matching.build_problem(campaign, target(campaign)))
