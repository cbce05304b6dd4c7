"""What LibreOffice makes of the order: its cells, read back from what it saved."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from data.write.order import ORDER_COLUMNS
from data.write.sheet import write_sheet
from data.write.workbook import order_workbook
from geo.order import OrderLine
from tests.golden.tiny_plan import plan_campaign
from tests.unit.test_write_workbook import HEADINGS, tiny_lines

pytestmark = pytest.mark.slow  # needs libreoffice-calc-nogui, which `make test` installs

# Separator, quotes, UTF-8, from row 1, no formats, French, quoted fields are text, find dates.
FRENCH_CSV = "CSV:59,34,76,1,,1036,true,true"

Sheets = dict[str, list[list[Any]]]


def odd_lines() -> tuple[OrderLine, ...]:
    """Return lines whose codes, dates and accents a spreadsheet likes to spoil."""
    first, *others = tiny_lines()
    return (replace(first, face_id="0012", visual="1-2"), *others)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sheets, Sheets]:
    """Return the CSV and the workbook as LibreOffice saves them again."""
    folder = tmp_path_factory.mktemp("office")
    campaign, lines = plan_campaign(), odd_lines()
    (folder / "a.csv").write_bytes(write_sheet(ORDER_COLUMNS, lines))
    book = order_workbook(lines, name=campaign.name, periods=campaign.periods)
    (folder / "b.xlsx").write_bytes(book)
    return saved_again(folder, "a.csv", f"--infilter={FRENCH_CSV}"), saved_again(folder, "b.xlsx")


def saved_again(folder: Path, name: str, *options: str) -> Sheets:
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    target = ("--convert-to", "ods", "--outdir", str(folder / "out"))
    subprocess.run(
        ["soffice", profile, "--headless", *options, *target, str(folder / name)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    path = (folder / "out" / name).with_suffix(".ods")
    book = CalamineWorkbook.from_path(path)
    return {sheet: book.get_sheet_by_name(sheet).to_python() for sheet in book.sheet_names}


def cells(sheet: list[list[Any]], row: int) -> dict[str, Any]:
    return dict(zip(HEADINGS, sheet[row], strict=True))


def check_first_line(found: dict[str, Any]) -> None:
    assert (found["ref_face"], found["code_insee"], found["visuel_ref"]) == ("0012", "01004", "1-2")
    assert (found["date_debut"], found["date_fin"]) == (date(2017, 10, 17), date(2017, 10, 23))
    assert (found["commune"], found["statut"]) == ("Ambérieu-en-Bugey", "proposée")
    assert (found["lat"], found["prix_espace_ht"], found["vague"]) == (45.05492, 123.45, 1)
    assert found["adresse"] == 'Place "Sainte-Anne"; face 1'


def test_the_csv_opens_with_its_columns_zeros_dates_accents_and_numbers(
    opened: tuple[Sheets, Sheets],
) -> None:
    (sheet,) = opened[0].values()
    assert sheet[0] == HEADINGS
    check_first_line(cells(sheet, 1))
    assert sum(row[HEADINGS.index("prix_espace_ht")] for row in sheet[1:]) == pytest.approx(223.5)


def test_no_cell_of_the_csv_is_run(opened: tuple[Sheets, Sheets]) -> None:
    (sheet,) = opened[0].values()
    assert cells(sheet, 1)["afficheur"] == '\'=HYPERLINK("http://exemple.invalid")'


def test_the_workbook_opens_with_its_sheets_and_cells(opened: tuple[Sheets, Sheets]) -> None:
    sheets = opened[1]
    assert list(sheets)[:3] == ["Vague 1", "Vague 2", "Par vague"]
    assert sheets["Vague 1"][0] == HEADINGS
    check_first_line(cells(sheets["Vague 1"], 1))
    assert cells(sheets["Vague 1"], 1)["afficheur"] == '=HYPERLINK("http://exemple.invalid")'


def test_the_sums_of_the_workbook_are_those_of_its_lines(opened: tuple[Sheets, Sheets]) -> None:
    sheets = opened[1]
    price = HEADINGS.index("prix_espace_ht")
    lines = [row for name in ("Vague 1", "Vague 2") for row in sheets[name][1:]]
    total = sum(row[price] for row in lines)
    for name in ("Par vague", "Par visuel", "Par format", "Par commune"):
        *parts, last = sheets[name][1:]
        assert last[0] == "Total"
        assert last[-1] == pytest.approx(total)
        assert sum(row[-1] for row in parts) == pytest.approx(total)
