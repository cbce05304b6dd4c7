"""The order for spreadsheets and for machines: the same lines, cell by cell."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from datetime import date
from typing import Any

from python_calamine import CalamineWorkbook

from data.write.order import ORDER_COLUMNS, order_lines
from data.write.sheet import write_raw
from data.write.workbook import order_workbook
from geo.order import OrderLine
from tests.golden.tiny_plan import plan_campaign, plan_eligibility, tiny_plan

HEADINGS = [column.heading for column in ORDER_COLUMNS]


def tiny_lines() -> tuple[OrderLine, ...]:
    campaign = plan_campaign()
    return order_lines(campaign, eligibility=plan_eligibility(campaign), plan=tiny_plan())


def workbook_of(lines: tuple[OrderLine, ...]) -> bytes:
    campaign = plan_campaign()
    return order_workbook(lines, name=campaign.name, periods=campaign.periods)


def sheets_of(content: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def parts_of(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_there_is_a_sheet_for_each_period_and_each_sum() -> None:
    names = list(sheets_of(workbook_of(tiny_lines())))
    assert names == [
        "Vague 1", "Vague 2", "Par vague", "Par visuel", "Par format", "Par commune",
    ]  # fmt: skip


def test_every_line_stands_once_in_the_sheet_of_its_period() -> None:
    sheets = sheets_of(workbook_of(tiny_lines()))
    assert sheets["Vague 1"][0] == sheets["Vague 2"][0] == HEADINGS
    assert [row[0] for row in sheets["Vague 1"][1:]] == ["f00", "f63"]
    assert [row[0] for row in sheets["Vague 2"][1:]] == ["f09"]


def test_cells_are_numbers_days_and_text_as_they_are_meant() -> None:
    sheets = sheets_of(workbook_of(tiny_lines()))
    first = dict(zip(HEADINGS, sheets["Vague 1"][1], strict=True))
    assert first["afficheur"] == '=HYPERLINK("http://exemple.invalid")'
    assert first["code_insee"] == "01004"
    assert (first["vague"], first["surface_m2"]) == (1.0, 8.5)
    assert (first["date_debut"], first["date_fin"]) == (date(2017, 10, 17), date(2017, 10, 23))
    assert (first["prix_espace_ht"], first["lat"]) == (123.45, 45.05492)
    assert first["eclaire"] == "oui"
    unknown = dict(zip(HEADINGS, sheets["Vague 2"][1], strict=True))
    assert unknown["surface_m2"] == ""


def test_sums_are_numbers_and_end_in_the_total_of_the_order() -> None:
    sheets = sheets_of(workbook_of(tiny_lines()))
    assert sheets["Par visuel"] == [
        ["visuel_ref", "affichages", "faces", "total_ht"],
        ["P1", 2.0, 2.0, 123.5],
        ["P4", 1.0, 1.0, 100.0],
        ["Total", 3.0, 3.0, 223.5],
    ]
    assert sheets["Par commune"][1] == ["Ambérieu-en-Bugey", "01004", 1.0, 1.0, 123.45]
    days = [date(2017, 10, 24), date(2017, 10, 30)]
    assert sheets["Par vague"][2] == [2.0, *days, 1.0, 1.0, 0.05]


def test_nothing_in_the_workbook_is_a_formula_or_a_link() -> None:
    for name, text in parts_of(workbook_of(tiny_lines())).items():
        assert "<f>" not in text, name
        assert "<hyperlink" not in text, name
    assert 'quotePrefix="1"' in parts_of(workbook_of(tiny_lines()))["xl/styles.xml"]


def test_headings_stay_in_sight_and_can_be_filtered() -> None:
    sheet = parts_of(workbook_of(tiny_lines()))["xl/worksheets/sheet1.xml"]
    assert 'state="frozen"' in sheet
    assert '<autoFilter ref="A1:R3"/>' in sheet


def test_the_same_order_gives_the_same_bytes() -> None:
    assert workbook_of(tiny_lines()) == workbook_of(tiny_lines())


def test_a_text_that_no_cell_can_hold_ends_in_an_ellipsis() -> None:
    line = replace(tiny_lines()[0], address="é" * 40_000)
    cell = sheets_of(workbook_of((line,)))["Vague 1"][1][HEADINGS.index("adresse")]
    assert (len(cell), cell[-1]) == (32_767, "…")


def test_an_order_without_any_line_still_has_its_sheets() -> None:
    sheets = sheets_of(workbook_of(()))
    assert sheets["Vague 1"] == [HEADINGS]
    assert sheets["Par visuel"][1] == ["Total", 0.0, 0.0, 0.0]


def test_machines_read_points_iso_days_and_no_byte_order_mark() -> None:
    content = write_raw(ORDER_COLUMNS, tiny_lines())
    assert content.startswith(b"ref_face,")
    first, *_, last = csv.DictReader(io.StringIO(content.decode(), newline=""))
    assert (first["lat"], first["prix_espace_ht"]) == ("45.054920", "123.45")
    assert (first["date_debut"], first["code_insee"]) == ("2017-10-17", "01004")
    assert first["afficheur"].startswith("'=HYPERLINK")
    assert (last["surface_m2"], last["prix_espace_ht"]) == ("", "0.05")
