"""The CSV that a French spreadsheet opens with a double click, written and read back.

``;``, UTF-8 with a byte order mark, CRLF, decimal comma, days as ``17/10/2017``: what Excel and
LibreOffice take for numbers and dates under a French locale. A sheet is described once, as columns,
and both directions follow from it; so do the same table for machines (`write_raw`) and as a
workbook (`data.write.workbook`).

Text that a spreadsheet would run as a formula gets an apostrophe in front, which spreadsheets take
for "this is text" (OWASP, "CSV Injection"). Text that has such an apostrophe already gets a second
one, so that reading always gives back what was written.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

from geo.errors import PlanFolderError, Where
from geo.french import NBSP

Line = TypeVar("Line")
Cell = str | float | date | None
"""What a cell of a workbook holds; None is an empty one."""

DELIMITER = ";"
RAW_DELIMITER = ","
LINE_END = "\r\n"
MARK = "\ufeff"

# A reader cannot mend more faults than that at once.
_MOST_FAULTS = 20

# = + - @ with their full-width, small and mathematical forms, and the controls that split a cell.
_TRIGGERS = "=+\\-@\t\r\n＝＋－＠\ufe62\ufe63\ufe66\ufe6b\u2212"
# What a spreadsheet may skip before the trigger: blanks, controls, invisible format characters.
_SKIPPED = "\\s\x00-\x1f\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
_RUNNABLE = re.compile(f"'*[{_SKIPPED}]*[{_TRIGGERS}]")

_QUOTED = re.compile(r'[";\r\n]')
_LIKE_A_NUMBER = re.compile(r"[\d\s.,:/%€Ee+-]*\d[\d\s.,:/%€Ee+-]*")


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value is shown in a cell, and read from it.

    `parse` raises `ValueError` on anything that `show` cannot have written; `expected` tells the
    reader in French what would be right. `raw` shows the value to machines: decimal point, days as
    ``2017-10-17``; None where people and machines read the same. A workbook keeps `cell` of the
    value (a text, a number, a date or None), under `number_format` where it is no text. `is_code`
    marks text that may be all digits and is no number.
    """

    show: Callable[[Any], str]
    parse: Callable[[str], Any]
    expected: str
    raw: Callable[[Any], str] | None = None
    cell: Callable[[Any], Cell] | None = None
    number_format: str = ""
    is_code: bool = False

    def for_machines(self, value: object) -> str:
        """Return the text of a value in a table for machines."""
        return (self.raw or self.show)(value)

    def in_workbook(self, value: object) -> Cell:
        """Return a value as a cell of a workbook holds it."""
        return (self.cell or self.show)(value)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet: its heading, the field of a line that it shows, and how."""

    heading: str
    field: str
    kind: Kind


def is_runnable(text: str) -> bool:
    """Return whether a spreadsheet could run a text as a formula."""
    return _RUNNABLE.match(text) is not None


def inert(text: str) -> str:
    """Return `text` with an apostrophe in front if a spreadsheet could run it as a formula."""
    return f"'{text}" if is_runnable(text) else text


def typed(cell: str) -> str:
    """Return the text that `inert` was given."""
    return cell[1:] if cell.startswith("'") and _RUNNABLE.match(cell) else cell


def decimal_comma(value: float, *, decimals: int) -> str:
    """Return a number with this many decimals and a comma, without a sign on zero."""
    text = f"{value:.{decimals}f}".replace(".", ",")
    return text.removeprefix("-") if not text.strip("-0,") else text


def _decimal_point(value: float, *, decimals: int) -> str:
    return decimal_comma(value, decimals=decimals).replace(",", ".")


def _parse_decimal(cell: str) -> float:
    if not re.fullmatch(r"-?\d+(,\d+)?", cell, re.ASCII):
        raise ValueError(cell)
    return float(cell.replace(",", "."))


def _parse_cents(cell: str) -> int:
    if not re.fullmatch(r"-?\d+,\d\d", cell, re.ASCII):
        raise ValueError(cell)
    return int(cell.replace(",", ""))


def _show_cents(cents: int) -> str:
    euros, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{euros},{rest:02d}"


def show_day(day: date) -> str:
    """Return e.g. ``17/10/2017``."""
    return f"{day.day:02d}/{day.month:02d}/{day.year:04d}"


def _parse_day(cell: str) -> date:
    match = re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", cell, re.ASCII)
    if match is None:
        raise ValueError(cell)
    day, month, year = map(int, match.groups())
    return date(year, month, day)


def _show_moment(moment: datetime) -> str:
    return f"{show_day(moment.date())} {moment.hour:02d}:{moment.minute:02d}"


def _parse_moment(cell: str) -> datetime:
    match = re.fullmatch(r"(\S+) (\d\d):(\d\d)", cell, re.ASCII)
    if match is None:
        raise ValueError(cell)
    day = _parse_day(match[1])
    return datetime(day.year, day.month, day.day, int(match[2]), int(match[3]))  # noqa: DTZ001 - local


def _show_duration(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


def _parse_duration(cell: str) -> int:
    match = re.fullmatch(r"(\d+):([0-5]\d)", cell, re.ASCII)
    if match is None:
        raise ValueError(cell)
    return int(match[1]) * 60 + int(match[2])


def decimal(decimals: int) -> Kind:
    """Return the kind of a number with exactly this many decimals."""
    return Kind(
        lambda value: decimal_comma(value, decimals=decimals),
        _parse_decimal,
        f"un nombre à {decimals} décimale(s), avec une virgule",
        raw=lambda value: _decimal_point(value, decimals=decimals),
        cell=lambda value: round(float(value), decimals),
        number_format=f"0.{'0' * decimals}" if decimals else "0",
    )


def optional(kind: Kind) -> Kind:
    """Return the kind of a value that may be unknown: None is an empty cell."""
    return Kind(
        lambda value: "" if value is None else kind.show(value),
        lambda cell: None if cell == "" else kind.parse(cell),
        f"{kind.expected}, ou rien",
        raw=lambda value: "" if value is None else kind.for_machines(value),
        cell=lambda value: None if value is None else kind.in_workbook(value),
        number_format=kind.number_format,
    )


def several(kind: Kind) -> Kind:
    """Return the kind of a tuple of values, joined by a comma and a space."""
    return Kind(
        lambda values: ", ".join(map(kind.show, values)),
        lambda cell: tuple(map(kind.parse, cell.split(", "))) if cell else (),
        f"{kind.expected}, ou plusieurs séparés par une virgule",
    )


TEXT = Kind(inert, typed, "un texte qu'un tableur n'exécute pas", cell=str)
CODE = replace(TEXT, is_code=True)
WHOLE = Kind(str, int, "un nombre entier", cell=int, number_format="0")
CENTS = Kind(
    _show_cents,
    _parse_cents,
    "un prix en euros à deux décimales, avec une virgule",
    raw=lambda cents: _show_cents(cents).replace(",", "."),
    cell=lambda cents: cents / 100,
    number_format="#,##0.00",
)
DAY = Kind(
    show_day,
    _parse_day,
    "un jour, comme 17/10/2017",
    raw=date.isoformat,
    cell=lambda day: day,
    number_format="dd/mm/yyyy",
)
MOMENT = Kind(_show_moment, _parse_moment, "un jour et une heure, comme 17/10/2017 08:30")
DURATION = Kind(_show_duration, _parse_duration, "une durée en heures et minutes, comme 1:05")
YES_NO = Kind(
    lambda value: "oui" if value else "non",
    lambda cell: {"oui": True, "non": False}[cell],
    "« oui » ou « non »",
)


def write_sheet(columns: Sequence[Column], lines: Iterable[object]) -> bytes:
    """Return the file that holds a heading and these lines, in this order."""
    rows = [DELIMITER.join(_field(column.heading) for column in columns)]
    rows += [
        DELIMITER.join(
            _field(c.kind.show(getattr(line, c.field)), is_code=c.kind.is_code) for c in columns
        )
        for line in lines
    ]
    return (MARK + "".join(row + LINE_END for row in rows)).encode()


def _field(cell: str, *, is_code: bool = False) -> str:
    """Return a cell in quotes if it needs them (RFC 4180), or is a code that looks like a number.

    A spreadsheet that takes quoted fields for text (an option of LibreOffice's import) then keeps
    the zeros of ``01004``.
    """
    if _QUOTED.search(cell) or (is_code and _LIKE_A_NUMBER.fullmatch(cell)):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def write_raw(columns: Sequence[Column], lines: Iterable[object]) -> bytes:
    """Return the same table for machines (RFC 4180): ``,``, ``.``, UTF-8 without a mark.

    Days are written ``2017-10-17``. Text is inert here too: somebody will open it.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=RAW_DELIMITER, lineterminator=LINE_END)
    writer.writerow([column.heading for column in columns])
    for line in lines:
        writer.writerow([c.kind.for_machines(getattr(line, c.field)) for c in columns])
    return text.getvalue().encode()


def read_sheet(
    content: bytes, *, columns: Sequence[Column], make: Callable[..., Line], file: str
) -> tuple[Line, ...]:
    """Return the lines of a file that `write_sheet` made.

    Nothing else is taken for one: each cell must be the very text that its value is shown as, and
    the file the very bytes that its lines are written as.

    Raises
    ------
    PlanFolderError
        With the file, row, column, what was found and what would be right, for up to 20 faults.
    """
    rows = _read_rows(content, file=file)
    headings = [column.heading for column in columns]
    if not rows or rows[0] != headings:
        found = DELIMITER.join(rows[0]) if rows else ""
        _refuse([_fault(Where(file, 1), expected=DELIMITER.join(headings), found=found)])
    faults: list[str] = []
    lines: list[Line] = []
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(columns):
            expected, found = f"{len(columns)} cellules", str(len(row))
            faults.append(_fault(Where(file, number), expected=expected, found=found))
            continue
        values, wrong = _read_cells(row, columns=columns, file=file, number=number)
        faults += wrong
        if not wrong:
            lines.append(make(**values))
    _refuse(faults)
    if write_sheet(columns, lines) != content:
        _refuse([f"{file}{NBSP}: attendu un CSV en UTF-8 avec BOM, à fins de ligne CRLF"])
    return tuple(lines)


def _read_rows(content: bytes, *, file: str) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITER, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise PlanFolderError(f"{file}{NBSP}: ce n'est pas un CSV en UTF-8 ({error})") from error


def _read_cells(
    row: Sequence[str], *, columns: Sequence[Column], file: str, number: int
) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    faults: list[str] = []
    for column, cell in zip(columns, row, strict=True):
        try:
            values[column.field] = value = column.kind.parse(cell)
            right = column.kind.show(value) == cell
        except (ValueError, KeyError):
            right = False
        if not right:
            where = Where(file, number, column.heading)
            faults.append(_fault(where, expected=column.kind.expected, found=cell))
    return values, faults


def _fault(where: Where, *, expected: str, found: str) -> str:
    return f"{where}{NBSP}: attendu {expected}{NBSP}; lu {found!r}"


def _refuse(faults: Sequence[str]) -> None:
    if faults:
        more = len(faults) - _MOST_FAULTS
        rest = [f"et {more} autre(s) défaut(s)"] if more > 0 else []
        raise PlanFolderError("\n".join([*faults[:_MOST_FAULTS], *rest]))
