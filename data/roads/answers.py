"""What the adapters share: numbers out of a server's answer, and tables asked for in blocks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from data.roads.engine import RoadMatrix
from geo.crs import LngLat
from geo.model import FloatArray

BLOCK = 50
"""So many origins by so many targets at once: what public OSRM and Valhalla servers let pass."""

AskBlock = Callable[[Sequence[LngLat], Sequence[LngLat]], RoadMatrix]


def by_blocks(
    origins: Sequence[LngLat], targets: Sequence[LngLat], *, ask: AskBlock, size: int = BLOCK
) -> RoadMatrix:
    """Return the whole matrix, asked for block by block."""
    shape = (len(origins), len(targets))
    drive, metres = np.full(shape, math.nan), np.full(shape, math.nan)
    origin_gap, target_gap = np.full(shape[0], math.nan), np.full(shape[1], math.nan)
    for rows in _slices(shape[0], size):
        for columns in _slices(shape[1], size):
            block = ask(origins[rows], targets[columns])
            drive[rows, columns] = block.drive_s
            metres[rows, columns] = block.distance_m
            origin_gap[rows] = np.fmax(origin_gap[rows], block.origin_gap_m)
            target_gap[columns] = np.fmax(target_gap[columns], block.target_gap_m)
    missing = np.isnan(drive) | np.isnan(metres)
    drive[missing] = metres[missing] = math.nan
    return RoadMatrix(drive, metres, origin_gap, target_gap)


def by_halves(origins: Sequence[LngLat], targets: Sequence[LngLat], *, ask: AskBlock) -> RoadMatrix:
    """Return what is known of a block that was refused: that of its quarters, or nothing of one."""
    largest = max(len(origins), len(targets))
    if largest > 1:
        return by_blocks(origins, targets, ask=ask, size=(largest + 1) // 2)
    return by_blocks(origins, targets, ask=_nothing)


def _nothing(origins: Sequence[LngLat], targets: Sequence[LngLat]) -> RoadMatrix:
    shape = (len(origins), len(targets))
    return RoadMatrix(*(np.full(size, math.nan) for size in (shape, shape, *shape)))


def _slices(n: int, size: int) -> Iterator[slice]:
    return (slice(i, min(i + size, n)) for i in range(0, n, size))


def table_of(rows: object, *, shape: tuple[int, int]) -> FloatArray:
    """Return a table of JSON numbers as an array, null as NaN.

    Raises
    ------
    ValueError
        If it is no such table, or a number is negative or not finite.
    """
    if not isinstance(rows, list) or len(rows) != shape[0]:
        raise ValueError("not as many rows as origins")
    table = np.empty(shape)
    for i, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != shape[1]:
            raise ValueError("not as many columns as targets")
        table[i] = [math.nan if cell is None else measure(cell) for cell in row]
    return table


def measure(value: object) -> float:
    """Return a JSON number that counts seconds or metres.

    Raises
    ------
    ValueError
        If it is none, or negative, or not finite.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"no number: {value!r}")  # noqa: TRY004 - a fault of the server
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"no time and no distance: {value!r}")
    return float(value)


def coordinates(point: LngLat) -> str:
    """Return ``lng,lat`` to 6 decimals, a tenth of a metre."""
    return f"{point.lng:.6f},{point.lat:.6f}"


def metres_between(one: LngLat, other: LngLat) -> float:
    """Return the great-circle distance (haversine; Sinnott 1984), in metres."""
    lat, other_lat = math.radians(one.lat), math.radians(other.lat)
    rise, run = other_lat - lat, math.radians(other.lng - one.lng)
    chord = math.sin(rise / 2) ** 2 + math.cos(lat) * math.cos(other_lat) * math.sin(run / 2) ** 2
    return 2 * 6_371_008.8 * math.asin(math.sqrt(min(1.0, chord)))


def point_of(pair: object) -> LngLat:
    """Return a JSON ``[longitude, latitude]`` as a point.

    Raises
    ------
    ValueError
        If it is none.
    """
    if not isinstance(pair, list) or len(pair) < 2:
        raise ValueError(f"no point: {pair!r}")
    lng, lat = pair[:2]
    for value in (lng, lat):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"no point: {pair!r}")  # noqa: TRY004 - a fault of the server
    if not (-180 <= lng <= 180 and -90 <= lat <= 90):
        raise ValueError(f"no point on Earth: {pair!r}")
    return LngLat(float(lng), float(lat))
