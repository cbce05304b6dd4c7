"""A file as a table of text cells, whatever format it came in; layers also have shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.messages import quoted
from data.read.schema import Schema, fold, names_of
from geo.errors import Where

Shapes = NDArray[np.object_]
"""Geometries ``(n,)``, None where a row has none."""

_LIKELY_A_TYPO = 0.85


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that can be read, as columns of text.

    Parameters
    ----------
    file
        Name inside the campaign folder.
    headings
        As typed.
    columns
        One list of cells a heading, stripped.
    rows
        Number of each row in the file, see `geo.errors.Where`.
    position
        Canonical name to index in `columns`.
    shapes
        Geometry of each row ``(n,)`` in `crs`, None where a row has none; None for a table.
    crs
        What the file itself declares; None where it declares nothing.
    complete
        False where some rows could not be read: an id that is not here may be in one of those.
    """

    file: str
    headings: tuple[str, ...]
    columns: tuple[list[str], ...]
    rows: tuple[int, ...]
    position: Mapping[str, int]
    shapes: Shapes | None = None
    crs: str | None = None
    complete: bool = True

    def __len__(self) -> int:
        return len(self.rows)

    def has(self, name: str) -> bool:
        """Return whether the file has this column, by its canonical name."""
        return name in self.position

    def cells(self, name: str) -> list[str]:
        """Return the cells of a column by its canonical name; empty ones where there is none."""
        if name not in self.position:
            return [""] * len(self)
        return self.columns[self.position[name]]

    def heading(self, name: str) -> str:
        """Return a column's heading as typed, or its canonical name where there is none."""
        return self.headings[self.position[name]] if name in self.position else name

    def where(self, i: int, name: str = "") -> Where:
        """Return the place of a row (by its index here) and column (by its canonical name)."""
        return Where(self.file, self.rows[i], self.heading(name) if name else "")

    def ids(self, name: str) -> frozenset[str] | None:
        """Return all ids of a column; None where some may be missing: rows unread, or no rows."""
        if not self.complete or not len(self):
            return None
        return frozenset(self.cells(name)) - {""}

    def values(self, i: int) -> dict[str, str]:
        """Return a row as it was typed."""
        return {
            heading: column[i]
            for heading, column in zip(self.headings, self.columns, strict=True)
            if heading
        }


def positions(
    headings: Sequence[str], schema: Schema, *, at: Where, log: ProblemLog
) -> dict[str, int] | None:
    """Return where each known column is, or None where the headings cannot be used.

    Accents, case, punctuation and order do not count. Two headings for one column, and a column
    that must be there and is not, are problems; a heading that looks like a misspelt one is noted.
    """
    known = names_of(schema)
    found: dict[str, list[int]] = {}
    for i, heading in enumerate(headings):
        if name := known.get(fold(heading)):
            found.setdefault(name, []).append(i)
    for name, places in found.items():
        if len(places) > 1:
            typed = ", ".join(quoted(headings[i]) for i in places)
            where = Where(at.file, at.row, headings[places[1]])
            log.add(Code.DUPLICATE_HEADING, where, column=name, headings=typed)
    missing = [column for column in schema.columns if column.required and column.name not in found]
    for column in missing:
        names = ", ".join(column.names)
        log.add(
            Code.MISSING_COLUMN,
            Where(at.file, at.row, column.name),
            column=column.name,
            names=names,
        )
    _note_typos(headings, schema, found, at=at, log=log)
    if missing or any(len(places) > 1 for places in found.values()):
        return None
    return {name: places[0] for name, places in found.items()}


def _note_typos(
    headings: Sequence[str],
    schema: Schema,
    found: Mapping[str, Any],
    *,
    at: Where,
    log: ProblemLog,
) -> None:
    absent = {
        name: column.name
        for column in schema.columns
        if column.name not in found
        for name in column.names
        if len(name) > 2
    }
    for heading in headings:
        folded = fold(heading[:100])
        if folded in names_of(schema):
            continue
        if close := get_close_matches(folded, sorted(absent), n=1, cutoff=_LIKELY_A_TYPO):
            where = Where(at.file, at.row, heading)
            log.add(Code.UNKNOWN_COLUMN, where, heading=heading, column=absent[close[0]])
