"""The rows of a large CSV file by columns, ten times faster than row by row.

Only files that Arrow reads as `data.read.csv_file` would are read here: every row has its cells,
quotes are where RFC 4180 puts them, none of them holds a line break, no line is empty. Any other
file is left to the reader that goes row by row and says what is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from data.read.text_column import ArrowArray, TextColumn
from geo.model import BoolArray

_BLOCK = 8 << 20
_FEWEST_COLUMNS = 2  # an empty line is a row of one empty cell, and so no row of more
_QUOTE, _LF, _CR = b'"\n\r'
_ASCII_SPACE = 0x20
_NOT_ASCII = 0x80

Rows = tuple[range | tuple[int, ...], list[TextColumn]]


def read_plain_rows(
    utf8: bytes, *, start: int, first_row: int, width: int, separator: str, longest_cell: int
) -> Rows | None:
    """Return the numbers and the columns of the rows from byte `start` on, or None.

    Parameters
    ----------
    first_row
        Number of the row that begins at `start`.
    width
        Cells in each row.
    longest_cell
        Characters in a cell beyond which the file is left to the other reader.
    """
    end = len(utf8)
    while end > start and utf8[end - 1] in {_LF, _CR}:
        end -= 1
    if end == start or width < _FEWEST_COLUMNS:
        return None
    if utf8.find(b'"', start, end) >= 0 and not _has_plain_quotes(utf8[start:end], ord(separator)):
        return None
    table = _parsed(pa.py_buffer(utf8)[start:end], width=width, separator=separator)
    if table is None:
        return None
    columns = [_Cells.of(table.column(i)) for i in range(width)]
    if any(cells.longest() > longest_cell for cells in columns):
        return None
    return _without_blank_rows([cells.trimmed() for cells in columns], first_row)


def _has_plain_quotes(body: bytes, separator: int) -> bool:
    """Return whether each cell that has quotes is one whole quoted text without a line break.

    Quotes come in pairs: one that opens, after a separator, a line break or a quote that has just
    closed (a doubled one); and one that closes, before one of these.
    """
    text = np.frombuffer(body, dtype=np.uint8)
    places = np.flatnonzero(text == _QUOTE)
    if len(places) % 2:
        return False
    edges = np.isin(np.arange(256), [separator, _LF, _CR, _QUOTE])
    padded = np.concatenate(([_LF], text, [_LF])).astype(np.uint8)
    opening, closing = places[::2], places[1::2]
    before, after = padded[opening], padded[closing + 2]
    if not (edges[before].all() and edges[after].all()):
        return False
    doubled = np.flatnonzero(before == _QUOTE)
    if (doubled == 0).any() or (closing[doubled - 1] != opening[doubled] - 1).any():
        return False
    breaks = np.flatnonzero((text == _LF) | (text == _CR))
    inside = np.searchsorted(places, breaks) % 2
    return not inside.any()


def _parsed(body: ArrowArray, *, width: int, separator: str) -> ArrowArray:
    names = [str(i) for i in range(width)]
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(body),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=_BLOCK),
            parse_options=arrow_csv.ParseOptions(delimiter=separator, ignore_empty_lines=False),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


@dataclass(frozen=True, slots=True)
class _Cells:
    """A column, with the bytes of all its cells and where each begins ``(n + 1,)``."""

    array: ArrowArray
    offsets: NDArray[np.int32]
    text: NDArray[np.uint8]

    @classmethod
    def of(cls, column: ArrowArray) -> _Cells:
        array = column.combine_chunks()
        array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
        _, offsets, data = array.buffers()
        ends = np.frombuffer(offsets, dtype=np.int32)
        text = np.frombuffer(b"" if data is None else data, dtype=np.uint8)
        return cls(array, ends[array.offset : array.offset + len(array) + 1], text)

    def longest(self) -> int:
        """Return the most bytes in a cell."""
        return int(np.diff(self.offsets).max(initial=0))

    def trimmed(self) -> ArrowArray:
        """Return the cells without the spaces around them; most columns have none."""
        filled = np.flatnonzero(np.diff(self.offsets))
        starts = self.text[self.offsets[filled]]
        ends = self.text[self.offsets[filled + 1] - 1]
        if _could_be_space(starts).any() or _could_be_space(ends).any():
            return pc.utf8_trim_whitespace(self.array)
        return self.array


def _could_be_space(bytes_: ArrowArray) -> BoolArray:
    found: BoolArray = (bytes_ <= _ASCII_SPACE) | (bytes_ >= _NOT_ASCII)
    return found


def _without_blank_rows(columns: list[ArrowArray], first_row: int) -> Rows:
    count = len(columns[0])
    blank = np.ones(count, dtype=np.bool_)
    for column in columns:
        blank &= TextColumn(column).is_empty()
        if not blank.any():
            return range(first_row, first_row + count), [TextColumn(c) for c in columns]
    kept = np.flatnonzero(~blank)
    return tuple((kept + first_row).tolist()), [TextColumn(c).take(kept) for c in columns]
