"""A sheet of a workbook (XLSX, XLS, ODS) into a `Table`: the one named, or the one that fits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.gdal.answer import Answer, Refused
from data.gdal.box import run
from data.read.codes import Code
from data.read.headings import MOST_COLUMNS, MOST_TITLE_ROWS, find_heading, positions
from data.read.layers import note_refusal
from data.read.log import ProblemLog, closest
from data.read.messages import did_you_mean, quoted
from data.read.schema import Schema, fold, names_of
from data.read.table import Table
from data.read.text import first_control, normal
from data.read.text_column import TextColumn
from geo.errors import Where
from geo.model import BoolArray, IntArray

SUFFIXES = frozenset({".xlsx", ".xlsm", ".xls", ".ods"})
_JOB = "data.gdal.spreadsheets:read_spreadsheet"
_LINE_BREAK = re.compile(r"[\r\n]\s*")
_SHOWN_RANGES = 3
_SHOWN_CODES = 3


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet as columns of text from its first row on, and which cells were numbers."""

    name: str
    first_row: int
    columns: list[TextColumn]
    is_number: list[BoolArray]
    ranges: list[list[int]]

    def head(self) -> list[list[str]]:
        """Return the first rows."""
        columns = [column[: 2 * MOST_TITLE_ROWS] for column in self.columns]
        return [list(cells) for cells in zip(*columns, strict=True)]


def split_sheet(name: str) -> tuple[str, str]:
    """Return the path and the sheet of ``inventaire.xlsx#Feuil1``; the sheet may be empty."""
    path, _, sheet = name.partition("#")
    is_book = any(path.casefold().endswith(suffix) for suffix in SUFFIXES)
    return (path, sheet) if is_book else (name, "")


def read_workbook(
    content: bytes, name: str, *, sheet: str, schema: Schema, log: ProblemLog
) -> Table | None:
    """Return the table in a sheet of a workbook, or None where its problems prevent it.

    Without the name of a sheet it is the visible one whose heading names most columns.
    """
    file = f"{name}#{sheet}" if sheet else name
    try:
        answer = run(_JOB, {"book": content}, {"sheet": sheet})
    except Refused as refused:
        note_refusal(refused, file, log)
        return None
    _note_formula_errors(answer, file, log)
    sheets = [_sheet(answer, s) for s in range(len(answer.values["sheets"]))]
    chosen = _chosen(
        sheets, answer.values["names"], file=file, wanted=sheet, schema=schema, log=log
    )
    return None if chosen is None else _table(chosen, file=file, schema=schema, log=log)


def read_sheets(
    content: bytes, name: str, *, schema: Schema, log: ProblemLog
) -> tuple[list[Table], tuple[str, ...]]:
    """Return the table of every sheet whose heading names all the columns that must be there.

    For files that are cut into sheets, a period each. The file of a table is ``name#sheet``. The
    names of all sheets come along, hidden ones too, in their order.
    """
    try:
        answer = run(_JOB, {"book": content}, {"sheet": ""})
    except Refused as refused:
        note_refusal(refused, name, log)
        return [], ()
    _note_formula_errors(answer, name, log)
    known = names_of(schema)
    required = {column.name for column in schema.columns if column.required}
    tables = []
    for s in range(len(answer.values["sheets"])):
        sheet = _sheet(answer, s)
        rows = _filled(sheet.head())
        place, named = find_heading(rows, schema)
        if named and required <= {known.get(fold(cell)) for cell in rows[place]}:
            tables.append(_table(sheet, file=f"{name}#{sheet.name}", schema=schema, log=log))
    return [table for table in tables if table is not None], tuple(answer.values["names"])


def _note_formula_errors(answer: Answer, file: str, log: ProblemLog) -> None:
    """Note the cells of the whole workbook that hold ``#N/A`` and the like, read as empty."""
    errors = answer.values["errors"]
    if count := errors["count"]:
        cells = ", ".join(errors["cells"]) + (" …" if count > len(errors["cells"]) else "")
        counted = "1 cellule" if count == 1 else f"{count} cellules"
        log.add(Code.FORMULA_ERROR, Where(file), found=cells, count=counted, cells=cells)


def _sheet(answer: Answer, s: int) -> _Sheet:
    said = answer.values["sheets"][s]
    columns = []
    for c in range(said["columns"]):
        ends = answer.arrays[f"{s}.{c}.ends"].astype(np.int32)
        text = np.ascontiguousarray(answer.arrays[f"{s}.{c}.text"])
        buffers = [None, pa.py_buffer(ends), pa.py_buffer(text)]
        columns.append(TextColumn(pa.Array.from_buffers(pa.string(), len(ends) - 1, buffers)))
    numbers = [answer.arrays[f"{s}.{c}.number"] for c in range(said["columns"])]
    return _Sheet(said["name"], said["first_row"], columns, numbers, said["ranges"])


def _chosen(
    sheets: list[_Sheet],
    names: list[str],
    *,
    file: str,
    wanted: str,
    schema: Schema,
    log: ProblemLog,
) -> _Sheet | None:
    if wanted and not sheets:
        fields = {"sheet": wanted, "sheets": ", ".join(map(quoted, names))}
        hint = did_you_mean(closest(wanted, names))
        log.add(Code.UNKNOWN_SHEET, Where(file), found=wanted, hint=hint, **fields)
        return None
    filled = [sheet for sheet in sheets if sheet.columns]
    if not filled:
        log.add(Code.NO_ROWS, Where(file))
        return None
    named = [find_heading(_filled(sheet.head()), schema)[1] for sheet in filled]
    best = [sheet for sheet, count in zip(filled, named, strict=True) if count == max(named)]
    example = f"{file}#{best[0].name}"
    if len(best) > 1 and max(named) > 0:
        listed = ", ".join(quoted(sheet.name) for sheet in best)
        log.add(Code.SEVERAL_SHEETS, Where(file), sheets=listed, example=example)
        return None
    if others := [sheet.name for sheet in filled if sheet is not best[0]]:
        listed, example = ", ".join(map(quoted, others)), f"{file}#{others[0]}"
        fields = {"sheet": best[0].name, "others": listed, "example": example}
        log.add(Code.SHEET_CHOSEN, Where(file), **fields)
    return best[0]


def _filled(rows: list[list[str]]) -> list[list[str]]:
    return [cells for cells in rows if any(map(str.strip, cells))]


def _table(sheet: _Sheet, *, file: str, schema: Schema, log: ProblemLog) -> Table | None:
    head = sheet.head()
    filled = [i for i, cells in enumerate(head) if any(map(str.strip, cells))]
    place, named = find_heading([head[i] for i in filled], schema)
    top = filled[place] if filled else 0
    row = sheet.first_row + top
    headings = tuple(_LINE_BREAK.sub(" ", cell.strip()) for cell in (head[top] if head else []))
    if not named:
        names = ", ".join(column.name for column in schema.columns if column.required)
        log.add(Code.NO_HEADING, Where(file, row), found=" ; ".join(headings), expected=names)
        return None
    if len(headings) > MOST_COLUMNS:
        log.add(Code.TOO_MANY_COLUMNS, Where(file, row), count=len(headings), most=MOST_COLUMNS)
        return None
    if place:
        log.add(Code.HEADING_BELOW, Where(file, row), row=row)
    position = positions(headings, schema, at=Where(file, row), log=log)
    below = np.arange(top + 1, len(sheet.columns[0]))
    columns = [_clean(column.take(below)) for column in sheet.columns]
    kept = np.flatnonzero(~np.logical_and.reduce([column.is_empty() for column in columns]))
    table = Table(
        file=file,
        headings=headings,
        columns=tuple(column.take(kept) for column in columns),
        rows=tuple((kept + row + 1).tolist()),
        position=position or {},
        complete=True,
    )
    if not len(kept) and not schema.may_be_empty:
        log.add(Code.NO_ROWS, Where(file))
    if _has_controls(table, log) or position is None:
        return None
    _note_merged(sheet, top=row - 1, file=file, log=log)
    _note_numbers(table, sheet, below[kept], schema=schema, log=log)
    return table


def _clean(column: TextColumn) -> TextColumn:
    """Return the cells without spaces around them, on one line, in normal form C."""
    texts = pc.utf8_trim_whitespace(column.arrow)
    whole = "".join(texts.to_pylist())
    if whole.isascii() and not _LINE_BREAK.search(whole):
        return TextColumn(texts)
    return TextColumn.of([normal(_LINE_BREAK.sub(" ", cell)) for cell in texts.to_pylist()])


def _has_controls(table: Table, log: ProblemLog) -> bool:
    """Note the cells that hold a character that no text should hold; return whether some do."""
    found = False
    for heading, column in zip(table.headings, table.columns, strict=True):
        if first_control("".join(column)) is None:
            continue
        for row, text in zip(table.rows, column, strict=True):
            if control := first_control(text):
                found = True
                where = Where(table.file, row, heading)
                log.add(Code.CONTROL_CHARACTER, where, character=control[1])
    return found


def _note_merged(sheet: _Sheet, *, top: int, file: str, log: ProblemLog) -> None:
    """Note the merged cells below the heading, whose row is `top` (from 0)."""
    below = [each for each in sheet.ranges if each[0] > top]
    if below:
        shown = ", ".join(map(_as_range, below[:_SHOWN_RANGES]))
        more = " …" if len(below) > _SHOWN_RANGES else ""
        log.add(Code.MERGED_CELLS, Where(file, below[0][0] + 1), ranges=shown + more)


def _as_range(place: list[int]) -> str:
    first_row, first, last_row, last = place
    return f"{_letters(first)}{first_row + 1}:{_letters(last)}{last_row + 1}"


def _letters(column: int) -> str:
    """Return the name that a spreadsheet gives a column (from 0): ``A``, ``Z``, ``AA``."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _note_numbers(
    table: Table, sheet: _Sheet, rows: IntArray, *, schema: Schema, log: ProblemLog
) -> None:
    """Note the codes that the sheet holds as numbers: their zeros may be lost."""
    for column in schema.columns:
        if column.holds != "code" or not table.has(column.name):
            continue
        found = np.flatnonzero(sheet.is_number[table.position[column.name]][rows])
        if len(found):
            texts = table.text(column.name)
            some = sorted({texts[i] for i in found[:1000].tolist()})[:_SHOWN_CODES]
            where = table.where(int(found[0]), column.name)
            fields: dict[str, Any] = {"count": len(found), "example": ", ".join(some)}
            log.add(Code.NUMBER_AS_CODE, where, found=texts[int(found[0])], **fields)
