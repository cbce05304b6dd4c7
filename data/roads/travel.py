"""From a campaign to what a routing server says of its roads, and what of that cannot be used."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.roads.answers import metres_between
from data.roads.engine import RoadEngine, RoadMatrix
from data.roads.polyline import thin_line
from geo.errors import RoadsError
from geo.french import NBSP, counted, listed, number, quoted, typeset
from geo.model import Campaign, Maison, TravelRow
from geo.plan import Leg, Shortfall, Tour, TravelSource

NO_ROAD_S = 24 * 3600
"""Stands for a way that has no road: no kit can be driven for a whole day within one."""

FAR_M = 1_000.0
"""A place that lies farther than that from a road is not where the campaign says it is."""

FASTEST_M_PER_S = 130 / 3.6
LINE_TOLERANCE_M = 10.0

_ROUND_EARTH = 0.99  # the sphere is wrong by at most 0.6 % of a distance
_UNEQUAL = 1.5
_UNEQUAL_S = 15 * 60
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class RoadTravel:
    """The rows that a routing server gave, sorted, and what the planner should know of them."""

    rows: tuple[TravelRow, ...]
    remarks: tuple[Shortfall, ...]


def road_travel(campaign: Campaign, engine: RoadEngine) -> RoadTravel:
    """Return the travel between all Maisons that the campaign's own table does not give.

    What is left out of the rows will be estimated: the ways from and to a place that lies more than
    `FAR_M` from any road, or that no road joins with any other, and answers that no road can give
    (shorter than the straight line, faster than 130 km/h). A way without a road gets `NO_ROAD_S`.
    Each of these is named.

    Raises
    ------
    RoadsError
        If the server cannot be asked.
    """
    own = {(row.from_id, row.to_id) for row in campaign.travel}
    ids = sorted(maison.maison_id for maison in campaign.maisons)
    wanted = [(a, b) for a in ids for b in ids if a != b and (a, b) not in own]
    if not wanted:
        return RoadTravel((), ())
    asked = [m for m in campaign.maisons if any(m.maison_id in pair for pair in wanted)]
    points = [maison.lnglat for maison in asked]
    matrix = engine.matrix(points, points)
    sorting = _sort_out(asked, matrix, wanted)
    return RoadTravel(tuple(sorted(sorting.rows)), tuple(sorting.remarks(engine.name)))


def draw_legs(tour: Tour, campaign: Campaign, engine: RoadEngine) -> Tour:
    """Return the tour with the line of the road on each leg whose time is no estimate.

    A line that cannot be had is no reason to do without the tour: it becomes a remark.
    """
    places = {maison.maison_id: maison.lnglat for maison in campaign.maisons}

    def drawn(leg: Leg) -> Leg:
        if leg.source is TravelSource.ESTIMATE or leg.drive_s >= NO_ROAD_S:
            return leg
        line = engine.route(places[leg.from_id], places[leg.to_id])
        return replace(leg, path=thin_line(line, tolerance_m=LINE_TOLERANCE_M))

    try:
        return replace(tour, legs=tuple(map(drawn, tour.legs)))
    except RoadsError as error:
        remark = Shortfall("no-line", "", f"Les trajets sont tracés en ligne droite. {error}")
        return replace(tour, remarks=(*tour.remarks, remark))


@dataclass(frozen=True, slots=True)
class _Sorted:
    """What is used of the answers, and the names of what is not."""

    rows: list[TravelRow]
    far: list[tuple[Maison, float]]
    isolated: list[Maison]
    without_road: list[tuple[Maison, Maison]]
    impossible: list[tuple[Maison, Maison]]
    unequal: list[tuple[Maison, Maison]]

    def remarks(self, engine: str) -> Iterator[Shortfall]:
        """Yield one sentence a kind, with the first names of each."""
        if self.far:
            places = [f"{quoted(m.name)} ({number(gap / 1000, 1)}{NBSP}km)" for m, gap in self.far]
            yield _remark(
                "far-from-road",
                f"{engine} n’a pas de route près de {_some(places)} : les trajets de là et vers là "
                "sont estimés. Vérifier les coordonnées.",
                self.far[0][0],
            )
        if self.isolated:
            places = [quoted(maison.name) for maison in self.isolated]
            yield _remark(
                "isolated-place",
                f"{engine} ne relie {_some(places)} à aucun autre lieu : les trajets de là et vers "
                "là sont estimés. Vérifier les coordonnées, et jusqu’où va la carte du serveur.",
                self.isolated[0],
            )
        if self.without_road:
            yield _remark(
                "no-road",
                f"{engine} ne trouve pas de route {_ways(self.without_road)} : la tournée n’y "
                "passe pas. Donner ces trajets dans la table des trajets s’ils existent.",
                self.without_road[0][1],
            )
        if self.impossible:
            yield _remark(
                "implausible-road",
                f"{engine} donne {_ways(self.impossible)} une route plus courte que la ligne "
                "droite ou plus rapide que 130 km/h : ces trajets sont estimés.",
                self.impossible[0][1],
            )
        if self.unequal:
            yield _remark(
                "unequal-ways",
                f"{engine} donne {_ways(self.unequal)} une durée très différente de celle du "
                "retour : le plan prend chacune dans son sens. Vérifier ces trajets.",
                self.unequal[0][1],
            )


def _sort_out(
    asked: Sequence[Maison], matrix: RoadMatrix, wanted: Sequence[tuple[str, str]]
) -> _Sorted:
    at = {maison.maison_id: i for i, maison in enumerate(asked)}
    gaps = [_largest(*pair) for pair in zip(matrix.origin_gap_m, matrix.target_gap_m, strict=True)]
    far = [(maison, gap) for maison, gap in zip(asked, gaps, strict=True) if gap > FAR_M]
    near = [i for i, gap in enumerate(gaps) if gap <= FAR_M]
    isolated = [asked[i] for i in near if _is_isolated(matrix, i)]
    out = _Sorted([], far, isolated, [], [], [])
    lost = {maison.maison_id for maison in (*(m for m, _ in far), *isolated)}
    for origin_id, target_id in wanted:
        if {origin_id, target_id} & lost:
            continue
        i, j = at[origin_id], at[target_id]
        one, other = asked[i], asked[j]
        straight_m = metres_between(one.lnglat, other.lnglat)
        drive_s, distance_m = float(matrix.drive_s[i, j]), float(matrix.distance_m[i, j])
        if math.isnan(drive_s):
            out.without_road.append((one, other))
            row = TravelRow(origin_id, target_id, NO_ROAD_S, round(straight_m), TravelSource.ROADS)
            out.rows.append(row)
        elif _is_impossible(drive_s, distance_m, straight_m):
            out.impossible.append((one, other))
        else:
            way = (origin_id, target_id, round(drive_s), round(distance_m))
            out.rows.append(TravelRow(*way, TravelSource.ROADS))
            back_s, back_m = float(matrix.drive_s[j, i]), float(matrix.distance_m[j, i])
            if _is_unequal(drive_s, back_s) and not _is_impossible(back_s, back_m, straight_m):
                out.unequal.append((one, other))
    return out


def _is_isolated(matrix: RoadMatrix, place: int) -> bool:
    """Return whether no road leads from a place to another one, nor from another one to it."""
    others = np.arange(len(matrix.drive_s)) != place
    ways = (matrix.drive_s[place, others], matrix.drive_s[others, place])
    return all(bool(np.isnan(way).all()) for way in ways)


def _largest(one: float, other: float) -> float:
    return max((gap for gap in (one, other) if not math.isnan(gap)), default=0.0)


def _is_impossible(drive_s: float, distance_m: float, straight_m: float) -> bool:
    least_m = _ROUND_EARTH * straight_m
    return distance_m < least_m or drive_s < least_m / FASTEST_M_PER_S


def _is_unequal(drive_s: float, back_s: float) -> bool:
    return drive_s > _UNEQUAL * back_s and drive_s > back_s + _UNEQUAL_S


def _ways(pairs: Sequence[tuple[Maison, Maison]]) -> str:
    return _some([f"de {quoted(one.name)} à {quoted(other.name)}" for one, other in pairs])


def _some(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    rest = len(names) - _MOST_NAMED
    if rest <= 0:
        return listed(names)
    return listed([*names[:_MOST_NAMED], counted(rest, "autre", "autres")])


def _remark(code: str, message: str, about: Maison) -> Shortfall:
    return Shortfall(code, about.maison_id, typeset(message))
