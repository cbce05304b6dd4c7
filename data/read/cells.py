"""Cells of text into values, column by column.

A parser takes the text of one cell, which is not empty, and returns its value or raises
`CellFault`. `convert` calls it once for each distinct text, so that a column of 100,000 prices
costs as much as its few hundred different prices.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TypeVar

from data.read.codes import Code
from data.read.log import ProblemLog, closest
from data.read.messages import NO_BREAK, did_you_mean
from data.read.schema import fold
from data.read.table import Table

T = TypeVar("T")

SEPARATOR = "|"
MEDIA = ("affichage", "exposition", "presse", "web")
LONGEST_ID = 100
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2199, 12, 31)

DEAREST_EUR = 10_000_000
_LARGEST_SHARE = 1000
_LONGEST_OPENING = 500

_SPACES = " \u00a0\u202f\u2009"
_NUMBER = re.compile(
    rf"([+-]?)(\d+|\d{{1,3}}(?:[{_SPACES}]\d{{3}})+)(?:[.,](\d+))?([eE][+-]?\d{{1,3}})?",
    re.ASCII,
)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_LOOKS_LIKE_THOUSANDS = re.compile(r"([+-]?[1-9]\d{0,2})[.,](\d{3})", re.ASCII)
_EURO = re.compile(rf"[{_SPACES}]*(€|EUR)?[{_SPACES}]*(HT)?$", re.IGNORECASE)
_ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_FRENCH_DAY = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})", re.ASCII)
_PERIOD = re.compile(r"[+-]?\d{1,9}(?:[.,]0+)?", re.ASCII)
_YES = frozenset({"oui", "o", "vrai", "true", "yes", "y", "1", "x"})
_NO = frozenset({"non", "n", "faux", "false", "no", "0"})
_ALL = frozenset({"oui", "toutes", "tous", "all"})
_NONE = frozenset({"non", "aucune", "aucun", "none"})


class CellFault(ValueError):  # noqa: N818 - a value on its way to the log, not an error of ours
    """What is wrong with the text of a cell: the kind of problem, and what fills its texts."""

    def __init__(self, code: Code, **fields: object) -> None:
        self.code = code
        self.fields = fields
        super().__init__(code)


def convert(
    table: Table,
    name: str,
    parse: Callable[[str], T],
    *,
    log: ProblemLog,
    empty: T,
    faulty: T | None = None,
    required: bool = False,
) -> list[T]:
    """Return a column as values; an empty cell becomes `empty`, a faulty one `faulty` (`empty`).

    Every faulty cell is noted, and every empty one where the value is `required`.
    """
    cells = table.cells(name)
    values: dict[str, T] = {"": empty}
    faults: dict[str, CellFault] = {}
    if required:
        faults[""] = CellFault(Code.MISSING_VALUE)
    for text in set(cells) - {""}:
        try:
            values[text] = parse(text)
        except CellFault as fault:
            values[text] = empty if faulty is None else faulty
            faults[text] = fault
    if faults:
        for i, text in enumerate(cells):
            if wrong := faults.get(text):
                log.add(wrong.code, table.where(i, name), found=text, **wrong.fields)
    return [values[text] for text in cells]


def parse_number(text: str) -> Decimal:
    """Return a number: ``1 234,5``, ``1234.5``, ``-3``, ``1e-7``; one decimal mark, comma or point.

    Spaces (also the non-breaking and narrow ones) may separate thousands, and nothing else may.
    """
    if _NOT_FINITE.fullmatch(text):
        raise CellFault(Code.NOT_FINITE, value=text)
    match = _NUMBER.fullmatch(text) if len(text) <= 50 else None
    if not match:
        raise CellFault(Code.UNREADABLE_NUMBER, value=text)
    sign, whole, decimals, exponent = match.groups(default="")
    digits = whole if whole.isdigit() else re.sub(rf"[{_SPACES}]", "", whole)
    value = Decimal(f"{sign}{digits}.{decimals or 0}{exponent}")
    if not math.isfinite(float(value)):
        raise CellFault(Code.NOT_FINITE, value=text)
    return value


def number(*, least: float, most: float) -> Callable[[str], float]:
    """Return a parser of numbers from `least` to `most`."""

    def parse(text: str) -> float:
        value = float(parse_number(text))
        if value < 0 <= least:
            raise CellFault(Code.NEGATIVE_NUMBER, value=text)
        if not least <= value <= most:
            raise CellFault(Code.OUT_OF_RANGE, name=text, expected=_limits(least, most))
        return value

    return parse


def whole_number(*, least: int, most: int) -> Callable[[str], int]:
    """Return a parser of whole numbers; ``4,0`` is one."""
    parse_float = number(least=least, most=most)

    def parse(text: str) -> int:
        value = parse_float(text)
        if not value.is_integer():
            raise CellFault(Code.NOT_WHOLE_NUMBER, value=text)
        return int(value)

    return parse


def cents(euros: Decimal) -> int:
    """Return an amount in cents; half a cent goes to the even cent. The one place that rounds."""
    return int((euros * 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def without_currency(text: str) -> str:
    """Return a price without the ``€`` and ``HT`` that may follow the number."""
    return _EURO.sub("", text, count=1)


def price(text: str) -> int:
    """Return a price in cents; ``€`` and ``HT`` may follow the number."""
    try:
        euros = parse_number(without_currency(text))
    except CellFault as fault:
        raise CellFault(fault.code, value=text) from fault
    if euros < 0:
        raise CellFault(Code.NEGATIVE_PRICE, value=text)
    if euros > DEAREST_EUR:
        raise CellFault(Code.OUT_OF_RANGE, name=text, expected=_limits(0, DEAREST_EUR))
    return cents(euros)


def note_ambiguous(table: Table, name: str, log: ProblemLog) -> None:
    """Note the cells of a column of text that may be thousands or decimals: ``1,234``.

    They are ambiguous if every number of the column that has a mark has just three digits after it:
    one ``1,5`` or ``12,25`` in the column tells that the mark is decimal.
    """
    if table.shapes is not None:
        return  # a layer holds typed numbers
    doubtful = {}
    for text in table.text(name).distinct()[0]:
        if "," in text or "." in text:
            doubtful[text] = _LOOKS_LIKE_THOUSANDS.fullmatch(without_currency(text))
            if doubtful[text] is None:
                return
    for i, text in enumerate(table.cells(name) if doubtful else ()):
        if match := doubtful.get(text):
            whole, rest = match.groups()
            large, small = f"{whole}{NO_BREAK}{rest}", f"{whole},{rest}"
            where = table.where(i, name)
            log.add(Code.AMBIGUOUS_NUMBER, where, found=text, value=text, large=large, small=small)


def yes_no(text: str) -> bool:
    """Return whether a cell says yes."""
    folded = fold(text)
    if folded not in _YES | _NO:
        raise CellFault(Code.UNREADABLE_YES_NO, value=text)
    return folded in _YES


def day(text: str) -> date:
    """Return a date written ``2017-10-17`` or ``17/10/2017``."""
    try:
        if iso := _ISO_DAY.fullmatch(text):
            return _plausible(date(*map(int, iso.groups())))
        if french := _FRENCH_DAY.fullmatch(text):
            return _plausible(date(*map(int, reversed(french.groups()))))
    except ValueError as error:
        raise CellFault(Code.BAD_DATE, value=text) from error
    raise CellFault(Code.BAD_DATE, value=text)


def _plausible(value: date) -> date:
    if not FIRST_DAY <= value <= LAST_DAY:
        raise ValueError(value)
    return value


def days(text: str) -> tuple[date, ...]:
    """Return dates joined by ``|``, sorted, each once."""
    return tuple(sorted({day(part) for part in parts_of(text)}))


def parts_of(text: str) -> list[str]:
    """Return the parts of a cell that ``|`` joins, stripped, without empty ones."""
    return [part.strip() for part in text.split(SEPARATOR) if part.strip()]


def periods(count: int | None) -> Callable[[str], frozenset[int]]:
    """Return a parser of periods joined by ``|``, counted from 1 to `count` (None: unknown yet).

    ``oui`` and ``toutes`` are all of them, ``non`` and ``aucune`` none.
    """

    def parse(text: str) -> frozenset[int]:
        if fold(text) in _ALL:
            return frozenset(range(1, (count or 0) + 1))
        if fold(text) in _NONE:
            return frozenset()
        if not parts_of(text):
            raise CellFault(Code.BAD_PERIOD, value=text)
        return frozenset(period(count)(part) for part in parts_of(text))

    return parse


def period(count: int | None) -> Callable[[str], int]:
    """Return a parser of one period, counted from 1 to `count` (None: unknown yet)."""

    def parse(text: str) -> int:
        if not _PERIOD.fullmatch(text):
            raise CellFault(Code.BAD_PERIOD, value=text)
        value = int(re.split("[.,]", text)[0])
        if count is not None and not 1 <= value <= count:
            raise CellFault(Code.PERIOD_OUT_OF_RANGE, period=value, count=count)
        return value

    return parse


def media(text: str) -> frozenset[str]:
    """Return the media of a consent, joined by ``|``; ``tous`` are all of them."""
    found: set[str] = set()
    for part in parts_of(text):
        folded = fold(part)
        if folded == "tous":
            found.update(MEDIA)
        elif folded in MEDIA:
            found.add(folded)
        else:
            hint = did_you_mean(closest(folded, MEDIA))
            raise CellFault(Code.UNKNOWN_MEDIUM, value=part, hint=hint)
    return frozenset(found)


def share(text: str) -> float:
    """Return an agent's share, greater than 0."""
    value = float(parse_number(text))
    if value <= 0:
        raise CellFault(Code.SHARE_NOT_POSITIVE, value=text)
    if value > _LARGEST_SHARE:
        raise CellFault(Code.OUT_OF_RANGE, name=text, expected=_limits(0, _LARGEST_SHARE))
    return value


def opening(text: str) -> str:
    """Return opening hours in OpenStreetMap's syntax, as typed."""
    from opening_hours import validate  # noqa: PLC0415 - compiled, and most files do without

    if len(text) > _LONGEST_OPENING or not validate(text):
        raise CellFault(Code.BAD_OPENING, value=text)
    return text


def identifiers(table: Table, name: str, log: ProblemLog) -> list[str]:
    """Return a column of identifiers; one that cannot be used or was there before becomes empty."""
    first: dict[str, int] = {}
    usable = []
    for i, text in enumerate(table.cells(name)):
        fault = _fault_of_identifier(text)
        if fault is None and text in first:
            fault = CellFault(Code.DUPLICATE_ID, value=text, first=table.rows[first[text]])
        if fault is not None:
            log.add(fault.code, table.where(i, name), found=text, **fault.fields)
        else:
            first[text] = i
        usable.append("" if fault else text)
    return usable


def _fault_of_identifier(text: str) -> CellFault | None:
    if not text:
        return CellFault(Code.EMPTY_ID)
    if SEPARATOR in text or len(text) > LONGEST_ID:
        return CellFault(Code.BAD_ID, value=text)
    return None


def known_among(
    ids: frozenset[str] | None, code: Code, *, value_name: str = "value"
) -> Callable[[str], str]:
    """Return a parser of references to `ids` (None: not known, so everything passes)."""

    def parse(text: str) -> str:
        if ids is not None and text not in ids:
            hint = did_you_mean(closest(text, ids))
            raise CellFault(code, hint=hint, **{value_name: text})
        return text

    return parse


def _limits(least: float, most: float) -> str:
    return f"de {least:g} à {most:g}".replace(".", ",")
