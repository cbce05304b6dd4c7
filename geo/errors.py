"""What can go wrong, as one tree of exceptions and one kind of value.

::

    PlacardeError
    ├── CampaignError        the inputs have problems (carries all of them)
    ├── CrsError             a coordinate reference system is missing, unknown or does not fit
    ├── GeocoderError        a geocoder does not answer, or not as one
    ├── OutputExistsError    something would be overwritten and nobody asked for that
    ├── PlanFolderError      a plan folder cannot be read back
    ├── RoadsError           a routing server cannot be asked, or its answer cannot be used
    └── UnknownNameError     somebody asks for a face or an agent that the plan does not know

A fault in somebody's data is not an exception but a `Problem`: a value, collected with all the
others and shown at once. That something cannot be done (a budget too small, a tour that does not
fit) is a result with reasons: a `geo.plan.Shortfall`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class PlacardeError(Exception):
    """Root of every error that Placarde raises on purpose."""


class CrsError(PlacardeError):
    """A coordinate reference system is missing, unknown or does not fit the place."""


class GeocoderError(PlacardeError):
    """A geocoder does not answer, or not as one."""


class OutputExistsError(PlacardeError):
    """Something would be overwritten and nobody asked for that."""


class PlanFolderError(PlacardeError):
    """A plan folder cannot be read back."""


class RoadsError(PlacardeError):
    """A routing server cannot be asked, or its answer cannot be used."""


class UnknownNameError(PlacardeError):
    """Somebody asks for a face or an agent that the plan does not know."""


class Severity(StrEnum):
    """How much a problem weighs: an error stops the plan, a warning is only shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """The place of a problem: a file, and in it a row and a column where there is one.

    `row` counts as a spreadsheet does: the heading is row 1 and the first record row 2. In a layer
    (GeoJSON, GeoPackage) the first feature is row 1. 0 means the whole file.
    """

    file: str
    row: int = 0
    column: str = ""

    def __str__(self) -> str:
        """Return e.g. ``inventaire.csv, ligne 12, colonne price_eur``."""
        parts = [self.file]
        if self.row:
            parts.append(f"ligne {self.row}")
        if self.column:
            parts.append(f"colonne {self.column}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault in the inputs.

    Parameters
    ----------
    where
        File, row, column.
    code
        Stable kebab-case name of the kind of problem (``unknown-zone``), for machines and tests.
    message
        One French sentence for a planner: what is wrong and what would be right.
    found
        The faulty value as it was typed, or an empty string.
    remedy
        One French sentence: what to do about it.
    severity
        `Severity.ERROR` stops the plan; `Severity.WARNING` does not.
    expected
        What a value there may be, in a few French words, or an empty string where that cannot be
        said of one value.
    """

    where: Where
    code: str
    message: str
    found: str = ""
    remedy: str = ""
    severity: Severity = Severity.ERROR
    expected: str = ""


class CampaignError(PlacardeError):
    """The inputs have problems; `problems` holds all of them, sorted by place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("; ".join(f"{p.where}: {p.message}" for p in self.problems))


def errors_among(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems that stop a plan, sorted by place."""
    return tuple(sorted(p for p in problems if p.severity is Severity.ERROR))
