"""Valhalla: ``/sources_to_targets`` for the matrix, ``/route`` for a line (Valhalla 3)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.roads.answers import by_blocks, by_halves, measure, metres_between, point_of
from data.roads.engine import RoadMatrix
from data.roads.http import Server
from data.roads.polyline import decode_polyline
from geo.crs import LngLat
from geo.model import FloatArray

# Error codes: a location has no road near it, two of them are not connected, there is no path, two
# of them are farther apart than the server's limit.
_NO_ROAD = {171, 170, 442, 154}


@dataclass(frozen=True, slots=True)
class Valhalla:
    """A Valhalla server; `profile` is one of its costings (``auto``, ``truck``)."""

    server: Server
    profile: str = "auto"
    name: str = "Valhalla"

    @property
    def key(self) -> str:
        """Return what the answers depend on besides the points."""
        return f"valhalla/{self.profile}:{self.server.address}"

    def matrix(self, origins: Sequence[LngLat], targets: Sequence[LngLat]) -> RoadMatrix:
        """Return the travel from every origin to every target."""
        return by_blocks(origins, targets, ask=self._block)

    def route(self, origin: LngLat, target: LngLat) -> tuple[LngLat, ...]:
        """Return the line of the road, empty where there is none."""
        answer = self._ask(
            "/route",
            locations=_locations([origin, target]),
            units="kilometers",
            directions_type="none",
        )
        if isinstance(answer, int):
            return ()
        try:
            return decode_polyline(answer["trip"]["legs"][0]["shape"], precision=6)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise self.server.trouble("donne un tracé illisible") from error

    def _block(self, origins: Sequence[LngLat], targets: Sequence[LngLat]) -> RoadMatrix:
        answer = self._ask(
            "/sources_to_targets",
            sources=_locations(origins),
            targets=_locations(targets),
            units="kilometers",
            verbose=True,
        )
        if isinstance(answer, int):  # the whole block is refused for the sake of some points
            return by_halves(origins, targets, ask=self._block)
        try:
            return _matrix(answer, origins, targets)
        except (KeyError, TypeError, ValueError) as error:
            raise self.server.trouble("donne une table de trajets illisible") from error

    def _ask(self, path: str, **body: object) -> dict[str, Any] | int:
        """Return an answer, or Valhalla's number of what keeps it from finding a road."""
        answer = self.server.ask(path, body={"costing": self.profile, **body}, refusals=(400,))
        if not isinstance(answer, dict):
            raise self.server.trouble("ne répond pas comme Valhalla")
        code = answer.get("error_code")
        if code is None:
            return answer
        if isinstance(code, int) and code in _NO_ROAD:
            return code
        raise self.server.trouble(f"refuse la question (Valhalla\u00a0: erreur {str(code)[:10]})")


def _locations(points: Sequence[LngLat]) -> list[dict[str, float]]:
    return [{"lon": round(point.lng, 6), "lat": round(point.lat, 6)} for point in points]


def _matrix(
    answer: dict[str, Any], origins: Sequence[LngLat], targets: Sequence[LngLat]
) -> RoadMatrix:
    """Read rows of cells ``{time, distance}``: seconds and kilometres, null where no road is."""
    drive, metres = (np.full((len(origins), len(targets)), math.nan) for _ in range(2))
    rows = answer["sources_to_targets"]
    for i, row in zip(range(len(origins)), rows, strict=True):
        for j, cell in zip(range(len(targets)), row, strict=True):
            if cell["time"] is not None and cell["distance"] is not None:
                drive[i, j], metres[i, j] = measure(cell["time"]), measure(cell["distance"]) * 1000
    return RoadMatrix(
        drive,
        metres,
        _gaps(origins, answer.get("sources")),
        _gaps(targets, answer.get("targets")),
    )


def _gaps(points: Sequence[LngLat], snapped: object) -> FloatArray:
    """Return how far each point was moved; NaN where the server does not say."""
    if not isinstance(snapped, list) or len(snapped) != len(points):
        return np.full(len(points), math.nan)
    places = [place[0] if isinstance(place, list) and place else place for place in snapped]
    return np.array(
        [
            metres_between(point, point_of([place["lon"], place["lat"]]))
            for point, place in zip(points, places, strict=True)
        ]
    )
