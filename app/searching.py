"""How a plan is searched for, and who watches: what a job asks for beyond the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from geo import matching, tour
from geo.plan import Plan


class Stage(StrEnum):
    """What the making of a plan is at, in this order."""

    READING = "reading"
    ROADS = "roads"
    TARGETING = "targeting"
    MATCHING = "matching"
    TOURING = "touring"
    DRAWING = "drawing"
    WRITING = "writing"


def _unwatched(_: object) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Search:
    """How a plan is searched for; without anything, as the command line does it.

    Parameters
    ----------
    effort
        How far the matching goes; the default suits every size.
    previous, change_penalty
        The plan before, and what a posting that stays counts: see `geo.matching.solve`. The tour
        tells its calendars what it changed of the one before.
    reached, told
        Called with each stage, and with each step of the matching.
    stop, stop_tour
        Asked often, in the matching and in the search for a tour: a reason, or yes, ends it with
        the best so far.
    """

    effort: matching.Effort | None = None
    previous: Plan | None = None
    change_penalty: float = 0.0
    reached: Callable[[Stage], None] = _unwatched
    told: Callable[[matching.Progress], None] = _unwatched
    stop: Callable[[], str | None] | None = None
    stop_tour: Callable[[], bool] = tour.never
