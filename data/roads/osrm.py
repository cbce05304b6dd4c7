"""OSRM: ``/table`` for the matrix, ``/route`` for a line (HTTP API v1, OSRM 5.17 and later)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.roads.answers import by_blocks, by_halves, coordinates, metres_between, point_of, table_of
from data.roads.engine import RoadMatrix
from data.roads.http import Server
from data.roads.polyline import decode_polyline
from geo.crs import LngLat
from geo.model import FloatArray

_NO_ROAD = {"NoRoute", "NoSegment"}


@dataclass(frozen=True, slots=True)
class Osrm:
    """An OSRM server; `profile` is a part of its addresses (``driving``)."""

    server: Server
    profile: str = "driving"
    name: str = "OSRM"

    @property
    def key(self) -> str:
        """Return what the answers depend on besides the points."""
        return f"osrm/{self.profile}:{self.server.address}"

    def matrix(self, origins: Sequence[LngLat], targets: Sequence[LngLat]) -> RoadMatrix:
        """Return the travel from every origin to every target."""
        return by_blocks(origins, targets, ask=self._block)

    def route(self, origin: LngLat, target: LngLat) -> tuple[LngLat, ...]:
        """Return the line of the road, empty where there is none."""
        answer = self._ask("route", [origin, target], overview="full", geometries="polyline")
        if answer is None:
            return ()
        try:
            return decode_polyline(answer["routes"][0]["geometry"], precision=5)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise self.server.trouble("donne un tracé illisible") from error

    def _block(self, origins: Sequence[LngLat], targets: Sequence[LngLat]) -> RoadMatrix:
        shape = (len(origins), len(targets))
        answer = self._ask(
            "table",
            [*origins, *targets],
            annotations="duration,distance",
            sources=";".join(map(str, range(shape[0]))),
            destinations=";".join(str(shape[0] + i) for i in range(shape[1])),
        )
        if answer is None:  # the whole block is refused for the sake of some points
            return by_halves(origins, targets, ask=self._block)
        try:
            return RoadMatrix(
                table_of(answer["durations"], shape=shape),
                table_of(answer["distances"], shape=shape),
                _gaps(origins, answer["sources"]),
                _gaps(targets, answer["destinations"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise self.server.trouble("donne une table de trajets illisible") from error

    def _ask(self, service: str, points: Sequence[LngLat], **query: str) -> dict[str, Any] | None:
        """Return an answer, or None if OSRM knows no road there."""
        answer = self.server.ask(
            f"/{service}/v1/{self.profile}/{';'.join(map(coordinates, points))}",
            query={**query, "generate_hints": "false"},
            refusals=(400,),
        )
        code = answer.get("code") if isinstance(answer, dict) else None
        if isinstance(answer, dict) and code == "Ok":
            return answer
        if code in _NO_ROAD:
            return None
        raise self.server.trouble(f"refuse la question (OSRM\u00a0: {str(code)[:40]})")


def _gaps(points: Sequence[LngLat], snapped: object) -> FloatArray:
    if not isinstance(snapped, list) or len(snapped) != len(points):
        raise ValueError("not a waypoint for each point")
    return np.array(
        [
            metres_between(point, point_of(waypoint["location"]))
            for point, waypoint in zip(points, snapped, strict=True)
        ]
    )
