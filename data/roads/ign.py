"""The route service of the Géoplateforme of the IGN: one question a pair, at most 5 a second."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.roads.answers import coordinates, measure, metres_between, point_of
from data.roads.engine import RoadMatrix
from data.roads.http import Server
from geo.crs import LngLat

ADDRESS = "https://data.geopf.fr/navigation"
PACE_S = 0.25
"""Between two questions: the service allows 5 a second and says so by HTTP 429."""


@dataclass(frozen=True, slots=True)
class Ign:
    """The service ``itineraire`` on BD TOPO, by the resource ``bdtopo-osrm``.

    A point off the roads is put on the nearest one without a word, at any distance; the answer
    tells where (`start`, `end`).
    """

    server: Server
    profile: str = "car"
    name: str = "IGN Géoplateforme"
    pace_s: float = PACE_S
    sleep: Callable[[float], None] = time.sleep

    @property
    def key(self) -> str:
        """Return what the answers depend on besides the points."""
        return f"ign/{self.profile}:{self.server.address}"

    def matrix(self, origins: Sequence[LngLat], targets: Sequence[LngLat]) -> RoadMatrix:
        """Return the travel from every origin to every target; nothing is asked about a place."""
        shape = (len(origins), len(targets))
        drive, metres = np.full(shape, math.nan), np.full(shape, math.nan)
        origin_gap, target_gap = np.full(shape[0], math.nan), np.full(shape[1], math.nan)
        for i, origin in enumerate(origins):
            for j, target in enumerate(targets):
                if origin == target:
                    drive[i, j] = metres[i, j] = 0.0
                    continue
                answer = self._ask(origin, target)
                if answer is None:
                    continue
                try:
                    drive[i, j], metres[i, j] = (
                        measure(answer["duration"]),
                        measure(answer["distance"]),
                    )
                    origin_gap[i] = metres_between(origin, _snapped(answer["start"]))
                    target_gap[j] = metres_between(target, _snapped(answer["end"]))
                except (KeyError, TypeError, ValueError) as error:
                    raise self.server.trouble("donne un trajet illisible") from error
        return RoadMatrix(drive, metres, origin_gap, target_gap)

    def route(self, origin: LngLat, target: LngLat) -> tuple[LngLat, ...]:
        """Return the line of the road, empty where there is none."""
        answer = self._ask(origin, target)
        if answer is None:
            return ()
        try:
            return tuple(point_of(pair) for pair in answer["geometry"]["coordinates"])
        except (KeyError, TypeError, ValueError) as error:
            raise self.server.trouble("donne un tracé illisible") from error

    def _ask(self, origin: LngLat, target: LngLat) -> dict[str, Any] | None:
        """Return an answer, or None if the service finds no way."""
        self.sleep(self.pace_s)
        answer = self.server.ask(
            "/itineraire",
            query={
                "resource": "bdtopo-osrm",
                "profile": self.profile,
                "optimization": "fastest",
                "start": coordinates(origin),
                "end": coordinates(target),
                "geometryFormat": "geojson",
                "getSteps": "false",
                "getBbox": "false",
                "distanceUnit": "meter",
                "timeUnit": "second",
            },
            refusals=(404,),
        )
        if not isinstance(answer, dict):
            raise self.server.trouble("ne répond pas comme le service de l’IGN")
        if "duration" not in answer and not {"error", "message"} & answer.keys():
            raise self.server.trouble("donne un trajet sans durée")
        return answer if "duration" in answer else None


def _snapped(text: object) -> LngLat:
    lng, lat = str(text).split(",")
    return point_of([float(lng), float(lat)])
