"""Problems as JSON tells and keeps them: the command line, the service and its store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geo.errors import Problem, Severity, Where


def problem_json(problem: Problem) -> dict[str, Any]:
    """Return a problem as a JSON object, its place spread out."""
    return {
        "file": problem.where.file,
        "row": problem.where.row or None,
        "column": problem.where.column or None,
        "code": problem.code,
        "severity": problem.severity.value,
        "found": problem.found,
        "expected": problem.expected,
        "message": problem.message,
        "remedy": problem.remedy,
    }


def problem_of(told: Mapping[str, Any]) -> Problem:
    """Return the problem that `problem_json` told."""
    return Problem(
        where=Where(told["file"], told["row"] or 0, told["column"] or ""),
        code=told["code"],
        message=told["message"],
        found=told["found"],
        remedy=told["remedy"],
        severity=Severity(told["severity"]),
        expected=told["expected"],
    )
