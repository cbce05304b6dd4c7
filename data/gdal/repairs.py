"""The job that repairs polygons: crossing outlines can take GEOS any amount of memory and time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import shapely

from data.gdal.answer import Answer
from data.gdal.shapes import pack, unpack

FILE = "polygons.npz"


def repair(folder: Path, options: dict[str, Any]) -> Answer:  # noqa: ARG001 - as every job
    """Return the polygons in ``polygons.npz`` made valid: what their outlines enclose.

    An outline that crosses itself keeps every part that it goes round (GEOS's structure method,
    which agrees with what a person sees as the inside). Lines and points that are left over are
    dropped.
    """
    with np.load(folder / FILE, allow_pickle=False) as stored:
        shapes = unpack(dict(stored), "polygon")
    made: Any = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    areal = np.isin(shapely.get_type_id(made), (3, 6)) & ~shapely.is_empty(made)
    made[~areal] = None
    return Answer({}, pack(made, "polygon"))
