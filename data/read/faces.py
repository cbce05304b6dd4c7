"""The inventory of faces, by whole columns: a million rows in a few seconds."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from data.read.cells import note_ambiguous
from data.read.codes import Code
from data.read.columns import order_of, usable_identifiers
from data.read.log import ProblemLog
from data.read.messages import message_for
from data.read.panels import check_panels
from data.read.places import locate
from data.read.points import Points
from data.read.reading import Reject
from data.read.reference import SaidCrs
from data.read.rows import EVERY_PERIOD, Context, FaceRow, Rows
from data.read.table import Table
from data.read.territory import Territory
from geo.errors import Where
from geo.model import BoolArray, Faces, FloatArray, IntArray
from geo.precision import in_french, is_coarser

_TEXTS = ("panel_id", "operator", "format", "support", "address", "postcode", "city", "insee")


@dataclass(frozen=True, slots=True)
class ReadFaces:
    """The faces that can be used, and the rows left out with the ids of their faces.

    `faces` is None where the file cannot be used, `table` where it cannot even be opened.
    """

    faces: Faces | None
    rejects: tuple[Reject, ...]
    left_out: frozenset[str]
    table: Table | None

    def ids(self) -> frozenset[str] | None:
        """Return all ids of the file; None where some may be missing."""
        return None if self.table is None else self.table.ids("face_id")


def read_faces(
    table: Table,
    said: SaidCrs,
    *,
    period_count: int | None,
    territory: Territory | None,
    log: ProblemLog,
    min_precision: str | None = None,
) -> ReadFaces:
    """Return the inventory sorted by id.

    Faces without any contact, faces that are never available, and faces whose point is known less
    well than `min_precision` (`geo.precision`), are left out with a warning.
    """
    rows = Rows(table, FaceRow, Context(period_count=period_count), log)
    has_id = usable_identifiers(table, "face_id", log)
    points = locate(table, said, territory=territory, log=log)
    check_panels(table, points, log)
    rows.distinct("format")
    contacts: FloatArray = rows.array("contacts")
    note_ambiguous(table, "contacts", log)
    note_ambiguous(table, "price_eur", log)
    prices: IntArray = rows.array("price_eur")
    available = _available(rows, period_count or 0)
    reasons = _reasons_to_leave_out(table, contacts, available, log)
    if min_precision is not None:
        reasons |= _too_coarse(table, points, min_precision, log)
    rejects = [
        Reject(table.file, table.rows[i], message_for(code), table.values(i))
        for i, code in sorted(reasons.items())
    ]
    in_use = has_id & points.usable
    in_use[list(reasons)] = False
    kept = order_of(table.text("face_id"), np.flatnonzero(in_use))
    if len(table) and len(reasons) == len(table):
        log.add(Code.NO_USABLE_FACE, Where(table.file))
    return ReadFaces(
        faces=Faces(
            face_id=table.text("face_id").objects()[kept],
            **_texts(table, kept),
            surface_m2=rows.array("surface_m2")[kept],
            bearing=rows.array("bearing")[kept] % 360,
            lit=_lit(rows)[kept],
            **_place(points, kept),
            contacts=_scaled(contacts, table.scale.get("contacts"))[kept],
            price_cents=_scaled_cents(prices, table.scale.get("price_eur"))[kept],
            available=available[kept],
            precision=points.precision[kept],
            position_source=points.source[kept],
            position_score=points.score[kept],
        ),
        rejects=tuple(rejects),
        left_out=frozenset(table.text("face_id")[i] for i in reasons) - {""},
        table=table,
    )


def _scaled(values: FloatArray, factor: Fraction | None) -> FloatArray:
    return values if factor is None else values * factor.numerator / factor.denominator


def _scaled_cents(cents: IntArray, factor: Fraction | None) -> IntArray:
    """Return whole cents; half a cent goes to the even one."""
    if factor is None:
        return cents
    whole, rest = np.divmod(cents * factor.numerator, factor.denominator)
    up = (2 * rest > factor.denominator) | ((2 * rest == factor.denominator) & (whole % 2 == 1))
    rounded: IntArray = whole + up
    return rounded


def _lit(rows: Rows) -> Any:  # noqa: ANN401 - small integers
    read = rows.distinct("lit")
    return np.array(read.values, dtype=np.int8)[read.codes]


def _available(rows: Rows, count: int) -> BoolArray:
    """Return ``(n, count)``; an empty cell means every period."""
    read = rows.distinct("available")
    patterns = [
        [choice == EVERY_PERIOD or t in choice for t in range(1, count + 1)]
        for choice in read.values
    ]
    of_texts = np.array(patterns, dtype=np.bool_).reshape(len(read.values), count)
    available: BoolArray = of_texts[read.codes]
    return available


def _too_coarse(table: Table, points: Points, least: str, log: ProblemLog) -> dict[int, Code]:
    reasons = {}
    for i in np.flatnonzero(is_coarser(points.precision, least)).tolist():
        reasons[i] = Code.LOW_PRECISION
        found = in_french(str(points.precision[i]))
        log.add(Code.LOW_PRECISION, table.where(i, "precision"), found=found)
    return reasons


def _reasons_to_leave_out(
    table: Table, contacts: FloatArray, available: BoolArray, log: ProblemLog
) -> dict[int, Code]:
    reasons = {}
    never = ~available.any(axis=1) if available.shape[1] else np.zeros(len(table), dtype=np.bool_)
    typed = table.text("available")
    for i in np.flatnonzero(never).tolist():
        reasons[i] = Code.NEVER_AVAILABLE
        log.add(Code.NEVER_AVAILABLE, table.where(i, "available"), found=typed[i])
    typed = table.text("contacts")
    for i in np.flatnonzero(contacts == 0).tolist():
        reasons.setdefault(i, Code.ZERO_CONTACTS)
        log.add(Code.ZERO_CONTACTS, table.where(i, "contacts"), found=typed[i])
    return reasons


def _texts(table: Table, kept: IntArray) -> dict[str, Any]:
    return {name: table.text(name).objects()[kept] for name in _TEXTS}


def _place(points: Points, kept: IntArray) -> dict[str, Any]:
    return {name: getattr(points, name)[kept] for name in ("lng", "lat", "x", "y")}
