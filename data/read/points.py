"""Where the rows of a table are, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.model import BoolArray, FloatArray, TextArray


@dataclass(frozen=True, slots=True)
class Points:
    """A point for each row of a table, shape ``(n,)``; NaN where there is no usable one.

    `lng`, `lat` are WGS84 degrees; `x`, `y` metres in the campaign's CRS (NaN without zones).
    `precision`, `source` and `score` tell how a point was found that the file does not give, see
    `geo.model.Faces`.
    """

    lng: FloatArray
    lat: FloatArray
    x: FloatArray
    y: FloatArray
    precision: TextArray
    source: TextArray
    score: FloatArray

    @property
    def usable(self) -> BoolArray:
        """Return which rows have a point."""
        return np.isfinite(self.lng) & np.isfinite(self.lat)


def nowhere(n: int) -> Points:
    """Return `n` points that are not known."""
    lng, lat, x, y, score = (np.full(n, np.nan) for _ in range(5))
    precision, source = (np.full(n, "", dtype=object) for _ in range(2))
    return Points(lng, lat, x, y, precision, source, score)
