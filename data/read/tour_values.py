"""Words, hours and lists of ``[tour]`` as values; what does not fit is told to pydantic by a kind.

The kinds (``choice``, ``hour``, ``kits``, ``order``) are put into words in
`data.read.campaign_file`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from enum import StrEnum
from typing import TypeVar

from pydantic import ValidatorFunctionWrapHandler
from pydantic_core import PydanticCustomError

from data.read.cells import CellFault
from data.read.codes import Code
from data.read.schema import fold
from geo.model import Driving, RoadUse, SchoolHolidays

E = TypeVar("E", bound=StrEnum)

FEWEST = 0
"""What ``kits = "min"`` becomes: as few kits as will do."""

DRIVING = {
    "evening": Driving.EVENING,
    "soir": Driving.EVENING,
    "morning": Driving.MORNING,
    "matin": Driving.MORNING,
    "either": Driving.EITHER,
    "soir_ou_matin": Driving.EITHER,
}
ROADS = {
    "auto": RoadUse.AUTO,
    "server": RoadUse.SERVER,
    "serveur": RoadUse.SERVER,
    "estimate": RoadUse.ESTIMATE,
    "estimation": RoadUse.ESTIMATE,
}
SCHOOL_HOLIDAYS = {
    "avoid": SchoolHolidays.AVOID,
    "eviter": SchoolHolidays.AVOID,
    "seek": SchoolHolidays.SEEK,
    "chercher": SchoolHolidays.SEEK,
    "ignore": SchoolHolidays.IGNORE,
    "ignorer": SchoolHolidays.IGNORE,
}
SCHOOL_ZONES = ("A", "B", "C")

_HOUR = re.compile(r"(\d{1,2})(?:[:hH](\d{2})?)", re.ASCII)
_LAST_SECOND = time(23, 59, 59)


def choice(text: str, words: Mapping[str, E]) -> E:
    """Return what a word stands for.

    Raises
    ------
    CellFault
        If it is none of them.
    """
    if (folded := fold(text)) not in words:
        raise CellFault(Code.UNKNOWN_CHOICE, value=text, allowed=_allowed(words))
    return words[folded]


def _allowed(words: Mapping[str, StrEnum]) -> str:
    names = list(dict.fromkeys(value.value for value in words.values()))
    return f"{', '.join(names[:-1])} ou {names[-1]}"


def driving_word(value: object) -> object:
    """Return when kits are driven."""
    return _choice(value, DRIVING)


def roads_word(value: object) -> object:
    """Return where driving times come from."""
    return _choice(value, ROADS)


def school_holidays_word(value: object) -> object:
    """Return what is thought of school holidays."""
    return _choice(value, SCHOOL_HOLIDAYS)


def _choice(value: object, words: Mapping[str, E]) -> object:
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "text is expected")
    try:
        return choice(value, words)
    except CellFault as fault:
        raise PydanticCustomError(
            "choice", "no such choice", {"allowed": fault.fields["allowed"]}
        ) from fault


def school_zone_letter(value: object) -> object:
    """Return one of the three zones of the school holidays."""
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "text is expected")
    if value.upper() not in SCHOOL_ZONES:
        raise PydanticCustomError("choice", "no such zone", {"allowed": "A, B ou C"})
    return value.upper()


def hour(value: object) -> object:
    """Return an hour of the day: ``07:00:00``, ``"7:30"``, ``"7h30"``, ``"7h"`` or ``"24:00"``."""
    if isinstance(value, time):
        return value.replace(microsecond=0)
    match = _HOUR.fullmatch(value) if isinstance(value, str) else None
    hours, minutes = (int(match[1]), int(match[2] or 0)) if match else (99, 0)
    if (hours, minutes) == (24, 0):
        return _LAST_SECOND
    if hours > 23 or minutes > 59:
        raise PydanticCustomError("hour", "no hour of the day")
    return time(hours, minutes)


def count_or_fewest(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    """Return a number of kits, or `FEWEST` for the word ``min``."""
    if value == "min":
        return FEWEST
    if not isinstance(value, int) or isinstance(value, bool):
        raise PydanticCustomError("kits", "a number or min is expected")
    return handler(value)


def chains(value: object) -> object:
    """Return lists of ids, also where a single one is given."""
    outer = value if isinstance(value, list) else [None]
    nested = [outer] if outer and all(isinstance(each, str) for each in outer) else outer
    ids = [each for chain in nested for each in (chain if isinstance(chain, list) else [None])]
    if not all(isinstance(each, str) and each for each in ids):
        raise PydanticCustomError("order", "lists of ids are expected")
    return nested
