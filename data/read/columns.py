"""Whole columns of text into arrays: what is plainly right at once, the rest text by text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.read.cells import DEAREST_EUR, LONGEST_ID, SEPARATOR, CellFault, identifiers
from data.read.codes import Code
from data.read.log import ProblemLog, told
from data.read.table import Table
from data.read.text_column import ArrowArray, TextColumn
from geo.errors import Problem
from geo.model import BoolArray, FloatArray, IntArray

T = TypeVar("T")
Parser = Callable[[str], T]
Accepted = tuple[Any, BoolArray]
"""Values ``(n,)``, and for which cells they hold; the value of another cell means nothing."""

_PLAIN_NUMBER = r"^[+-]?\d{1,20}(\.\d{1,20})?$"
_PLAIN_PRICE = r"^\d{1,8}(\.\d{1,2})?$"
_COMMA = ord(",")


@dataclass(frozen=True, slots=True)
class Distinct(Generic[T]):
    """What was read in some rows of a column.

    Parameters
    ----------
    texts
        The different texts, in order of first appearance.
    values
        The value of each of them.
    codes
        For each row ``(k,)`` which text it holds.
    faults
        What is wrong with a text, by its place in `texts`.
    """

    texts: list[str]
    values: list[T]
    codes: IntArray
    faults: Mapping[int, CellFault]

    def each(self) -> list[T]:
        """Return the value of each row."""
        return [self.values[code] for code in self.codes.tolist()]


def read_distinct(column: TextColumn, parse: Parser[T], *, faulty: T) -> Distinct[T]:
    """Return what `parse` reads in a column, each text once; it also gets the empty text."""
    texts, codes = column.distinct()
    values: list[T] = []
    faults: dict[int, CellFault] = {}
    for code, text in enumerate(texts):
        try:
            values.append(parse(text))
        except CellFault as fault:
            values.append(faulty)
            fault.__traceback__ = fault.__context__ = None  # thousands are kept: not their frames
            faults[code] = fault
    return Distinct(texts, values, codes, faults)


def note_faults(
    table: Table, name: str, read: Distinct[Any], *, rows: IntArray | None, log: ProblemLog
) -> None:
    """Note the faults of a column; `rows` ``(k,)`` are the rows that were read (None: all)."""
    if not read.faults:
        return
    wrong = np.isin(read.codes, np.array(sorted(read.faults), dtype=np.int64))
    at = np.flatnonzero(wrong) if rows is None else rows[wrong]
    # Each text is put into words once, however many rows hold it.
    words = {
        code: told(fault.code, found=read.texts[code], **fault.fields)
        for code, fault in read.faults.items()
    }
    log.take(
        Problem(where, *words[code])
        for where, code in zip(
            table.places(at.tolist(), name), read.codes[wrong].tolist(), strict=True
        )
    )


def read_plain(
    table: Table,
    name: str,
    *,
    accept: Callable[[TextColumn], Accepted],
    parse: Parser[Any],
    faulty: Any,  # noqa: ANN401 - of the type that `accept` and `parse` give
    log: ProblemLog,
) -> Any:  # noqa: ANN401 - an array of that type
    """Return a column as an array ``(n,)``: what `accept` takes, and what `parse` reads elsewhere.

    `parse` reads in the cells that `accept` takes the same values, only more slowly.
    """
    column = table.text(name)
    values, ok = accept(column)
    rows = np.flatnonzero(~ok)
    if len(rows):
        read = read_distinct(column.take(rows), parse, faulty=faulty)
        note_faults(table, name, read, rows=rows, log=log)
        values = np.array(values)
        values[rows] = np.array(read.values, dtype=values.dtype)[read.codes]
    return values


def float_column(
    table: Table, name: str, parse: Parser[float], *, log: ProblemLog, required: bool = False
) -> FloatArray:
    """Return a column of numbers without limits ``(n,)``, NaN where a cell is empty or faulty.

    `parse` reads the cells that are not plain numbers (see `plain_numbers`).
    """

    def parse_or_empty(text: str) -> float:
        if not text and required:
            raise CellFault(Code.MISSING_VALUE)
        return parse(text) if text else np.nan

    values: FloatArray = read_plain(
        table, name, accept=plain_numbers, parse=parse_or_empty, faulty=np.nan, log=log
    )
    return values


def plain_numbers(column: TextColumn) -> Accepted:
    """Return as numbers the cells that are nothing but digits, a sign and one decimal mark.

    They are what `data.read.cells.parse_number` reads in them, to the last bit.
    """
    return _cast(column, _PLAIN_NUMBER)


def plain_limited(least: float, most: float) -> Callable[[TextColumn], Accepted]:
    """Return what accepts the plain numbers from `least` to `most`."""

    def accept(column: TextColumn) -> Accepted:
        values, ok = plain_numbers(column)
        return values, ok & (values >= least) & (values <= most)

    return accept


def plain_cents(column: TextColumn) -> Accepted:
    """Return as cents the prices that are plain numbers with two decimals at most."""
    euros, ok = _cast(column, _PLAIN_PRICE)
    cents: IntArray = np.rint(euros * 100).astype(np.int64)
    return cents, ok & (euros <= DEAREST_EUR)


def _cast(column: TextColumn, pattern: str) -> tuple[FloatArray, BoolArray]:
    texts = column.arrow
    data = texts.buffers()[2]
    if data is not None and (np.frombuffer(data, dtype=np.uint8) == _COMMA).any():
        texts = pc.replace_substring(texts, ",", ".")
    matches = pc.match_substring_regex(texts, pattern)
    ok: BoolArray = matches.to_numpy(zero_copy_only=False)
    if not ok.all():
        texts = pc.if_else(matches, texts, pa.scalar("0"))
    values: FloatArray = pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False)
    return values, ok


def usable_identifiers(table: Table, name: str, log: ProblemLog) -> BoolArray:
    """Return which rows ``(n,)`` have an identifier that can be used; the others are noted."""
    texts = table.text(name).arrow
    clean = (
        len(texts) > 0
        and not pc.any(pc.equal(texts, "")).as_py()
        and not pc.any(pc.match_substring(texts, SEPARATOR)).as_py()
        and pc.max(pc.utf8_length(texts)).as_py() <= LONGEST_ID
    )
    if clean and _all_differ(texts):
        return np.ones(len(texts), dtype=np.bool_)
    return np.array([bool(text) for text in identifiers(table, name, log)], dtype=np.bool_)


def _all_differ(texts: ArrowArray) -> bool:
    ascending = bool(pc.all(pc.less(texts[:-1], texts[1:])).as_py())
    return ascending or pc.count_distinct(texts).as_py() == len(texts)


def order_of(column: TextColumn, rows: IntArray) -> IntArray:
    """Return some rows in the order of their texts, which is that of Python and of UTF-8."""
    texts = column.arrow.take(pa.array(rows))
    if len(rows) < 2 or pc.all(pc.less(texts[:-1], texts[1:])).as_py():
        return rows
    order: IntArray = pc.sort_indices(texts).to_numpy().astype(np.int64)
    return rows[order]
