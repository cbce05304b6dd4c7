"""A plan as features: its postings, and the stops and drives of its tour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from app.service.features.collections import LEGS, POSTINGS, STOPS, TOUR
from app.service.features.intervals import Interval, days, local
from data.plan_features import Place, PlanFeatures
from geo.order import OrderLine
from geo.plan import Leg, Stop


@dataclass(frozen=True, slots=True)
class Layer:
    """Features in the order in which they are listed; every part has shape ``(n,)``.

    `shapes` are in WGS84; None where a place is not known.
    """

    ids: Sequence[str]
    properties: Sequence[dict[str, Any]]
    shapes: Any
    intervals: Sequence[Interval]


@dataclass(frozen=True, slots=True)
class PlanLayers:
    """The layers of a plan, by the ids of their collections."""

    by_id: Mapping[str, Layer]

    def __len__(self) -> int:
        return sum(len(layer.ids) for layer in self.by_id.values())


_Part = tuple[str, dict[str, Any], Any, Interval]


def plan_layers(features: PlanFeatures, *, withdrawn: Collection[str]) -> PlanLayers:
    """Return the layers of a plan, without the postings of some agents."""
    postings = (_posting(line) for line, agent in features.postings if agent not in withdrawn)
    return _layers(postings, tuple(_stops(features)), tuple(_legs(features)))


def no_layers() -> PlanLayers:
    """Return the layers of a campaign without a plan."""
    return _layers((), (), ())


def _layers(postings: Iterable[_Part], stops: Sequence[_Part], legs: Sequence[_Part]) -> PlanLayers:
    return PlanLayers(
        {
            POSTINGS.collection_id: _layer(postings),
            TOUR.collection_id: _layer((*stops, *legs)),
            STOPS.collection_id: _layer(stops),
            LEGS.collection_id: _layer(legs),
        }
    )


def _layer(parts: Iterable[_Part]) -> Layer:
    listed = list(parts)
    shapes = np.empty(len(listed), dtype=object)
    shapes[:] = [part[2] for part in listed]
    return Layer(
        [part[0] for part in listed],
        [part[1] for part in listed],
        shapes,
        [part[3] for part in listed],
    )


def _posting(line: OrderLine) -> _Part:
    properties = {
        "face_id": line.face_id,
        "period": line.period,
        "starts": line.start.isoformat(),
        "ends": line.end.isoformat(),
        "portrait_id": line.visual,
        "state": line.state,
        "zone": line.zone or None,
        "operator": line.operator or None,
        "format": line.format or None,
        "surface_m2": line.surface_m2,
        "support": line.support or None,
        "lit": line.lit,
        "address": line.address or None,
        "city": line.city or None,
        "insee": line.insee or None,
        "price_eur": line.price_cents / 100,
    }
    feature_id = f"{line.face_id}~{line.period}"
    return feature_id, properties, shapely.Point(line.lon, line.lat), days(line.start, line.end)


def _stops(features: PlanFeatures) -> Iterable[_Part]:
    count: Counter[int] = Counter()
    for stop in features.stops:
        count[stop.kit] += 1
        place = features.places.get(stop.maison_id)
        properties = _of_stop(stop, place)
        interval = Interval(local(stop.arrive), local(stop.leave))
        point = None if place is None else shapely.Point(*place.lnglat)
        yield f"stop~{stop.kit}~{count[stop.kit]}", properties, point, interval


def _legs(features: PlanFeatures) -> Iterable[_Part]:
    count: Counter[int] = Counter()
    for leg in features.legs:
        count[leg.kit] += 1
        interval = Interval(local(leg.depart), local(leg.arrive))
        yield f"leg~{leg.kit}~{count[leg.kit]}", _of_leg(leg), _line(leg, features), interval


def _of_stop(stop: Stop, place: Place | None) -> dict[str, Any]:
    return _of_tour(
        kind="stop",
        kit=stop.kit,
        begins=local(stop.arrive).isoformat(),
        ends=local(stop.leave).isoformat(),
        maison_id=stop.maison_id,
        name=place.name if place else None,
        city=place.city or None if place else None,
        open_on="|".join(day.isoformat() for day in stop.open_on),
    )


def _of_leg(leg: Leg) -> dict[str, Any]:
    return _of_tour(
        kind="leg",
        kit=leg.kit,
        begins=local(leg.depart).isoformat(),
        ends=local(leg.arrive).isoformat(),
        from_id=leg.from_id,
        to_id=leg.to_id,
        drive_min=round(leg.drive_s / 60, 1),
        km=leg.distance_m / 1000,
        source=leg.source.value,
        is_empty=leg.empty,
    )


_TOUR = (
    "kind", "kit", "begins", "ends", "maison_id", "name", "city", "open_on", "from_id", "to_id",
    "drive_min", "km", "source", "is_empty",
)  # fmt: skip


def _of_tour(**known: Any) -> dict[str, Any]:  # noqa: ANN401 -- values of any property
    return {name: known.get(name) for name in _TOUR}


def _line(leg: Leg, features: PlanFeatures) -> shapely.LineString | None:
    """Return the road of a leg where it is known, else the straight line."""
    ends = [features.places.get(place_id) for place_id in (leg.from_id, leg.to_id)]
    points = [place.lnglat for place in ends if place is not None]
    path = leg.path if len(leg.path) > 1 else points
    return shapely.LineString(path) if len(path) > 1 else None
