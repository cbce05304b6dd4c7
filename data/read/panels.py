"""Panels and their faces: one place for one panel, and one panel for one place."""

from __future__ import annotations

import numpy as np

from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.messages import distance
from data.read.points import Points
from data.read.table import Table
from geo.model import IntArray
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
    names, panels = table.text("panel_id").distinct()
    named = np.array([bool(name) for name in names], dtype=np.bool_)[panels]
    rows = np.flatnonzero(points.usable & named & (points.precision == GIVEN))
    _note_apart(table, points, panels[rows], rows, log)
    _, operators = table.text("operator").distinct()
    spots = np.column_stack((_spots(points)[rows], operators[rows]))
    _, spot = np.unique(spots[:, 0], return_inverse=True)
    _, first, group = np.unique(
        spot * (operators.max(initial=0) + 1) + spots[:, 1], return_index=True, return_inverse=True
    )
    start = panels[rows[first[group]]]
    noted: set[tuple[str, str]] = set()
    for k in np.flatnonzero(panels[rows] != start).tolist():
        pair = (names[start[k]], names[panels[rows[k]]])
        if pair not in noted:
            noted.add(pair)
            where = table.where(int(rows[k]), "panel_id")
            log.add(Code.DUPLICATE_PANEL, where, found=pair[1], first=pair[0], second=pair[1])


def _spots(points: Points) -> IntArray:
    """Return one number for each place ``(n,)``, to 7 decimals of a degree; 0 where none is."""
    lng, lat = np.nan_to_num(points.lng), np.nan_to_num(points.lat)
    east, north = (np.rint(degrees * 10_000_000).astype(np.int64) for degrees in (lng, lat))
    spots: IntArray = (east << 32) + north
    return spots


def _note_apart(
    table: Table, points: Points, panels: IntArray, rows: IntArray, log: ProblemLog
) -> None:
    _, first, group = np.unique(panels, return_index=True, return_inverse=True)
    start = rows[first[group]]
    metres = np.hypot(points.x[rows] - points.x[start], points.y[rows] - points.y[start])
    typed = table.text("panel_id")
    for k in np.flatnonzero(metres > MOST_APART_M).tolist():
        panel, where = typed[int(rows[k])], table.where(int(rows[k]), "panel_id")
        log.add(Code.PANEL_APART, where, found=panel, panel=panel, far=distance(metres[k]))
