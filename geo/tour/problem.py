"""What a tour is decided from: stops, roads, and the stays that the calendars allow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from geo.errors import PlacardeError
from geo.model import Campaign, Maison, TourRules
from geo.plan import Shortfall
from geo.tour.calendar import venue_calendar
from geo.tour.stays import Stay, date_trouble, stays_of
from geo.tour.travel import TravelMatrix, travel_matrix

SEARCH_DAYS = 56
"""How far after the end of the window to look for the days that are missing: eight weeks."""


@dataclass(frozen=True, slots=True, eq=False)
class TourProblem:
    """A tour to be planned. Stop ``i`` of `stop_ids` is node ``i + 1`` of `travel`; 0 is the depot.

    Parameters
    ----------
    first_day, n_days
        The window, in calendar days.
    stop_ids, stop_names
        The Maisons to visit, sorted by id, each once and by one kit.
    travel
        Seconds and metres, shape ``(n + 1, n + 1)``.
    stays
        For each stop every stay inside the window, by first day.
    later_stays
        For each stop the stays that end in the `SEARCH_DAYS` after the window. No tour uses them;
        they only tell by how many days a window is too short.
    kits, max_drive_s
        How many kits there are, and the longest time that one may be driven in a day.
    troubles
        Why a stop has no stay inside the window, for each that has none.
    """

    first_day: date
    n_days: int
    depot_id: str
    depot_name: str
    stop_ids: tuple[str, ...]
    stop_names: tuple[str, ...]
    travel: TravelMatrix
    stays: tuple[tuple[Stay, ...], ...]
    later_stays: tuple[tuple[Stay, ...], ...]
    kits: int
    max_drive_s: int
    troubles: tuple[Shortfall, ...] = ()

    @property
    def last_day(self) -> date:
        """Return the last day of the window."""
        return self.first_day + timedelta(days=self.n_days - 1)

    def node_id(self, node: int) -> str:
        """Return the id of the Maison at a node."""
        return self.stop_ids[node - 1] if node else self.depot_id

    def longer_by(self, days: int) -> TourProblem:
        """Return the same problem with so many more days at the end of the window."""
        n_days = self.n_days + days
        pairs = tuple(zip(self.stays, self.later_stays, strict=True))
        return replace(
            self,
            n_days=n_days,
            stays=tuple(now + tuple(s for s in later if s.end < n_days) for now, later in pairs),
            later_stays=tuple(tuple(s for s in later if s.end >= n_days) for _, later in pairs),
        )


def build_problem(campaign: Campaign) -> TourProblem:
    """Return the tour that a campaign asks for; every one of its Maisons is a stop.

    Raises
    ------
    PlacardeError
        If the campaign asks for no tour, or its depot, calendar or opening hours are unknown: the
        doors let no such campaign in.
    """
    rules = campaign.tour
    if rules is None:
        raise PlacardeError("this campaign asks for no tour")
    maisons = sorted(campaign.maisons, key=lambda maison: maison.maison_id)
    depot = next((maison for maison in maisons if maison.maison_id == rules.depot), None)
    if depot is None:
        raise PlacardeError(f"the depot {rules.depot!r} is no Maison of the campaign")
    places = [depot, *maisons]
    dates = [_dates(maison, rules) for maison in maisons]
    return TourProblem(
        first_day=rules.start,
        n_days=(rules.end - rules.start).days + 1,
        depot_id=depot.maison_id,
        depot_name=depot.name,
        stop_ids=tuple(maison.maison_id for maison in maisons),
        stop_names=tuple(maison.name for maison in maisons),
        travel=travel_matrix(
            [place.maison_id for place in places],
            [place.lnglat for place in places],
            campaign.travel,
        ),
        stays=tuple(stays for stays, _, _ in dates),
        later_stays=tuple(later for _, later, _ in dates),
        kits=rules.kits,
        max_drive_s=rules.max_drive_s,
        troubles=tuple(trouble for _, _, trouble in dates if trouble is not None),
    )


def _dates(
    maison: Maison, rules: TourRules
) -> tuple[tuple[Stay, ...], tuple[Stay, ...], Shortfall | None]:
    """Return the stays inside the window, those after it, and why there are none inside."""
    horizon = rules.end + timedelta(days=SEARCH_DAYS)
    venue = venue_calendar(maison, first=rules.start, last=horizon, calendar=rules.calendar)
    dwell = maison.dwell_days if maison.dwell_days is not None else rules.dwell_days
    stays = stays_of(venue.open_days, dwell=dwell, fixed_on=maison.fixed_on, first_day=rules.start)
    inside = tuple(stay for stay in stays if stay.open_on[-1] <= rules.end)
    trouble = None if inside else date_trouble(maison, dwell=dwell, venue=venue, rules=rules)
    return inside, stays[len(inside) :], trouble
