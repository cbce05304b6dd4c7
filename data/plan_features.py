"""The postings and the tour of a plan as things on a map, from files of its folder.

The inputs are not read again: the files that are given out hold the places as the plan knew them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from data.plan_json import plan_from_json
from data.write.folder import GPX_FILE, ORDER_FILE, PLAN_FILE, TOUR_FILE
from data.write.order import ORDER_COLUMNS
from data.write.sheet import read_sheet
from data.write.tour_lines import TOUR_COLUMNS, TourLine
from geo.crs import LngLat
from geo.errors import PlanFolderError
from geo.french import NBSP
from geo.order import OrderLine
from geo.plan import Leg, Stop

FEATURE_FILES = (PLAN_FILE, ORDER_FILE, TOUR_FILE, GPX_FILE)
"""The files of a plan folder that `plan_features` reads."""

_ROUTE_POINT = re.compile(rb'<rtept lat="(-?\d+\.\d+)" lon="(-?\d+\.\d+)">')


@dataclass(frozen=True, slots=True)
class Place:
    """A Maison that the tour goes to."""

    name: str
    city: str
    lnglat: LngLat


@dataclass(frozen=True, slots=True)
class PlanFeatures:
    """What of a plan has a place.

    Parameters
    ----------
    postings
        The lines of the order, and with each the id of its agent.
    stops, legs
        Of the tour; a leg goes from one place to another.
    places
        By the id of the Maison; the depot is among them.
    """

    postings: tuple[tuple[OrderLine, str], ...]
    stops: tuple[Stop, ...]
    legs: tuple[Leg, ...]
    places: Mapping[str, Place]


def plan_features(files: Mapping[str, bytes]) -> PlanFeatures:
    """Return what of a plan has a place, from its `FEATURE_FILES`.

    Raises
    ------
    PlanFolderError
        If a file is missing or is not as Placarde writes it.
    """
    if missing := [name for name in FEATURE_FILES if name not in files]:
        raise PlanFolderError(f"fichiers absents du plan{NBSP}: {', '.join(missing)}")
    plan = plan_from_json(files[PLAN_FILE]).plan
    order = read_sheet(files[ORDER_FILE], columns=ORDER_COLUMNS, make=OrderLine, file=ORDER_FILE)
    agents = {(p.period, p.face_id): p.agent_id for p in plan.allocation.postings}
    if agents.keys() != {(line.period, line.face_id) for line in order}:
        raise PlanFolderError(f"{ORDER_FILE} et {PLAN_FILE} ne disent pas les mêmes affichages")
    return PlanFeatures(
        postings=tuple((line, agents[line.period, line.face_id]) for line in order),
        stops=plan.tour.stops,
        legs=tuple(leg for leg in plan.tour.legs if leg.from_id != leg.to_id),
        places=_places(files),
    )


def _places(files: Mapping[str, bytes]) -> dict[str, Place]:
    """Return the places of the tour: each line of its table is a point of the GPX routes."""
    lines = read_sheet(files[TOUR_FILE], columns=TOUR_COLUMNS, make=TourLine, file=TOUR_FILE)
    points = _ROUTE_POINT.findall(files[GPX_FILE])
    if len(points) != len(lines):
        raise PlanFolderError(f"{GPX_FILE} et {TOUR_FILE} ne disent pas les mêmes étapes")
    return {
        line.maison_id: Place(line.name, line.city, LngLat(float(lng), float(lat)))
        for line, (lat, lng) in zip(lines, points, strict=True)
    }
