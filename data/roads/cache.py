"""What a routing server has said, kept in a file: the same question has the same answer again.

That is what makes a plan repeatable while the roads of the server change. Whoever wants new answers
deletes the file.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from data.roads.engine import RoadEngine, RoadMatrix
from geo.crs import LngLat
from geo.errors import RoadsError
from geo.model import BoolArray

_UNIT = 1e5  # a fifth decimal of a degree is about a metre
_WAIT_S = 30.0
_TABLES = """
CREATE TABLE IF NOT EXISTS trips (
    engine TEXT, from_lng INTEGER, from_lat INTEGER, to_lng INTEGER, to_lat INTEGER,
    drive_s REAL, distance_m REAL,
    PRIMARY KEY (engine, from_lng, from_lat, to_lng, to_lat)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS gaps (
    engine TEXT, lng INTEGER, lat INTEGER, gap_m REAL, PRIMARY KEY (engine, lng, lat)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lines (
    engine TEXT, from_lng INTEGER, from_lat INTEGER, to_lng INTEGER, to_lat INTEGER, line TEXT,
    PRIMARY KEY (engine, from_lng, from_lat, to_lng, to_lat)
) WITHOUT ROWID;
"""

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class CachedRoads:
    """An engine that asks another one only what the file does not hold yet.

    A way on which the server found no road is an answer too, and is kept. Coordinates count to
    their fifth decimal.
    """

    engine: RoadEngine
    path: Path
    name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.engine.name)

    @property
    def key(self) -> str:
        """Return the key of the engine that is asked."""
        return self.engine.key

    def matrix(self, origins: Sequence[LngLat], targets: Sequence[LngLat]) -> RoadMatrix:
        """Return the travel from every origin to every target."""
        known = self._known(origins, targets)
        for rows, columns in _missing_blocks(known.missing):
            answer = self.engine.matrix([origins[i] for i in rows], [targets[j] for j in columns])
            known.fill(answer, rows, columns)
            self._keep(answer, [origins[i] for i in rows], [targets[j] for j in columns])
        return known.matrix

    def route(self, origin: LngLat, target: LngLat) -> tuple[LngLat, ...]:
        """Return the line of the road, empty where there is none."""
        way = (self.key, *_place(origin), *_place(target))
        where = "engine = ? AND from_lng = ? AND from_lat = ? AND to_lng = ? AND to_lat = ?"
        with self._open() as store:
            found = store.execute(f"SELECT line FROM lines WHERE {where}", way).fetchone()  # noqa: S608 - a constant
        if found is not None:
            return tuple(LngLat(*pair) for pair in json.loads(found[0]))
        line = self.engine.route(origin, target)
        with self._open() as store:
            store.execute(
                "INSERT OR REPLACE INTO lines VALUES (?, ?, ?, ?, ?, ?)", (*way, json.dumps(line))
            )
        return line

    def _known(self, origins: Sequence[LngLat], targets: Sequence[LngLat]) -> _Known:
        with self._open() as store:
            trips = {
                (row[:2], row[2:4]): row[4:]
                for row in store.execute(
                    "SELECT from_lng, from_lat, to_lng, to_lat, drive_s, distance_m "
                    "FROM trips WHERE engine = ?",
                    (self.key,),
                )
            }
            gaps = {
                (lng, lat): gap
                for lng, lat, gap in store.execute(
                    "SELECT lng, lat, gap_m FROM gaps WHERE engine = ?", (self.key,)
                )
            }
        known = _Known.nothing(len(origins), len(targets))
        for i, origin in enumerate(map(_place, origins)):
            for j, target in enumerate(map(_place, targets)):
                if (origin, target) in trips:
                    known.set(i, j, *trips[origin, target])
        for points, kept in (
            (origins, known.matrix.origin_gap_m),
            (targets, known.matrix.target_gap_m),
        ):
            kept[:] = [_number(gaps.get(_place(point))) for point in points]
        return known

    def _keep(
        self, answer: RoadMatrix, origins: Sequence[LngLat], targets: Sequence[LngLat]
    ) -> None:
        trips = [
            (
                self.key,
                *_place(origin),
                *_place(target),
                _stored(answer.drive_s[i, j]),
                _stored(answer.distance_m[i, j]),
            )
            for i, origin in enumerate(origins)
            for j, target in enumerate(targets)
        ]
        measured = [*zip(origins, answer.origin_gap_m, strict=True)]
        measured += zip(targets, answer.target_gap_m, strict=True)
        gaps = [(self.key, *_place(p), gap) for p, gap in measured if not math.isnan(gap)]
        with self._open() as store:
            store.executemany("INSERT OR REPLACE INTO trips VALUES (?, ?, ?, ?, ?, ?, ?)", trips)
            store.executemany("INSERT OR REPLACE INTO gaps VALUES (?, ?, ?, ?)", gaps)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Yield the store; all that is done to it there is kept, or nothing is."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            store = sqlite3.connect(self.path, timeout=_WAIT_S)
            try:
                with store:
                    store.executescript(_TABLES)
                    yield store
            finally:
                store.close()
        except sqlite3.Error as error:
            raise RoadsError(
                f"Le fichier des trajets déjà demandés, {self.path}, ne peut pas servir "
                f"({error})\u00a0: le supprimer, ou en choisir un autre par PLACARDE_CACHE."
            ) from error


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """A matrix that is being filled, and what of it is still missing."""

    matrix: RoadMatrix
    missing: BoolArray

    @staticmethod
    def nothing(n_origins: int, n_targets: int) -> _Known:
        shape = (n_origins, n_targets)
        arrays = [np.full(size, math.nan) for size in (shape, shape, n_origins, n_targets)]
        return _Known(RoadMatrix(*arrays), np.ones(shape, dtype=np.bool_))

    def set(self, i: int, j: int, drive_s: float | None, distance_m: float | None) -> None:
        self.matrix.drive_s[i, j] = _number(drive_s)
        self.matrix.distance_m[i, j] = _number(distance_m)
        self.missing[i, j] = False

    def fill(self, answer: RoadMatrix, rows: Sequence[int], columns: Sequence[int]) -> None:
        self.matrix.drive_s[np.ix_(rows, columns)] = answer.drive_s
        self.matrix.distance_m[np.ix_(rows, columns)] = answer.distance_m
        self.matrix.origin_gap_m[rows] = answer.origin_gap_m
        self.matrix.target_gap_m[columns] = answer.target_gap_m


def _missing_blocks(missing: BoolArray) -> Iterator[tuple[list[int], list[int]]]:
    """Yield rows and columns whose blocks cover what is missing: whole rows first, then the rest.

    One new place among many is one row and one column, not the whole matrix again.
    """
    whole = [int(i) for i in np.flatnonzero(missing.all(axis=1))]
    if whole and missing.shape[1]:
        yield whole, list(range(missing.shape[1]))
    rest = missing.copy()
    rest[whole] = False
    if rest.any():
        yield (
            [int(i) for i in np.flatnonzero(rest.any(axis=1))],
            [int(j) for j in np.flatnonzero(rest.any(axis=0))],
        )


def _place(point: LngLat) -> Place:
    return round(point.lng * _UNIT), round(point.lat * _UNIT)


def _number(stored: float | None) -> float:
    return math.nan if stored is None else stored


def _stored(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
