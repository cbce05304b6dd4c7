"""The parts of a payload that the three pages share: zones, periods, places, tour, tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from geo import french
from geo.model import Faces, Maison
from geo.plan import Leg, Stop, TravelSource
from geo.precision import found_positions
from maps.columns import Json, differences, grid, number_column, text_column
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
    (
        "Limites administratives : © IGN (ADMIN EXPRESS). Codes et populations : © INSEE. "
        "Licence Ouverte 2.0."
    ),
    (
        "Fond de carte, avec une connexion : © IGN – Plan IGN v2 (Géoplateforme). Sans connexion, "
        "la carte est complète sur ses seules zones."
    ),
)


def level_name(level: str) -> str:
    """Return what readers call a level of zones."""
    return _LEVELS.get(level, level)


def zones_block(scene: Scene) -> Json:
    """Return the zones as columns, in the order of the campaign; no id is among them."""
    zones, levels = scene.campaign.zones, scene.eligibility.levels
    at = {zone.zone_id: i for i, zone in enumerate(zones)}
    labels = label_points(scene.shapes)
    return {
        "levels": [level_name(level) for level in levels],
        "main": scene.main_level,
        "filter": _filter_zones(scene),
        "name": [zone.name for zone in zones],
        "level": [levels.index(zone.level) for zone in zones],
        "parent": [at.get(zone.parent_id or "", -1) for zone in zones],
        "weight": _weights(scene),
        "shape": [encode_shape(shape) for shape in scene.shapes],
        "lng": grid(labels[:, 0]),
        "lat": grid(labels[:, 1]),
    }


def _filter_zones(scene: Scene) -> list[int]:
    """Return the zones that a reader may choose: coarse before fine, each level by name.

    Neither a level of one zone, which would leave nothing out, nor the finest, which the search
    box is for, unless there is no other.
    """
    zones, levels = scene.campaign.zones, scene.eligibility.levels
    by_level = [[i for i, z in enumerate(zones) if z.level == level] for level in levels]
    coarse = [members for members in by_level[:-1] if len(members) > 1]
    chosen = coarse or [members for members in by_level[-1:] if len(members) > 1]
    return [i for members in chosen for i in sorted(members, key=lambda i: zones[i].name)]


def _weights(scene: Scene) -> list[int]:
    """Return what decides which names come first: the population, else the area in hectares."""
    zones = scene.campaign.zones
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
    """Return the faces of these indices as columns: point, zone at each level, `facts`."""
    inventory = scene.campaign.faces
    return {
        "lng": differences(grid(inventory.lng[faces])),
        "lat": differences(grid(inventory.lat[faces])),
        "zones": [
            [int(z) for z in scene.zone_of_faces(level)[faces]]
            for level in range(len(scene.eligibility.levels))
        ],
        "facts": [fact for fact in facts if _says_something(fact)],
    }


def _says_something(fact: Json) -> bool:
    column = fact["column"]
    return any(value not in ("", None) for value in column.get("d", column.get("v")))


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
        "place": differences([int(i) for i in np.searchsorted(faces, scene.face)]),
        "period": [int(p) for p in scene.period],
        "series": [int(s) for s in series],
    }


def tour_block(scene: Scene, *, with_times: bool) -> Json:
    """Return all Maisons, those that the tour visits numbered, and the line that joins them.

    With times (for the planner): hours, driving times and the ways from and to the depot too.
    """
    tour, maisons = scene.plan.tour, scene.campaign.maisons
    at = {maison.maison_id: i for i, maison in enumerate(maisons)}
    marks = stop_marks(scene)
    stops = {stop.maison_id: stop for stop in tour.stops}
    rules = scene.campaign.tour
    kits = sorted({leg.kit for leg in tour.legs})
    legs = [
        leg
        for leg in tour.legs
        if leg.from_id != leg.to_id and (with_times or {leg.from_id, leg.to_id} <= set(stops))
    ]
    return {
        "name": [maison.name for maison in maisons],
        "city": [maison.city for maison in maisons],
        "lng": grid([maison.lnglat.lng for maison in maisons]),
        "lat": grid([maison.lnglat.lat for maison in maisons]),
        "mark": [marks.get(maison.maison_id, "") for maison in maisons],
        "depot": at.get(rules.depot, -1) if rules and with_times else -1,
        "facts": [
            _venue_facts(maison, stops.get(maison.maison_id), with_times=with_times)
            for maison in maisons
        ],
        "legs": [
            {"from": at[leg.from_id], "to": at[leg.to_id], "kit": kits.index(leg.kit)}
            for leg in legs
        ],
    }


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


def stops_in_order(scene: Scene) -> list[Stop]:
    """Return the stops kit by kit, in the order in which each kit makes them."""
    return sorted(scene.plan.tour.stops, key=lambda stop: (stop.kit, stop.arrive))


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
    at = {maison.maison_id: i for i, maison in enumerate(scene.campaign.maisons)}
    marks = stop_marks(scene)
    stops = stops_in_order(scene)
    maisons = [scene.campaign.maisons[at[stop.maison_id]] for stop in stops]
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
    days = sorted(day for stop in scene.plan.tour.stops for day in stop.open_on)
    return french.span(days[0], days[-1]) if days else ""


def posting_span(scene: Scene) -> str:
    """Return the dates from the first to the last day of posting; empty without a posting."""
    if not len(scene.period):
        return ""
    periods = scene.campaign.periods
    first, last = int(scene.period.min()), int(scene.period.max())
    return french.span(periods.first_day(first), periods.last_day(last))
