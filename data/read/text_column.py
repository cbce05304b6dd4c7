"""A column of text cells that may be a million long: held by Arrow, seen as a sequence of `str`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo.model import BoolArray, IntArray, TextArray

ArrowArray = Any
"""Arrow has no types that mypy knows."""

_SAMPLE = 4096


class TextColumn(Sequence[str]):
    """Cells without nulls; an empty cell is an empty text.

    Parameters
    ----------
    array
        Of Arrow's type `string`, one chunk.
    """

    __slots__ = ("_array", "_codes", "_distinct")

    def __init__(self, array: ArrowArray) -> None:
        self._array = array
        self._codes: IntArray | None = None
        self._distinct: list[str] = []

    @classmethod
    def of(cls, cells: Sequence[str]) -> TextColumn:
        """Return the column of some cells."""
        if isinstance(cells, TextColumn):
            return cells
        return cls(pa.array([_encodable(cell) for cell in cells], type=pa.string()))

    @property
    def arrow(self) -> ArrowArray:
        """Return the Arrow array."""
        return self._array

    def __len__(self) -> int:
        return len(self._array)

    @overload
    def __getitem__(self, i: int) -> str: ...
    @overload
    def __getitem__(self, i: slice) -> list[str]: ...
    def __getitem__(self, i: int | slice) -> str | list[str]:
        if isinstance(i, slice):
            return self.tolist()[i]
        return str(self._array[i].as_py())

    def __iter__(self) -> Iterator[str]:
        return iter(self.tolist())

    def tolist(self) -> list[str]:
        """Return the cells as Python texts; equal ones are the same object where that is cheap."""
        if self.repeats():
            distinct, codes = self.distinct()
            return [distinct[code] for code in codes.tolist()]
        cells: list[str] = self._array.to_pylist()
        return cells

    def objects(self) -> TextArray:
        """Return the cells as an array of Python texts, shape ``(n,)``."""
        if self.repeats():
            distinct, codes = self.distinct()
            return np.array([*distinct, ""], dtype=object)[codes]
        cells: TextArray = self._array.to_numpy(zero_copy_only=False)
        return cells.astype(object)

    def repeats(self) -> bool:
        """Return whether most cells are the same as another one, by the look of the first."""
        head = self._array[:_SAMPLE]
        return len(head) == 0 or len(pc.unique(head)) <= len(head) // 2

    def distinct(self) -> tuple[list[str], IntArray]:
        """Return the distinct texts in order of first appearance, and for each cell which it is."""
        if self._codes is None:
            encoded = self._array.dictionary_encode()
            self._distinct = encoded.dictionary.to_pylist()
            self._codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        return self._distinct, self._codes

    def take(self, rows: IntArray) -> TextColumn:
        """Return the cells of some rows, in their order."""
        return TextColumn(self._array.take(pa.array(rows)))

    def is_empty(self) -> BoolArray:
        """Return which cells are empty ``(n,)``."""
        empty: BoolArray = pc.equal(self._array, "").to_numpy(zero_copy_only=False)
        return empty


def _encodable(cell: str) -> str:
    """Return a cell without lone surrogates, which are noted where cells are read."""
    return cell if cell.isascii() else cell.encode("utf-8", "replace").decode()
