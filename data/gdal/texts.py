"""The job that parses geometry written in the cells of a table: WKT, EWKT, WKB in hexadecimal."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from data.gdal.answer import Answer, Refused
from data.gdal.layer import Fault, Layer, to_answer
from data.gdal.shapes import MOST_VERTICES, NAMES, usable_shapes

FILE = "cells.json"
_WKT = re.compile(r"\s*(?:SRID=(\d{1,6});)?\s*(MULTI)?(POINT|POLYGON)\b", re.IGNORECASE)
_LOOKS_LIKE_WKT = re.compile(r"\s*(?:SRID=\d+;)?\s*([A-Za-z]{3,20})")
_HEX = re.compile(r"\s*(?:\\x|0x)?((?:[0-9A-Fa-f]{2}){9,})\s*")
_PLAIN_TYPES = frozenset({1, 3, 4, 6})
_HAS_SRID = 0x20000000


def read_texts(folder: Path, options: dict[str, Any]) -> Answer:
    """Return a layer without columns whose shapes are those of the cells in ``cells.json``.

    Only points and polygons, or several of them, are given to the parser at all. `options` tell
    the ``shape``. The CRS is that of the first ``SRID``, which all cells must share.
    """
    cells = json.loads((folder / FILE).read_bytes())
    shapes = np.full(len(cells), None, dtype=object)
    codes: list[str | None] = [None] * len(cells)
    faults = []
    for i, cell in enumerate(cells):
        try:
            shapes[i], codes[i] = _shape(cell, options["shape"])
        except Refused as refused:
            faults.append(Fault(i, refused.code, cell[:100], refused.fields))
    present = np.flatnonzero(~shapely.is_missing(shapes)).tolist()
    crs = codes[present[0]] if present else None
    for i in present:
        if codes[i] != crs:
            shapes[i] = None
            fields = {"detail": f"elle déclare {codes[i] or 'aucun système'}"}
            faults.append(Fault(i, "mixed-crs", cells[i][:100], fields))
    if shapely.get_num_coordinates(shapes).sum() > MOST_VERTICES:
        raise Refused("file-too-large", limit=f"{MOST_VERTICES} sommets")
    usable, wrong = usable_shapes(shapes, options["shape"])
    known = {fault.row for fault in faults}
    faults += [Fault(i, code, "", fields) for i, code, fields in wrong if i not in known]
    return to_answer(Layer([], [], usable, crs, faults), options["shape"])


def _shape(cell: str, shape: str) -> tuple[Any, str | None]:
    """Return the shape in a cell, None where it is empty, and the code of its CRS."""
    if not cell.strip():
        return None, None
    if found := _WKT.match(cell):
        srid = int(found[1] or 0)
        parsed = shapely.from_wkt(cell.split(";", 1)[1] if found[1] else cell, on_invalid="ignore")
    elif hexadecimal := _HEX.fullmatch(cell):
        content = bytes.fromhex(hexadecimal[1])
        srid = _checked_header(content, shape)
        with np.errstate(invalid="ignore"):  # NaN coordinates are refused later, by name
            parsed = shapely.from_wkb(content, on_invalid="ignore")
    else:
        other = _LOOKS_LIKE_WKT.match(cell)
        kind = other[1].upper() if other else "illisible"
        raise Refused("wrong-geometry", kind=kind, expected=f"{NAMES[shape]} (WKT ou WKB)")
    if parsed is None:
        raise Refused("wrong-geometry", kind="illisible", expected=f"{NAMES[shape]} (WKT ou WKB)")
    return parsed, f"EPSG:{srid}" if srid else None


def _checked_header(content: bytes, shape: str) -> int:
    """Return the SRID in the header of WKB, 0 for none; refuse what is no point or polygon."""
    order = "<" if content[0] == 1 else ">"
    (kind,) = struct.unpack_from(f"{order}I", content, 1)
    if (kind & 0xFFFF) % 1000 not in _PLAIN_TYPES or content[0] > 1:
        raise Refused("wrong-geometry", kind="illisible", expected=f"{NAMES[shape]} (WKT ou WKB)")
    if not kind & _HAS_SRID:
        return 0
    (srid,) = struct.unpack_from(f"{order}I", content, 5)
    return int(srid)
