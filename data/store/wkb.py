"""Geometry in a column: WKB bytes in WGS84, the same on every database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Wkb(TypeDecorator[shapely.Geometry]):
    """A geometry in longitude and latitude (EPSG:4326), as ISO WKB.

    Who writes many at once may hand over the bytes of `many_wkb`.
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(
        self, value: shapely.Geometry | bytes | None, dialect: Dialect
    ) -> bytes | None:
        """Return the bytes that are stored."""
        del dialect
        if value is None or isinstance(value, bytes):
            return value
        content: bytes = shapely.to_wkb(value, flavor="iso")
        return content

    def process_result_value(self, value: Any, dialect: Dialect) -> shapely.Geometry | None:  # noqa: ANN401 -- as its base says
        """Return the geometry that was stored."""
        del dialect
        return None if value is None else shapely.from_wkb(bytes(value))


def many_wkb(shapes: Sequence[shapely.Geometry | None]) -> list[bytes | None]:
    """Return the bytes that are stored for each geometry, much faster than one by one."""
    every: Any = np.array([*shapes, None], dtype=object)[:-1]  # never taken for coordinates
    content: list[bytes | None] = shapely.to_wkb(every, flavor="iso").tolist()
    return content
