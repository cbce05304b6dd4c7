"""The roads of a campaign, and its tour on them: what a routing server is asked, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from app.settings import RoadSettings
from data.read_tour import read_past_tour
from data.write.agenda import shown_digest
from data.write.agenda_entries import calendar_of, withdrawn_entries
from geo import tour
from geo.errors import PlanFolderError, RoadsError
from geo.french import NBSP
from geo.model import Campaign, RoadUse
from geo.plan import Shortfall, Status, Tour
from geo.tour import TourProblem

Progress = Callable[[str], None]
Draw = Callable[[Tour, Campaign], Tour]


@dataclass(frozen=True, slots=True)
class OnRoads:
    """A campaign with all that is known of its roads.

    `draw` gives a tour the lines of its roads; `remarks` is what was wrong with some of them.
    """

    campaign: Campaign
    remarks: tuple[Shortfall, ...]
    draw: Draw

    def finish(self, problem: TourProblem, planned: Tour) -> Tour:
        """Return a tour with its lines, the interval of its estimates, remarks, and calendar."""
        spread = tour.with_spread(problem, planned)
        drawn = self.draw(spread, self.campaign)
        return replace(
            drawn,
            remarks=(*self.remarks, *drawn.remarks),
            calendar=calendar_of(self.campaign),
            shown=shown_digest(self.campaign, drawn),
        )


def put_on_roads(campaign: Campaign, settings: RoadSettings, *, progress: Progress) -> OnRoads:
    """Ask the routing server, if there is one, for the drives that the campaign does not know.

    Raises
    ------
    RoadsError
        If the server cannot be asked, or the campaign wants one and none is set.
    """
    use = campaign.tour.roads if campaign.tour else RoadUse.ESTIMATE
    if use is RoadUse.ESTIMATE or (use is RoadUse.AUTO and not settings.server.strip()):
        return OnRoads(campaign, (), _undrawn)
    from data.roads import (  # noqa: PLC0415 - urllib3, for those who have a server
        CachedRoads,
        draw_legs,
        engine_of,
        road_travel,
    )

    engine = engine_of(settings.server)
    if engine is None:
        raise RoadsError(
            'La campagne demande un serveur d’itinéraires (roads = "server") et aucun n’est '
            f'réglé{NBSP}: le nommer dans PLACARDE_ROADS, ou demander roads = "estimate".'
        )
    progress(f"Trajets par la route : {engine.name}, {len(campaign.maisons)} lieux…")
    cached = CachedRoads(engine, settings.cache)
    found = road_travel(campaign, cached)
    known = replace(campaign, travel=(*campaign.travel, *found.rows))
    return OnRoads(known, found.remarks, lambda planned, of: draw_legs(planned, of, cached))


def plan_tour(roads: OnRoads, *, stop: tour.Stop = tour.never) -> Tour:
    """Return the tour of a campaign, `Status.NOT_ASKED` where it asks for none.

    `stop` is asked often, and ends the search with the best tour so far.
    """
    if roads.campaign.tour is None:
        return Tour(Status.NOT_ASKED, drive_s=0, bound_s=0, distance_m=0)
    problem = tour.build_problem(roads.campaign)
    return roads.finish(problem, tour.solve(problem, stop=stop))


def _undrawn(planned: Tour, _: Campaign) -> Tour:
    return planned


def given_out(folder: Path) -> Tour | None:
    """Return the tour in a folder that is about to be replaced, None where none can be read."""
    try:
        return read_past_tour(folder)
    except PlanFolderError:
        return None


def revised(planned: Tour, past: Tour | None) -> Tour:
    """Return a tour with its number among those that were given out: one more where it differs.

    It differs too where its calendar shows something else of the same stops: the new address of a
    Maison, for example. It also gets what those before it put into calendars and it does not have,
    under the name that calendars know them by.
    """
    if past is None:
        return planned
    same = (planned.stops, planned.legs) == (past.stops, past.legs) and (
        planned.shown == past.shown or not past.shown
    )
    return replace(
        planned,
        revision=past.revision + (0 if same else 1),
        withdrawn=withdrawn_entries(planned, past),
        calendar=past.calendar or planned.calendar,
    )
