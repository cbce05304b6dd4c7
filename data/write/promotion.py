"""Where the posts of each portrait may be promoted on the web: by consent only.

Meta's targeting takes postal codes (``FR:38000``) and points with a radius of 1 to 80 km. The
points are the Maisons of the agent's zones: where the agent works is not told to an advertising
network.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from data.write.sheet import DAY, TEXT, WHOLE, Column, decimal, optional, write_sheet
from geo.consent import consent_days
from geo.french import NBSP
from geo.model import Agent, Campaign, Maison
from geo.targeting import Eligibility

WEB = "web"
NOTE = (
    "Depuis octobre 2025, ce réseau refuse dans l’Union européenne les publicités politiques, "
    "électorales ou portant sur un sujet de société. Faites vérifier le message avant tout achat"
    f"{NBSP}: une campagne institutionnelle peut être refusée."
)
_LEAST_KM, _MOST_KM = 1, 80
_RADIUS_KM = 10  # where the campaign's own distance is 0: everywhere equal
_DECIMALS = 5  # 1 m is more than an advertisement needs


@dataclass(frozen=True, slots=True)
class Place:
    """A place where the posts of one portrait may be promoted: a postal code, or a point."""

    visual: str
    kind: str
    key: str
    name: str
    lat: float | None
    lon: float | None
    radius_km: int | None
    start: date
    end: date
    note: str = NOTE


_PLACE_COLUMNS = (
    Column("visuel_ref", "visual", TEXT),
    Column("type", "kind", TEXT),
    Column("cle", "key", TEXT),
    Column("nom", "name", TEXT),
    Column("lat", "lat", optional(decimal(_DECIMALS))),
    Column("lon", "lon", optional(decimal(_DECIMALS))),
    Column("rayon_km", "radius_km", optional(WHOLE)),
    Column("date_debut", "start", DAY),
    Column("date_fin", "end", DAY),
    Column("avertissement", "note", TEXT),
)


def promotion_places(campaign: Campaign, eligibility: Eligibility) -> tuple[Place, ...]:
    """Return where each portrait that may be on the web can be promoted, sorted.

    Postal codes are those of the faces on which the portrait may be and of the Maisons in its
    zones; points are these Maisons, with the radius in which a face is relevant.
    """
    places: list[Place] = []
    for number, agent in enumerate(campaign.agents):
        days = consent_days(agent, WEB, campaign.periods)
        if days is None:
            continue
        maisons = _maisons_of(campaign, agent)
        faces = np.unique(eligibility.edge_face[eligibility.edge_agent == number])
        codes = {str(campaign.faces.postcode[face]) for face in faces.tolist()}
        codes |= {maison.postcode for maison in maisons}
        visual = agent.portrait_id
        places += [
            Place(visual, "code postal", f"FR:{code}", "", None, None, None, *days)
            for code in sorted(codes)
            if len(code) == 5 and code.isdigit()
        ]
        radius = _radius_km(campaign)
        places += [_point(maison, visual, radius, days) for maison in maisons]
    return tuple(places)


def _point(maison: Maison, visual: str, radius_km: int, days: tuple[date, date]) -> Place:
    lat, lon = round(maison.lnglat.lat, _DECIMALS), round(maison.lnglat.lng, _DECIMALS)
    return Place(visual, "point", maison.maison_id, maison.name, lat, lon, radius_km, *days)


def _maisons_of(campaign: Campaign, agent: Agent) -> list[Maison]:
    """Return the Maisons whose zone is one of the agent's, or lies in one."""
    parents = {zone.zone_id: zone.parent_id for zone in campaign.zones}

    def is_inside(zone_id: str | None) -> bool:
        while zone_id is not None:
            if zone_id in agent.zones:
                return True
            zone_id = parents.get(zone_id)
        return False

    return [maison for maison in campaign.maisons if is_inside(maison.zone_id)]


def _radius_km(campaign: Campaign) -> int:
    told = campaign.matching.distance_km or _RADIUS_KM
    return int(min(max(round(told), _LEAST_KM), _MOST_KM))


def promotion_csv(places: Sequence[Place]) -> bytes:
    """Return one row a place, for people."""
    return write_sheet(_PLACE_COLUMNS, places)


def promotion_json(places: Sequence[Place]) -> bytes:
    """Return ``geo_locations`` of each portrait as the Marketing API of the network takes them."""
    visuals = sorted({place.visual for place in places})
    document = {
        "note": NOTE,
        "visuels": [
            _targeting(visual, [place for place in places if place.visual == visual])
            for visual in visuals
        ],
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _targeting(visual: str, places: Sequence[Place]) -> dict[str, Any]:
    return {
        "visuel_ref": visual,
        "date_debut": places[0].start.isoformat(),
        "date_fin": places[0].end.isoformat(),
        "geo_locations": {
            "zips": [{"key": place.key} for place in places if place.lat is None],
            "custom_locations": [
                {
                    "name": place.name,
                    "latitude": place.lat,
                    "longitude": place.lon,
                    "radius": place.radius_km,
                    "distance_unit": "kilometer",
                }
                for place in places
                if place.lat is not None
            ],
        },
    }
