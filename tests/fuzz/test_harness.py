"""The readers that `make fuzz` feeds, on bytes that Hypothesis makes up."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.gdal.answer import Refused
from data.gdal.geojson import layer_of
from data.read.angles import coordinate
from data.read.cells import CellFault
from data.read.positions import positions_csv, positions_from

DEGREES = st.text(alphabet="0123456789 °'\"NSEOWd.,-+’′″ms", max_size=30)


@settings(max_examples=300)
@given(DEGREES | st.text(max_size=40))
def test_no_text_makes_the_reader_of_coordinates_fall_over(text: str) -> None:
    try:
        value = coordinate(text)
    except CellFault:
        return
    assert value == value  # noqa: PLR0124 - no NaN


@settings(max_examples=200)
@given(content=st.binary(max_size=80), headed=st.booleans())
def test_no_bytes_make_the_reader_of_positions_fall_over(*, content: bytes, headed: bool) -> None:
    try:
        found = positions_from(positions_csv({}) + content if headed else content)
    except ValueError as error:
        found = {}
        row = int(error.args[0])
    else:
        row = 1
    assert row >= 1
    assert positions_from(positions_csv(found)) == found


@pytest.mark.parametrize("shape", ["point", "polygon"])
@pytest.mark.parametrize("text", ["", "null", "[]", "{", '{"features": 1}', "1e999", '"\\ud800"'])
def test_what_is_no_layer_is_refused_by_name(text: str, shape: str) -> None:
    with pytest.raises(Refused):
        layer_of(text, shape)
