"""Collects problems while files are read: never raises, never stops at the first."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from operator import attrgetter
from typing import NamedTuple

from data.read.codes import Code, severity_of
from data.read.messages import shown, texts_for
from geo.errors import Problem, Severity, Where

_MOST_CANDIDATES = 2000
"""Above so many identifiers no suggestion is looked for: it would take longer than reading."""


class Told(NamedTuple):
    """What is told of a problem wherever it is: the fields of a `Problem` behind its place."""

    code: str
    message: str
    found: str
    remedy: str
    severity: Severity
    expected: str


def told(code: Code, *, found: str = "", **fields: object) -> Told:
    """Return what is told of a problem; `fields` fill the French texts of its kind."""
    message, remedy, expected = texts_for(code, **fields)
    return Told(code.value, message, shown(found), remedy, severity_of(code), expected)


class ProblemLog:
    """Everything that was found wrong so far."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    def add(self, code: Code, where: Where, *, found: str = "", **fields: object) -> None:
        """Note a problem; `fields` fill the French texts of its kind (`data.read.messages`)."""
        self._problems.append(Problem(where, *told(code, found=found, **fields)))

    def take(self, problems: Iterable[Problem]) -> None:
        """Note problems that were found elsewhere."""
        self._problems.extend(problems)

    def withdraw(self, file: str, rows: Iterable[int]) -> tuple[Problem, ...]:
        """Take back the problems of some rows of a file, and return them by place."""
        wanted = frozenset(rows)
        found: list[Problem] = []
        left: list[Problem] = []
        for problem in self._problems:
            is_wanted = problem.where.file == file and problem.where.row in wanted
            (found if is_wanted else left).append(problem)
        self._problems = left
        return _sorted(found)

    def sorted(self) -> tuple[Problem, ...]:
        """Return the problems by place, each once."""
        return _sorted(self._problems)

    def has_errors(self) -> bool:
        """Return whether one of the problems stops the plan."""
        return any(problem.severity is Severity.ERROR for problem in self._problems)


_PLACE = attrgetter("where.file", "where.row", "where.column", *Told._fields)
"""What problems are told apart and sorted by, as plain values: many times faster than they are."""


def _sorted(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    by_place = {_PLACE(problem): problem for problem in problems}
    return tuple(by_place[place] for place in sorted(by_place))


def closest(value: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that looks most like `value`, if one does; ties go to the first."""
    ordered = sorted(candidates)
    if len(ordered) > _MOST_CANDIDATES:
        return None
    by_folded = {candidate.casefold(): candidate for candidate in reversed(ordered)}
    found = get_close_matches(value[:100].casefold(), list(by_folded), n=1, cutoff=0.7)
    return by_folded[found[0]] if found else None
