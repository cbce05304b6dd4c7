"""Tables and workbooks as other programs write them, for the doors to read."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import xlsxwriter

Cell = str | float | bool | date | None
Rows = Sequence[Sequence[Cell]]

_ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (("office", "office"), ("table", "table"), ("text", "text"))
)


def rows_of(path: Path) -> list[list[str]]:
    """Return the cells of one of our CSV files, the heading first."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=";"))


def as_csv(rows: Rows, *, separator: str = ";", quote_all: bool = False) -> str:
    """Return rows as CSV."""
    text = io.StringIO()
    end = "\r\n"
    if quote_all:
        writer = csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator=end)
    else:
        writer = csv.writer(text, delimiter=separator, lineterminator=end)
    writer.writerows(rows)
    return text.getvalue()


def write_xlsx(
    path: Path,
    sheets: Mapping[str, Rows],
    *,
    hidden: Sequence[str] = (),
    merged: Mapping[str, tuple[int, int, int, int]] | None = None,
) -> None:
    """Write sheets with typed cells; `merged` are first row, column, last row, column (from 0)."""
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for i, cells in enumerate(rows):
            for j, cell in enumerate(cells):
                if isinstance(cell, str):
                    sheet.write_string(i, j, cell)
                else:
                    sheet.write(i, j, cell)
        if name in hidden:
            sheet.hide()
        if merged and name in merged:
            first_row, first, last_row, last = merged[name]
            sheet.merge_range(first_row, first, last_row, last, rows[first_row][first])
    book.close()


def write_ods(path: Path, sheets: Mapping[str, Rows]) -> None:
    """Write sheets as an OpenDocument spreadsheet with typed cells."""
    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>{''.join(map(_ods_row, rows))}</table:table>"
        for name, rows in sheets.items()
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMESPACES} '
        f'office:version="1.2"><office:body><office:spreadsheet>{tables}'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS_TYPE}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), _ODS_TYPE)
        archive.writestr(zipfile.ZipInfo("content.xml"), content)
        archive.writestr(zipfile.ZipInfo("META-INF/manifest.xml"), manifest)


def _ods_row(cells: Sequence[Cell]) -> str:
    return f"<table:table-row>{''.join(map(_ods_cell, cells))}</table:table-row>"


def _ods_cell(cell: Cell) -> str:
    if cell is None or cell == "":
        return "<table:table-cell/>"
    if isinstance(cell, bool):
        kind, value, shown = "boolean", f'boolean-value="{str(cell).lower()}"', str(cell).upper()
    elif isinstance(cell, str):
        kind, value, shown = "string", "", cell
    elif isinstance(cell, date | datetime):
        kind, value, shown = "date", f'date-value="{cell.isoformat()}"', f"{cell:%d/%m/%Y}"
    else:
        kind, value, shown = "float", f'value="{cell!r}"', str(cell)
    said = f" office:{value}" if value else ""
    return (
        f'<table:table-cell office:value-type="{kind}"{said}>'
        f"<text:p>{escape(shown)}</text:p></table:table-cell>"
    )
