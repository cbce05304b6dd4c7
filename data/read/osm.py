"""Panels of OpenStreetMap (``advertising=*``) into faces: one for each side, with what is unsure.

The tags are those of the OpenStreetMap wiki: ``support``, ``size``, ``sides``, ``lit``,
``operator``, ``ref``, ``direction``. Contacts and prices are in none of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from data.read.cells import CellFault, parse_number
from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.schema import fold
from data.read.table import Table
from geo.errors import Where

QUALITY = "qualite"
"""Heading of the column that says what is unsure of a face, joined by ``|``."""

UNKNOWN_FORMAT = "non renseigné"
SIDES, SIZE, KIND, LIT, IDENTITY = "côtés", "taille", "type", "éclairage", "identifiant"
_UNSURE = {
    SIDES: "un seul côté est supposé",
    SIZE: "la taille manque",
    KIND: "ce n’est peut-être pas un panneau à affiches",
    LIT: "l’éclairage n’est ni yes ni no",
    IDENTITY: "sans identifiant, la ligne en tient lieu",
}
_FOR_POSTERS = frozenset({"billboard", "poster_box", "column", "board", "screen", "totem"})
_MOST_SIDES = 8
_SIZE = re.compile(r"(\d+(?:[.,]\d+)?)\s*m?\s*[x×*]\s*(\d+(?:[.,]\d+)?)\s*m?", re.IGNORECASE)
_CARDINAL = {
    name: i * 22.5
    for i, name in enumerate(
        "n nne ne ene e ese se sse s ssw sw wsw w wnw nw nnw".split()  # noqa: SIM905 - a compass
    )
}
_KEPT = {"lat": "lat", "lon": "lon", "address": "address", "city": "city", "postcode": "postcode"}
_TAGS = {"address": "addr_full", "city": "addr_city", "postcode": "addr_postcode"}


@dataclass(frozen=True, slots=True)
class _Side:
    """A face made from one side of a panel, and the panel's row in the table."""

    row: int
    cells: Mapping[str, str]


def expand_panels(table: Table, log: ProblemLog) -> Table:
    """Return a table with one row for each side of each panel, under our names of columns."""
    tags = {fold(heading): list(column) for heading, column in _headed(table)}
    sides: list[_Side] = []
    unsure: Counter[str] = Counter()
    for row in range(len(table)):
        panel = {tag: cells[row] for tag, cells in tags.items()}
        made, doubts = _sides(panel, number=table.rows[row])
        unsure.update(doubts)
        sides += [_Side(row, cells) for cells in made]
    if unsure:
        assumed = ", ".join(f"{_UNSURE[doubt]} ({n})" for doubt, n in sorted(unsure.items()))
        log.add(Code.OSM_ASSUMED, Where(table.file), count=len(table), assumed=assumed)
    names = [*(sides[0].cells if sides else ())]
    of = np.array([side.row for side in sides], dtype=np.int64)
    kept = {name: table.cells(name) for name in _KEPT if table.has(name)}
    columns = [[side.cells[name] for side in sides] for name in names]
    for name, cells in kept.items():
        names.append(name)
        columns.append([cells[row] for row in of.tolist()])
    for name, tag in _TAGS.items():
        if name not in names and tag in tags:
            names.append(name)
            columns.append([tags[tag][row] for row in of.tolist()])
    return replace(
        table,
        headings=tuple(names),
        columns=tuple(columns),
        rows=tuple(table.rows[row] for row in of.tolist()),
        position={name: i for i, name in enumerate(names)},
        shapes=None if table.shapes is None else table.shapes[of],
    )


def _headed(table: Table) -> list[tuple[str, list[str]]]:
    return [(h, list(c)) for h, c in zip(table.headings, table.columns, strict=True)]


def _sides(panel: Mapping[str, str], *, number: int) -> tuple[list[dict[str, str]], list[str]]:
    """Return the cells of each side of a panel, and what is unsure of them."""
    doubts = []
    count = _count_of_sides(panel.get("sides", ""))
    if not count:
        doubts.append(SIDES)
    kind, size = panel.get("advertising", ""), panel.get("size", "")
    if not size:
        doubts.append(SIZE)
    if kind not in _FOR_POSTERS:
        doubts.append(KIND)
    lit = {"yes": "oui", "no": "non", "": ""}.get(panel.get("lit", ""))
    if lit is None:
        doubts.append(LIT)
    identity = next((panel[tag] for tag in ("id", "osm_id") if panel.get(tag)), "")
    if not identity:
        doubts.append(IDENTITY)
    name = f"osm-{fold(identity).replace('_', '-') or f'ligne-{number}'}"
    bearing = _bearing(panel.get("direction", ""))
    sides = count or 1
    return [
        {
            "face_id": f"{name}-{side + 1}",
            "panel_id": panel.get("ref") or name,
            "operator": panel.get("operator", ""),
            "format": size or UNKNOWN_FORMAT,
            "surface_m2": _surface(size),
            "support": panel.get("support") or kind,
            "lit": lit or "",
            "bearing": _turned(bearing, side, sides),
            QUALITY: "|".join(doubts),
        }
        for side in range(sides)
    ], doubts


def _count_of_sides(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d", text) and 1 <= int(text) <= _MOST_SIDES else None


def _surface(size: str) -> str:
    """Return square metres from ``4x3`` or ``12``, or nothing."""
    try:
        if sides := _SIZE.fullmatch(size.strip()):
            return str(parse_number(sides[1]) * parse_number(sides[2]))
        return str(parse_number(re.sub(r"\s*m[2²]?$", "", size.strip()))) if size else ""
    except CellFault:
        return ""


def _bearing(direction: str) -> float | None:
    """Return degrees from ``90``, ``SE`` or ``south``, or None."""
    words = {"north": "n", "east": "e", "south": "s", "west": "w"}
    text = direction.strip().casefold()
    if (cardinal := _CARDINAL.get(words.get(text, text))) is not None:
        return cardinal
    degrees = re.fullmatch(r"\d{1,3}(\.\d+)?", text)
    return float(text) % 360 if degrees and float(text) <= 360 else None


def _turned(bearing: float | None, side: int, sides: int) -> str:
    """Return where a side looks: the sides of a panel divide the circle."""
    return "" if bearing is None else f"{(bearing + side * 360 / sides) % 360:g}"
