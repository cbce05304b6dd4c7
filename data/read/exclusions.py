"""Places where nothing is posted."""

from __future__ import annotations

import shapely

from data.read.cells import convert
from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.polygons import read_polygons
from data.read.reference import SaidCrs
from data.read.table import Table
from data.read.territory import Territory
from geo.errors import Where
from geo.model import Exclusion


def read_exclusions(
    table: Table, said: SaidCrs, *, territory: Territory | None, log: ProblemLog
) -> tuple[Exclusion, ...]:
    """Return the polygons with their reasons, sorted by reason, then by coordinates."""
    reasons = convert(table, "reason", str, log=log, empty="", required=True)
    polygons = read_polygons(table, said, log, territory=territory)
    if polygons is None or territory is None:
        return ()
    shapes = polygons.at(territory.crs, table=table, log=log)
    exclusions = [
        Exclusion(reason, shape)
        for reason, shape in zip(reasons, shapes, strict=True)
        if shape is not None
    ]
    if exclusions and not territory.meets([exclusion.area for exclusion in exclusions]):
        log.add(Code.EXCLUSIONS_ELSEWHERE, Where(table.file))
    return tuple(sorted(exclusions, key=lambda e: (e.reason, shapely.to_wkb(e.area))))
