"""Reading by whole columns gives what reading row by row does, only sooner."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from data.read import csv_file
from data.read.cells import CellFault, parse_number, price
from data.read.codes import Code
from data.read.columns import order_of, plain_cents, plain_numbers
from data.read.csv_file import read_csv
from data.read.log import ProblemLog
from data.read.rows import Context, FaceRow, LockRow, Row, Rows, TravelRow, fault_of
from data.read.schema import FACES, LOCKS
from data.read.table import Table
from data.read.text_column import TextColumn
from geo.errors import Where

NUMBERS = st.one_of(
    st.decimals(-1000, 100_000, places=2).map(str),
    st.integers(-5, 10**7).map(str),
    st.from_regex(r"[+-]?\d{0,4}[.,]?\d{0,4}", fullmatch=True),
    st.sampled_from(["", "1 234,5", "1\u202f234 € HT", "12,5 €", "1e3", "nan", "abc", "٣", "-0"]),
    st.text(max_size=6),
)
PERIODS = st.sampled_from(["", "1", "1|2", "oui", "aucune", "9", "x", "2,0"])
WORDS = st.sampled_from(["", "oui", "non", "peut-être", "4x3", "f|1", "f1", "é" * 101])


def _table(model: type[Row], rows: list[dict[str, str]]) -> Table:
    names = list(model.model_fields)
    columns = tuple([row[name] for row in rows] for name in names)
    places = tuple(range(2, 2 + len(rows)))
    return Table("t.csv", tuple(names), columns, places, {n: i for i, n in enumerate(names)})


def _cells(model: type[Row]) -> st.SearchStrategy[dict[str, str]]:
    kinds: dict[Any, st.SearchStrategy[str]] = {
        float: NUMBERS,
        int: NUMBERS,
        frozenset[int]: PERIODS,
        str: WORDS,
    }
    fields = {
        name: kinds[field.annotation or str] | WORDS for name, field in model.model_fields.items()
    }
    return st.fixed_dictionaries(fields)


def _row_by_row(model: type[Row], row: dict[str, str], context: Context) -> dict[str, Any]:
    """Return the values of a row, or the kind of fault of each faulty cell."""
    try:
        return dict(model.model_validate(row, context=context))
    except ValidationError as error:
        return {str(e["loc"][0]): e["ctx"]["error"].code for e in error.errors()}


@settings(deadline=None, max_examples=40)
@given(st.data(), st.sampled_from([FaceRow, LockRow, TravelRow]))
def test_columns_find_the_same_values_and_faults_as_models_of_rows(
    data: st.DataObject, model: type[Row]
) -> None:
    rows = data.draw(st.lists(_cells(model), min_size=1, max_size=6))
    known = frozenset({"f1"})
    context = Context(4, agent_ids=known, face_ids=known, maison_ids=known)
    log = ProblemLog()
    table = _table(model, rows)
    reader = Rows(table, model, context, log)
    found = {
        name: (
            reader.array(name).tolist()
            if field.annotation is float or name == "price_eur"
            else reader.column(name)
        )
        for name, field in model.model_fields.items()
    }
    faults = {(p.where.row, p.where.column): p.code for p in log.sorted()}
    for i, row in enumerate(rows):
        expected = _row_by_row(model, row, context)
        of_row = {c: code for (r, c), code in faults.items() if r == i + 2}
        if of_row:
            assert of_row == expected
            continue
        for name, value in expected.items():
            got = found[name][i]
            assert got == value or (math.isnan(got) and math.isnan(value)), (name, row[name])


def test_a_fault_of_ours_comes_through_pydantic_unchanged() -> None:
    with pytest.raises(ValidationError) as error:
        TravelRow.model_validate({"from_id": "", "to_id": "m1", "minutes": "1", "km": "-3"})
    assert fault_of(error.value).code is Code.MISSING_VALUE
    assert error.value.errors()[1]["ctx"]["error"].code is Code.NEGATIVE_NUMBER


@settings(deadline=None, max_examples=60)
@given(st.lists(NUMBERS, min_size=1, max_size=8))
def test_what_is_plainly_a_number_is_what_the_careful_parser_reads(texts: list[str]) -> None:
    column = TextColumn.of(texts)
    values, ok = plain_numbers(column)
    cents, affordable = plain_cents(column)
    for i, text in enumerate(texts):
        if ok[i]:
            assert float(parse_number(text)) == values[i]
        if affordable[i]:
            assert price(text) == cents[i]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.text(max_size=5), max_size=20, unique=True))
def test_texts_are_sorted_as_python_sorts_them(texts: list[str]) -> None:
    texts = [text.encode("utf-8", "ignore").decode() for text in texts]
    rows = order_of(TextColumn.of(texts), np.arange(len(texts)))
    assert [texts[i] for i in rows] == sorted(texts)


@pytest.mark.parametrize("many", [False, True])
def test_a_column_is_a_sequence_of_its_cells(many: bool) -> None:  # noqa: FBT001 - a case
    cells = ["a", "", "é"] * (2000 if many else 1)
    column = TextColumn.of(cells)
    assert (list(column), column[2], column[1:3], len(column)) == (
        cells,
        "é",
        ["", "é"],
        len(cells),
    )
    assert column.objects().tolist() == cells
    assert column.is_empty().tolist() == [not cell for cell in cells]


_CELL = st.text(alphabet='ab é;"\n\r\t,0', max_size=4)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(_CELL, _CELL, _CELL), max_size=5),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
def test_large_files_are_read_as_small_ones(
    cells: list[tuple[str, str, str]],
    line_end: str,
    quoted: bool,  # noqa: FBT001 - drawn
) -> None:
    def shown(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"' if quoted else cell

    lines = [";".join(map(shown, row)) for row in cells]
    content = line_end.join(["face_id;period;agent_id", *lines, ""]).encode()
    answers = []
    for threshold in (csv_file.PLAIN_FROM, 0):
        log = ProblemLog()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(csv_file, "PLAIN_FROM", threshold)
            table = read_csv(content, file="t.csv", schema=LOCKS, log=log)
        rows = None if table is None else [tuple(column) for column in table.columns]
        places = None if table is None else list(table.rows)
        answers.append((rows, places, log.sorted()))
    assert answers[0] == answers[1]


def test_a_plain_large_file_is_read_by_columns() -> None:
    heading = "face_id;format;lat;lon;contacts;price_eur\n"
    content = (heading + 'f1;"4;3";45,1;5,7;1 000;12,5\n' * 50_000).encode()
    table = read_csv(content, file="t.csv", schema=FACES, log=ProblemLog())
    assert table is not None
    assert isinstance(table.columns[0], TextColumn)
    assert (table.rows, table.cells("format")[-1]) == (range(2, 50_002), "4;3")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"face_id;period;agent_id\nf1;1;" + b"x" * (9 << 20), (2, Code.BROKEN_CSV)),
        (b"face_id;" * 1_200_000 + b"\n", (1, Code.BROKEN_CSV)),
        (b"face_id;period;agent_id" + b";" * 1500 + b"\n", (1, Code.TOO_MANY_COLUMNS)),
        (b'face_id;period;agent_id\nf1;1;"' + b"x\n" * 100_000, (2, Code.BROKEN_CSV)),
        ("face_id;period;agent_id\nf1;1;\ud800\n".encode("utf-8", "surrogatepass"), (2, "ctrl")),
        (
            "\ufeffface_id;period;agent_id\nf1;1;\ud800\n".encode("utf-16-le", "surrogatepass"),
            (2, "ctrl"),
        ),
        (b"face_id;period;agent_id\nf1;1;\0\n", (2, "ctrl")),
    ],
)
def test_hostile_tables_are_refused_where_they_are_hostile(
    content: bytes, problem: tuple[int, str]
) -> None:
    log = ProblemLog()
    assert read_csv(content, file="t.csv", schema=LOCKS, log=log) is None
    row, code = problem
    wanted = Code.CONTROL_CHARACTER if code == "ctrl" else code
    assert (row, wanted) in [(p.where.row, p.code) for p in log.sorted()]


def test_a_fault_is_an_error_of_values() -> None:
    assert isinstance(CellFault(Code.BAD_ID), ValueError)


def test_a_problem_that_is_noted_twice_is_told_once_in_the_order_of_places() -> None:
    log = ProblemLog()
    for row in (12, 2, 12):
        log.add(Code.MISSING_VALUE, Where("f.csv", row, "lat"))
    log.add(Code.MISSING_VALUE, Where("f.csv", 2, "insee"))
    places = [(problem.where.row, problem.where.column) for problem in log.sorted()]
    assert places == [(2, "insee"), (2, "lat"), (12, "lat")]
    assert [problem.where.row for problem in log.withdraw("f.csv", [12, 13])] == [12]
    assert [problem.where.row for problem in log.sorted()] == [2, 2]
