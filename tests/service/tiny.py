"""The tiny campaign of `tests.builders` as the files of a folder."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence

import numpy as np
import shapely

from data.write.campaign_copy import faces_csv
from geo.crs import LAMBERT_93, WGS84, reproject_points
from geo.model import Campaign, Zone
from tests.builders import tiny_campaign

TINY_TOML = """\
[campaign]
name = "Carré"
start = 2017-10-17
periods = 2
period_days = 7
seed = 0

[files]
zones = "zones.geojson"
maisons = "maisons.csv"
agents = "agents.csv"
faces = "inventaire.csv"

[matching]
budget_eur = 2000
spacing_m = 500
min_faces = 2

[tour]
start = 2017-10-17
end = 2017-11-17
depot = "m1"
"""

PORTRAIT = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 5"><circle r="1"/></svg>\n'


def tiny_files(campaign: Campaign | None = None) -> dict[str, bytes]:
    """Return the folder of the tiny campaign: 7 zones, 4 Maisons, 4 agents, 64 faces, 4 portraits.

    The agents have names (``Nom Secret A1``…) and consents for posters until the end of 2018.
    """
    made = campaign or tiny_campaign()
    return {
        "campaign.toml": TINY_TOML.encode(),
        "zones.geojson": zones_geojson(made.zones),
        "maisons.csv": _csv(
            ("maison_id", "name", "city", "lat", "lon", "zone_id"),
            (
                (
                    m.maison_id,
                    m.name,
                    m.city,
                    f"{m.lnglat.lat:.6f}",
                    f"{m.lnglat.lng:.6f}",
                    m.zone_id,
                )
                for m in made.maisons
                if m.zone_id
            ),
        ),
        "agents.csv": _csv(
            (
                "agent_id",
                "portrait_id",
                "job",
                "name",
                "zones",
                "workplace_lat",
                "workplace_lon",
                "consent_media",
                "consent_until",
            ),
            (
                (
                    agent.agent_id,
                    agent.portrait_id,
                    agent.job,
                    f"Nom Secret {agent.agent_id}",
                    "|".join(agent.zones),
                    f"{agent.workplace.lat:.6f}",
                    f"{agent.workplace.lng:.6f}",
                    "affichage|exposition",
                    "2018-12-31",
                )
                for agent in made.agents
                if agent.workplace
            ),
        ),
        "inventaire.csv": faces_csv(made.faces),
        **{f"portraits/{agent.portrait_id}.svg": PORTRAIT for agent in made.agents},
    }


def zones_geojson(zones: Iterable[Zone]) -> bytes:
    """Return zones as GeoJSON in WGS84, 7 decimals."""
    features = [
        {
            "type": "Feature",
            "properties": {
                "zone_id": zone.zone_id,
                "name": zone.name,
                "level": zone.level,
                "parent_id": zone.parent_id or "",
                "population": zone.population,
            },
            "geometry": json.loads(shapely.to_geojson(_in_degrees(zone.area))),
        }
        for zone in zones
    ]
    document = {"type": "FeatureCollection", "features": features}
    return json.dumps(document, ensure_ascii=False).encode()


def _in_degrees(area: shapely.Geometry) -> shapely.Geometry:
    def degrees(xy: np.ndarray) -> np.ndarray:
        lng, lat = reproject_points(xy[:, 0], xy[:, 1], source=LAMBERT_93, target=WGS84)
        return np.round(np.column_stack([lng, lat]), 7)

    return shapely.transform(area, degrees)


def _csv(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\n").writerows([heading, *rows])
    return text.getvalue().encode()
