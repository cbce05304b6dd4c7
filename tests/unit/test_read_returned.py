"""What buyers send back, in the forms in which they send it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from data.read.returned import RETURNED, ReadReturned, read_returned
from data.read.schema import fold
from data.write.workbook import order_workbook
from geo.errors import CampaignError, Severity
from geo.order import LineState
from geo.reconcile import Row
from tests.golden.tiny_plan import plan_campaign
from tests.unit.test_write_workbook import tiny_lines


def read(folder: Path, text: str, *, name: str = "retour.csv", code: str = "utf-8") -> ReadReturned:
    (folder / name).write_bytes(text.encode(code))
    return read_returned(folder / name)


def test_columns_may_be_renamed_reordered_and_added(tmp_path: Path) -> None:
    text = (
        "Réponse;Observations;N° de dossier;VAGUE;Réf. face;Nouveau prix HT;Remplacement;Accord\r\n"
        "Confirmé;;77;1;f00;1 234,50 €;;\r\n"
        "refusé;vendue ; désolé;78;Vague 2;f09;;f10;oui\r\n".replace("vendue ; désolé", "vendue")
    )
    found = read(tmp_path, text, code="cp1252")
    one, two = found.returned.lines
    assert (one.face_id, one.period, one.state) == ("f00", 1, LineState.FIRM)
    assert (one.new_price_cents, one.accepted, one.row) == (123_450, False, Row("", 2))
    assert (two.period, two.state, two.note) == (2, LineState.REFUSED, "vendue")
    assert (two.replacement, two.accepted) == ("f10", True)
    assert found.rows is None
    assert "read-as-cp1252" in {problem.code for problem in found.warnings}
    not_read = [p.where.column for p in found.warnings if p.code == "column-not-read"]
    assert not_read == ["N° de dossier"]
    assert found.returned.where(two.row, "face_id").column == "Réf. face"


def test_the_workbook_that_went_out_comes_back_line_by_line_from_all_its_sheets(
    tmp_path: Path,
) -> None:
    campaign, lines = plan_campaign(), tiny_lines()
    book = order_workbook(lines, name=campaign.name, periods=campaign.periods)
    (tmp_path / "retour.xlsx").write_bytes(book)
    whole = read_returned(tmp_path / "retour.xlsx")
    assert whole.warnings == ()
    found = whole.returned
    assert [(line.row, line.face_id, line.period) for line in found.lines] == [
        (Row("Vague 1", 2), "f00", 1),
        (Row("Vague 1", 3), "f63", 1),
        (Row("Vague 2", 2), "f09", 2),
    ]
    assert [line.price_cents for line in found.lines] == [12_345, 10_000, 5]
    assert all(line.state is LineState.PROPOSED for line in found.lines)
    assert found.lines[0].words.insee == "01004"
    assert str(found.where(Row("Vague 2", 2), "state")) == (
        "retour.xlsx#Vague 2, ligne 2, colonne statut"
    )


def test_a_sheet_that_only_lists_faces_is_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "retour.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Vague 1").add_table(
            0,
            0,
            1,
            1,
            {"data": [["f00", 1]], "columns": [{"header": "ref_face"}, {"header": "vague"}]},
        )
        book.add_worksheet("Emplacements").write_column(0, 0, ["ref_face", "f00", "f63"])
    assert [line.row for line in read_returned(path).returned.lines] == [Row("Vague 1", 2)]


def test_a_sheet_that_is_not_read_is_told_hidden_or_not(tmp_path: Path) -> None:
    path, titles = tmp_path / "retour.xlsx", ["ref_face", "vague", "statut"]
    with xlsxwriter.Workbook(path) as book:
        for name in ("Vague 1", "Vague 2"):
            book.add_worksheet(name).write_row(0, 0, titles)
            book.get_worksheet_by_name(name).write_row(1, 0, ["f00", 1, "ferme"])
        book.get_worksheet_by_name("Vague 2").hide()
        book.add_worksheet("Nos refus").write_row(0, 0, ["Panneau", "Motif"])
    found = read_returned(path)
    assert [line.row for line in found.returned.lines] == [Row("Vague 1", 2)]
    told = [(p.code, str(p.where), p.severity) for p in found.warnings]
    assert told == [
        ("sheet-not-read", "retour.xlsx#Nos refus", Severity.WARNING),
        ("sheet-not-read", "retour.xlsx#Vague 2", Severity.WARNING),
    ]


def test_a_text_that_was_made_inert_comes_back_as_it_was(tmp_path: Path) -> None:
    found = read(tmp_path, "ref_face;vague;remarque\r\n'-12;1;'=1+1\r\n").returned.lines[0]
    assert (found.face_id, found.note) == ("-12", "=1+1")


def test_every_fault_of_the_file_is_told_at_once(tmp_path: Path) -> None:
    text = (
        "ref_face;vague;statut;nouveau_prix;lat;lon;accord\n"
        ";1;;;;;\n"
        "f1;première;;;;;\n"
        "f2;1;peut-être;;;;\n"
        "f3;1;;cher;;;\n"
        "f4;1;;;95;5,7;\n"
        "f5;1;;;;;bof\n"
    )
    found = read(tmp_path, text + "f6;1;ferme;;;;\n")
    told = [(p.where.row, p.where.column, p.code) for p in found.errors]
    assert told == [
        (2, "ref_face", "missing-value"),
        (3, "vague", "bad-period"),
        (4, "statut", "unknown-state"),
        (5, "nouveau_prix", "unreadable-number"),
        (6, "lat", "out-of-range"),
        (7, "accord", "unreadable-yes-no"),
    ]
    assert all(problem.remedy for problem in found.errors)
    assert [line.row.number for line in found.returned.lines if not line.unread] == [8]


def test_a_photo_whose_row_cannot_be_read_is_kept_as_such(tmp_path: Path) -> None:
    found = read(tmp_path, "ref_face;photo;date_pose\nf00;a.jpg;hier\nf63;b.jpg;18/10/2017\n")
    assert [(row.face_id, row.unread) for row in found.rows or ()] == [
        ("f00", True),
        ("f63", False),
    ]
    assert [(p.where.row, p.where.column) for p in found.errors] == [(2, "date_pose")]


@pytest.mark.parametrize("text", ["nom;ville\nx;y\n", "", "ref_face;vague\n"])
def test_a_file_that_is_no_order_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CampaignError):
        read(tmp_path, text)


def test_a_file_that_is_not_there_is_told_by_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_returned(tmp_path / "rien.csv")


def test_a_file_with_photos_is_a_file_of_proofs(tmp_path: Path) -> None:
    text = "ref_face;Photo;Date de pose;lat;lon\nf00;IMG_1.jpg;18/10/2017;45,0549;5,4457\nf63;;;;\n"
    rows = read(tmp_path, text).rows
    assert rows is not None
    assert [(r.face_id, r.photo, r.taken_on) for r in rows] == [
        ("f00", "IMG_1.jpg", date(2017, 10, 18)),
        ("f63", "", None),
    ]
    assert rows[0].lnglat == (5.4457, 45.0549)


def test_the_dates_of_a_workbook_are_days(tmp_path: Path) -> None:
    path = tmp_path / "pige.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Pige")
        sheet.write_row(0, 0, ["Réf. face", "Photo", "Date photo"])
        sheet.write_row(1, 0, ["f00", "a.jpg"])
        style = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_datetime(1, 2, date(2017, 10, 19), style)
    rows = read_returned(path).rows
    assert rows is not None
    assert (rows[0].taken_on, rows[0].row) == (date(2017, 10, 19), Row("Pige", 2))


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Confirmée", LineState.FIRM),
        ("OK", LineState.FIRM),
        ("en option", LineState.OPTION),
        ("Indisponible", LineState.REFUSED),
        ("déplacé", LineState.REPLACED),
        ("Posée", LineState.POSTED),
        ("annulé", LineState.CANCELLED),
        ("proposée", LineState.PROPOSED),
        ("", None),
    ],
)
def test_the_words_of_the_trade_are_understood(
    tmp_path: Path, word: str, state: LineState | None
) -> None:
    assert read(tmp_path, f"ref_face;statut;vague\nf1;{word};1\n").returned.lines[0].state is state


def test_the_columns_and_states_are_listed_in_the_documentation() -> None:
    doc = (Path(__file__).parents[2] / "docs/formats.md").read_text(encoding="utf-8")
    part = doc.split("\n### What comes back\n")[1].split("\n## ")[0]
    for column in RETURNED.columns:
        (row,) = re.findall(rf"^\| `{column.name}`( \*)? \| (.*?) \|", part, re.MULTILINE)
        assert tuple(re.findall(r"`([^`]+)`", row[1])) == column.synonyms
        assert bool(row[0]) == column.required
        assert [fold(name) for name in column.names] == list(column.names)
    for state in LineState:
        assert f"\n| {state.value} | " in part
