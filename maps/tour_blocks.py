"""The parts of a payload that tell the tour: places in their order, the line between, dates."""

from __future__ import annotations

import numpy as np
import shapely

from geo import french
from geo.model import Maison
from geo.plan import Leg, Stop, TravelSource
from maps.blocks import rows_section
from maps.columns import Json, grid, letters, packed
from maps.geometry import TOLERANCE_M
from maps.scene import Scene

METRES_A_DEGREE = 111_320


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
        facts.append(["Emplacement", f"connu au niveau{french.NBSP}: {maison.precision}"])
    return facts


def drive_text(leg: Leg) -> str:
    """Return the driving time of a leg, with ``estimation`` where it is one."""
    time = french.duration(leg.drive_s)
    distance = f"{french.number(leg.distance_m / 1000)}{french.NBSP}km"
    estimate = " (estimation)" if leg.source is TravelSource.ESTIMATE else ""
    return f"{time}, {distance}{estimate}"


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
