"""A file as a table of text cells, whatever format it came in; layers also have shapes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from data.read.headings import positions
from data.read.text_column import TextColumn
from geo.errors import Where

__all__ = ["Shapes", "Table", "positions"]

Shapes = NDArray[np.object_]
"""Geometries ``(n,)``, None where a row has none."""


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
        The cells of each heading, stripped.
    rows
        Number of each row in the file, see `geo.errors.Where`; a `range` where none is missing.
    position
        Canonical name to index in `columns`.
    shapes
        Geometry of each row ``(n,)`` in `crs`, None where a row has none; None for a table.
    crs
        What the file itself declares; None where it declares nothing.
    complete
        False where some rows could not be read: an id that is not here may be in one of those.
    misfits
        The number and the cells of the rows that do not fit the heading, and are not among `rows`.
    scale
        By what the numbers of a column (canonical name) are multiplied: they count another span of
        time than the campaign does.
    """

    file: str
    headings: tuple[str, ...]
    columns: tuple[Sequence[str], ...]
    rows: Sequence[int]
    position: Mapping[str, int]
    shapes: Shapes | None = None
    crs: str | None = None
    complete: bool = True
    misfits: Sequence[tuple[int, Sequence[str]]] = ()
    scale: Mapping[str, Fraction] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def has(self, name: str) -> bool:
        """Return whether the file has this column, by its canonical name."""
        return name in self.position

    def cells(self, name: str) -> list[str]:
        """Return the cells of a column by its canonical name; empty ones where there is none."""
        if name not in self.position:
            return [""] * len(self)
        column = self.columns[self.position[name]]
        return column.tolist() if isinstance(column, TextColumn) else list(column)

    def text(self, name: str) -> TextColumn:
        """Return what `cells` does, compactly."""
        if name not in self.position:
            return TextColumn.of([""] * len(self))
        return TextColumn.of(self.columns[self.position[name]])

    def heading(self, name: str) -> str:
        """Return a column's heading as typed, or its canonical name where there is none."""
        return self.headings[self.position[name]] if name in self.position else name

    def where(self, i: int, name: str = "") -> Where:
        """Return the place of a row (by its index here) and column (by its canonical name)."""
        return Where(self.file, self.rows[i], self.heading(name) if name else "")

    def places(self, rows: Iterable[int], name: str) -> Iterator[Where]:
        """Yield what `where` says of each of some rows."""
        heading = self.heading(name)
        return (Where(self.file, self.rows[i], heading) for i in rows)

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

    def without(self, rows: Collection[int]) -> Table:
        """Return the table without some rows (by their number in the file), and complete."""
        kept = np.array([i for i, row in enumerate(self.rows) if row not in rows], dtype=np.int64)
        return replace(
            self,
            columns=tuple(TextColumn.of(column).take(kept) for column in self.columns),
            rows=tuple(self.rows[i] for i in kept.tolist()),
            shapes=None if self.shapes is None else self.shapes[kept],
            complete=True,
            misfits=(),
        )

    def with_column(self, name: str, cells: Sequence[str], *, heading: str = "") -> Table:
        """Return the table with the cells of a column replaced, or with one more column."""
        if name in self.position:
            place = self.position[name]
            columns = (*self.columns[:place], cells, *self.columns[place + 1 :])
            return replace(self, columns=columns)
        return replace(
            self,
            headings=(*self.headings, heading or name),
            columns=(*self.columns, cells),
            position={**self.position, name: len(self.columns)},
        )
