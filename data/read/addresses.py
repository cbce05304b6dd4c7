"""An address to look for, and the place that was found for it."""

from __future__ import annotations

from typing import NamedTuple

from data.read.schema import fold


class Address(NamedTuple):
    """An address as a row of a file has it."""

    address: str
    postcode: str
    city: str
    insee: str

    @property
    def key(self) -> str:
        """Return what tells two addresses apart: case, accents and punctuation do not count."""
        return "|".join(map(fold, self))

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to look for."""
        return not any(self)


class Position(NamedTuple):
    """Where an address is.

    Parameters
    ----------
    lng, lat
        WGS84 degrees.
    precision
        One of `geo.precision.PRECISIONS`.
    source
        Who says so: the host of the geocoder, or ``commune``.
    score
        From 0 to 1 as the geocoder gives it; NaN where there is none.
    label
        The address as the geocoder understood it.
    """

    lng: float
    lat: float
    precision: str
    source: str
    score: float
    label: str = ""
