"""Decisions already taken, checked against every other rule: a lock may not break one."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import shapely

from data.read.codes import Code
from data.read.faces import ReadFaces
from data.read.log import ProblemLog
from data.read.messages import distance
from data.read.rows import NO_PERIOD, Context, LockRow, Rows
from data.read.table import Table
from data.read.territory import Territory
from geo.model import POSTER_MEDIUM, Agent, BoolArray, Exclusion, Lock, MatchingRules, Periods


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything that a lock is checked against."""

    periods: Periods | None
    territory: Territory | None
    agents: Mapping[str, Agent]
    agent_ids: frozenset[str] | None
    faces: ReadFaces
    exclusions: tuple[Exclusion, ...]
    sequences: Mapping[str, frozenset[int]]
    matching: MatchingRules


@dataclass(frozen=True, slots=True)
class _Placed:
    """A lock of an agent, its row in the table, and the point and periods of its face."""

    lock: Lock
    agent: Agent
    row: int
    x: float
    y: float
    available: BoolArray


def read_locks(table: Table, around: Surroundings, log: ProblemLog) -> tuple[Lock, ...]:
    """Return the locks, sorted.

    A lock that keeps a face free although the inventory row was left out is dropped: it holds
    anyway.
    """
    if not len(table):
        return ()
    context = Context(
        period_count=around.periods.count if around.periods else None,
        agent_ids=around.agent_ids,
        face_ids=around.faces.ids(),
    )
    rows = Rows(table, LockRow, context, log)
    faces, numbers, agents = (rows.column(name) for name in ("face_id", "period", "agent_id"))
    first: dict[tuple[str, int], int] = {}
    locks = {}
    for i, slot in enumerate(zip(faces, numbers, strict=True)):
        face_id, number = slot
        if not face_id or number == NO_PERIOD:
            continue
        if first.setdefault(slot, i) == i:
            locks[i] = Lock(face_id, number, agents[i] or None)
        else:
            earlier = table.rows[first[slot]]
            where = table.where(i)
            log.add(Code.DUPLICATE_LOCK, where, face=face_id, period=number, first=earlier)
    _check(table, locks, around, log)
    kept = [lock for lock in locks.values() if lock.face_id not in around.faces.left_out]
    return tuple(sorted(kept, key=lambda lock: (lock.face_id, lock.period)))


def _check(table: Table, locks: Mapping[int, Lock], around: Surroundings, log: ProblemLog) -> None:
    faces = around.faces.faces
    index = {} if faces is None else {face_id: i for i, face_id in enumerate(faces.face_id)}
    placed = []
    for row, lock in locks.items():
        agent, face = around.agents.get(lock.agent_id or ""), index.get(lock.face_id)
        if lock.agent_id and lock.face_id in around.faces.left_out:
            _note_unavailable(table, row, lock, log)
        elif agent is not None and face is not None and faces is not None:
            x, y = float(faces.x[face]), float(faces.y[face])
            placed.append(_Placed(lock, agent, row, x, y, faces.available[face]))
    for each in placed:
        _check_alone(table, each, around, log)
        _check_zones(table, each, around, log)
    _check_together(table, placed, around, log)


def _note_unavailable(table: Table, row: int, lock: Lock, log: ProblemLog) -> None:
    where, found = table.where(row, "period"), str(lock.period)
    log.add(Code.LOCK_UNAVAILABLE, where, found=found, face=lock.face_id, period=lock.period)


def _check_alone(table: Table, placed: _Placed, around: Surroundings, log: ProblemLog) -> None:
    """Note a lock that availability, consent or an exclusion forbids."""
    lock, agent, row = placed.lock, placed.agent, placed.row
    if lock.period <= len(placed.available) and not placed.available[lock.period - 1]:
        _note_unavailable(table, row, lock, log)
    if around.periods and not _consents(agent, lock.period, around.periods):
        where = table.where(row, "agent_id")
        fields = {"agent": agent.agent_id, "period": lock.period}
        log.add(Code.LOCK_WITHOUT_CONSENT, where, found=agent.agent_id, **fields)
    for exclusion in around.exclusions:
        if shapely.intersects_xy(exclusion.area, placed.x, placed.y):
            where = table.where(row, "face_id")
            fields = {"face": lock.face_id, "reason": exclusion.reason}
            log.add(Code.LOCK_EXCLUDED, where, found=lock.face_id, **fields)
            return


def _check_zones(table: Table, placed: _Placed, around: Surroundings, log: ProblemLog) -> None:
    """Note a lock outside the agent's zones, or in a period that is closed to the face's zone."""
    chain = around.territory.chain(placed.x, placed.y) if around.territory else []
    if not chain:
        return
    lock, agent = placed.lock, placed.agent
    zones_known = around.territory is not None and set(agent.zones) <= set(around.territory.zones)
    if zones_known and not set(chain) & set(agent.zones):
        where = table.where(placed.row, "agent_id")
        fields = {"agent": agent.agent_id, "face": lock.face_id}
        log.add(Code.LOCK_NOT_ELIGIBLE, where, found=agent.agent_id, **fields)
    nearest = next((zone_id for zone_id in chain if zone_id in around.sequences), None)
    if nearest is not None and lock.period not in around.sequences[nearest]:
        where = table.where(placed.row, "period")
        fields = {"face": lock.face_id, "zone": nearest, "period": str(lock.period)}
        log.add(Code.LOCK_CLOSED_PERIOD, where, found=str(lock.period), **fields)


def _consents(agent: Agent, number: int, calendar: Periods) -> bool:
    if agent.consent_media is not None and POSTER_MEDIUM not in agent.consent_media:
        return False
    return agent.consent_until is None or calendar.last_day(number) <= agent.consent_until


def _check_together(
    table: Table, placed: list[_Placed], around: Surroundings, log: ProblemLog
) -> None:
    """Note locks of one portrait that are too close in one period, or too many on one face."""
    same_period: dict[tuple[str, int], list[_Placed]] = defaultdict(list)
    same_face: dict[tuple[str, str], list[_Placed]] = defaultdict(list)
    for each in placed:
        agent_id = each.agent.agent_id
        for earlier in same_period[agent_id, each.lock.period]:
            _check_spacing(table, earlier, each, around.matching.spacing_m, log)
        same_period[agent_id, each.lock.period].append(each)
        same_face[agent_id, each.lock.face_id].append(each)
    most = around.matching.max_periods_per_face
    for (agent_id, face_id), group in sorted(same_face.items()):
        if len(group) > most:
            where = table.where(group[most].row, "period")
            fields = {"agent": agent_id, "face": face_id, "count": len(group), "most": most}
            log.add(Code.LOCKS_TOO_LONG, where, found=str(group[most].lock.period), **fields)


def _check_spacing(
    table: Table, earlier: _Placed, later: _Placed, spacing_m: float, log: ProblemLog
) -> None:
    metres = math.hypot(earlier.x - later.x, earlier.y - later.y)
    if metres < spacing_m:
        log.add(
            Code.LOCKS_TOO_CLOSE,
            table.where(later.row, "face_id"),
            found=later.lock.face_id,
            face=later.lock.face_id,
            other=earlier.lock.face_id,
            first=table.rows[earlier.row],
            far=distance(metres),
        )
