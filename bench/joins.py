"""Other ways from faces to zones, and from faces to the faces close by."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.model import FloatArray, IntArray

NEEDED = "duckdb and duckdb-extension-spatial, of one version"

Pairs = tuple[IntArray, IntArray]


@dataclass(frozen=True, slots=True)
class Scene:
    """What every method is given."""

    polygons: NDArray[np.object_]
    x: FloatArray
    y: FloatArray
    spacing_m: float


class Database(Protocol):
    """What is used of DuckDB, which need not be installed."""

    def execute(self, query: str) -> Database:
        """Run a query."""
        ...

    def register(self, name: str, table: pd.DataFrame) -> object:
        """Let queries read a table."""
        ...

    def fetchnumpy(self) -> dict[str, IntArray]:
        """Return the columns of the last answer."""
        ...


def zones_tree(scene: Scene) -> Pairs:
    """Ask the usual way round."""
    points = np.asarray(shapely.points(scene.x, scene.y), dtype=object)
    point, area = shapely.STRtree(scene.polygons).query(points, predicate="intersects")
    return area, point


def join_faces(scene: Scene) -> Pairs:
    """Join zones to faces."""
    faces = gpd.GeoDataFrame(geometry=gpd.points_from_xy(scene.x, scene.y))
    joined = gpd.sjoin(faces, gpd.GeoDataFrame(geometry=scene.polygons), predicate="intersects")
    return joined["index_right"].to_numpy(), joined.index.to_numpy()


def join_zones(scene: Scene) -> Pairs:
    """Join faces to zones."""
    faces = gpd.GeoDataFrame(geometry=gpd.points_from_xy(scene.x, scene.y))
    joined = gpd.sjoin(gpd.GeoDataFrame(geometry=scene.polygons), faces, predicate="intersects")
    return joined.index.to_numpy(), joined["index_right"].to_numpy()


def duckdb_method(scene: Scene) -> Callable[[], Pairs | str]:
    """Return the join of DuckDB, or what says why there is none; nothing is downloaded."""
    try:
        connection = connect()
    except ImportError as missing:
        return partial(refuse, f"not installed: {missing}")
    zones = pd.DataFrame(
        {"zone": np.arange(len(scene.polygons)), "wkb": shapely.to_wkb(scene.polygons)}
    )
    faces = pd.DataFrame({"face": np.arange(len(scene.x)), "x": scene.x, "y": scene.y})
    connection.register("zones_in", zones)
    connection.register("faces_in", faces)
    connection.execute("create table zones as select zone, ST_GeomFromWKB(wkb) g from zones_in")
    connection.execute("create table faces as select * from faces_in")
    return partial(join_duckdb, connection)


def connect() -> Database:
    """Return a database in memory with the spatial extension of an installed package."""
    duckdb, package = find_spec("duckdb"), find_spec("duckdb_extension_spatial")
    if duckdb is None or package is None or not package.submodule_search_locations:
        raise ImportError(NEEDED)
    folder = Path(package.submodule_search_locations[0]) / "extensions"
    extension = folder / f"v{version('duckdb')}" / "spatial.duckdb_extension"
    if not extension.exists():
        raise ImportError(NEEDED)
    connection: Database = importlib.import_module("duckdb").connect()
    connection.execute("set threads = 2")
    connection.execute(f"load '{extension}'")
    return connection


def join_duckdb(connection: Database) -> Pairs:
    """Join in the database; the pairs come out as arrays."""
    pairs = connection.execute(
        "select zone, face from (select face, ST_Point(x, y) p from faces) "
        "join zones on ST_Intersects(g, p)"
    ).fetchnumpy()
    return np.asarray(pairs["zone"], np.int64), np.asarray(pairs["face"], np.int64)


def refuse(why: str) -> str:
    """Stand in for a method that is not there."""
    return why


def close_by_kd(scene: Scene) -> Pairs:
    """Return pairs of faces within the spacing."""
    place = np.column_stack((scene.x, scene.y))
    pairs = cKDTree(place).query_pairs(scene.spacing_m, output_type="ndarray")
    return pairs[:, 0], pairs[:, 1]


def close_by_str(scene: Scene) -> Pairs:
    """Return them by the tree of GEOS, which finds each twice, and each face near itself."""
    points = np.asarray(shapely.points(scene.x, scene.y), dtype=object)
    first, second = shapely.STRtree(points).query(
        points, predicate="dwithin", distance=scene.spacing_m
    )
    once = first < second
    return first[once], second[once]
