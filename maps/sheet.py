"""The drawing on paper: from the campaign's CRS to its units, outlines of zones and their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.model import Area
from maps.scene import Scene
from maps.static_names import FloatArray, Name, place_names, plain

# In the units of the drawing, which is a thousand wide: about a sixth of a millimetre on A4.
WIDTH = 1000.0
MOST_HEIGHT = 860.0
EDGE = 14.0
SVG = "http://www.w3.org/2000/svg"


@dataclass(frozen=True, slots=True)
class Sheet:
    """From the campaign's CRS to the drawing: y grows downwards there."""

    west: float
    north: float
    scale: float
    height: float

    def xy(self, points: FloatArray) -> FloatArray:
        """Return points ``(n, 2)`` of the CRS in the drawing."""
        return np.column_stack(
            (
                (points[:, 0] - self.west) * self.scale + EDGE,
                (self.north - points[:, 1]) * self.scale + EDGE,
            )
        )

    def box(self) -> str:
        """Return the box of the drawing, as ``viewBox`` has it."""
        return f"0 0 {plain(WIDTH)} {plain(self.height)}"


def sheet_of(scene: Scene, shapes: NDArray[np.object_]) -> Sheet:
    """Return the sheet on which these shapes have room; the faces where there is no shape."""
    faces = scene.campaign.faces
    boxes = [shapely.total_bounds(shapes)] if len(shapes) else []
    if len(faces) and not boxes:
        boxes = [np.array([faces.x.min(), faces.y.min(), faces.x.max(), faces.y.max()])]
    west, south, east, north = boxes[0] if boxes else (0.0, 0.0, 1.0, 1.0)
    wide, high = max(east - west, 1.0), max(north - south, 1.0)
    scale = min((WIDTH - 2 * EDGE) / wide, (MOST_HEIGHT - 2 * EDGE) / high)
    spare = (WIDTH - 2 * EDGE - wide * scale) / 2 / scale
    return Sheet(west - spare, north, scale, high * scale + 2 * EDGE)


def outline(shape: Area, sheet: Sheet) -> str:
    """Return the rings of a shape as the ``d`` of a path, to be filled by the even-odd rule."""
    rings = [
        path(sheet.xy(shapely.get_coordinates(ring)[:-1]))
        for part in shapely.get_parts(shape)
        for ring in (part.exterior, *part.interiors)
    ]
    return "".join(f"M{ring}Z" for ring in rings)


def path(points: FloatArray) -> str:
    """Return points as a path has them, without its first letter."""
    return "L".join(f"{plain(x)} {plain(y)}" for x, y in points)


def names_on(
    scene: Scene,
    zones: Sequence[int],
    shapes: NDArray[np.object_],
    sheet: Sheet,
    *,
    taken: FloatArray,
) -> list[Name]:
    """Return the names of these zones, each on a point inside its zone or near it."""
    inside = shapely.get_coordinates(shapely.point_on_surface(shapes[list(zones)]))
    names = [scene.campaign.zones[i].name for i in zones]
    return place_names(names, sheet.xy(inside), taken, width=WIDTH)
