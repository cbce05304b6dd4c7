"""The order to the media buyer, line by line, as ``affichage.csv`` holds it.

A line says what was bought, where and when, and which visual goes up: nothing personal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One posting as the media buyer reads it: one face, one period, one visual.

    Numbers are as precise as the file is: degrees to 6 decimals (0.1 m), square metres to 2.
    Text is what was typed in the inventory, without what makes a cell inert in a spreadsheet.

    Parameters
    ----------
    face_id, operator, city, insee, address, support, format
        Of the face, from the inventory; empty where it says nothing.
    lat, lon
        WGS84 degrees.
    surface_m2
        Square metres, or None where unknown.
    lit
        Whether the face is lit, or None where unknown.
    zone
        Name of a zone in which the face lies, or empty.
    period
        Counted from 1.
    start, end
        First and last day of posting.
    visual
        The id of the portrait, never that of the agent.
    price_cents
        Euro cents before tax, of this face for this period.
    state
        Where the order stands: ``proposée`` in a plan.
    """

    face_id: str
    operator: str
    city: str
    insee: str
    address: str
    lat: float
    lon: float
    support: str
    format: str
    surface_m2: float | None
    lit: bool | None
    zone: str
    period: int
    start: date
    end: date
    visual: str
    price_cents: int
    state: str
