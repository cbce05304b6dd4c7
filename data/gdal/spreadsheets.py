"""Workbooks (XLSX, XLS, ODS) into columns of text, in the process apart.

A small file may claim a sheet of a billion cells, which python-calamine would make room for: the
limits of this process end that. Everything comes out as text, with a mark on what was a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

import numpy as np
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from data.gdal.answer import Answer, Refused
from data.gdal.archive import check_zip

MOST_CELLS = 30_000_000
MOST_SHEETS = 100
MOST_SHOWN = 3
_MOST_MERGED = 100
_ZIP, _OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LARGEST_WHOLE = 1e15
_BROKEN = "broken-spreadsheet"
_SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_ERROR_CELL = re.compile(rb"<(?:\w{1,20}:)?c\s[^<>]{0,300}?\bt=[\"']e[\"'][^<>]{0,300}>")
_CELL_NAME = re.compile(rb"\br=[\"']([A-Z]{1,3}\d{1,7})[\"']")
_PIECE = 1 << 20
_LONGEST_TAG = 1000


def read_spreadsheet(folder: Path, options: dict[str, Any]) -> Answer:
    """Return the sheets of ``book`` in a folder: the wanted one, or all that are visible.

    Parameters
    ----------
    options
        ``sheet``: its name, or an empty text.

    Returns
    -------
    Answer
        ``names`` of all worksheets; for each sheet in ``sheets`` its ``name``, ``first_row``
        (from 1), ``rows`` and ``columns``, and up to 100 merged ``ranges`` (rows and columns from
        0). In the arrays, for column ``c`` of sheet ``s``: ``s.c.text`` (UTF-8), ``s.c.ends``
        (where each cell ends, from 0) and ``s.c.number`` (whether it was a number). For an XLSX
        also how many cells are ``errors``, and the names of the first.
    """
    path = folder / "book"
    try:
        return _read(path, options["sheet"])
    except PasswordError as error:
        raise Refused(_BROKEN, detail="il est protégé par un mot de passe") from error
    except CalamineError as error:
        raise Refused(_BROKEN, detail="il est abîmé ou d’un autre format") from error


def _read(path: Path, wanted: str) -> Answer:
    with path.open("rb") as file:
        magic = file.read(8)
    if magic.startswith(_ZIP):
        check_zip(path)
    elif magic != _OLD:
        raise Refused("wrong-content", expected="de tableur", looks_like=_looks_like(magic))
    book = CalamineWorkbook.from_path(str(path))
    sheets = [each for each in book.sheets_metadata if each.typ is SheetTypeEnum.WorkSheet]
    if len(sheets) > MOST_SHEETS:
        raise Refused(_BROKEN, detail=f"il a {len(sheets)} feuilles")
    chosen = [
        each.name
        for each in sheets
        if (each.name == wanted if wanted else each.visible is SheetVisibleEnum.Visible)
    ]
    arrays: dict[str, Any] = {}
    described = []
    left = MOST_CELLS
    for s, name in enumerate(chosen):
        sheet = book.get_sheet_by_name(name)
        left -= sheet.height * sheet.width
        if left < 0:
            raise Refused("file-too-large", limit=f"{MOST_CELLS // 1_000_000} millions de cellules")
        described.append(_describe(sheet))
        arrays |= dict(_columns(sheet, s))
    names = [each.name for each in sheets]
    errors = _formula_errors(path) if magic.startswith(_ZIP) else []
    said = {"count": len(errors), "cells": errors[:MOST_SHOWN]}
    return Answer({"names": names, "sheets": described, "errors": said}, arrays)


def _formula_errors(path: Path) -> list[str]:
    """Return the names of the cells of an XLSX that hold an error, which calamine makes empty.

    The parts of the archive are those that `check_zip` has let through.
    """
    names: list[str] = []
    with ZipFile(path) as archive:
        for entry in sorted(archive.namelist()):
            if _SHEET_PART.fullmatch(entry):
                with archive.open(entry) as part:
                    names += _errors_in(part)
    return names


def _errors_in(part: IO[bytes]) -> Iterator[str]:
    """Yield the names of the cells with an error in the XML of a sheet, read piece by piece."""
    rest = b""
    while piece := part.read(_PIECE):
        text = rest + piece
        suspect = b't="e"' in text or b"t='e'" in text  # far faster than to look at every cell
        for cell in _ERROR_CELL.finditer(text) if suspect else ():
            if name := _CELL_NAME.search(cell[0]):
                yield name[1].decode("ascii")
        _, begun, tag = text.rpartition(b"<")
        rest = begun + tag if b">" not in tag and len(tag) < _LONGEST_TAG else b""


def _looks_like(magic: bytes) -> str:
    start = magic.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith(b"<"):
        return "\u00a0: c’est une page HTML ou du XML"
    return "\u00a0: c’est plutôt un texte" if magic.isascii() and magic else ""


def _describe(sheet: CalamineSheet) -> dict[str, Any]:
    row, column = sheet.start or (0, 0)
    ranges = [
        [first_row, first - column, last_row, last - column]
        for (first_row, first), (last_row, last) in (sheet.merged_cell_ranges or [])[:_MOST_MERGED]
    ]
    return {
        "name": sheet.name,
        "first_row": row + 1,
        "rows": sheet.height,
        "columns": sheet.width,
        "ranges": ranges,
    }


def _columns(sheet: CalamineSheet, s: int) -> Iterator[tuple[str, Any]]:
    texts: list[list[str]] = [[] for _ in range(sheet.width)]
    numbers: list[bytearray] = [bytearray() for _ in range(sheet.width)]
    for cells in sheet.iter_rows() if sheet.height else ():
        for text, is_number, cell in zip(texts, numbers, cells, strict=True):
            text.append(cell if isinstance(cell, str) else as_typed(cell))
            is_number.append(isinstance(cell, int | float) and not isinstance(cell, bool))
    for c, (text, is_number) in enumerate(zip(texts, numbers, strict=True)):
        pieces = [cell.encode("utf-8", "replace") for cell in text]
        yield f"{s}.{c}.text", np.frombuffer(b"".join(pieces), dtype=np.uint8)
        yield f"{s}.{c}.ends", np.cumsum(_lengths(pieces), dtype=np.int64)
        yield f"{s}.{c}.number", np.frombuffer(bytes(is_number), dtype=np.bool_)
        text.clear()


def _lengths(pieces: Iterable[bytes]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.array([0, *map(len, pieces)], dtype=np.int64)


def as_typed(cell: object) -> str:
    """Return a typed cell as it would be written: ``38185``, ``1.5``, ``2017-10-17``, ``oui``."""
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    if isinstance(cell, float):
        whole = cell.is_integer() and abs(cell) < _LARGEST_WHOLE
        return str(int(cell)) if whole else repr(cell)
    if isinstance(cell, datetime):
        return (cell.date() if cell.time() == time() else cell).isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell) if isinstance(cell, int | timedelta | str) else ""
