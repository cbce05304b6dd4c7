"""From a campaign to the problem of its tour: the stays that calendars and rules leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import time, timedelta

from geo.errors import PlacardeError
from geo.model import Campaign, Maison, TourRules
from geo.plan import Shortfall
from geo.tour.asked import AskedDates
from geo.tour.calendar import VenueCalendar, venue_calendar
from geo.tour.limits import PosterDays, forbidden_days, poster_days
from geo.tour.problem import SEARCH_DAYS, TourProblem
from geo.tour.stays import Stay, stays_of
from geo.tour.territory import zones_of_maisons
from geo.tour.travel import travel_matrix
from geo.tour.troubles import date_trouble, kit_trouble, order_troubles


def build_problem(campaign: Campaign) -> TourProblem:
    """Return the tour that a campaign asks for; every one of its Maisons is a stop.

    Raises
    ------
    PlacardeError
        If the campaign asks for no tour, or its depot, calendar, opening hours or an id in an order
        are unknown: the doors let no such campaign in.
    """
    rules = campaign.tour
    if rules is None:
        raise PlacardeError("this campaign asks for no tour")
    maisons = sorted(campaign.maisons, key=lambda maison: maison.maison_id)
    depot = next((maison for maison in maisons if maison.maison_id == rules.depot), None)
    if depot is None:
        raise PlacardeError(f"the depot {rules.depot!r} is no Maison of the campaign")
    places = [depot, *maisons]
    zones = zones_of_maisons(campaign, maisons)
    kits_of = _kits_of(rules, zones)
    dates = [
        _dates(maison, rules, posters=_posters(campaign, zone_ids))
        if not kits_of or kits_of[stop]
        else _Dates((), (), kit_trouble(maison))
        for stop, (maison, zone_ids) in enumerate(zip(maisons, zones, strict=True))
    ]
    stays = tuple(each.stays for each in dates)
    before = _before(rules, maisons)
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
        stays=stays,
        later_stays=tuple(each.later for each in dates),
        open_stays=tuple(each.open_stays for each in dates),
        kits=min(rules.kits, max(len(maisons), 1))
        if rules.fewest_kits and not kits_of
        else rules.kits,
        max_drive_s=rules.max_drive_s,
        troubles=(
            *(each.trouble for each in dates if each.trouble is not None),
            *order_troubles(maisons, stays, before),
        ),
        driving=rules.driving,
        drive_from_s=_second_of_day(rules.drive_from),
        drive_until_s=_second_of_day(rules.drive_until),
        driver_returns=rules.driver_returns,
        before=before,
        kits_of=kits_of,
        fewest_kits=rules.fewest_kits,
        asked=tuple(map(AskedDates.of, maisons)),
    )


@dataclass(frozen=True, slots=True)
class _Dates:
    """The stays inside the window, those after it, and why there are none inside.

    `open_stays` are those inside it that its own dates do not take away.
    """

    stays: tuple[Stay, ...]
    later: tuple[Stay, ...]
    trouble: Shortfall | None
    open_stays: tuple[Stay, ...] = ()


def _dates(maison: Maison, rules: TourRules, *, posters: PosterDays | None) -> _Dates:
    venue = _venue(maison, rules, posters)
    stays = _stays(maison, rules, venue)
    inside = _inside(stays, rules)
    at_any_time = replace(maison, fixed_on=(), not_before=None, not_after=None, windows=())
    dwell = _dwell(maison, rules)
    return _Dates(
        stays=inside,
        later=stays[len(inside) :],
        trouble=None if inside else date_trouble(maison, dwell=dwell, venue=venue, rules=rules),
        open_stays=inside
        if at_any_time == maison
        else _inside(_stays(at_any_time, rules, _venue(at_any_time, rules, posters)), rules),
    )


def _venue(maison: Maison, rules: TourRules, posters: PosterDays | None) -> VenueCalendar:
    first, horizon = rules.start, rules.end + timedelta(days=SEARCH_DAYS)
    opened = venue_calendar(maison, first=first, last=horizon, calendar=rules.calendar)
    return opened.without(forbidden_days(maison, rules, first=first, last=horizon, posters=posters))


def _stays(maison: Maison, rules: TourRules, venue: VenueCalendar) -> tuple[Stay, ...]:
    return stays_of(
        venue.open_days,
        dwell=_dwell(maison, rules),
        fixed_on=maison.fixed_on,
        first_day=rules.start,
        windows=maison.windows,
        setup=_seconds(maison.setup_s, rules.setup_s),
        takedown=_seconds(maison.takedown_s, rules.takedown_s),
    )


def _inside(stays: Sequence[Stay], rules: TourRules) -> tuple[Stay, ...]:
    return tuple(stay for stay in stays if stay.open_on[-1] <= rules.end)


def _dwell(maison: Maison, rules: TourRules) -> float:
    return rules.dwell_days if maison.dwell_days is None else maison.dwell_days


def _seconds(own: int | None, default: int) -> timedelta:
    return timedelta(seconds=default if own is None else own)


def _second_of_day(hour: time) -> int:
    return hour.hour * 3600 + hour.minute * 60 + hour.second


def _posters(campaign: Campaign, zone_ids: Sequence[str]) -> PosterDays | None:
    if campaign.tour is None or not campaign.tour.with_posters:
        return None
    return poster_days(zone_ids, campaign.periods, campaign.sequences)


def _kits_of(rules: TourRules, zones: Sequence[tuple[str, ...]]) -> tuple[frozenset[int], ...]:
    """Return the kits that may visit each stop, nothing where no kit keeps to a zone."""
    if not any(rules.kit_zones):
        return ()
    return tuple(
        frozenset(kit for kit, zone in enumerate(rules.kit_zones) if not zone or zone in zone_ids)
        for zone_ids in zones
    )


def _before(rules: TourRules, maisons: Sequence[Maison]) -> tuple[tuple[int, int], ...]:
    stop = {maison.maison_id: i for i, maison in enumerate(maisons)}
    unknown = sorted({each for chain in rules.order for each in chain} - set(stop))
    if unknown:
        raise PlacardeError(f"the order names {unknown[0]!r}, which is no Maison of the campaign")
    pairs = {
        (stop[chain[i]], stop[chain[i + 1]]) for chain in rules.order for i in range(len(chain) - 1)
    }
    return tuple(sorted(pairs))
