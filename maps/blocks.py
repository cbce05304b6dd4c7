"""The parts of a payload that the three pages share: zones, periods, places, tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from geo import french
from geo.model import Faces, Zone
from geo.precision import found_positions
from maps.columns import Json, grid, number_column, packed, text_column
from maps.geometry import encode_shape, label_points
from maps.scene import IntArray, Scene

_LEVELS = {
    "region": "Région",
    "departement": "Département",
    "arrondissement": "Arrondissement",
    "secteur": "Secteur",
    "territoire": "Territoire",
    "canton": "Canton",
    "epci": "Intercommunalité",
    "commune": "Commune",
}

SOURCES = (
    french.typeset(
        "Limites administratives : © IGN (ADMIN EXPRESS). Codes et populations : © INSEE. "
        "Licence Ouverte 2.0."
    ),
    french.typeset(
        "Fonds de carte, avec une connexion et au choix : © IGN – Plan IGN v2 (Géoplateforme) ; "
        "© les contributeurs d’OpenStreetMap (ODbL, openstreetmap.org/copyright), rendu OSM "
        "France. Sans connexion, la carte est complète sur ses seules zones."
    ),
)


def level_name(level: str) -> str:
    """Return what readers call a level of zones."""
    return _LEVELS.get(level, level)


def words(
    series: str,
    one: str,
    *,
    key: str,
    sample: str = "1",
    counted: tuple[str, str] = ("affichage", "affichages"),
) -> Json:
    """Return what a page calls its series, how its legend explains a face, and what it counts.

    The legend is a sign and words; what is counted comes as one and as several.
    """
    return {
        "series": series,
        "one": one,
        "key": french.typeset(key),
        "sample": sample,
        "counted": list(counted),
    }


def zones_block(scene: Scene) -> Json:
    """Return the zones shown as columns, in the order of the campaign; no id is among them."""
    zones = [scene.campaign.zones[i] for i in scene.zones]
    levels, shapes = scene.eligibility.levels, scene.shapes[list(scene.zones)]
    at = {zone.zone_id: i for i, zone in enumerate(zones)}
    labels = label_points(shapes)
    return {
        "levels": [level_name(level) for level in levels],
        "main": scene.main_level,
        "filter": _filter_zones(scene, zones),
        "name": [zone.name for zone in zones],
        "level": packed([levels.index(zone.level) for zone in zones]),
        "parent": packed([at.get(zone.parent_id or "", -1) for zone in zones]),
        "people": any(zone.population for zone in zones),
        "weight": packed(_weights(zones)),
        "shape": [encode_shape(shape) for shape in shapes],
        "lng": packed(grid(labels[:, 0])),
        "lat": packed(grid(labels[:, 1])),
        "sequences": [
            {"zone": at[zone_id], "periods": sorted(periods)}
            for zone_id, periods in sorted(scene.campaign.sequences.items())
            if zone_id in at
        ],
    }


def _filter_zones(scene: Scene, zones: Sequence[Zone]) -> list[int]:
    """Return the zones that a reader may choose: coarse before fine, each level by name.

    Neither a level of one zone, which would leave nothing out, nor the finest, which the search
    box is for, unless there is no other.
    """
    levels = scene.eligibility.levels
    by_level = [[i for i, z in enumerate(zones) if z.level == level] for level in levels]
    coarse = [members for members in by_level[:-1] if len(members) > 1]
    chosen = coarse or [members for members in by_level[-1:] if len(members) > 1]
    return [i for members in chosen for i in sorted(members, key=lambda i: zones[i].name)]


def _weights(zones: Sequence[Zone]) -> list[int]:
    """Return what decides which names come first: the population, else the area in hectares."""
    if any(zone.population for zone in zones):
        return [zone.population or 0 for zone in zones]
    return [round(zone.area.area / 10_000) for zone in zones]


def periods_block(scene: Scene) -> list[Json]:
    """Return the number, the name and the dates of each period that is shown."""
    periods = scene.campaign.periods
    return [
        {
            "number": n,
            "label": f"Vague{french.NBSP}{n}",
            "dates": french.span(periods.first_day(n), periods.last_day(n)),
        }
        for n in scene.periods()
    ]


def places_block(scene: Scene, faces: IntArray, facts: Sequence[Json]) -> Json:
    """Return the faces of these indices as columns: point, zone at each level, `facts`.

    ``zones`` is null at a level where each face lies in the parent of its zone at the next one.
    """
    inventory = scene.campaign.faces
    shown = np.full(len(scene.campaign.zones) + 1, -1, dtype=np.int64)
    shown[list(scene.zones)] = np.arange(len(scene.zones))
    at = {scene.campaign.zones[i].zone_id: n for n, i in enumerate(scene.zones)}
    parents = [at.get(scene.campaign.zones[i].parent_id or "", -1) for i in scene.zones]
    parent = np.array([*parents, -1], dtype=np.int64)
    levels = range(len(scene.eligibility.levels))
    columns = [shown[scene.zone_of_faces(level)[faces]] for level in levels]
    follows = [bool((parent[finer] == own).all()) for own, finer in pairwise(columns)]
    return {
        "count": len(faces),
        "lng": packed(grid(inventory.lng[faces])),
        "lat": packed(grid(inventory.lat[faces])),
        "zones": [
            None if known else packed(column)
            for column, known in zip(columns, [*follows, False], strict=False)
        ],
        "facts": [fact for fact in facts if _says_something(fact)],
    }


def _says_something(fact: Json) -> bool:
    column = fact["column"]
    return any(value not in ("", None) for value in column.get("d", column.get("v", (1,))))


def text_fact(label: str, values: Iterable[object]) -> Json:
    """Return a column of text about places."""
    return {"label": label, "kind": "text", "column": text_column(map(str, values))}


def position_fact(inventory: Faces, faces: IntArray | None = None) -> list[Json]:
    """Return how well the points of faces are known, if one was found by its address."""
    known = found_positions(inventory)
    ids = inventory.face_id if faces is None else inventory.face_id[faces]
    words = [known[face_id].words if face_id in known else "" for face_id in ids]
    return [text_fact("Emplacement", words)] if any(words) else []


def number_fact(label: str, values: Iterable[float], *, kind: str = "number") -> Json:
    """Return a column of numbers about places; `kind` is ``number`` or ``euros`` (cents)."""
    return {"label": label, "kind": kind, "column": number_column(values)}


def postings_block(scene: Scene, faces: IntArray, series: IntArray) -> Json:
    """Return the postings as columns: place among `faces` (sorted), period, series.

    A period is its place among those that are shown, from 1.
    """
    return {
        "place": packed(np.searchsorted(faces, scene.face)),
        "period": packed(np.searchsorted(scene.periods(), scene.period) + 1),
        "series": packed(series),
    }


def rows_section(
    title: str,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    caption: str,
    targets: tuple[str, Sequence[int]] | None = None,
    numbers: Sequence[int] = (),
    note: str = "",
) -> Json:
    """Return a section that holds a plain table.

    Parameters
    ----------
    targets
        A kind (``zone``, ``venue`` or ``series``) and for each row the index that its first cell
        leads to on the map, -1 for none.
    numbers
        The columns that hold numbers.
    """
    return {
        "kind": "rows",
        "title": french.typeset(title),
        "caption": french.typeset(caption),
        "note": french.typeset(note),
        "head": list(head),
        "numbers": list(numbers),
        "rows": [list(row) for row in rows],
        "target": targets[0] if targets else "",
        "targets": list(targets[1]) if targets else [],
    }


def posting_span(scene: Scene) -> str:
    """Return the dates from the first to the last day of posting; empty without a posting."""
    if not len(scene.period):
        return ""
    periods = scene.campaign.periods
    first, last = int(scene.period.min()), int(scene.period.max())
    return french.span(periods.first_day(first), periods.last_day(last))
