"""Zones of any number from a seed, and faces among them.

The zones are the Voronoi cells of random seeds in a square, so that they cover it and neighbours
share their borders vertex by vertex. A border is straight, or wiggles as a river does: every vertex
moves towards one of the two seeds by less than a third of the way. The triangles between a border
and its two seeds do not overlap, so that no two wiggles cross.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import Voronoi

from geo.model import FloatArray, IntArray

BEND = 4
"""Steps along a border in which a wiggle stays on one side."""

REACH = 0.3
"""How far a wiggle goes from the border to the seed at the most."""


def make_zones(
    n_zones: int, *, side_m: float, steps: int = 1, seed: int = 0
) -> NDArray[np.object_]:
    """Return polygons that fill a square with its corner at 0, 0; its sides may wiggle too.

    Parameters
    ----------
    n_zones
        How many.
    side_m
        Side of the square.
    steps
        Pieces of one border: 1 for straight ones, about 6 vertices a zone; 20 for about 120.
    seed
        The same arguments give the same zones.
    """
    rng = np.random.default_rng(seed)
    seeds = rng.uniform(0, side_m, (n_zones, 2))
    cells = Voronoi(_mirrored(seeds, side_m, 8 * side_m / n_zones**0.5))
    ends = np.array(cells.ridge_vertices, dtype=np.int64)
    sides = cells.ridge_points.astype(np.int64)
    kept = (sides < n_zones).any(axis=1)
    ends, sides = ends[kept], sides[kept]
    lines = _borders(rng, cells.vertices[ends], cells.points[sides], steps)
    return _cells(lines, sides, cells.points[:n_zones])


def make_points(n_points: int, *, side_m: float, seed: int = 0) -> FloatArray:
    """Return faces in the square, seven of ten around towns, shape ``(n_points, 2)``."""
    rng = np.random.default_rng(seed)
    n_towns = max(12, round(13 * (side_m / 86_000) ** 2))
    towns = rng.uniform(0, side_m, (n_towns, 2))
    weight = np.arange(1, n_towns + 1) ** -0.8
    near = rng.choice(n_towns, n_points, p=weight / weight.sum())
    around = towns[near] + 3_000 * rng.standard_normal((n_points, 2))
    anywhere = rng.uniform(0, side_m, (n_points, 2))
    points = np.where(rng.random(n_points)[:, None] < 0.7, around, anywhere)
    return np.clip(points, 0, side_m)


def _mirrored(seeds: FloatArray, side_m: float, margin_m: float) -> FloatArray:
    """Return the seeds and, mirrored in each side of the square, those near it.

    The side is then a border between a seed and its mirror image, and no cell is open.
    """
    images = [seeds]
    for axis in (0, 1):
        for side in (0.0, side_m):
            image = seeds[np.abs(seeds[:, axis] - side) < margin_m].copy()
            image[:, axis] = 2 * side - image[:, axis]
            images.append(image)
    return np.concatenate(images)


def _borders(
    rng: np.random.Generator, ends: FloatArray, seeds: FloatArray, steps: int
) -> FloatArray:
    """Return the line of each border from end to end, shape ``(n_borders, steps + 1, 2)``."""
    along = np.arange(steps + 1)[None, :, None] / steps
    line = ends[:, None, 0] * (1 - along) + ends[:, None, 1] * along
    shift = rng.uniform(0.1 * REACH, REACH, (len(ends), steps + 1))
    shift[:, ::BEND] = 0.0  # a wiggle changes sides on the straight line only
    shift[:, -1] = 0.0
    side = np.repeat(rng.integers(0, 2, (len(ends), steps // BEND + 1)), BEND, axis=1)
    towards = np.take_along_axis(seeds, side[:, : steps + 1, None], axis=1)
    return line + shift[:, :, None] * (towards - line)


def _cells(lines: FloatArray, sides: IntArray, seeds: FloatArray) -> NDArray[np.object_]:
    """Return the polygon of each seed: its borders one after the other, counter-clockwise."""
    cell = sides.T.ravel()
    border = np.tile(np.arange(len(lines)), 2)[cell < len(seeds)]
    cell = cell[cell < len(seeds)]
    first, last = lines[border, 0] - seeds[cell], lines[border, -1] - seeds[cell]
    around = np.arctan2(*(first + last).T[::-1])
    order = np.lexsort((around, cell))
    forward = first[:, 0] * last[:, 1] > first[:, 1] * last[:, 0]
    pieces = lines[border]
    pieces[~forward] = pieces[~forward, ::-1]
    vertices = pieces[order, :-1].reshape(-1, 2)
    ring = np.repeat(cell[order], lines.shape[1] - 1)
    return np.asarray(shapely.polygons(shapely.linearrings(vertices, indices=ring)), dtype=object)
