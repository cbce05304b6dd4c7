"""Panels and their faces: one place for one panel, and one panel for one place."""

from __future__ import annotations

import numpy as np

from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.messages import distance
from data.read.points import Points
from data.read.table import Table
from geo.crs import canonical_degrees
from geo.model import IntArray, TextArray
from geo.precision import GIVEN

MOST_APART_M = 50.0
"""Two faces of one panel, back to back or side by side, are nearer than that."""


def check_panels(table: Table, points: Points, log: ProblemLog) -> None:
    """Note faces of one panel that are apart, and two panels of one operator at one place.

    Only points that the file gives count. A panel is compared with the first row of its place, and
    a face with the first row of its panel: one warning each.
    """
    if not table.has("panel_id"):
        return
    panels = table.text("panel_id").objects()
    rows = np.flatnonzero(points.usable & (panels != "") & (points.precision == GIVEN))
    _note_apart(table, points, panels[rows], rows, log)
    places = np.column_stack((canonical_degrees(points.lng), canonical_degrees(points.lat)))[rows]
    _, place = np.unique(places, axis=0, return_inverse=True)
    operators = table.text("operator").objects()[rows]
    seen: dict[tuple[int, str], str] = {}
    noted: set[tuple[str, str]] = set()
    keys = zip(place.ravel().tolist(), operators, panels[rows], rows.tolist(), strict=True)
    for spot, operator, panel, row in keys:
        first = seen.setdefault((spot, operator), panel)
        if panel != first and (first, panel) not in noted:
            noted.add((first, panel))
            where = table.where(row, "panel_id")
            log.add(Code.DUPLICATE_PANEL, where, found=panel, first=first, second=panel)


def _note_apart(
    table: Table, points: Points, panels: TextArray, rows: IntArray, log: ProblemLog
) -> None:
    _, first, group = np.unique(
        np.asarray(panels, dtype=str), return_index=True, return_inverse=True
    )
    start = rows[first[group]]
    metres = np.hypot(points.x[rows] - points.x[start], points.y[rows] - points.y[start])
    for k in np.flatnonzero(metres > MOST_APART_M).tolist():
        panel, where = panels[k], table.where(int(rows[k]), "panel_id")
        log.add(Code.PANEL_APART, where, found=panel, panel=panel, far=distance(metres[k]))
