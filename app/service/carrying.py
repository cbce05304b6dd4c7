"""What a buyer's answers change of the campaign itself: its locks, its prices, its faces.

The new version of the plan was made with them; the next planning is to be, too.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from app.service.locking import KIND, lock_posting
from app.service.swaps import Swap
from data.store import Tx, inputs
from data.store.audit import Act
from data.write.campaign_copy import faces_csv
from data.write.sheet import DELIMITER
from geo.model import Campaign, Faces, Lock

FACES = "faces"


def campaign_changes(before: Campaign, after: Campaign) -> dict[str, Any]:
    """Return what differs, as JSON.

    Returns
    -------
    dict
        ``locks`` and ``unlocked`` (face, period, agent), ``faces``: by id the cells that changed,
        and ``new_faces``: by id all cells.
    """
    was, now = set(before.locks), set(after.locks)
    old, new = _cells(before.faces), _cells(after.faces)
    changed = {
        face_id: {name: cell for name, cell in cells.items() if old[face_id].get(name) != cell}
        for face_id, cells in new.items()
        if face_id in old and old[face_id] != cells
    }
    return {
        "locks": [_told(lock) for lock in sorted(now - was, key=_place)],
        "unlocked": [_told(lock) for lock in sorted(was - now, key=_place)],
        "faces": changed,
        "new_faces": {face_id: cells for face_id, cells in new.items() if face_id not in old},
    }


def carry(tx: Tx, campaign_id: str, changes: Mapping[str, Any], *, act: Act) -> None:
    """Make these changes in a campaign as it is now.

    A face that is no longer in it is left out. Rows are changed one by one, each noted in the audit
    trail.
    """
    _carry_faces(tx, campaign_id, changes, act)
    locked = {(face_id, period) for face_id, period, _ in changes["locks"]}
    for face_id, period, agent_id in changes["unlocked"]:
        if (face_id, period) not in locked:
            _unlock(tx, campaign_id, face_id, period, agent_id, act=act)
    for face_id, period, agent_id in changes["locks"]:
        if inputs.row(tx, campaign_id, FACES, face_id) is not None:
            lock_posting(tx, campaign_id, Swap(period, face_id, agent_id), act=act)


def _carry_faces(tx: Tx, campaign_id: str, changes: Mapping[str, Any], act: Act) -> None:
    for face_id, cells in sorted({**changes["faces"], **changes["new_faces"]}.items()):
        record = inputs.get(tx, campaign_id, FACES)
        row = inputs.row(tx, campaign_id, FACES, face_id)
        if record is None:
            return
        if row is not None:
            inputs.change_row(tx, record, row, cells=cells, act=act)
        elif face_id in changes["new_faces"]:
            inputs.add_row(tx, record, cells=cells, act=act)


def _unlock(
    tx: Tx, campaign_id: str, face_id: str, period: int, agent_id: str | None, *, act: Act
) -> None:
    record = inputs.get(tx, campaign_id, KIND)
    row = inputs.row(tx, campaign_id, KIND, f"{face_id}~{period}")
    if record is not None and row is not None and row.cells.get("agent_id", "") == (agent_id or ""):
        inputs.delete_row(tx, record, row, act=act)


def _cells(faces: Faces) -> dict[str, dict[str, str]]:
    rows = csv.DictReader(io.StringIO(faces_csv(faces).decode()), delimiter=DELIMITER)
    return {row["face_id"]: dict(row) for row in rows}


def _told(lock: Lock) -> list[Any]:
    return [lock.face_id, lock.period, lock.agent_id]


def _place(lock: Lock) -> tuple[str, int]:
    return lock.face_id, lock.period
