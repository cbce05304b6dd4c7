"""CSV into a `Table`: the separator is told by the headings, and every row must fit them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from data.read.codes import Code
from data.read.csv_arrow import read_plain_rows
from data.read.headings import MOST_COLUMNS, MOST_TITLE_ROWS, find_heading, positions
from data.read.log import ProblemLog
from data.read.messages import typeset
from data.read.schema import Schema
from data.read.table import Table
from data.read.text import decode_to_utf8
from geo.errors import Where

LONGEST_CELL = 131_072
"""Characters in a cell, which is also where the standard library stops."""
LONGEST_LINE = 8 << 20
"""Bytes between two line breaks: a thousand cells of 8,000 bytes."""
PLAIN_FROM = 1 << 20
"""Bytes from which on a file is first read by columns; below, it takes no time anyway."""

_SEPARATORS = (";", ",", "\t")
_HINT = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|$)")
_NEW_LINE = re.compile(r"[\r\n]\s*")
_SAMPLE = 1 << 16
_OTHER_FORMATS = (
    (b"PK\x03\x04", " : c’est un classeur ou une archive ZIP"),
    (b"\xd0\xcf\x11\xe0", " : c’est un ancien classeur Excel"),
    (b"SQLite format 3\0", " : c’est une base SQLite"),
    (b"%PDF", " : c’est un PDF"),
    (b"PAR1", " : c’est un fichier Parquet"),
)

Record = tuple[int, list[str]]


class _BrokenCsvError(Exception):
    """The row from which on a CSV file cannot be read."""

    def __init__(self, row: int) -> None:
        self.row = row
        super().__init__(f"row {row}")


@dataclass(frozen=True, slots=True)
class _Heading:
    """The headings of a file: as typed, on which row, and at which bytes they start and end."""

    cells: tuple[str, ...]
    row: int
    start: int
    end: int
    separator: str


def read_csv(content: bytes, *, file: str, schema: Schema, log: ProblemLog) -> Table | None:
    """Return the table in the bytes of a CSV file, or None where its problems prevent it.

    Title lines above the heading are skipped, which is noted. Rows whose number of cells is wrong
    are noted and left out. Blank rows are skipped.
    """
    for magic, looks_like in _OTHER_FORMATS:
        if content.startswith(magic):
            log.add(Code.WRONG_CONTENT, Where(file), expected="CSV", looks_like=typeset(looks_like))
            return None
    utf8 = decode_to_utf8(content, file, log, tolerant=True)
    if utf8 is None:
        return None
    if (row := _row_of_endless_line(utf8)) is not None:
        log.add(Code.BROKEN_CSV, Where(file, row))
        return None
    heading = _heading(utf8, file=file, schema=schema, log=log)
    if heading is None or _has_too_many_columns(heading, file, log):
        return None
    try:
        return _table(utf8, heading, file=file, schema=schema, log=log)
    except _BrokenCsvError as error:
        log.add(Code.BROKEN_CSV, Where(file, error.row))
        return None


def _row_of_endless_line(utf8: bytes) -> int | None:
    """Return the number of the first line that is longer than any honest one, if there is one."""
    start = 0
    while len(utf8) - start > LONGEST_LINE:
        end = start + LONGEST_LINE
        last = max(utf8.rfind(b"\n", start, end), utf8.rfind(b"\r", start, end))
        if last < 0:
            return utf8.count(b"\n", 0, start) + 1
        start = last + 1
    return None


def _heading(utf8: bytes, *, file: str, schema: Schema, log: ProblemLog) -> _Heading | None:
    """Return the heading and the separator with which it names most of the columns we know."""
    sample = _sample(utf8)
    hint = _HINT.fullmatch(sample[0]) if sample else None
    candidates = [
        _heading_by(separator, sample, schema)
        for separator in ((hint[1],) if hint else _SEPARATORS)
    ]
    (named, best), *others = sorted(candidates, key=lambda c: (-c[0], -len(c[1].cells)))
    if named == 0:
        names = ", ".join(column.name for column in schema.columns if column.required)
        typed = next((line.strip() for line in sample if line.strip()), "")
        log.add(Code.NO_HEADING, Where(file, 1), found=typed, expected=names)
        return None
    if any(named == other and len(heading.cells) > 1 for other, heading in others):
        log.add(Code.UNCLEAR_SEPARATOR, Where(file, best.row))
        return None
    first = next(
        i for i, line in enumerate(sample, start=1) if line.strip() and not (hint and i == 1)
    )
    if best.row > first:
        log.add(Code.HEADING_BELOW, Where(file, best.row), row=best.row)
    return best


def _sample(utf8: bytes) -> list[str]:
    """Return the first lines of a file, with their line breaks."""
    text = utf8[: LONGEST_LINE + _SAMPLE].decode("utf-8", "ignore")
    lines: list[str] = []
    size = 0
    for match in _LINE.finditer(text):
        if not match[0] or (size > _SAMPLE and len(lines) > MOST_TITLE_ROWS):
            break
        lines.append(match[0])
        size += len(match[0])
    return lines


def _heading_by(separator: str, sample: Sequence[str], schema: Schema) -> tuple[int, _Heading]:
    """Return how many known columns the best heading names with a separator, and that heading.

    Title lines may hold quotes that are none: where the rows are no CSV, each line is taken alone.
    """
    rows: list[tuple[list[str], int]] = []
    reader = csv.reader(sample, delimiter=separator, strict=True)
    try:
        for cells in reader:
            rows.append((cells, reader.line_num))
            if len(rows) > 2 * MOST_TITLE_ROWS:
                break
    except csv.Error:
        rows = [(_cells_of(line, separator), i) for i, line in enumerate(sample, start=1)]
    filled = [i for i, (cells, _) in enumerate(rows) if any(map(str.strip, cells))]
    place, named = find_heading([rows[i][0] for i in filled], schema)
    if not filled:
        return 0, _Heading((), 1, 0, 0, separator)
    i = filled[place]
    first_line = rows[i - 1][1] if i else 0
    return named, _Heading(
        cells=tuple(cell.strip() for cell in rows[i][0]),
        row=i + 1,
        start=len("".join(sample[:first_line]).encode()),
        end=len("".join(sample[: rows[i][1]]).encode()),
        separator=separator,
    )


def _cells_of(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error:
        return [line]


def _has_too_many_columns(heading: _Heading, file: str, log: ProblemLog) -> bool:
    count = len(heading.cells)
    if count > MOST_COLUMNS:
        where = Where(file, heading.row)
        log.add(Code.TOO_MANY_COLUMNS, where, count=count, most=MOST_COLUMNS)
    return count > MOST_COLUMNS


def _table(
    utf8: bytes, heading: _Heading, *, file: str, schema: Schema, log: ProblemLog
) -> Table | None:
    headings = tuple(_NEW_LINE.sub(" ", cell) for cell in heading.cells)
    rows: Sequence[int]
    columns: Sequence[Sequence[str]]
    plain, misfits = None, list[Record]()
    if len(utf8) >= PLAIN_FROM:
        plain = read_plain_rows(
            utf8,
            start=heading.end,
            first_row=heading.row + 1,
            width=len(headings),
            separator=heading.separator,
            longest_cell=LONGEST_CELL,
        )
    if plain is not None:
        rows, columns = plain
    else:
        kept, misfits = _sorted_out(utf8, heading, file=file, log=log)
        rows = tuple(row for row, _ in kept)
        columns = [_stripped(column) for column in zip(*(cells for _, cells in kept), strict=True)]
    position = positions(headings, schema, at=Where(file, heading.row), log=log)
    if not misfits and not rows and not schema.may_be_empty:
        log.add(Code.NO_ROWS, Where(file))
    if position is None:
        return None
    return Table(
        file=file,
        headings=headings,
        columns=tuple(columns) or tuple([] for _ in headings),
        rows=rows,
        position=position,
        complete=not misfits,
        misfits=misfits,
    )


def _sorted_out(
    utf8: bytes, heading: _Heading, *, file: str, log: ProblemLog
) -> tuple[list[Record], list[Record]]:
    """Return the rows that fit the heading, and those that do not, which are noted."""
    width = len(heading.cells)
    kept: list[Record] = []
    misfits: list[Record] = []
    for row, cells in _records(utf8, heading):
        if len(cells) == width:
            kept.append((row, cells))
        else:
            misfits.append((row, cells[:MOST_COLUMNS]))
            log.add(Code.WRONG_CELL_COUNT, Where(file, row), count=len(cells), expected=width)
    return kept, misfits


def _records(utf8: bytes, heading: _Heading) -> Iterator[Record]:
    """Yield the number and the cells of each row below the heading that is not blank.

    A line break inside quotes does not begin a row, just as a spreadsheet counts.
    """
    row = heading.row
    body = io.BytesIO(utf8)
    body.seek(heading.end)
    lines = io.TextIOWrapper(body, encoding="utf-8", newline="")
    reader = csv.reader(lines, delimiter=heading.separator, strict=True)
    try:
        for row, cells in enumerate(reader, start=heading.row + 1):
            if any(map(str.strip, cells)):
                yield row, cells
    except csv.Error as error:
        raise _BrokenCsvError(row + 1) from error


def _stripped(cells: Sequence[str]) -> list[str]:
    """Return the cells without spaces around them; a line break inside one becomes a space."""
    stripped = list(map(str.strip, cells))
    has_breaks = _NEW_LINE.search("".join(stripped)) is not None
    return [_NEW_LINE.sub(" ", cell) for cell in stripped] if has_breaks else stripped
