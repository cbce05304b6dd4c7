"""The parts of a payload that the three pages share: zones, periods, places, tour, tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import shapely

from geo import french
from geo.model import Faces, Maison, Zone
from geo.plan import Leg, Stop, TravelSource
from geo.precision import found_positions
from maps.columns import Json, grid, letters, number_column, packed, text_column
from maps.geometry import TOLERANCE_M, encode_shape, label_points
from maps.scene import IntArray, Scene

METRES_A_DEGREE = 111_320

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
    (
        "Limites administratives : © IGN (ADMIN EXPRESS). Codes et populations : © INSEE. "
        "Licence Ouverte 2.0."
    ),
    (
        "Fonds de carte, avec une connexion et au choix : © IGN – Plan IGN v2 (Géoplateforme) ; "
        "© les contributeurs d’OpenStreetMap (ODbL), rendu OSM France. Sans connexion, la carte "
        "est complète sur ses seules zones."
    ),
)


def level_name(level: str) -> str:
    """Return what readers call a level of zones."""
    return _LEVELS.get(level, level)


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
    """Return the name and the dates of each period."""
    periods = scene.campaign.periods
    return [
        {
            "label": f"Vague{french.NBSP}{n}",
            "dates": french.span(periods.first_day(n), periods.last_day(n)),
        }
        for n in periods.numbers()
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
    """Return the postings as columns: place among `faces` (sorted), period, series."""
    return {
        "place": packed(np.searchsorted(faces, scene.face)),
        "period": packed(scene.period),
        "series": packed(series),
    }


def tour_block(scene: Scene, *, with_times: bool) -> Json:
    """Return the Maisons shown, those that the tour visits numbered, and the line that joins them.

    With times (for the planner): hours, driving times and the ways from and to the depot too. A leg
    whose road is known holds its line; the others are drawn as arcs.
    """
    maisons = [scene.campaign.maisons[i] for i in scene.venues]
    at = {maison.maison_id: i for i, maison in enumerate(maisons)}
    marks = stop_marks(scene)
    stops = {stop.maison_id: stop for stop in scene.stops()}
    rules = scene.campaign.tour
    return {
        "name": [maison.name for maison in maisons],
        "city": [maison.city for maison in maisons],
        "lng": packed(grid([maison.lnglat.lng for maison in maisons])),
        "lat": packed(grid([maison.lnglat.lat for maison in maisons])),
        "mark": [marks.get(maison.maison_id, "") for maison in maisons],
        "depot": at.get(rules.depot, -1) if rules and with_times else -1,
        "facts": [
            _venue_facts(maison, stops.get(maison.maison_id), with_times=with_times)
            for maison in maisons
        ],
        "legs": _legs(scene, at, among=set(at) if with_times else set(stops)),
    }


def _legs(scene: Scene, at: dict[str, int], *, among: set[str]) -> list[Json]:
    kits = sorted({leg.kit for leg in scene.plan.tour.legs})
    legs = []
    for leg in scene.plan.tour.legs:
        if leg.empty or leg.from_id == leg.to_id or not {leg.from_id, leg.to_id} <= among:
            continue
        drawn: Json = {"from": at[leg.from_id], "to": at[leg.to_id], "kit": kits.index(leg.kit)}
        if len(leg.path) > 1:
            drawn["line"] = _line(leg)
        legs.append(drawn)
    return legs


def _line(leg: Leg) -> str:
    """Return the road of a leg as an encoded polyline, as fine as the borders of the zones."""
    points = np.array([(point.lng, point.lat) for point in leg.path])
    tolerance = TOLERANCE_M / METRES_A_DEGREE
    thin = shapely.get_coordinates(shapely.simplify(shapely.LineString(points), tolerance))
    whole = grid(thin[:, ::-1].ravel()).reshape(-1, 2)
    return letters(np.diff(whole, axis=0, prepend=np.zeros((1, 2), dtype=np.int64)).ravel())


def stop_marks(scene: Scene) -> dict[str, str]:
    """Return the number of each stop by Maison: ``1``, ``2`` …, or ``A1``, ``B1`` … by kit."""
    kits = sorted({stop.kit for stop in scene.plan.tour.stops})
    marks: dict[str, str] = {}
    for rank, kit in enumerate(kits):
        letter = chr(ord("A") + rank % 26) if len(kits) > 1 else ""
        own = sorted((s for s in scene.plan.tour.stops if s.kit == kit), key=lambda s: s.arrive)
        marks |= {stop.maison_id: f"{letter}{i}" for i, stop in enumerate(own, start=1)}
    return marks


def _venue_facts(maison: Maison, stop: Stop | None, *, with_times: bool) -> list[list[str]]:
    address = " ".join(part for part in (maison.address, maison.postcode, maison.city) if part)
    facts = [["Ville", address if maison.address else maison.city]]
    if stop is not None:
        facts.append(["Exposition", french.opening_days(stop.open_on)])
    if with_times and stop is not None:
        facts.append(["Arrivée", french.moment(stop.arrive)])
        facts.append(["Départ", french.moment(stop.leave)])
    if maison.precision:
        facts.append(["Emplacement", f"connu au niveau : {maison.precision}"])
    return facts


def drive_text(leg: Leg) -> str:
    """Return the driving time of a leg, with ``estimation`` where it is one."""
    time = french.duration(leg.drive_s)
    distance = f"{french.number(leg.distance_m / 1000)}{french.NBSP}km"
    estimate = " (estimation)" if leg.source is TravelSource.ESTIMATE else ""
    return f"{time}, {distance}{estimate}"


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
        "title": title,
        "caption": caption,
        "note": note,
        "head": list(head),
        "numbers": list(numbers),
        "rows": [list(row) for row in rows],
        "target": targets[0] if targets else "",
        "targets": list(targets[1]) if targets else [],
    }


def tour_section(scene: Scene) -> Json:
    """Return the dates of the exhibition as a table: no hours, no driving times."""
    venues = [scene.campaign.maisons[i] for i in scene.venues]
    at = {maison.maison_id: i for i, maison in enumerate(venues)}
    marks = stop_marks(scene)
    stops = scene.stops()
    maisons = [venues[at[stop.maison_id]] for stop in stops]
    return rows_section(
        "L’exposition itinérante",
        ("Étape", "Maison", "Ville", "Jours d’ouverture"),
        [
            (marks[s.maison_id], m.name, m.city, french.opening_days(s.open_on))
            for s, m in zip(stops, maisons, strict=True)
        ],
        caption="Étapes de l’exposition, dans l’ordre",
        targets=("venue", [at[stop.maison_id] for stop in stops]),
        note="" if stops else "Aucune étape n’est prévue.",
    )


def tour_span(scene: Scene) -> str:
    """Return e.g. ``du 17 octobre au 9 novembre 2017``; empty without a stop."""
    days = sorted(day for stop in scene.stops() for day in stop.open_on)
    return french.span(days[0], days[-1]) if days else ""


def posting_span(scene: Scene) -> str:
    """Return the dates from the first to the last day of posting; empty without a posting."""
    if not len(scene.period):
        return ""
    periods = scene.campaign.periods
    first, last = int(scene.period.min()), int(scene.period.max())
    return french.span(periods.first_day(first), periods.last_day(last))
