"""Partial reading: the good rows go on, the others come back with their reasons.

A row that is left out may be one that others refer to. So the files are read again without it until
nothing is left to leave out: a lock of an agent that was left out is left out too, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.messages import typeset
from data.read.reading import Reject
from data.read.table import Table
from geo.errors import Problem, Severity

T = TypeVar("T")
Tables = Mapping[str, Table | None]

KINDS = {
    "maisons": "maison_id",
    "agents": "agent_id",
    "faces": "face_id",
    "travel": "",
    "locks": "",
}
"""Files of which rows may be left out, and the column that others refer to. Not zones and
exclusions: without one of these, posters would go where nobody wants them."""

_REFERS = {
    Code.UNKNOWN_MAISON.value: "maisons",
    Code.UNKNOWN_AGENT.value: "agents",
    Code.UNKNOWN_FACE.value: "faces",
}
_REASON = typeset(" Cet identifiant est celui de la ligne {row} de {file}, écartée elle aussi.")


@dataclass(slots=True)
class _LeftOut:
    """The rows left out so far: their problems, what they held, and which ids are gone."""

    problems: dict[tuple[str, int], list[Problem]] = field(default_factory=dict)
    values: dict[tuple[str, int], Mapping[str, str]] = field(default_factory=dict)
    ids: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)

    def add(self, table: Table, kind: str, rows: Mapping[int, list[Problem]]) -> None:
        """Note the rows (by number) that are left out of a table."""
        column = KINDS[kind]
        for i, row in enumerate(table.rows):
            if row in rows:
                self.problems[table.file, row] = [self._explained(p) for p in rows[row]]
                self.values[table.file, row] = table.values(i)
        for i, row in enumerate(table.rows if column else ()):
            if row in rows:
                self.ids[kind, table.text(column)[i]] = (table.file, row)

    def _explained(self, problem: Problem) -> Problem:
        """Return a problem as a warning, which says if what it misses was left out before."""
        gone = self.ids.get((_REFERS.get(problem.code, ""), problem.found))
        reason = "" if gone is None else _REASON.format(file=gone[0], row=gone[1])
        return replace(problem, message=problem.message + reason, severity=Severity.WARNING)

    def rejects(self) -> tuple[Reject, ...]:
        """Return the rows with the reasons beside each, by file and row."""
        return tuple(
            Reject(file, row, " ".join(p.message for p in sorted(problems)), self.values[file, row])
            for (file, row), problems in sorted(self.problems.items())
        )


def read_partially(
    tables: Tables, log: ProblemLog, assemble: Callable[[Tables, ProblemLog], T]
) -> tuple[T, Tables, tuple[Reject, ...]]:
    """Return what `assemble` makes of the tables without their faulty rows.

    Parameters
    ----------
    tables
        By kind; rows that did not even fit their heading are left out first.
    log
        Gets the problems of what is left, and those of the rows left out, as warnings.
    assemble
        Reads the tables and notes what is wrong with them; called until no row is at fault.

    Returns
    -------
    tuple
        What it made, the tables without the rows left out, and these rows.
    """
    left_out = _LeftOut()
    tables = {kind: _without_misfits(kind, t, left_out, log) for kind, t in tables.items()}
    while True:
        trial = ProblemLog()
        made = assemble(tables, trial)
        faulty = _faulty_rows(tables, trial.sorted())
        if not faulty:
            break
        tables = {kind: _without(kind, t, faulty, left_out) for kind, t in tables.items()}
    log.take(trial.sorted())
    log.take(p for problems in left_out.problems.values() for p in problems)
    return made, tables, left_out.rejects()


def _without(
    kind: str, table: Table | None, faulty: Mapping[str, dict[int, list[Problem]]], gone: _LeftOut
) -> Table | None:
    if table is None or kind not in faulty:
        return table
    gone.add(table, kind, faulty[kind])
    return table.without(faulty[kind])


def _without_misfits(
    kind: str, table: Table | None, gone: _LeftOut, log: ProblemLog
) -> Table | None:
    """Return a table that is complete but for rows whose number of cells was wrong."""
    if table is None or kind not in KINDS or not table.misfits:
        return table
    for problem in log.withdraw(table.file, [row for row, _ in table.misfits]):
        key = (problem.where.file, problem.where.row)
        gone.problems.setdefault(key, []).append(replace(problem, severity=Severity.WARNING))
    for row, cells in table.misfits:
        names = [*table.headings, *(f"+{i}" for i in range(1, len(cells) + 1))]
        gone.values[table.file, row] = dict(zip(names, cells, strict=False))
    return table.without(())


def _faulty_rows(
    tables: Tables, problems: Iterable[Problem]
) -> dict[str, dict[int, list[Problem]]]:
    """Return the errors of single rows, by kind and row."""
    kinds = {
        table.file: kind for kind, table in tables.items() if table is not None and kind in KINDS
    }
    rows = {file: frozenset(_rows(tables[kind])) for file, kind in kinds.items()}
    faulty: dict[str, dict[int, list[Problem]]] = {}
    for problem in problems:
        file, row = problem.where.file, problem.where.row
        if problem.severity is Severity.ERROR and file in kinds and row in rows[file]:
            faulty.setdefault(kinds[file], {}).setdefault(row, []).append(problem)
    return faulty


def _rows(table: Table | None) -> Iterable[int]:
    return () if table is None else table.rows
