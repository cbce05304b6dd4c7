"""What sources give: a page of features, and where and when those of a collection are."""

from __future__ import annotations

from typing import NamedTuple

from app.service.features.intervals import Interval
from geo.crs import Bounds


class EncodedPage(NamedTuple):
    """A page of features.

    Parameters
    ----------
    features
        As `app.service.features.encoding.encoded` gives them.
    matched, returned
        How many features were asked for, and how many of them are here.
    following
        Where the next page begins after; None on the last one.
    cursor
        The same, as a link tells it.
    """

    features: bytes
    matched: int
    returned: int
    following: int | None
    cursor: str | None = None


class Extent(NamedTuple):
    """Where and when the features of a collection are; None where none is anywhere."""

    bounds: Bounds | None = None
    interval: Interval | None = None
