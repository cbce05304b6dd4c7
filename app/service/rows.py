"""A row that somebody edits: the readers judge it beside what it must fit (`Surroundings`).

What is checked when is told in `data.read.edited`. The zones of a campaign, and its exclusions, are
read once for each of their versions and kept: an edit of a face does not read polygons again.
Everything here runs inside a write transaction that holds the campaign (`campaigns.lock`): what a
row was checked against is what it is stored beside.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import shapely

from app.service.errors import ApiError
from app.service.kept_readings import KeptReadings
from app.service.reading import refuse_long_ids
from app.service.rules import rules_of
from app.service.surroundings import Surroundings
from data.read.edited import (
    POLYGONS,
    EditedRow,
    Known,
    LockParties,
    check_agents,
    check_exclusions,
    check_faces,
    check_locks,
    check_maisons,
    check_travel,
    columns_of,
    polygon_of,
    required_of,
    through_doors,
)
from data.read.log import ProblemLog
from data.store import Store, Tx, withdrawals
from data.store.canonical import canonical
from data.store.folder_files import FILE_NAMES
from data.store.rows import row_id_of
from data.store.tables import CampaignRecord, InputRecord, RowRecord
from geo.errors import Problem, Severity

_POINTS = frozenset({"maisons", "faces"})
_CONSENT_COLUMNS = frozenset({"consent_media", "consent_until"})
_KEPT: WeakKeyDictionary[Store, KeptReadings] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Asked:
    """A row as somebody wants it.

    Parameters
    ----------
    cells
        Only those that are set; the others stay, or are empty.
    geometry
        GeoJSON; None leaves the one there is.
    current
        The row as it is; None for a new one.
    """

    campaign: CampaignRecord
    kind: str
    record: InputRecord | None
    cells: Mapping[str, str]
    geometry: Mapping[str, Any] | None
    current: RowRecord | None
    position: int


@dataclass(frozen=True, slots=True)
class Checked:
    """A row that may be stored, and what is worth knowing of it and of rows that refer to it."""

    cells: dict[str, str]
    geometry: shapely.Geometry | None
    problems: tuple[Problem, ...]


def checked(store: Store, tx: Tx, asked: Asked) -> Checked:
    """Return a row as it may be stored.

    Raises
    ------
    ApiError
        422 with all problems of the row.
    """
    _check_columns(asked)
    kept = _KEPT.setdefault(store, KeptReadings())
    with kept.lock:
        return _Check(tx, asked, kept).run()


class _Check:
    """One check of one row."""

    def __init__(self, tx: Tx, asked: Asked, kept: KeptReadings) -> None:
        self._asked = asked
        self._around = Surroundings(tx, asked.campaign, kept)
        self._rules = rules_of(asked.campaign)
        self._file = FILE_NAMES[asked.kind]
        self._log = ProblemLog()
        in_table = asked.kind not in POLYGONS
        self._number = asked.position + (1 if in_table else 0)  # a table has a heading

    def run(self) -> Checked:
        edited = self._through_doors()
        self._read(edited)
        self._refuse_errors()
        cells = {name: canonical([cell], name)[0] for name, cell in edited.cells.items()}
        geometry = polygon_of(self._asked.kind, edited) if edited.shape is not None else None
        refuse_long_ids(
            self._asked.kind,
            [row_id_of(self._asked.kind, cells, position=self._asked.position)],
        )
        problems = (*self._own(), *self._of_locks(edited))
        return Checked(cells, geometry, problems)

    def _through_doors(self) -> EditedRow:
        edited = through_doors(
            self._asked.kind,
            self._all_cells(),
            self._geometry(),
            number=self._number,
            file=self._file,
            rules=self._rules,
            log=self._log,
        )
        if edited is None:
            self._refuse_errors()
            raise ApiError(422, "empty-row", "The row has no cell that is not empty.")
        return edited

    def _all_cells(self) -> dict[str, str]:
        asked = self._asked
        there = asked.record.headings if asked.record else ()
        known = set(columns_of(asked.kind))
        names = [*required_of(asked.kind), *(("lat", "lon") if asked.kind in _POINTS else ())]
        cells = {name: "" for name in (*names, *there) if name in known}
        before = asked.current.cells if asked.current else {}
        cells |= {name: cell for name, cell in before.items() if name in known}
        return cells | dict(asked.cells)

    def _geometry(self) -> Mapping[str, Any] | None:
        asked = self._asked
        if asked.geometry is not None or asked.current is None or asked.current.geometry is None:
            return asked.geometry
        found: Mapping[str, Any] = json.loads(shapely.to_geojson(asked.current.geometry))
        return found

    def _read(self, edited: EditedRow) -> None:
        kind, file, log = self._asked.kind, self._file, self._log
        if kind == "zones":
            self._read_zones(edited)
            return
        if kind == "travel":
            ids = self._around.ids(
                "maisons", edited.cells.get("from_id"), edited.cells.get("to_id")
            )
            check_travel([edited], maison_ids=ids, file=file, log=log)
            return
        known = Known(self._rules, self._around.zones())
        if kind == "faces":
            check_faces([edited], known, file=file, log=log)
        elif kind == "maisons":
            check_maisons([edited], known, file=file, log=log)
        elif kind == "exclusions":
            check_exclusions([edited], known, file=file, log=log)
        elif kind == "agents":
            ids = self._around.ids("maisons", edited.cells.get("maison_id"))
            rows = [*self._sharing_portrait(edited), edited]
            check_agents(rows, known, maison_ids=ids, file=file, log=log)
        else:
            self._read_locks([*self._other_locks(edited), edited], {}, log)

    def _read_zones(self, edited: EditedRow) -> None:
        """Read all zones with the row among them; only what was not wrong before counts."""
        current, before = self._asked.current, self._around.rows("zones")
        after = [
            edited if current is not None and row.number == self._number else row for row in before
        ]
        if current is None:
            after.append(edited)
        known = {_without_place(p) for p in self._around.read_of(before)[1]}
        self._log.take(p for p in self._around.read_of(after)[1] if _without_place(p) not in known)

    def _sharing_portrait(self, edited: EditedRow) -> list[EditedRow]:
        same = {"portrait_id": edited.cells.get("portrait_id", "")}
        return [row for row in self._around.rows("agents", same) if row.number != edited.number]

    def _other_locks(self, edited: EditedRow) -> list[EditedRow]:
        agent_id = edited.cells.get("agent_id", "")
        if not agent_id:
            return []
        same = self._around.rows("locks", {"agent_id": agent_id})
        return [row for row in same if row.number != edited.number]

    def _read_locks(
        self,
        locks: Sequence[EditedRow],
        instead: Mapping[tuple[str, str], EditedRow],
        log: ProblemLog,
    ) -> None:
        """Read locks with what they name; `instead` are rows that are not stored yet."""
        zones = self._around.zones()
        agents = _named(locks, "agent_id")
        faces = _named(locks, "face_id")

        def rows(kind: str, row_ids: Iterable[str]) -> list[EditedRow]:
            return [
                row
                for row_id in row_ids
                for row in (
                    [instead[kind, row_id]]
                    if (kind, row_id) in instead
                    else self._around.row(kind, row_id)
                )
            ]

        parties = LockParties(
            agents=rows("agents", agents),
            faces=rows("faces", faces),
            agent_ids=self._around.ids("agents", *agents),
            face_ids=self._around.ids("faces", *faces),
        )
        known = Known(self._rules, zones, self._around.exclusions(zones))
        check_locks(locks, parties, known, file=FILE_NAMES["locks"], log=log)

    def _of_locks(self, edited: EditedRow) -> tuple[Problem, ...]:
        """Return the rules that locks of an edited face or agent break from now on."""
        kind, current = self._asked.kind, self._asked.current
        if current is None or kind not in {"faces", "agents"}:
            return ()
        column = "face_id" if kind == "faces" else "agent_id"
        locks = self._around.rows("locks", {column: current.row_id})
        if not locks:
            return ()
        log = ProblemLog()
        self._read_locks(locks, {(kind, current.row_id): edited}, log)
        return tuple(p for p in log.sorted() if p.severity is Severity.ERROR)

    def _own(self) -> tuple[Problem, ...]:
        """Return the problems of the row, and of its file as a whole where it alone has that."""
        every = self._log.sorted()
        if self._asked.kind == "zones":
            return every
        return tuple(p for p in every if p.where.row == self._number)

    def _refuse_errors(self) -> None:
        own = self._own()
        if any(p.severity is Severity.ERROR for p in own):
            raise ApiError(422, "input-problems", "The row has problems.", problems=own)


def with_withdrawal(found: Checked, row: RowRecord, kind: str) -> Checked:
    """Return what is known of a row that was added, with the warning that a withdrawal was kept."""
    asked = found.cells.get(withdrawals.MEDIA_COLUMN)
    if kind != "agents" or row.cells.get(withdrawals.MEDIA_COLUMN) == asked:
        return found
    warning = withdrawals.problem(row.row_id, FILE_NAMES[kind])
    return replace(found, problems=(*found.problems, warning))


def _check_columns(asked: Asked) -> None:
    """Refuse columns that the kind does not have, or that change what empty cells of others mean.

    Raises
    ------
    ApiError
        422.
    """
    allowed = columns_of(asked.kind)
    if set(asked.cells) - set(allowed):
        detail = f"A row of {asked.kind} has the columns {', '.join(allowed)}."
        raise ApiError(422, "unknown-column", detail)
    if asked.geometry is not None and asked.kind not in POLYGONS:
        raise ApiError(422, "no-geometry", "The point of this row is told by its cells.")
    added = {name for name, cell in asked.cells.items() if cell}
    if asked.record is not None and asked.record.kind == "agents":
        new = (added & _CONSENT_COLUMNS) - set(asked.record.headings)
        if new:
            detail = "This file keeps no consents: with that column, nobody else would consent."
            raise ApiError(422, "consents-not-kept", detail)


def _named(rows: Sequence[EditedRow], column: str) -> list[str]:
    return sorted({row.cells.get(column, "") for row in rows} - {""})


def _without_place(problem: Problem) -> Problem:
    return replace(problem, where=replace(problem.where, row=0))
