"""What comes out of reading a campaign folder: the campaign, and all that was found wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from geo.errors import Problem
from geo.model import Campaign


@dataclass(frozen=True, slots=True)
class Reject:
    """A row of an input file that is well-formed but left out of the plan.

    Parameters
    ----------
    file
        Name inside the campaign folder.
    row
        Counted as a spreadsheet does, see `geo.errors.Where`.
    reason
        One French sentence.
    values
        The row as it was typed: heading to cell, in the order of the file.
    """

    file: str
    row: int
    reason: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """A campaign folder, read.

    `campaign` is None if and only if one of the `problems` is an error. `problems` are sorted by
    place, `rejects` by file and row.
    """

    campaign: Campaign | None
    problems: tuple[Problem, ...]
    rejects: tuple[Reject, ...]
