"""Which zone each face lies in, and which faces are close: ``python -m bench.targeting [--quick]``.

All start from the same two arrays of coordinates and the same array of polygons and end with pairs
of indices, boundary included; what a method builds on the way (points, trees, the grid) is in its
time, except for the tables of DuckDB, which are filled beforehand. Methods take turns, three times,
each time from another one on, so that a busy minute meets all of them; the median counts, and what
takes over ten seconds runs once. Every answer is compared with that of GEOS, pair by pair.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import shapely

from bench.joins import (
    Pairs,
    Scene,
    close_by_kd,
    close_by_str,
    duckdb_method,
    join_faces,
    join_zones,
    zones_tree,
)
from bench.zones import make_points, make_zones
from geo.labelgrid import build_grid, locate
from geo.model import Zone
from geo.zones import build_tree, pairs_by_grid, pairs_by_tree, zones_of_points

ROUNDS = 3
LONG_S = 10.0
"""What takes longer runs once."""

LIBRARIES = ("numpy", "numba", "scipy", "shapely", "geopandas")

Method = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Case:
    """Faces among zones in a square."""

    n_points: int
    n_zones: int
    side_m: float
    steps: int
    spacing_m: float = 0.0


COUNTRY = (Case(1_000_000, 35_000, 1e6, 20, 150.0), Case(1_000_000, 35_000, 1e6, 1))
DEPARTEMENT = (Case(100_000, 512, 86e3, 20, 300.0), Case(100_000, 512, 86e3, 1))
SMALL = tuple(Case(n, 512, 86e3, 20, 300.0) for n in (2_000, 20_000, 50_000))
QUICK = (*SMALL, *DEPARTEMENT, Case(200_000, 7_000, 447e3, 20), Case(200_000, 7_000, 447e3, 1))
FULL = (*SMALL, *DEPARTEMENT, *COUNTRY)


@dataclass(slots=True)
class Timing:
    """What one method took, run by run, and how many pairs it found or what went wrong."""

    wall_s: list[float]
    cpu_s: list[float]
    note: str = ""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.targeting", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller cases: a minute or two")
    cases = QUICK if parser.parse_args(arguments).quick else FULL
    print(describe_machine(), flush=True)
    warm_up()
    print_head("Face → zone: pairs of a polygon and a point in it")
    for case in cases:
        scene = make_scene(case)
        reference = sorted_pairs(pairs_by_tree(list(scene.polygons), scene.x, scene.y))
        print_rows(case, measure(zone_methods(scene), reference))
    print_head("Close pairs of faces")
    for case in cases:
        if case.spacing_m:
            scene = make_scene(case)
            print_rows(case, measure(close_methods(scene), sorted_pairs(close_by_kd(scene))))


def make_scene(case: Case) -> Scene:
    """Return the zones and faces of a case."""
    polygons = make_zones(case.n_zones, side_m=case.side_m, steps=case.steps)
    x, y = np.ascontiguousarray(make_points(case.n_points, side_m=case.side_m).T)
    return Scene(polygons, x, y, case.spacing_m)


def warm_up() -> None:
    """Compile, and import what is imported on first use."""
    scene = make_scene(Case(500, 20, 1e4, 2, 100.0))
    for method in (*zone_methods(scene).values(), *close_methods(scene).values()):
        method()


def zone_methods(scene: Scene) -> dict[str, Method]:
    """Return the ways from faces to zones by name; the first is the one that others compare to."""
    areas = list(scene.polygons)
    grid = build_grid(areas, n_points=len(scene.x))
    return {
        "grid of labels, built and asked": partial(pairs_by_grid, areas, scene.x, scene.y),
        "grid of labels, asked": partial(locate, grid, scene.x, scene.y),
        "`zones_of_points`, which takes grid or tree": zones_of_scene(scene),
        "one pass over the coordinates (floor)": partial(one_pass, scene),
        "tree of points asked with prepared zones": partial(pairs_by_tree, areas, scene.x, scene.y),
        "tree of zones asked with points": partial(zones_tree, scene),
        "geopandas `sjoin(faces, zones)`": partial(join_faces, scene),
        "geopandas `sjoin(zones, faces)`": partial(join_zones, scene),
        "DuckDB spatial join, 2 threads": duckdb_method(scene),
    }


def zones_of_scene(scene: Scene) -> Method:
    """Return the door that targeting uses: the zone of each face, not pairs."""
    zones = [
        Zone(f"{i:05}", "", "commune", None, None, area) for i, area in enumerate(scene.polygons)
    ]
    areas = [zone.area for zone in zones]
    return partial(zones_of_points, build_tree(zones), areas, scene.x, scene.y)


def one_pass(scene: Scene) -> None:
    """Compute a cell for each point, as any grid has to."""
    (scene.y * 0.004).astype(np.int32) * 4_000 + (scene.x * 0.004).astype(np.int32)


def close_methods(scene: Scene) -> dict[str, Method]:
    """Return the ways to close pairs by name; the first is the one that others compare to."""
    return {
        "cKDTree `query_pairs`": partial(close_by_kd, scene),
        "STRtree `dwithin`": partial(close_by_str, scene),
    }


def measure(methods: dict[str, Method], reference: Pairs) -> dict[str, Timing]:
    """Return what each method took; they take turns."""
    timings = {name: Timing([], []) for name in methods}
    names = list(methods)
    for turn in range(ROUNDS):
        first = turn * len(names) // ROUNDS  # what ran before leaves memory and caches behind
        for name in names[first:] + names[:first]:
            timing = timings[name]
            if timing.wall_s and (timing.wall_s[0] > LONG_S or timing.note.startswith("not ")):
                continue
            gc.collect()
            wall, cpu = time.perf_counter(), time.process_time()
            answer = methods[name]()
            timing.cpu_s.append(time.process_time() - cpu)
            timing.wall_s.append(time.perf_counter() - wall)
            timing.note = judge(answer, reference)
    return timings


def judge(answer: object, reference: Pairs) -> str:
    """Return what to say of an answer: whether it is the reference, where it is pairs."""
    if isinstance(answer, str):
        return answer
    if not isinstance(answer, tuple):
        return ""
    if len(answer) == 3 and len(answer[2]):
        return f"{len(answer[2])} points in doubt"
    found = sorted_pairs((answer[0], answer[1]))
    same = all(np.array_equal(a, b) for a, b in zip(found, reference, strict=True))
    return f"{len(found[0])} pairs, those of GEOS" if same else f"{len(found[0])} pairs, OTHERS"


def sorted_pairs(pairs: Pairs) -> Pairs:
    """Return pairs in one order whatever found them."""
    order = np.lexsort(pairs)
    return pairs[0][order], pairs[1][order]


def describe_machine() -> str:
    """Return one line: processor, versions, load."""
    model = "unknown processor"
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        lines = listing.read_text(encoding="utf-8").splitlines()
        model = next((x.split(": ")[1] for x in lines if x.startswith("model name")), model)
    optional = [name for name in ("duckdb",) if find_spec(name) is not None]
    versions = ", ".join(f"{name} {version(name)}" for name in (*LIBRARIES, *optional))
    return (
        f"{os.cpu_count()} cores ({model}), load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}, {versions}, GEOS {shapely.geos_version_string}"
    )


def print_head(title: str) -> None:
    """Print the first rows of a table."""
    print(f"\n{title}\n\n| case | method | wall s | processor s | × wall | × processor | |")
    print("|---|---|--:|--:|--:|--:|---|", flush=True)


def print_rows(case: Case, timings: dict[str, Timing]) -> None:
    """Print a case; the ratios are to its first row."""
    size = f"{case.n_points:,}"
    if case.spacing_m and "cKDTree" in next(iter(timings)):
        size += f", {case.spacing_m:g} m"
    else:
        size += f" × {case.n_zones:,}, {'wiggly' if case.steps > 1 else 'straight'}"
    first = next(iter(timings.values()))
    base_wall, base_cpu = statistics.median(first.wall_s), statistics.median(first.cpu_s)
    for name, timing in timings.items():
        wall, cpu = statistics.median(timing.wall_s), statistics.median(timing.cpu_s)
        cells = f"{wall:.4f} | {cpu:.4f} | {wall / base_wall:.2f} | {cpu / base_cpu:.2f}"
        if timing.note.startswith("not "):
            cells = " | | |"
        print(f"| {size} | {name} | {cells} | {timing.note} |", flush=True)


if __name__ == "__main__":
    main()
