"""Repairs polygons, in the process apart: it can take any amount of memory and time."""

from __future__ import annotations

import io

import numpy as np
import shapely

from data.gdal.answer import Refused
from data.gdal.box import Limits, run
from data.gdal.shapes import Shapes, pack, unpack

_REPAIR = "data.gdal.repairs:repair"
_LIMITS = Limits(cpu_s=60)


def repaired(shapes: Shapes) -> Shapes:
    """Return polygons ``(n,)`` made valid, None where nothing of one is left.

    Raises
    ------
    Refused
        ``reading-stopped`` if it takes too long, or too much memory.
    """
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **pack(shapes, "polygon"))
    answer = run(_REPAIR, {"polygons.npz": packed.getvalue()}, limits=_LIMITS)
    try:
        made = unpack(answer.arrays, "polygon")
    except (KeyError, ValueError, shapely.errors.GEOSException) as error:
        raise Refused("reading-stopped", detail="le fichier fait échouer sa lecture") from error
    if len(made) != len(shapes):
        raise Refused("reading-stopped", detail="le fichier fait échouer sa lecture")
    return made
