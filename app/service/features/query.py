"""What a request asks for: each parameter checked, one that is not known refused (400)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from fastapi import Request
from starlette.datastructures import QueryParams

from app.service.context import Services
from app.service.errors import ApiError
from app.service.features.collections import Collection, Property
from app.service.features.intervals import Interval, interval_of
from app.service.features.reference import CRS84, SYSTEMS, Box, Crs, box_of
from app.service.pages import place_of

Value = TypeVar("Value")
DEFAULT_LIMIT = 100
MOST = 10_000
FORMATS = ("json", "html")
_NOTHING: str | int = ""
_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})([eE][+-]?\d{1,3})?", re.ASCII)
_CRS_BY_URI = {crs.uri: crs for crs in SYSTEMS}


@dataclass(frozen=True, slots=True)
class ItemsQuery:
    """What of a collection is asked for.

    Parameters
    ----------
    after
        The position after which the page begins.
    where
        Names of properties and the values that they must have, sorted by name.
    plan_id
        Of the plan that was chosen, if any.
    """

    limit: int = DEFAULT_LIMIT
    after: int | None = None
    box: Box | None = None
    interval: Interval | None = None
    crs: Crs = CRS84
    where: tuple[tuple[str, str | int], ...] = ()
    plan_id: str | None = None


def items_query(service: Services, collection: Collection, given: QueryParams) -> ItemsQuery:
    """Return what a request for items asks for.

    Raises
    ------
    ApiError
        400 with every parameter that is not known, or not as it should be.
    """
    known = {"f", "limit", "bbox", "bbox-crs", "datetime", "crs", "cursor", *collection.queryable}
    read = _Reading(given, known | ({"plan"} if collection.is_of_plan else set()))
    bbox_crs = read.one("bbox-crs", _crs, CRS84)
    query = ItemsQuery(
        limit=read.one("limit", _limit, DEFAULT_LIMIT),
        after=read.one("cursor", lambda text: _place(service, text), None),
        box=read.one("bbox", lambda text: _box(text, bbox_crs), None),
        interval=read.one("datetime", interval_of, None),
        crs=read.one("crs", _crs, CRS84),
        where=tuple(
            (name, read.one(name, _value_of(prop), _NOTHING))
            for name, prop in sorted(collection.queryable.items())
            if name in given
        ),
        plan_id=read.one("plan", str, None),
    )
    read.done()
    return query


def item_query(collection: Collection, given: QueryParams, *, crs: bool = True) -> ItemsQuery:
    """Return how one feature is asked for: its system, and the plan that it is of.

    Without `crs` no system may be asked for: a collection has all of them.

    Raises
    ------
    ApiError
        400 with every parameter that is not known, or not as it should be.
    """
    known = {"f", *(("crs",) if crs else ()), *(("plan",) if collection.is_of_plan else ())}
    read = _Reading(given, known)
    query = ItemsQuery(crs=read.one("crs", _crs, CRS84), plan_id=read.one("plan", str, None))
    read.done()
    return query


def check_known(given: QueryParams, *names: str) -> None:
    """Refuse parameters other than some and ``f``.

    Raises
    ------
    ApiError
        400 with each of them.
    """
    _Reading(given, {"f", *names}).done()


def wanted_format(request: Request) -> str:
    """Return ``json`` or ``html``: what ``f`` says, else what ``Accept`` prefers.

    Raises
    ------
    ApiError
        400 where ``f`` is neither, 406 where ``Accept`` takes neither.
    """
    given = request.query_params.get("f")
    if given is not None:
        if given not in FORMATS:
            raise bad_query({"f": "json or html is expected"})
        return given
    accepted = request.headers.get("accept", "*/*")
    html = _quality(accepted, ("text/html",))
    json = _quality(accepted, ("application/geo+json", "application/json"))
    if max(html, json) <= 0:
        raise ApiError(406, "not-acceptable", "There is JSON (GeoJSON) and HTML.")
    return "html" if html > json else "json"


def bad_query(faults: Mapping[str, str]) -> ApiError:
    """Return the error of parameters, by their names."""
    errors = [{"location": ["query", name], "message": why} for name, why in faults.items()]
    detail = "; ".join(f"{name}: {why}" for name, why in faults.items())
    return ApiError(400, "bad-query", detail, extra={"errors": errors})


class _Reading:
    """Reads parameters one by one, and keeps what is wrong with any of them."""

    def __init__(self, given: QueryParams, known: Iterable[str]) -> None:
        self._given = given
        self._known = frozenset(known)
        self._faults: dict[str, str] = {}

    def one(self, name: str, parse: Callable[[str], Value], otherwise: Value) -> Value:
        """Return a parameter, or `otherwise` where it is not given or is wrong."""
        texts = self._given.getlist(name)
        if not texts or name not in self._known:
            return otherwise
        if len(texts) > 1:
            self._faults[name] = "it is given more than once"
            return otherwise
        try:
            return parse(texts[0])
        except ValueError as error:
            self._faults[name] = str(error)
        except ApiError as error:
            self._faults[name] = error.detail
        return otherwise

    def done(self) -> None:
        """Raise what was wrong."""
        unknown = dict.fromkeys(self._given, "there is no such parameter")
        faults = {n: why for n, why in unknown.items() if n not in self._known} | self._faults
        if faults:
            raise bad_query(faults)


def _limit(text: str) -> int:
    if not _WHOLE.fullmatch(text) or int(text) < 1:
        raise ValueError(f"a whole number from 1 to {MOST} is expected")
    return min(int(text), MOST)  # the standard: more than the most is no error


def _place(service: Services, text: str) -> int:
    place = place_of(service, text)
    if not isinstance(place, int):
        raise ValueError("this cursor is not from a page of features")  # noqa: TRY004 -- a fault of the query
    return place


def _crs(text: str) -> Crs:
    if text not in _CRS_BY_URI:
        raise ValueError(f"one of these is expected: {', '.join(_CRS_BY_URI)}")
    return _CRS_BY_URI[text]


def _box(text: str, crs: Crs) -> Box:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) not in {4, 6} or not all(_NUMBER.fullmatch(part) for part in parts):
        raise ValueError("four or six numbers joined by commas are expected")
    numbers = [float(part) for part in parts]
    if not all(map(math.isfinite, numbers)):
        raise ValueError("the numbers are too large")
    if len(numbers) == 6:  # heights are in it: features have none, so all of them meet it
        if numbers[2] > numbers[5]:
            raise ValueError("the lower height is above the upper one")
        del numbers[5], numbers[2]
    return box_of((numbers[0], numbers[1], numbers[2], numbers[3]), crs)


def _value_of(prop: Property) -> Callable[[str], str | int]:
    def whole(text: str) -> int:
        if not _WHOLE.fullmatch(text):
            raise ValueError("a whole number is expected")
        return int(text)

    def text(given: str) -> str:
        if "\0" in given:
            raise ValueError("no text has this character")
        return given

    return whole if prop.type == "integer" else text


def _quality(accepted: str, types: tuple[str, ...]) -> float:
    """Return the greatest quality that ``Accept`` gives to one of some media types."""
    ranges = [_range_of(part) for part in accepted.split(",") if part.strip()]
    best = 0.0
    for media_type in types:
        group = media_type.partition("/")[0]
        for pattern in (media_type, f"{group}/*", "*/*"):
            found = [quality for name, quality in ranges if name == pattern]
            if found:
                best = max(best, *found)
                break
    return best


def _range_of(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        if parameter.startswith("q="):
            number = parameter[2:]
            return name, float(number) if re.fullmatch(r"[01](\.\d{0,3})?", number) else 0.0
    return name, 1.0
