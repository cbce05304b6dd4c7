"""Coordinates as people write them: decimal numbers, and degrees with minutes and seconds."""

from __future__ import annotations

import re

from data.read.cells import CellFault, parse_number
from data.read.codes import Code

_DECIMAL = r"(\d+(?:[.,]\d+)?)"
_GAP = r"[\s\u00a0\u202f]*"
_ANGLE = re.compile(
    rf"([NSEOW])?{_GAP}([+-])?{_GAP}"
    rf"{_DECIMAL}{_GAP}(°|º|deg|d|\s|(?=[NSEOW])|$){_GAP}"
    rf"(?:{_DECIMAL}{_GAP}(?:['’′ʹ´m]|\s|(?=[NSEOW])|$){_GAP})?"
    rf"(?:{_DECIMAL}{_GAP}(?:\"|”|″|''|’’|′′|s|(?=[NSEOW])|$){_GAP})?"
    r"([NSEOW])?",
    re.IGNORECASE,
)
_LONGEST = 60


def coordinate(text: str) -> float:
    """Return a coordinate: a number (comma or point), or an angle in decimal degrees.

    Angles are ``45°11'18"N``, ``45° 11,3' N``, ``N 45 11 18``, ``5°43'E`` with straight or
    typographic marks; ``O`` and ``W`` are west. A direction or a mark of degrees tells an angle
    from a number.
    """
    try:
        return float(parse_number(text))
    except CellFault as fault:
        value = _angle(text)
        if value is None:
            raise CellFault(fault.code, **fault.fields) from fault
        return value


def _angle(text: str) -> float | None:
    match = _ANGLE.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if match is None:
        return None
    before, sign, whole, mark, *rest, after = match.groups()
    direction = (before or after or "").upper()
    is_angle = direction or mark.strip() or all(rest)
    if (before and after) or (sign and direction) or not is_angle:
        return None
    parts = (whole, *rest)
    degrees, minutes, seconds = (float((part or "0").replace(",", ".")) for part in parts)
    # Rounded seconds come out as 60,00" of many tools: that is the next minute.
    if minutes >= 60 or seconds > 60:
        raise CellFault(Code.UNREADABLE_NUMBER, value=text)
    value = degrees + minutes / 60 + seconds / 3600
    return -value if sign == "-" or direction in {"S", "O", "W"} else value
