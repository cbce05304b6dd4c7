"""The grid of labels against GEOS on generated polygons, most of them degenerate somewhere."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from geo.labelgrid import build_grid, locate
from geo.model import Area, FloatArray
from geo.zones import pairs_by_grid, pairs_by_tree

FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MANY = settings(FEW, max_examples=600)

LATTICE = st.integers(0, 8).map(float)
# Below, products underflow, and GEOS does not agree with itself.
ANY = st.floats(-1.0, 9.0).map(lambda v: v if abs(v) > 1e-30 else 0.0)
PLACES = st.one_of(st.tuples(LATTICE, LATTICE), st.tuples(ANY, ANY), st.tuples(LATTICE, ANY))


@st.composite
def polygons(draw: st.DrawFn) -> Area:
    """A triangle or box, with others added and cut out: holes, parts, slivers, shared vertices."""
    area: BaseGeometry = draw(shapes())
    for other in draw(st.lists(shapes(), max_size=3)):
        area = area.union(other) if draw(st.booleans()) else area.difference(other)
    parts = [part for part in shapely.get_parts(area) if isinstance(part, Polygon) and part.area]
    assume(parts)
    return shapely.MultiPolygon(parts) if len(parts) > 1 else parts[0]


@st.composite
def shapes(draw: st.DrawFn) -> Polygon:
    corners = draw(st.lists(PLACES, min_size=3, max_size=3, unique=True))
    (ax, ay), (bx, by), _ = corners
    box = shapely.box(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
    area = draw(st.sampled_from([box, Polygon(corners)]))
    assume(area.area > 0)
    return area


@st.composite
def layers(draw: st.DrawFn) -> list[Area]:
    """Polygons that overlap, somewhere on the globe in some unit."""
    scale = draw(st.sampled_from([1.0, 1.0, 1e-3, 1 / 3, 12_345.678]))
    shift = draw(st.sampled_from([(0.0, 0.0), (-4.0, -4.0), (9.1e5, 6.5e6), (0.1, 0.7)]))
    areas = draw(st.lists(polygons(), min_size=1, max_size=4))
    moved = [shapely.transform(area, lambda c: c * scale + shift) for area in areas]
    assume(all(area.is_valid for area in moved))
    return moved


def points_about(areas: list[Area], data: st.DataObject) -> FloatArray:
    """Vertices, points on edges, their neighbours among the doubles, and points anywhere."""
    vertex = shapely.get_coordinates(areas)
    first = vertex[data.draw(st.integers(0, len(vertex) - 1))]
    along = data.draw(st.sampled_from([0.5, 0.25, 1 / 3, 0.1, 0.9]))
    between = vertex * (1 - along) + np.roll(vertex, 1, axis=0) * along
    level = np.column_stack((vertex[:, 0], np.full(len(vertex), first[1])))
    low, high = vertex.min(axis=0), vertex.max(axis=0)
    share = np.array(data.draw(st.lists(PLACES, min_size=1, max_size=10))) / 8
    base = np.concatenate((vertex, between, level, low + share * (high - low)))
    around = [np.nextafter(base, base + np.array((dx, dy))) for dx in (-1, 1) for dy in (-1, 0, 1)]
    points = np.concatenate((base, *around))
    return np.where(np.abs(points) > 1e-30, points, 0.0)


def check_the_grid_agrees(data: st.DataObject, areas: list[Area], n_points: int) -> None:
    x, y = points_about(areas, data).T
    polygon, point, doubtful = locate(build_grid(areas, n_points=n_points), x, y)
    expected = pairs_by_tree(areas, x, y)
    sure = ~np.isin(expected[1], doubtful)
    assert point.tolist() == expected[1][sure].tolist()
    assert polygon.tolist() == expected[0][sure].tolist()
    assert [pairs.tolist() for pairs in pairs_by_grid(areas, x, y)] == [
        pairs.tolist() for pairs in expected
    ]


CELLS = st.sampled_from([1, 10, 1_000])


@FEW
@given(st.data(), layers(), CELLS)
def test_the_grid_agrees_with_geos_whatever_its_cells(
    data: st.DataObject, areas: list[Area], n_points: int
) -> None:
    check_the_grid_agrees(data, areas, n_points)


@pytest.mark.slow
@MANY
@given(st.data(), layers(), CELLS)
def test_the_grid_agrees_with_geos_on_many_more(
    data: st.DataObject, areas: list[Area], n_points: int
) -> None:
    check_the_grid_agrees(data, areas, n_points)


@FEW
@given(st.data(), polygons(), st.integers(1, 400))
def test_a_cell_without_border_is_of_one_piece(
    data: st.DataObject, area: Area, n_points: int
) -> None:
    """What it carries holds all of it; what it does not carry does not touch it."""
    grid = build_grid([area], n_points=n_points)
    raster = grid.raster
    row = data.draw(st.integers(0, raster.rows - 1))
    column = data.draw(st.integers(0, raster.columns - 1))
    cell = row * raster.columns + column
    labels = grid.labels.label[grid.labels.start[cell] : grid.labels.start[cell + 1]].tolist()
    assume(labels != [0])
    square = shapely.box(
        raster.west + column * raster.cell_m,
        raster.south + row * raster.cell_m,
        raster.west + (column + 1) * raster.cell_m,
        raster.south + (row + 1) * raster.cell_m,
    )
    if labels == [1]:
        assert shapely.intersects(area, square)
        assert not shapely.intersects(area.boundary, square)
    else:
        assert labels == []
        assert not shapely.intersects(area, square)
