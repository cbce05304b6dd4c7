"""Collects problems while files are read: never raises, never stops at the first."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from data.read.codes import Code, severity_of
from data.read.messages import shown, texts_for
from geo.errors import Problem, Severity, Where

_MOST_CANDIDATES = 2000
"""Above so many identifiers no suggestion is looked for: it would take longer than reading."""


class ProblemLog:
    """Everything that was found wrong so far."""

    def __init__(self) -> None:
        self._problems: set[Problem] = set()

    def add(self, code: Code, where: Where, *, found: str = "", **fields: object) -> None:
        """Note a problem; `fields` fill the French texts of its kind (`data.read.messages`)."""
        message, remedy, expected = texts_for(code, **fields)
        self._problems.add(
            Problem(where, code.value, message, shown(found), remedy, severity_of(code), expected)
        )

    def take(self, problems: Iterable[Problem]) -> None:
        """Note problems that were found elsewhere."""
        self._problems.update(problems)

    def withdraw(self, file: str, rows: Iterable[int]) -> tuple[Problem, ...]:
        """Take back the problems of some rows of a file, and return them by place."""
        wanted = frozenset(rows)
        found = {p for p in self._problems if p.where.file == file and p.where.row in wanted}
        self._problems -= found
        return tuple(sorted(found))

    def sorted(self) -> tuple[Problem, ...]:
        """Return the problems by place, each once."""
        return tuple(sorted(self._problems, key=_place))

    def has_errors(self) -> bool:
        """Return whether one of the problems stops the plan."""
        return any(problem.severity is Severity.ERROR for problem in self._problems)


def _place(problem: Problem) -> tuple[object, ...]:
    """Return what problems are sorted by, as plain values: many times faster than the problems."""
    where = problem.where
    texts = (problem.message, problem.found, problem.remedy, problem.severity, problem.expected)
    return (where.file, where.row, where.column, problem.code, *texts)


def closest(value: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that looks most like `value`, if one does; ties go to the first."""
    ordered = sorted(candidates)
    if len(ordered) > _MOST_CANDIDATES:
        return None
    by_folded = {candidate.casefold(): candidate for candidate in reversed(ordered)}
    found = get_close_matches(value[:100].casefold(), list(by_folded), n=1, cutoff=0.7)
    return by_folded[found[0]] if found else None
