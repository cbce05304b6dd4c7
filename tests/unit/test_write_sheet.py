from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.write.sheet import (
    CENTS,
    DAY,
    DURATION,
    MOMENT,
    TEXT,
    WHOLE,
    YES_NO,
    Column,
    Kind,
    decimal,
    inert,
    optional,
    read_sheet,
    several,
    typed,
    write_sheet,
)
from geo.errors import PlanFolderError


@dataclass(frozen=True)
class Fruit:
    name: str
    weight: float | None
    picked: date
    price: int


COLUMNS = (
    Column("nom", "name", TEXT),
    Column("poids", "weight", optional(decimal(2))),
    Column("cueilli", "picked", DAY),
    Column("prix", "price", CENTS),
)
PEAR = Fruit("Poire ; « Conférence »", 0.25, date(2017, 10, 1), 305)
NUT = Fruit("=noix", None, date(2017, 10, 17), 5)


def read(content: bytes) -> tuple[Fruit, ...]:
    return read_sheet(content, columns=COLUMNS, make=Fruit, file="fruits.csv")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+33 4 76",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\tx",
        " =1",
        "\u00a0=1",
        "\u202f\u00a0+1",
        "\u200b=1",
        "\ufeff=1",
        "\x00=1",
        "＝1+1",
        "＋1",
        "－1",
        "＠x",
        "　＝1",
        "\u22121",
        "=cmd|' /C calc'!A0",
    ],
)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert inert(text) == "'" + text
    assert typed(inert(text)) == text


@pytest.mark.parametrize("text", ["", "A=1", "4x3", "01004", "l'Isle-d'Abeau", "'Aube", "1-2", "é"])
def test_harmless_text_is_left_alone(text: str) -> None:
    assert inert(text) == text
    assert typed(text) == text


def test_an_apostrophe_that_was_typed_before_a_formula_is_not_lost() -> None:
    assert typed(inert("'=1")) == "'=1"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    fruit = Fruit(text, None, date(2017, 10, 1), 0)
    assert read(write_sheet(COLUMNS, [fruit])) == (fruit,)


@given(st.text(st.sampled_from("'=+-@\t\r\n ;\"a＝"), max_size=6))
def test_no_written_text_starts_with_what_a_spreadsheet_runs(text: str) -> None:
    content = write_sheet(COLUMNS, [Fruit(text, None, date(2017, 10, 1), 0)]).decode("utf-8-sig")
    cell = list(csv.reader(io.StringIO(content, newline=""), delimiter=";"))[1][0]
    assert cell.strip()[:1] not in {*"=+-@＝"}
    assert cell[:1] not in {"\t", "\r", "\n"}


def test_the_file_is_what_a_french_spreadsheet_expects() -> None:
    content = write_sheet(COLUMNS, [PEAR, NUT])
    assert content == (
        b"\xef\xbb\xbfnom;poids;cueilli;prix\r\n"
        + '"Poire ; « Conférence »";0,25;01/10/2017;3,05\r\n'.encode()
        + b"'=noix;;17/10/2017;0,05\r\n"
    )


@pytest.mark.parametrize(
    ("kind", "value", "cell"),
    [
        (decimal(6), 5.7, "5,700000"),
        (decimal(6), -61.5, "-61,500000"),
        (decimal(2), -0.001, "0,00"),
        (decimal(1), 1234567.84, "1234567,8"),
        (CENTS, 123_456_700, "1234567,00"),
        (CENTS, -5, "-0,05"),
        (WHOLE, 12, "12"),
        (YES_NO, True, "oui"),
        (optional(YES_NO), None, ""),
        (DAY, date(2017, 2, 3), "03/02/2017"),
        (MOMENT, datetime(2017, 2, 3, 8, 5), "03/02/2017 08:05"),  # noqa: DTZ001 - local
        (DURATION, 65, "1:05"),
        (several(DAY), (date(2017, 2, 3), date(2017, 2, 6)), "03/02/2017, 06/02/2017"),
        (several(DAY), (), ""),
    ],
)
def test_a_value_is_shown_the_french_way(kind: Kind, value: object, cell: str) -> None:
    assert kind.show(value) == cell


@given(st.floats(-1e6, 1e6), st.integers(-(10**9), 10**9), st.integers(0, 10**4))
def test_numbers_come_back_as_precise_as_they_are_shown(
    number: float, cents: int, minutes: int
) -> None:
    kind = decimal(3)
    assert math.isclose(kind.parse(kind.show(number)), number, abs_tol=0.0005001)
    assert CENTS.parse(CENTS.show(cents)) == cents
    assert DURATION.parse(DURATION.show(minutes)) == minutes


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("0,25", "0.25", "fruits.csv, ligne 2, colonne poids"),
        ("0,25", "0,250", "fruits.csv, ligne 2, colonne poids"),
        ("0,25", "nan", "fruits.csv, ligne 2, colonne poids"),
        ("01/10/2017", "2017-10-01", "fruits.csv, ligne 2, colonne cueilli"),
        ("01/10/2017", "31/02/2017", "fruits.csv, ligne 2, colonne cueilli"),
        ("3,05", "3,5", "fruits.csv, ligne 2, colonne prix"),
        ("3,05", "٣,٠٥", "fruits.csv, ligne 2, colonne prix"),
        ("'=noix", "=noix", "fruits.csv, ligne 3, colonne nom"),
        (";3,05", "", "fruits.csv, ligne 2"),
        ("3,05", "3,05;", "fruits.csv, ligne 2"),
        ("poids", "masse", "fruits.csv, ligne 1"),
        ("nom;poids;cueilli;prix", "nom,poids,cueilli,prix", "fruits.csv, ligne 1"),
        ("\ufeff", "", "fruits.csv"),
        ("\r\n", "\n", "fruits.csv"),
        ("'=noix", '"\'=noix"', "fruits.csv"),
        ('"Poire', '"Poire"x', "fruits.csv"),
    ],
)
def test_a_file_that_was_not_written_so_is_refused_with_its_place(
    old: str, new: str, where: str
) -> None:
    text = write_sheet(COLUMNS, [PEAR, NUT]).decode()
    assert old in text
    with pytest.raises(PlanFolderError) as refusal:
        read(text.replace(old, new).encode())
    assert str(refusal.value).startswith(f"{where}\u00a0:")


def test_every_fault_is_named_up_to_a_limit() -> None:
    content = write_sheet(COLUMNS, [PEAR] * 30).decode().replace("3,05", "3.05").encode()
    with pytest.raises(PlanFolderError) as refusal:
        read(content)
    lines = str(refusal.value).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "et 10 autre(s) défaut(s)"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"PK\x03\x04"])
def test_what_is_no_csv_is_refused(content: bytes) -> None:
    with pytest.raises(PlanFolderError, match=r"fruits\.csv"):
        read(content)
