"""What a routing server is to Placarde: how long and how far by road, and along which line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from geo.crs import LngLat
from geo.model import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class RoadMatrix:
    """Travel by road from each origin (row) to each target (column).

    Parameters
    ----------
    drive_s, distance_m
        Seconds and metres, shape ``(n_origins, n_targets)``; both NaN where there is no road.
    origin_gap_m, target_gap_m
        How far each point lies from the road that the server put it on, in metres; NaN where the
        server does not say.
    """

    drive_s: FloatArray
    distance_m: FloatArray
    origin_gap_m: FloatArray
    target_gap_m: FloatArray


class RoadEngine(Protocol):
    """A routing server, or something that answers like one.

    Every method raises `geo.errors.RoadsError` where the server cannot be asked or answers what
    cannot be used.
    """

    @property
    def key(self) -> str:
        """Return what the answers depend on besides the points: engine, profile and address."""

    @property
    def name(self) -> str:
        """Return what people call the engine (``OSRM``)."""

    def matrix(self, origins: Sequence[LngLat], targets: Sequence[LngLat]) -> RoadMatrix:
        """Return the travel from every origin to every target."""

    def route(self, origin: LngLat, target: LngLat) -> tuple[LngLat, ...]:
        """Return the line of the road, empty where there is none."""
