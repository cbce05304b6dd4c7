"""``rejets.csv``: the rows that were left out of the plan, and why. For the planner only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from data.read import Reject
from data.write.sheet import TEXT, WHOLE, Column, write_sheet

REJECT_COLUMNS = (
    Column("fichier", "file", TEXT),
    Column("ligne", "row", WHOLE),
    Column("motif", "reason", TEXT),
    Column("valeurs", "values", TEXT),
)


@dataclass(frozen=True, slots=True, order=True)
class _RejectLine:
    file: str
    row: int
    reason: str
    values: str


def rejects_csv(rejects: Iterable[Reject]) -> bytes:
    """Return one row a reject, sorted by file and row; the values as ``colonne=valeur | …``."""
    lines = (
        _RejectLine(
            reject.file,
            reject.row,
            reject.reason,
            " | ".join(f"{column}={value}" for column, value in reject.values.items()),
        )
        for reject in rejects
    )
    return write_sheet(REJECT_COLUMNS, sorted(lines))
