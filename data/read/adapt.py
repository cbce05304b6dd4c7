"""A table as it was typed into one that speaks as we do: owners' schemas, defaults, tidy cells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pyarrow.compute as pc

from data.read.cells import FIRST_DAY, LAST_DAY, SEPARATOR, CellFault, parse_number
from data.read.codes import Code
from data.read.headings import MOST_COLUMNS
from data.read.log import ProblemLog
from data.read.messages import quoted
from data.read.osm import expand_panels
from data.read.owners import DAY, OSM, WEEK, OwnerColumn, OwnerSchema, lend, recognise
from data.read.schema import Schema, fold, names_of
from data.read.table import Table
from data.read.text_column import TextColumn
from geo.errors import Where
from geo.model import IntArray

_FIVE_DIGITS = frozenset({"postcode", "insee"})
_SERIAL = re.compile(r"(\d{5})(?:\.0+)?", re.ASCII)
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)[T ]00:00(?::00(?:\.0+)?)?", re.ASCII)
_DAY_ZERO = date(1899, 12, 30)
_SPANS = {DAY: "par jour", WEEK: "par semaine"}
_SIZES = (("width_m", "height_m", 1.0), ("width_cm", "height_cm", 1e-4))


@dataclass(frozen=True, slots=True)
class Given:
    """What the campaign says of its faces: days in a period, and values that no file gives."""

    period_days: int | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)


def adapt(table: Table, schema: Schema, given: Given, log: ProblemLog) -> Table | None:
    """Return a table in our columns and with tidy cells, or None where one is missing.

    Whatever was taken for something else than what is typed is noted.
    """
    owner = recognise([fold(heading) for heading in table.headings], schema.kind)
    if owner is OSM:
        _note_owner(table, owner, {}, log)
        table = expand_panels(table, log)
    elif owner is not None:
        table = _as_owner(table, owner, schema, given=given, log=log)
    for name, value in given.defaults.items():
        if name in names_of(schema) and not table.has(name):
            table = table.with_column(name, TextColumn.of([value]).take(_zeros(len(table))))
            where = Where(table.file, 0, name)
            log.add(Code.DEFAULT_VALUE, where, column=name, value=value, count=len(table))
    missing = [c for c in schema.columns if c.required and not table.has(c.name)]
    for column in missing:
        names = ", ".join(column.names)
        log.add(
            Code.MISSING_COLUMN, Where(table.file, 0, column.name), column=column.name, names=names
        )
    return None if missing else tidy(table, schema, log)


def _zeros(count: int) -> IntArray:
    return np.zeros(count, dtype=np.int64)


def _as_owner(
    table: Table, owner: OwnerSchema, schema: Schema, *, given: Given, log: ProblemLog
) -> Table:
    folded: dict[str, list[int]] = {}
    for i, heading in enumerate(table.headings[:MOST_COLUMNS]):
        folded.setdefault(fold(heading), []).append(i)
    own = {names_of(schema)[heading] for heading in folded if heading in names_of(schema)}
    lent = {name: column for name, (column, _) in lend(owner, folded, own).items()}
    _note_owner(table, owner, lent, log)
    scale = {}
    for name, column in sorted(lent.items()):
        if column.days and given.period_days:
            scale[name] = Fraction(given.period_days, column.days)
            _note_conversion(table, column, given.period_days, log)
    return _with_surface(replace(table, scale=scale), folded)


def _note_owner(
    table: Table, owner: OwnerSchema, lent: Mapping[str, OwnerColumn], log: ProblemLog
) -> None:
    pairs = [f"{quoted(table.heading(name))} → {name}" for name in sorted(lent)]
    said = ", ".join(pairs) or "une face par côté"
    log.add(Code.OWNER_SCHEMA, Where(table.file), schema=owner.title, columns=said)


def _note_conversion(table: Table, column: OwnerColumn, days: int, log: ProblemLog) -> None:
    unit = _SPANS.get(column.days, f"par {column.days} jours")
    fields = {
        "unit": unit,
        "wanted": f"{days} jours, une vague",
        "factor": f"× {Fraction(days, column.days)}",
    }
    heading = table.heading(column.name)
    log.add(Code.CONVERTED_VALUES, Where(table.file, 0, heading), heading=heading, **fields)


def _with_surface(table: Table, folded: Mapping[str, list[int]]) -> Table:
    """Return the table with the surface of panels whose sides are in metres or centimetres."""
    for width, height, to_m2 in _SIZES:
        if width in folded and height in folded and not table.has("surface_m2"):
            sides = (table.columns[folded[width][0]], table.columns[folded[height][0]])
            cells = [_product(w, h, to_m2) for w, h in zip(*sides, strict=True)]
            return table.with_column("surface_m2", cells)
    return table


def _product(width: str, height: str, to_m2: float) -> str:
    try:
        return f"{float(parse_number(width) * parse_number(height)) * to_m2:.4g}"
    except CellFault:
        return ""


def tidy(table: Table, schema: Schema, log: ProblemLog) -> Table:
    """Return a table without what spreadsheets do to codes and dates; all of it is noted."""
    for column in schema.columns:
        if table.has(column.name) and column.holds == "code":
            table = _with_tidy_codes(table, column.name, log)
        elif table.has(column.name) and column.holds == "date":
            table = _with_tidy_days(table, column.name, log)
    return table


def _with_tidy_codes(table: Table, name: str, log: ProblemLog) -> Table:
    """Return ``38185.0`` as ``38185``, unless another cell has decimals that are not zero."""
    column = table.text(name)
    if name in _FIVE_DIGITS:
        _note_short(table, name, column, log)
    is_float = pc.match_substring_regex(column.arrow, r"^\d+\.0+$")
    if not pc.any(is_float).as_py():
        return table
    if pc.any(pc.match_substring_regex(column.arrow, r"^\d+\.\d*[1-9]\d*$")).as_py():
        return table
    rows = np.flatnonzero(is_float.to_numpy(zero_copy_only=False))
    cut = pc.replace_substring_regex(column.arrow, r"^(\d+)\.0+$", r"\1")
    examples = ", ".join(sorted({cut[i].as_py() for i in rows[:1000].tolist()})[:3])
    where = table.where(int(rows[0]), name)
    fields = {"count": len(rows), "example": examples}
    log.add(Code.NUMBER_AS_CODE, where, found=column[int(rows[0])], **fields)
    return table.with_column(name, TextColumn(cut))


def _note_short(table: Table, name: str, column: TextColumn, log: ProblemLog) -> None:
    short = pc.match_substring_regex(column.arrow, r"^\d{4}(\.0+)?$")
    rows = np.flatnonzero(short.to_numpy(zero_copy_only=False))
    if len(rows):
        first = int(rows[0])
        code = column[first][:4]
        fields = {"count": len(rows), "value": code, "likely": f"0{code}"}
        log.add(Code.SHORT_CODE, table.where(first, name), found=column[first], **fields)


def _with_tidy_days(table: Table, name: str, log: ProblemLog) -> Table:
    """Return serial numbers and midnights as days, part by part of a list."""
    cells = table.cells(name)
    tidied = list(cells)
    for i, cell in enumerate(cells):
        if cell and ("00:00" in cell or _SERIAL.search(cell)):
            parts = cell.split(SEPARATOR)
            tidied[i] = SEPARATOR.join(_as_day(part.strip(), table, i, name, log) for part in parts)
    return table if tidied == cells else table.with_column(name, tidied)


def _as_day(part: str, table: Table, i: int, name: str, log: ProblemLog) -> str:
    if midnight := _MIDNIGHT.fullmatch(part):
        return midnight[1]
    serial = _SERIAL.fullmatch(part)
    if serial is None:
        return part
    found = _DAY_ZERO + timedelta(days=int(serial[1]))
    if not FIRST_DAY <= found <= LAST_DAY:
        return part
    shown = f"{found:%d/%m/%Y}"
    log.add(Code.SERIAL_DATE, table.where(i, name), found=part, value=part, day=shown)
    return found.isoformat()
