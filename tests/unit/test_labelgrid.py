"""The grid of labels: GEOS on every point, and no cell of a border missed."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon

from bench.zones import make_points, make_zones
from geo.labelgrid import LabelGrid, build_grid, locate
from geo.model import Area, FloatArray, Zone
from geo.raster import MOST_LABELS, column_of, row_of
from geo.zones import (
    GRID_FROM_POINTS,
    build_tree,
    pairs_by_grid,
    pairs_by_tree,
    pairs_inside,
    zones_of_points,
)

SIDE_M = 86_000.0


def assert_as_geos(areas: list[Area], x: FloatArray, y: FloatArray) -> None:
    by_grid, by_tree = pairs_by_grid(areas, x, y), pairs_by_tree(areas, x, y)
    assert len(by_tree[0]) > 0
    np.testing.assert_array_equal(by_grid[1], by_tree[1])
    np.testing.assert_array_equal(by_grid[0], by_tree[0])


def on_edges(areas: list[Area], rng: np.random.Generator, n: int) -> FloatArray:
    """Points as near to edges as doubles allow, ends and middles among them."""
    rings = shapely.get_rings(shapely.get_parts(areas))
    vertex, ring = shapely.get_coordinates(rings, return_index=True)
    edge = rng.choice(np.flatnonzero(ring[1:] == ring[:-1]), n)
    along = rng.choice([0.0, 0.5, 1.0, 0.25, 1 / 3], n)
    along = np.where(rng.random(n) < 0.5, along, rng.random(n))[:, None]
    return np.asarray(vertex[edge] * (1 - along) + vertex[edge + 1] * along, dtype=np.float64)


def on_cell_borders(grid: LabelGrid, rng: np.random.Generator, n: int) -> FloatArray:
    """Points on the lines and corners of the raster, and one rounding to each side of them."""
    raster = grid.raster
    place = np.column_stack(
        (
            raster.west + rng.integers(0, raster.columns + 1, n) * raster.cell_m,
            raster.south + rng.integers(0, raster.rows + 1, n) * raster.cell_m,
        )
    )
    anywhere = rng.uniform((raster.west, raster.south), (raster.east, raster.north), (n, 2))
    place = np.where(rng.random((n, 2)) < 0.6, place, anywhere)
    step = rng.integers(-1, 2, (n, 2))
    return np.where(step, np.nextafter(place, place + step), place)


def everywhere(areas: list[Area], n: int, *, seed: int = 0) -> tuple[FloatArray, FloatArray]:
    """Points of every kind over the polygons and around them, `n` in all."""
    rng = np.random.default_rng(seed)
    west, south, east, north = shapely.total_bounds(areas).tolist()
    wide, high = 0.05 * (east - west), 0.05 * (north - south)
    each = n // 4
    low, top = (west - wide, south - high), (east + wide, north + high)
    edges = on_edges(areas, rng, each)
    beside = on_edges(areas, rng, n - 3 * each)
    points = np.concatenate(
        (
            rng.uniform(low, top, (each, 2)),
            edges,
            np.nextafter(beside, beside + rng.integers(-1, 2, beside.shape)),
            on_cell_borders(build_grid(areas, n_points=n), rng, each),
        )
    )
    x, y = rng.permutation(points).T
    return x, y


def wedges() -> list[Area]:
    """Slivers a few millimetres wide and 80 km long, in all directions from one point."""
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False) + 0.1
    far = 9e5 + 8e4 * np.column_stack((np.cos(turn), np.sin(turn)))
    aside = 1e-3 * np.column_stack((-np.sin(turn), np.cos(turn)))
    rings = np.stack((np.full_like(far, 9e5), far - aside, far + aside), axis=1)
    return [Polygon(ring) for ring in rings]


def lace() -> list[Area]:
    """Parts, holes, islands in holes, holes that touch the shell, and a vertex many times over."""
    centres = [shapely.Point(7e5 + 9e3 * i, 6.5e6) for i in range(-2, 3)]
    holes = [centre.buffer(4e3).exterior for centre in centres]
    pierced = Polygon(shapely.Point(7e5, 6.5e6).buffer(3e4).exterior, holes)
    area = MultiPolygon([pierced, *(centre.buffer(1e3) for centre in centres)])
    shell = [(7e5, 6.5e6), (7.4e5, 6.5e6), (7.4e5, 6.5e6), (7.4e5, 6.6e6), (7e5, 6.6e6)]
    touching = Polygon(shell, [[(7e5, 6.55e6), (7.2e5, 6.54e6), (7.2e5, 6.56e6)]])
    star = MultiPolygon(
        [
            Polygon([(7e5, 6.52e6), (7e5 + dx, 6.52e6 + dy), (7e5 + 2 * dx, 6.52e6)])
            for dx, dy in ((1e4, 1e4), (-1e4, 3e4))
        ]
    )
    return [area, touching, star]


ZONES = {
    "straight borders": list(make_zones(300, side_m=SIDE_M)),
    "borders that wiggle": list(make_zones(300, side_m=SIDE_M, steps=20)),
    "squares": [shapely.box(i, j, i + 1, j + 1) for i in range(20) for j in range(20)],
    "slivers": wedges(),
    "holes and parts": lace(),
    "levels": [
        shapely.box(0, 0, SIDE_M, SIDE_M),
        *make_zones(6, side_m=SIDE_M, seed=3),
        *make_zones(150, side_m=SIDE_M, seed=4),
    ],
    "far from the origin": [
        shapely.transform(area, lambda c: 1e-3 * c + (9.1e5, 6.5e6))
        for area in make_zones(40, side_m=9.0)
    ],
}


@pytest.mark.parametrize("kind", ZONES)
def test_the_grid_agrees_with_geos_on_points_of_every_kind(kind: str) -> None:
    assert_as_geos(ZONES[kind], *everywhere(ZONES[kind], 20_000))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ZONES)
def test_the_grid_agrees_with_geos_on_two_hundred_thousand_points(kind: str) -> None:
    assert_as_geos(ZONES[kind], *everywhere(ZONES[kind], 200_000, seed=1))


@pytest.mark.parametrize("n_points", [1, 30, 3_000])
def test_the_size_of_the_cells_changes_no_answer(n_points: int) -> None:
    areas = ZONES["levels"]
    x, y = everywhere(areas, 4_000)
    polygon, point, doubtful = locate(build_grid(areas, n_points=n_points), x, y)
    expected = pairs_by_tree(areas, x, y)
    sure = ~np.isin(expected[1], doubtful)
    np.testing.assert_array_equal(point, expected[1][sure])
    np.testing.assert_array_equal(polygon, expected[0][sure])


def test_every_cell_that_an_edge_crosses_is_a_border_cell() -> None:
    """Integers make it exact: the edge passes through these lattice points and no other."""
    areas: list[Area] = [Polygon([(0, 0), (70_001, 1_000), (70_001, 2_000)])]
    grid = build_grid(areas, n_points=100_000)
    ends = shapely.get_coordinates(areas[0])
    for (ax, ay), (bx, by) in pairwise(ends.tolist()):
        along = np.arange(1 << 13) / (1 << 13)
        x, y = ax + along * (bx - ax), ay + along * (by - ay)
        cells = {row_of(grid.raster, q) * grid.raster.columns + column_of(grid.raster, p)
                 for p, q in zip(x.tolist(), y.tolist(), strict=True)}  # fmt: skip
        assert len(cells) > 20
        for cell in sorted(cells):
            start, stop = grid.labels.start[cell : cell + 2]
            assert grid.labels.label[start:stop].tolist() == [0]


@pytest.mark.parametrize("seed", range(5))
def test_an_edge_through_the_corners_of_cells_is_missed_on_neither_side(seed: int) -> None:
    """There the rounding of a column and that of a row disagree on which cell a corner is in."""
    rng = np.random.default_rng(seed)
    for west, south, side in rng.uniform(0.1, 1e3, (20, 3)).tolist():
        low, high, corner = (west, south), (west + side, south + side), (west + side, south)
        areas: list[Area] = [Polygon([low, high, corner]), Polygon([low, high, (west, high[1])])]
        raster = build_grid(areas, n_points=2_000).raster
        step = np.arange(raster.columns + 1) * raster.cell_m
        place = np.repeat(np.column_stack((west + step, south + step)), 9, axis=0)
        towards = np.tile(np.mgrid[-1:2, -1:2].reshape(2, -1).T, (raster.columns + 1, 1))
        x, y = np.where(towards, np.nextafter(place, place + towards), place).T
        polygon, point, doubtful = locate(build_grid(areas, n_points=2_000), x, y)
        by_tree = pairs_by_tree(areas, x, y)
        sure = ~np.isin(by_tree[1], doubtful)
        assert point.tolist() == by_tree[1][sure].tolist()
        assert polygon.tolist() == by_tree[0][sure].tolist()


def test_most_points_of_a_country_need_no_geometry() -> None:
    grid = build_grid(ZONES["straight borders"], n_points=100_000)
    labels = np.diff(grid.labels.start)
    whole = grid.labels.label[grid.labels.start[:-1][labels == 1]] & 1
    assert whole.mean() > 0.8


def test_few_points_are_in_doubt_however_near_to_an_edge() -> None:
    areas = ZONES["borders that wiggle"]
    x, y = make_points(50_000, side_m=SIDE_M).T
    inner = (x > 0) & (x < SIDE_M) & (y > 0) & (y < SIDE_M)
    assert not len(locate(build_grid(areas, n_points=50_000), x[inner], y[inner])[2])


def test_points_in_doubt_come_out_in_their_places() -> None:
    triangle = Polygon([(0, 0), (3, 1), (3, 2)])
    x, y = np.array([2.9, 1.5, 2.0, 9.0, 0.3]), np.array([1.5, 0.5, 1.0, 9.0, 0.1])
    doubtful = locate(build_grid([triangle], n_points=5), x, y)[2]
    assert doubtful.tolist() == [1, 4]  # 0.3 and 0.1 are no third of each other as doubles
    assert_as_geos([triangle, triangle.buffer(1)], x, y)
    assert (
        pairs_by_grid([triangle], x, y)[1].tolist() == pairs_by_tree([triangle], x, y)[1].tolist()
    )


def test_points_that_are_nowhere_are_in_no_polygon() -> None:
    x = np.array([np.nan, 0.5, np.inf, -np.inf, 0.5])
    y = np.array([0.5, np.nan, 0.5, 0.5, 0.5])
    area, point, doubtful = locate(build_grid([shapely.box(0, 0, 1, 1)], n_points=5), x, y)
    assert (area.tolist(), point.tolist(), doubtful.tolist()) == ([0], [4], [])


def test_empty_polygons_hold_nothing() -> None:
    areas: list[Area] = [Polygon(), shapely.box(0, 0, 1, 1), MultiPolygon(), Polygon()]
    area, point = pairs_by_grid(areas, np.array([0.5, 1.0, 2.0]), np.array([0.5, 1.0, 2.0]))
    assert (area.tolist(), point.tolist()) == ([1, 1], [0, 1])
    nothing = pairs_inside([Polygon()], np.zeros(GRID_FROM_POINTS), np.zeros(GRID_FROM_POINTS))
    assert [len(part) for part in nothing] == [0, 0]


@pytest.mark.parametrize(
    ("width", "height"), [(1e-9, 1e-9), (1e-6, 1e6), (1e6, 1e-6), (1e5, 1e5), (2e-9, 3e7)]
)
def test_polygons_of_any_shape_get_a_raster(width: float, height: float) -> None:
    x0, y0 = 9.1e5, 6.5e6
    area = Polygon([(x0, y0), (x0 + width, y0), (x0 + width, y0 + height)])
    assert_as_geos([area], *everywhere([area], 2_000))


@pytest.mark.slow
def test_a_raster_of_many_large_polygons_stays_small() -> None:
    areas: list[Area] = [shapely.box(0, 0, 1e5, 1e5)] * 500
    grid = build_grid(areas, n_points=1_000_000)
    assert len(grid.labels.label) <= MOST_LABELS
    comb = Polygon([(0, 0), *((i + 1, 1e5 * (i % 2)) for i in range(40_000)), (40_002, 0)])
    assert len(build_grid([comb], n_points=10_000_000).slabs.edge) <= 2 * MOST_LABELS


def many_faces() -> tuple[list[Zone], FloatArray, FloatArray]:
    """Zones of two levels, ids in no order, and faces enough for the grid; the last is outside."""
    coarse = [
        Zone(f"s{i}", "", "secteur", None, None, shapely.box(west, -SIDE_M, east, 2 * SIDE_M))
        for i, (west, east) in enumerate([(-SIDE_M, SIDE_M / 2), (SIDE_M / 2, 2 * SIDE_M)])
    ]
    fine = [
        Zone(f"c{(7 * i) % 200:03}", "", "commune", "s0" if i % 3 else None, None, area)
        for i, area in enumerate(make_zones(200, side_m=SIDE_M, steps=4))
    ]
    x, y = everywhere([zone.area for zone in fine], GRID_FROM_POINTS + 5_000)
    x[-1] = 9 * SIDE_M
    return [*fine, *coarse], x, y


def test_zones_are_the_same_above_and_below_the_threshold() -> None:
    zones, x, y = many_faces()
    tree, areas = build_tree(zones), [zone.area for zone in zones]
    half = len(x) // 2
    assert half < GRID_FROM_POINTS <= len(x)
    found = zones_of_points(tree, areas, x, y)
    below = [
        zones_of_points(tree, areas, x[part], y[part])
        for part in np.split(np.arange(len(x)), [half])
    ]
    np.testing.assert_array_equal(found, np.concatenate(below))
    assert found[-1].tolist() == [-1, -1]
    assert (found[:-1, 0] >= 0).all()
    assert 0.5 < (found[:, 1] >= 0).mean() < 1


def test_the_zone_that_comes_first_wins_on_a_border_above_the_threshold() -> None:
    zones, _, _ = many_faces()
    corner = next(
        vertex
        for vertex in shapely.get_coordinates([zone.area for zone in zones])
        if (abs(vertex - SIDE_M / 2) < SIDE_M / 4).all()
    )
    holders = [
        (zone.parent_id is None, zone.zone_id)  # the deeper zone first, then the lower id
        for zone in zones
        if zone.level == "commune" and zone.area.intersects(shapely.Point(corner))
    ]
    x, y = np.tile(corner[:, None], GRID_FROM_POINTS)
    found = zones_of_points(build_tree(zones), [zone.area for zone in zones], x, y)
    assert len(holders) > 1
    assert {zones[i].zone_id for i in found[:, 1].tolist()} == {min(holders)[1]}
