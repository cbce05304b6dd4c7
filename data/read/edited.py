"""Rows that are edited one by one: through the same doors and readers as a file of them.

`through_doors` makes the cells of one row what a file with them would be; the checks below read a
row together with the rows that it refers to. What is checked when:

- at once: every cell by its column; every id that the row names; whether its point lies in the
  territory; polygons; the whole tree of zones when a zone changes; a lock against every rule;
- with the whole campaign (`read_campaign`): what only many rows show together, which is but
  warnings (panels apart, values that another row makes doubtful), the portraits' images, and the
  tour against the Maisons.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from data.read.adapt import Given, adapt
from data.read.agents import read_agents
from data.read.angles import coordinate
from data.read.campaign_file import CampaignFile
from data.read.cells import CellFault
from data.read.codes import Code
from data.read.csv_file import read_csv
from data.read.exclusions import read_exclusions
from data.read.faces import read_faces
from data.read.layers import read_geojson
from data.read.locks import Surroundings, read_locks
from data.read.log import ProblemLog, closest
from data.read.maisons import read_maisons
from data.read.messages import did_you_mean
from data.read.polygons import read_polygons
from data.read.reference import SaidCrs
from data.read.schema import SCHEMAS, Schema
from data.read.table import Table
from data.read.travel import read_travel
from data.read.zones import ReadZones, read_zones
from geo.crs import WGS84
from geo.errors import Problem, Where
from geo.model import Exclusion

POLYGONS = frozenset({"zones", "exclusions"})
"""Kinds whose rows have a geometry of their own; the others have cells alone."""
_NOT_CELLS = frozenset({"x", "y", "geometry"})
_DEGREES = ("lat", "lon")


@dataclass(frozen=True, slots=True)
class EditedRow:
    """A row as a file would give it: its cells by canonical column, its shape, its number."""

    cells: Mapping[str, str]
    shape: shapely.Geometry | None
    number: int


@dataclass(frozen=True, slots=True)
class Known:
    """What the campaign knows around a row.

    Parameters
    ----------
    rules
        What ``campaign.toml`` says.
    zones
        Of the campaign as it is; without ids where it has none yet.
    exclusions
        Needed by locks alone.
    """

    rules: CampaignFile
    zones: ReadZones
    exclusions: tuple[Exclusion, ...] = ()


def columns_of(kind: str) -> tuple[str, ...]:
    """Return the columns of a kind that may be edited; coordinates are ``lat`` and ``lon``."""
    return tuple(c.name for c in _schema(kind).columns if c.name not in _NOT_CELLS)


def required_of(kind: str) -> tuple[str, ...]:
    """Return the columns that every row of a kind fills."""
    return tuple(column.name for column in _schema(kind).columns if column.required)


def polygon_of(kind: str, row: EditedRow) -> shapely.Geometry | None:
    """Return the polygon of a row in WGS84, valid and to the centimetre, as a file's would be."""
    log = ProblemLog()
    table = _table(kind, [row], "")
    polygons = read_polygons(table, SaidCrs(f"{kind}_crs"), log)
    return None if polygons is None else polygons.at(WGS84, table=table, log=log)[0]


def through_doors(
    kind: str,
    cells: Mapping[str, str],
    geometry: Mapping[str, Any] | None,
    *,
    number: int,
    file: str,
    rules: CampaignFile,
    log: ProblemLog,
) -> EditedRow | None:
    """Return a row as its file would be read, or None where that is noted as a problem.

    Parameters
    ----------
    geometry
        As GeoJSON; only for `POLYGONS`.
    number
        Of the row, for the places of its problems.
    """
    own = ProblemLog()
    schema = _schema(kind)
    if kind in POLYGONS:
        feature = {"type": "Feature", "properties": dict(cells), "geometry": geometry}
        document = {"type": "FeatureCollection", "features": [feature]}
        content = json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")
        table = read_geojson(content, file=file, schema=schema, log=own)
    else:
        content = _one_line(schema, cells).encode("utf-8", "surrogatepass")
        table = read_csv(content, file=file, schema=schema, log=own)
    if table is not None:
        days = rules.periods.days if rules.periods else None
        given = Given(days, rules.defaults if kind == "faces" else {})
        table = adapt(table, schema.optional(given.defaults), given, own)
    log.take(_at(number, own.sorted()))
    if table is None or not len(table):
        return None
    read = {name: table.cells(name)[0] for name in cells if table.has(name)}
    shape = None if table.shapes is None else table.shapes[0]
    return EditedRow(_with_plain_degrees(kind, read), shape, number)


def _one_line(schema: Schema, cells: Mapping[str, str]) -> str:
    names = [column.name for column in schema.columns if column.name in cells]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows((names, [cells[name] for name in names]))
    return text.getvalue()


def _at(number: int, problems: Iterable[Problem]) -> list[Problem]:
    """Return problems of a file with one row as those of the row with a number."""
    return [replace(p, where=Where(p.where.file, number, p.where.column)) for p in problems]


def _with_plain_degrees(kind: str, cells: dict[str, str]) -> dict[str, str]:
    """Return cells whose coordinates are decimal degrees, where they can be read."""
    if kind not in {"maisons", "faces"}:
        return cells
    for name in _DEGREES:
        try:
            cells |= {name: f"{coordinate(cells[name]):.7f}"} if cells.get(name) else {}
        except CellFault:
            continue  # the reader notes it
    return cells


def check_zones(rows: Sequence[EditedRow], *, file: str, log: ProblemLog) -> ReadZones:
    """Return all zones of a campaign, read as their file is."""
    return read_zones(_table("zones", rows, file), SaidCrs("zones_crs"), log)


def check_exclusions(
    rows: Sequence[EditedRow], known: Known, *, file: str, log: ProblemLog
) -> tuple[Exclusion, ...]:
    """Return exclusions."""
    table, said = _table("exclusions", rows, file), SaidCrs("exclusions_crs")
    return read_exclusions(table, said, territory=known.zones.territory, log=log)


def check_maisons(rows: Sequence[EditedRow], known: Known, *, file: str, log: ProblemLog) -> None:
    """Read Maisons, which refer to zones."""
    table = _table("maisons", rows, file)
    read_maisons(table, SaidCrs("maisons_crs"), zones=known.zones, log=log)


def check_faces(rows: Sequence[EditedRow], known: Known, *, file: str, log: ProblemLog) -> None:
    """Read faces, which refer to nothing but the territory."""
    _faces(_table("faces", rows, file), known, log)


def _faces(table: Table, known: Known, log: ProblemLog) -> Any:  # noqa: ANN401 -- as read_faces says
    periods = known.rules.periods
    return read_faces(
        table,
        SaidCrs("faces_crs"),
        period_count=periods.count if periods else None,
        territory=known.zones.territory,
        log=log,
        min_precision=known.rules.min_precision,
    )


def check_agents(
    rows: Sequence[EditedRow],
    known: Known,
    *,
    maison_ids: frozenset[str] | None,
    file: str,
    log: ProblemLog,
) -> None:
    """Read agents, which refer to zones and Maisons."""
    table = _table("agents", rows, file)
    read_agents(table, zones=known.zones, maisons={}, maison_ids=maison_ids, log=log)


def check_travel(
    rows: Sequence[EditedRow], *, maison_ids: frozenset[str] | None, file: str, log: ProblemLog
) -> None:
    """Read driving times, which refer to Maisons."""
    read_travel(_table("travel", rows, file), maison_ids, log)


@dataclass(frozen=True, slots=True)
class LockParties:
    """The agents and faces that some locks name, and all ids; None where they are not known."""

    agents: Sequence[EditedRow]
    faces: Sequence[EditedRow]
    agent_ids: frozenset[str] | None
    face_ids: frozenset[str] | None


def check_locks(
    rows: Sequence[EditedRow], parties: LockParties, known: Known, *, file: str, log: ProblemLog
) -> None:
    """Read locks, and hold them against every rule of a plan."""
    quiet = ProblemLog()
    agents = read_agents(
        _table("agents", parties.agents, ""),
        zones=known.zones,
        maisons={},
        maison_ids=None,
        log=quiet,
    )
    around = Surroundings(
        periods=known.rules.periods,
        territory=known.zones.territory,
        agents=agents,
        agent_ids=parties.agent_ids,
        faces=_faces(_table("faces", parties.faces, ""), known, quiet),
        exclusions=known.exclusions,
        sequences=known.rules.sequences,
        matching=known.rules.matching,
    )
    table = _table("locks", rows, file)
    if parties.face_ids is not None:
        _check_faces_of_locks(table, parties.face_ids, log)
    read_locks(table, around, log)


def _check_faces_of_locks(table: Table, face_ids: frozenset[str], log: ProblemLog) -> None:
    """Note faces that are nowhere: the table of the few that are here cannot tell."""
    for i, face_id in enumerate(table.cells("face_id")):
        if face_id and face_id not in face_ids:
            where = table.where(i, "face_id")
            hint = did_you_mean(closest(face_id, face_ids))
            log.add(Code.UNKNOWN_FACE, where, found=face_id, value=face_id, hint=hint)


def _table(kind: str, rows: Sequence[EditedRow], file: str) -> Table:
    """Return rows as a table in which no id of the file may be missed."""
    there = {name for row in rows for name in row.cells}
    names = [column.name for column in _schema(kind).columns if column.name in there]
    shapes: Any = np.empty(len(rows), dtype=object)
    shapes[:] = [row.shape for row in rows]
    return Table(
        file=file,
        headings=tuple(names),
        columns=tuple([row.cells.get(name, "") for row in rows] for name in names),
        rows=[row.number for row in rows],
        position={name: i for i, name in enumerate(names)},
        shapes=shapes if kind in POLYGONS else None,
        crs="EPSG:4326" if kind in POLYGONS else None,
    )


def _schema(kind: str) -> Schema:
    return next(schema for schema in SCHEMAS if schema.kind == kind)
