"""A plan as layers of a map: what the GIS team of the planner works with.

Everything about faces is in them, prices too; nothing about the agents but the ids of their
portraits. The layers keep the campaign's projected CRS; `in_degrees` gives them in WGS84.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon

from data.write.order import order_lines
from geo.crs import WGS84, LngLat, reproject_points, reproject_shapes
from geo.french import nearest_minute, nearest_minutes, opening_days
from geo.model import Campaign, FloatArray
from geo.plan import Leg, Plan
from geo.precision import in_french
from geo.targeting import Eligibility

Values = NDArray[Any]

_SOURCES = {"table": "table", "estimate": "estimation"}


@dataclass(frozen=True, slots=True)
class Layer:
    """Shapes ``(n,)`` of one type in one CRS, with columns ``(n,)`` of text, numbers and days.

    `name` is for machines, `title` for people.
    """

    name: str
    title: str
    geometry_type: str
    crs: int
    shapes: NDArray[np.object_]
    columns: Mapping[str, Values]

    def __len__(self) -> int:
        return len(self.shapes)


def in_degrees(layer: Layer) -> Layer:
    """Return the layer in WGS84, longitude first."""
    shapes = reproject_shapes(layer.shapes, source=layer.crs, target=WGS84)
    return replace(layer, crs=WGS84, shapes=shapes)


def plan_layers(campaign: Campaign, *, eligibility: Eligibility, plan: Plan) -> tuple[Layer, ...]:
    """Return the layers of a plan: zones, maisons, faces, postings, tour."""
    return (
        _zones(campaign, eligibility=eligibility, plan=plan),
        _maisons(campaign, plan),
        _faces(campaign, plan),
        _postings(campaign, eligibility=eligibility, plan=plan),
        _tour(campaign, plan),
    )


def _zones(campaign: Campaign, *, eligibility: Eligibility, plan: Plan) -> Layer:
    zones = campaign.zones
    portraits = {agent.agent_id: agent.portrait_id for agent in campaign.agents}
    index = {str(face_id): i for i, face_id in enumerate(campaign.faces.face_id)}
    visuals: dict[int, set[str]] = defaultdict(set)
    count: Counter[int] = Counter()
    for posting in plan.allocation.postings:
        for zone in set(eligibility.face_zone[index[posting.face_id]].tolist()) - {-1}:
            visuals[zone].add(portraits[posting.agent_id])
            count[zone] += 1
    return Layer(
        "zones",
        "Zones",
        "MultiPolygon",
        campaign.crs,
        _shapes([_multi(zone.area) for zone in zones]),
        {
            "zone_id": _texts([zone.zone_id for zone in zones]),
            "nom": _texts([zone.name for zone in zones]),
            "niveau": _texts([zone.level for zone in zones]),
            "zone_parente": _texts([zone.parent_id or "" for zone in zones]),
            "population": _numbers([zone.population for zone in zones]),
            "affichages": np.array([count[i] for i in range(len(zones))], dtype=np.int64),
            "visuels": _texts([", ".join(sorted(visuals[i])) for i in range(len(zones))]),
        },
    )


def _maisons(campaign: Campaign, plan: Plan) -> Layer:
    maisons = campaign.maisons
    days: dict[str, list[date]] = defaultdict(list)
    for stop in plan.tour.stops:
        days[stop.maison_id] += stop.open_on
    return Layer(
        "maisons",
        "Maisons du Département",
        "Point",
        campaign.crs,
        _points(campaign, [maison.lnglat for maison in maisons]),
        {
            "maison_id": _texts([maison.maison_id for maison in maisons]),
            "nom": _texts([maison.name for maison in maisons]),
            "adresse": _texts([maison.address for maison in maisons]),
            "code_postal": _texts([maison.postcode for maison in maisons]),
            "commune": _texts([maison.city for maison in maisons]),
            "zone_id": _texts([maison.zone_id or "" for maison in maisons]),
            "precision": _texts([maison.precision for maison in maisons]),
            "exposition": _texts(
                [opening_days(days[m.maison_id]) if m.maison_id in days else "" for m in maisons]
            ),
        },
    )


def _faces(campaign: Campaign, plan: Plan) -> Layer:
    faces = campaign.faces
    periods: dict[str, list[str]] = defaultdict(list)
    for posting in sorted(plan.allocation.postings):
        periods[posting.face_id].append(str(posting.period))
    ids = [str(face_id) for face_id in faces.face_id]
    lit = {1: "oui", 0: "non"}
    return Layer(
        "faces",
        "Faces de l’inventaire",
        "Point",
        campaign.crs,
        _at(faces.x, faces.y),
        {
            "ref_face": _texts(ids),
            "ref_panneau": _texts(faces.panel_id),
            "afficheur": _texts(faces.operator),
            "format": _texts(faces.format),
            "surface_m2": faces.surface_m2,
            "support": _texts(faces.support),
            "eclaire": _texts([lit.get(int(value), "") for value in faces.lit]),
            "adresse": _texts(faces.address),
            "code_postal": _texts(faces.postcode),
            "commune": _texts(faces.city),
            "code_insee": _texts(faces.insee),
            "orientation": faces.bearing,
            "precision": _texts(map(in_french, faces.precision)),
            "contacts": faces.contacts,
            "prix_espace_ht": faces.price_cents / 100,
            "vagues": _texts([", ".join(periods[face_id]) for face_id in ids]),
            "motif": _texts([plan.allocation.idle.get(face_id, "") for face_id in ids]),
        },
    )


def _postings(campaign: Campaign, *, eligibility: Eligibility, plan: Plan) -> Layer:
    lines = order_lines(campaign, eligibility=eligibility, plan=plan)
    index = {str(face_id): i for i, face_id in enumerate(campaign.faces.face_id)}
    rows = np.array([index[line.face_id] for line in lines], dtype=np.int64)
    faces = campaign.faces
    return Layer(
        "postings",
        "Affichages commandés",
        "Point",
        campaign.crs,
        _at(faces.x[rows], faces.y[rows]),
        {
            "ref_face": _texts([line.face_id for line in lines]),
            "vague": np.array([line.period for line in lines], dtype=np.int64),
            "date_debut": _days([line.start for line in lines]),
            "date_fin": _days([line.end for line in lines]),
            "visuel_ref": _texts([line.visual for line in lines]),
            "afficheur": _texts([line.operator for line in lines]),
            "format": _texts([line.format for line in lines]),
            "commune": _texts([line.city for line in lines]),
            "code_insee": _texts([line.insee for line in lines]),
            "zone": _texts([line.zone for line in lines]),
            "precision": _texts(map(in_french, faces.precision[rows])),
            "contacts": faces.contacts[rows],
            "prix_espace_ht": np.array([line.price_cents for line in lines]) / 100,
            "statut": _texts([line.state for line in lines]),
        },
    )


def _tour(campaign: Campaign, plan: Plan) -> Layer:
    legs = [leg for leg in plan.tour.legs if leg.from_id != leg.to_id]
    places = {maison.maison_id: maison.lnglat for maison in campaign.maisons}
    return Layer(
        "tour",
        "Trajets de l’exposition",
        "LineString",
        campaign.crs,
        _shapes([_line(campaign, leg, places) for leg in legs]),
        {
            "kit": np.array([leg.kit for leg in legs], dtype=np.int64),
            "de": _texts([leg.from_id for leg in legs]),
            "vers": _texts([leg.to_id for leg in legs]),
            "depart": _texts([_shown(leg.depart) for leg in legs]),
            "arrivee": _texts([_shown(leg.arrive) for leg in legs]),
            "duree_min": np.array([nearest_minutes(leg.drive_s) for leg in legs], dtype=np.int64),
            "km": np.array([leg.distance_m / 1000 for leg in legs], dtype=np.float64),
            "a_vide": _texts(["oui" if leg.empty else "non" for leg in legs]),
            "source": _texts([_SOURCES.get(leg.source.value, leg.source.value) for leg in legs]),
            "trace": _texts(["route" if leg.path else "ligne droite" for leg in legs]),
        },
    )


def _shown(when: datetime) -> str:
    return nearest_minute(when).isoformat(timespec="minutes")


def _line(campaign: Campaign, leg: Leg, places: Mapping[str, LngLat]) -> LineString:
    """Return the road of a leg where it is known, else the straight line."""
    path = leg.path if len(leg.path) > 1 else (places[leg.from_id], places[leg.to_id])
    lng, lat = (np.array(axis, dtype=np.float64) for axis in zip(*path, strict=True))
    x, y = reproject_points(lng, lat, source=WGS84, target=campaign.crs)
    return LineString(np.column_stack((x, y)))


def _multi(area: shapely.Polygon | MultiPolygon) -> MultiPolygon:
    return area if isinstance(area, MultiPolygon) else MultiPolygon([area])


def _points(campaign: Campaign, places: Sequence[LngLat]) -> NDArray[np.object_]:
    lng = np.array([place.lng for place in places], dtype=np.float64)
    lat = np.array([place.lat for place in places], dtype=np.float64)
    return _at(*reproject_points(lng, lat, source=WGS84, target=campaign.crs))


def _at(x: FloatArray, y: FloatArray) -> NDArray[np.object_]:
    return np.asarray(shapely.points(np.column_stack((x, y))), dtype=object)


def _shapes(shapes: Sequence[Any]) -> NDArray[np.object_]:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array


def _texts(values: Any) -> Values:  # noqa: ANN401 - a list or a column, of anything
    return np.array([str(value) for value in values], dtype=object)


def _numbers(values: Sequence[float | None]) -> Values:
    return np.array([math.nan if v is None else v for v in values], dtype=np.float64)


def _days(values: Sequence[date]) -> Values:
    return np.array(values, dtype="datetime64[D]")
