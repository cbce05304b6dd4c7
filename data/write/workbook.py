"""``affichage.xlsx``: the order as a workbook, one sheet a period and what it adds up to.

Each line stands in it once, in the sheet of its period, so that a buyer who changes a line cannot
leave a second copy of it behind. There is no formula anywhere: totals are numbers, and text is
written as text, so that codes keep their zeros. The same order gives the same bytes.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from data.write.order import ORDER_COLUMNS
from data.write.sheet import CENTS, DAY, TEXT, WHOLE, Column, is_runnable
from geo.model import Periods
from geo.order import OrderLine
from geo.precision import FacePosition

_LONGEST_TEXT = 32_767  # of a cell, in Excel's file format
_NARROWEST, _WIDEST = 8, 48
_CUT = "…"
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
TOTAL = "Total"


@dataclass(frozen=True, slots=True)
class _Sum:
    """What the lines of one visual, format, commune or period come to."""

    key: tuple[Any, ...]
    postings: int
    faces: int
    price_cents: int


@dataclass(frozen=True, slots=True)
class _Summary:
    """A sheet of sums: its name, the headings and kinds of its key, and the key of a line."""

    name: str
    columns: tuple[Column, ...]
    key: Callable[[OrderLine], tuple[Hashable, ...]]


_SUMMARIES = (
    _Summary(
        "Par vague",
        (Column("vague", "", WHOLE), Column("date_debut", "", DAY), Column("date_fin", "", DAY)),
        lambda line: (line.period, line.start, line.end),
    ),
    _Summary("Par visuel", (Column("visuel_ref", "", TEXT),), lambda line: (line.visual,)),
    _Summary(
        "Par format",
        (Column("format", "", TEXT), Column("afficheur", "", TEXT)),
        lambda line: (line.format, line.operator),
    ),
    _Summary(
        "Par commune",
        (Column("commune", "", TEXT), Column("code_insee", "", TEXT)),
        lambda line: (line.city, line.insee),
    ),
)
_COUNTED = (
    Column("affichages", "postings", WHOLE),
    Column("faces", "faces", WHOLE),
    Column("total_ht", "price_cents", CENTS),
)


def order_workbook(
    lines: Sequence[OrderLine],
    *,
    name: str,
    periods: Periods,
    positions: Mapping[str, FacePosition] | None = None,
) -> bytes:
    """Return the workbook of an order.

    Parameters
    ----------
    lines
        Sorted by period, then face.
    name
        Of the campaign, for the properties of the file.
    positions
        Faces whose point was found by their address: a sheet lists those of the order.
    """
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, _OPTIONS)
    # The day of the campaign, not that of the writing: the same order gives the same bytes.
    created = datetime.combine(periods.start, time())
    book.set_properties({"title": name, "subject": "Ordre d’affichage", "created": created})
    writer = _Writer(book)
    for period in periods.numbers():
        chosen = [line for line in lines if line.period == period]
        writer.add_sheet(f"Vague {period}", ORDER_COLUMNS, map(_values, chosen))
    for summary in _SUMMARIES:
        sums = _summed(lines, summary.key)
        rows = [(*each.key, each.postings, each.faces, each.price_cents) for each in sums]
        writer.add_sheet(
            summary.name, (*summary.columns, *_COUNTED), rows, total=_total_row(lines, summary)
        )
    if uncertain := _uncertain(lines, positions or {}):
        writer.add_sheet("Emplacements à confirmer", _UNCERTAIN, uncertain)
    book.close()
    return content.getvalue()


_UNCERTAIN = (
    Column("ref_face", "face_id", TEXT),
    Column("commune", "city", TEXT),
    Column("adresse", "address", TEXT),
    Column("emplacement", "position", TEXT),
)


def _uncertain(
    lines: Sequence[OrderLine], positions: Mapping[str, FacePosition]
) -> list[tuple[Any, ...]]:
    """Return the faces of the order whose point was found by their address, each once."""
    found = {
        line.face_id: (line.face_id, line.city, line.address, positions[line.face_id].words)
        for line in lines
        if line.face_id in positions
    }
    return [found[face_id] for face_id in sorted(found)]


def _values(line: OrderLine) -> tuple[Any, ...]:
    return tuple(getattr(line, column.field) for column in ORDER_COLUMNS)


def _summed(
    lines: Iterable[OrderLine], key: Callable[[OrderLine], tuple[Hashable, ...]]
) -> list[_Sum]:
    groups: dict[tuple[Any, ...], list[OrderLine]] = defaultdict(list)
    for line in lines:
        groups[key(line)].append(line)
    return [_sum_of(at, groups[at]) for at in sorted(groups)]


def _sum_of(key: tuple[Any, ...], lines: Sequence[OrderLine]) -> _Sum:
    faces = len({line.face_id for line in lines})
    return _Sum(key, len(lines), faces, sum(line.price_cents for line in lines))


def _total_row(lines: Sequence[OrderLine], summary: _Summary) -> tuple[Any, ...]:
    whole = _sum_of((), lines)
    blank = (None,) * (len(summary.columns) - 1)
    return (TOTAL, *blank, whole.postings, whole.faces, whole.price_cents)


class _Writer:
    """Writes sheets into a workbook; each format is made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._heading = book.add_format({"bold": True, "bg_color": "#E7E6F2", "bottom": 1})
        self._text = book.add_format({"num_format": "@"})
        # Typed into again, text that looks like a formula stays text.
        self._quoted = book.add_format({"num_format": "@", "quote_prefix": True})
        self._formats: dict[tuple[str, bool], Format] = {}

    def add_sheet(
        self,
        name: str,
        columns: Sequence[Column],
        rows: Iterable[tuple[Any, ...]],
        *,
        total: tuple[Any, ...] | None = None,
    ) -> None:
        """Add a sheet: headings that stay in sight, filters, widths that fit, a row a line."""
        sheet = self._book.add_worksheet(name)
        widths = [len(column.heading) + 3 for column in columns]  # room for the filter's arrow
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column.heading, self._heading)
        last = 0
        for last, row in enumerate(rows, start=1):
            self._write_row(sheet, last, row, columns=columns, widths=widths)
        sheet.autofilter(0, 0, last, len(columns) - 1)
        if total is not None:
            self._write_row(sheet, last + 1, total, columns=columns, widths=widths, bold=True)
        for place, width in enumerate(widths):
            sheet.set_column(place, place, min(max(width, _NARROWEST), _WIDEST))
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)

    def _write_row(
        self,
        sheet: Worksheet,
        at: int,
        row: Sequence[Any],
        *,
        columns: Sequence[Column],
        widths: list[int],
        bold: bool = False,
    ) -> None:
        for place, (column, value) in enumerate(zip(columns, row, strict=True)):
            if value is None:
                continue
            # The word « Total » stands under a column of numbers or days, too.
            kind = TEXT if isinstance(value, str) else column.kind
            cell = kind.in_workbook(value)
            if cell is None:
                continue
            shown = kind.show(value)
            widths[place] = max(widths[place], len(shown) + 1)
            if isinstance(cell, str):
                style = self._quoted if is_runnable(cell) else self._text_format(bold=bold)
                sheet.write_string(at, place, _fitting(cell), style)
            elif isinstance(cell, date):
                moment = datetime.combine(cell, time())
                sheet.write_datetime(at, place, moment, self._format(kind.number_format, bold=bold))
            else:
                sheet.write_number(at, place, cell, self._format(kind.number_format, bold=bold))

    def _text_format(self, *, bold: bool) -> Format:
        return self._format("@", bold=True) if bold else self._text

    def _format(self, number_format: str, *, bold: bool) -> Format:
        key = number_format, bold
        if key not in self._formats:
            self._formats[key] = self._book.add_format({"num_format": number_format, "bold": bold})
        return self._formats[key]


def _fitting(text: str) -> str:
    """Return a text that a cell can hold; one that is too long ends in an ellipsis."""
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + _CUT
