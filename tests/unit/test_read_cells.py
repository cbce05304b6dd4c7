from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.read.cells import (
    CellFault,
    cents,
    convert,
    day,
    days,
    media,
    note_ambiguous,
    number,
    opening,
    parse_number,
    periods,
    price,
    share,
    whole_number,
    yes_no,
)
from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.table import Table


def _column(*cells: str) -> Table:
    return Table(
        "t.csv", ("Valeur",), (list(cells),), tuple(range(2, 2 + len(cells))), {"contacts": 0}
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1234.5", "1234.5"),
        ("1234,5", "1234.5"),
        ("1 234,5", "1234.5"),
        ("1\u00a0234\u202f567", "1234567"),
        ("-3", "-3"),
        ("+0,5", "0.5"),
        ("007", "7"),
        ("1e-07", "0.0000001"),
    ],
)
def test_a_number_is_read_in_french_and_in_english(text: str, value: str) -> None:
    assert parse_number(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    ["", "-", ",5", "5,", "1.234,5", "1,234.5", "12 34", "1 2345", "0x1F", "1_000", "١٢", "1'000"],
)
def test_what_is_not_surely_a_number_is_refused(text: str) -> None:
    with pytest.raises(CellFault) as fault:
        parse_number(text)
    assert fault.value.code is Code.UNREADABLE_NUMBER


@pytest.mark.parametrize("text", ["nan", "NaN", "inf", "-Infinity", "1e400", "9e999"])
def test_a_number_that_is_not_finite_is_refused_by_name(text: str) -> None:
    with pytest.raises(CellFault) as fault:
        parse_number(text)
    assert fault.value.code is Code.NOT_FINITE


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_number_or_a_fault(text: str) -> None:
    try:
        value = parse_number(text)
    except CellFault:
        return
    assert value.is_finite()


@settings(deadline=None)
@given(st.integers(0, 10**9))
def test_a_price_keeps_every_cent(amount: int) -> None:
    euros, rest = divmod(amount, 100)
    assert price(f"{euros},{rest:02}") == amount
    assert price(f"{euros}.{rest:02} € HT") == amount


@pytest.mark.parametrize(
    ("text", "expected"), [("0,005", 0), ("0,015", 2), ("0,025", 2), ("10.005", 1000), ("7", 700)]
)
def test_half_a_cent_goes_to_the_even_cent(text: str, expected: int) -> None:
    assert price(text) == expected
    assert cents(Decimal(text.replace(",", "."))) == expected


def test_a_negative_price_is_called_that() -> None:
    with pytest.raises(CellFault) as fault:
        price("-12 €")
    assert fault.value.code is Code.NEGATIVE_PRICE


@pytest.mark.parametrize(
    ("text", "code"),
    [("-1", Code.NEGATIVE_NUMBER), ("11", Code.OUT_OF_RANGE), ("2,5", Code.NOT_WHOLE_NUMBER)],
)
def test_a_whole_number_has_limits(text: str, code: Code) -> None:
    with pytest.raises(CellFault) as fault:
        whole_number(least=0, most=10)(text)
    assert fault.value.code is code


def test_a_whole_number_may_come_from_a_typed_column() -> None:
    assert whole_number(least=0, most=10)("4,0") == 4


@pytest.mark.parametrize("text", ["2017-10-17", "17/10/2017"])
def test_a_date_is_read_in_two_styles(text: str) -> None:
    assert day(text) == date(2017, 10, 17)


@pytest.mark.parametrize(
    "text",
    ["17/10/17", "2017/10/17", "17-10-2017", "10/17/2017", "2017-02-29", "1789-07-14", "43025"],
)
def test_another_style_of_date_is_refused(text: str) -> None:
    with pytest.raises(CellFault) as fault:
        day(text)
    assert fault.value.code is Code.BAD_DATE


def test_dates_are_sorted_and_each_once() -> None:
    assert days("02/11/2017|2017-10-30| 2017-11-02") == (date(2017, 10, 30), date(2017, 11, 2))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1|3", {1, 3}), ("2", {2}), ("4.0", {4}), ("Oui", {1, 2, 3, 4}), ("aucune", set())],
)
def test_periods_are_a_list_all_or_none(text: str, expected: set[int]) -> None:
    assert periods(4)(text) == expected


@pytest.mark.parametrize("text", ["0", "5", "1|5"])
def test_a_period_must_be_one_of_the_campaign(text: str) -> None:
    with pytest.raises(CellFault) as fault:
        periods(4)(text)
    assert fault.value.code is Code.PERIOD_OUT_OF_RANGE


@pytest.mark.parametrize("text", ["1,2", "1-3", "|", "deux", "1.5"])
def test_what_is_no_list_of_periods_is_refused(text: str) -> None:
    with pytest.raises(CellFault) as fault:
        periods(4)(text)
    assert fault.value.code is Code.BAD_PERIOD


def test_media_of_consent_are_read_whatever_their_case() -> None:
    assert media("Affichage | WEB") == {"affichage", "web"}
    assert media("tous") == {"affichage", "exposition", "presse", "web"}


def test_yes_and_no_are_read_whatever_their_case() -> None:
    assert [yes_no(text) for text in ("Oui", "VRAI", "1", "x")] == [True] * 4
    assert [yes_no(text) for text in ("non", "Faux", "0", "N")] == [False] * 4


@pytest.mark.parametrize("text", ["0", "-0,5"])
def test_a_share_is_more_than_zero(text: str) -> None:
    with pytest.raises(CellFault) as fault:
        share(text)
    assert fault.value.code is Code.SHARE_NOT_POSITIVE


def test_opening_hours_are_kept_as_typed() -> None:
    assert opening("Mo-Fr 08:30-12:00; PH off") == "Mo-Fr 08:30-12:00; PH off"


def test_a_very_long_text_of_opening_hours_is_refused_unread() -> None:
    with pytest.raises(CellFault):
        opening("Mo 08:00-09:00;" * 1000)


def test_every_faulty_cell_of_a_column_is_noted_at_its_row() -> None:
    log = ProblemLog()
    values = convert(
        _column("1", "x", "", "x"),
        "contacts",
        number(least=0, most=10),
        log=log,
        empty=-1.0,
        required=True,
    )
    assert values == [1.0, -1.0, -1.0, -1.0]
    assert [(p.where.row, p.code) for p in log.sorted()] == [
        (3, Code.UNREADABLE_NUMBER),
        (4, Code.MISSING_VALUE),
        (5, Code.UNREADABLE_NUMBER),
    ]
    assert log.sorted()[0].where.column == "Valeur"


def test_thousands_that_could_be_decimals_are_asked_about() -> None:
    log = ProblemLog()
    note_ambiguous(_column("1,234", "500", "12.000"), "contacts", log)
    assert [(p.where.row, p.code) for p in log.sorted()] == [
        (2, Code.AMBIGUOUS_NUMBER),
        (4, Code.AMBIGUOUS_NUMBER),
    ]


def test_one_plain_decimal_in_the_column_settles_what_the_mark_means() -> None:
    log = ProblemLog()
    note_ambiguous(_column("1,234", "500,5"), "contacts", log)
    assert log.sorted() == ()
