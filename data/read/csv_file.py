"""CSV into a `Table`: the separator is told by the headings, and every row must fit them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.messages import typeset
from data.read.schema import Schema, fold, names_of
from data.read.table import Table, positions
from data.read.text import decode
from geo.errors import Where

_SEPARATORS = (";", ",")
_NEW_LINE = re.compile(r"[\r\n]\s*")
_OTHER_FORMATS = (
    (b"PK\x03\x04", " : c’est un classeur ou une archive ZIP"),
    (b"\xd0\xcf\x11\xe0", " : c’est un ancien classeur Excel"),
    (b"SQLite format 3\0", " : c’est une base SQLite"),
    (b"%PDF", " : c’est un PDF"),
)

Record = tuple[int, list[str]]


class _BrokenCsvError(Exception):
    """The row from which on a CSV file cannot be read."""

    def __init__(self, row: int) -> None:
        self.row = row
        super().__init__(f"row {row}")


def read_csv(content: bytes, *, file: str, schema: Schema, log: ProblemLog) -> Table | None:
    """Return the table in the bytes of a CSV file, or None where its problems prevent it.

    Rows whose number of cells is wrong are noted and left out. Blank rows are skipped.
    """
    for magic, looks_like in _OTHER_FORMATS:
        if content.startswith(magic):
            log.add(Code.WRONG_CONTENT, Where(file), expected="CSV", looks_like=typeset(looks_like))
            return None
    text = decode(content, file, log, tolerant=True)
    separator = None if text is None else _separator(text, file=file, schema=schema, log=log)
    if text is None or separator is None:
        return None
    try:
        records = list(_records(text, separator))
    except _BrokenCsvError as error:
        log.add(Code.BROKEN_CSV, Where(file, error.row))
        return None
    return _table(records, file=file, schema=schema, log=log)


def _records(text: str, separator: str) -> Iterator[Record]:
    """Yield the number and the cells of each row that is not blank.

    A line break inside quotes does not begin a row, just as a spreadsheet counts.
    """
    row = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for row, cells in enumerate(reader, start=1):
            if any(map(str.strip, cells)):
                yield row, cells
    except csv.Error as error:
        raise _BrokenCsvError(row + 1) from error


def _separator(text: str, *, file: str, schema: Schema, log: ProblemLog) -> str | None:
    """Return the separator with which the heading names most of the columns that we know."""
    known = names_of(schema)
    score = {}
    for separator in _SEPARATORS:
        heading = _heading(text, separator)
        score[separator] = (sum(fold(cell) in known for cell in heading), len(heading))
    best, other = sorted(_SEPARATORS, key=lambda s: score[s], reverse=True)
    if score[best][0] == 0:
        names = ", ".join(column.name for column in schema.columns if column.required)
        typed = text.strip().split("\n", 1)[0]
        log.add(Code.NO_HEADING, Where(file, 1), found=typed.strip(), expected=names)
        return None
    if score[best][0] == score[other][0] and score[other][1] > 1:
        log.add(Code.UNCLEAR_SEPARATOR, Where(file, 1))
        return None
    return best


def _heading(text: str, separator: str) -> list[str]:
    try:
        return next((cells for _, cells in _records(text, separator)), [])
    except _BrokenCsvError:
        return []


def _table(
    records: Sequence[Record], *, file: str, schema: Schema, log: ProblemLog
) -> Table | None:
    heading_row, typed = records[0]
    headings = tuple(cell.strip() for cell in typed)
    position = positions(headings, schema, at=Where(file, heading_row), log=log)
    width = len(headings)
    rows: list[int] = []
    kept: list[list[str]] = []
    for row, cells in records[1:]:
        if len(cells) == width:
            rows.append(row)
            kept.append(cells)
        else:
            log.add(Code.WRONG_CELL_COUNT, Where(file, row), count=len(cells), expected=width)
    complete = len(rows) == len(records) - 1
    if complete and not rows and not schema.may_be_empty:
        log.add(Code.NO_ROWS, Where(file))
    if position is None:
        return None
    columns = tuple(_stripped(column) for column in zip(*kept, strict=True))
    return Table(
        file=file,
        headings=headings,
        columns=columns or tuple([] for _ in headings),
        rows=tuple(rows),
        position=position,
        complete=complete,
    )


def _stripped(cells: Sequence[str]) -> list[str]:
    """Return the cells without spaces around them; a line break inside one becomes a space."""
    stripped = list(map(str.strip, cells))
    has_breaks = _NEW_LINE.search("".join(stripped)) is not None
    return [_NEW_LINE.sub(" ", cell) for cell in stripped] if has_breaks else stripped
