"""A correct tour is broken in every way, and each way is found as what it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from geo.model import Campaign, Driving, Maison, SchoolHolidays, TravelRow
from geo.plan import Leg, Shortfall, Spread, Status, Stop, Tour, TravelSource
from geo.verify import Rule, verify
from tests.honest_plan import VISITS, Case, drive, honest_case, move, retotalled, rich_campaign

Break = Callable[[], Case]


def october(*days: int) -> tuple[date, ...]:
    """Return days of October 2017; 32 is the first of November."""
    return tuple(date(2017, 10, 1) + timedelta(days=day - 1) for day in days)


def visiting(*visits: tuple[str, Sequence[date]], **maisons: dict[str, Any]) -> Break:
    return lambda: honest_case(with_maisons(**maisons), visits=visits)


def with_maisons(**changes: dict[str, Any]) -> Campaign:
    campaign = rich_campaign()
    maisons = tuple(replace(m, **changes.get(m.maison_id, {})) for m in campaign.maisons)
    return replace(campaign, maisons=maisons)


def with_maison(maison_id: str, **changes: Any) -> Break:
    return lambda: honest_case(with_maisons(**{maison_id: changes}))


def with_tour_rules(**changes: Any) -> Break:
    def make() -> Case:
        rules = rich_campaign().tour
        assert rules is not None
        return honest_case(rich_campaign(tour=replace(rules, **changes)))

    return make


def altered(alter: Callable[[Tour], Tour]) -> Break:
    def make() -> Case:
        case = honest_case()
        return replace(case, plan=replace(case.plan, tour=alter(case.plan.tour)))

    return make


def with_tour(**changes: Any) -> Break:
    return altered(lambda tour: replace(tour, **changes))


def with_leg(index: int, **changes: Any) -> Break:
    """Return what changes one leg, and the totals with it."""

    def alter(tour: Tour) -> Tour:
        legs = list(tour.legs)
        legs[index] = replace(legs[index], **changes)
        return retotalled(replace(tour, legs=tuple(legs)))

    return altered(alter)


def with_stop(index: int, **changes: Any) -> Break:
    def alter(tour: Tour) -> Tour:
        return replace(tour, stops=stops_with(tour, index, **changes))

    return altered(alter)


def stops_with(tour: Tour, index: int, **changes: Any) -> tuple[Stop, ...]:
    stops = list(tour.stops)
    stops[index] = replace(stops[index], **changes)
    return tuple(stops)


def coming(depart: datetime) -> Break:
    """Return what drives the first leg at another time, the stop knowing of it."""

    def alter(tour: Tour) -> Tour:
        leg = move(tour.legs[0], depart)
        stops = stops_with(tour, 0, arrive=leg.arrive)
        return replace(tour, legs=(leg, *tour.legs[1:]), stops=stops)

    return altered(alter)


def going_home(depart: datetime) -> Break:
    """Return what drives the last leg at another time, the stop knowing of it."""

    def alter(tour: Tour) -> Tour:
        leg = move(tour.legs[-1], depart)
        return replace(tour, legs=(*tour.legs[:-1], leg), stops=stops_with(tour, -1, leave=depart))

    return altered(alter)


def in_another_kit(tour: Tour) -> Tour:
    return replace(
        tour,
        stops=tuple(replace(stop, kit=2) for stop in tour.stops),
        legs=tuple(replace(leg, kit=2) for leg in tour.legs),
    )


def without_leg(index: int) -> Break:
    def alter(tour: Tour) -> Tour:
        legs = tuple(leg for i, leg in enumerate(tour.legs) if i != index % len(tour.legs))
        return retotalled(replace(tour, legs=legs))

    return altered(alter)


def with_a_leg_more(tour: Tour) -> Tour:
    leg = move(replace(tour.legs[0], from_id="m1"), at(24, 17))
    return retotalled(replace(tour, legs=(*tour.legs, leg)))


def not_asked(*, empty: bool) -> Break:
    def make() -> Case:
        case = honest_case()
        tour = Tour(Status.NOT_ASKED, 0, 0, 0) if empty else case.plan.tour
        campaign = case.campaign if empty else replace(case.campaign, tour=None)
        return Case(campaign, replace(case.plan, tour=tour), case.order)

    return make


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2017, 10, day, hour, minute)  # noqa: DTZ001 - a tour is in local time


def half_days(**told: Any) -> Break:
    """Return m2 on the morning of the 17th and m1 in the afternoon; `told` changes the stop at m2.

    Both stand for half a day, from 9:00 to 12:00 or from 14:00 to 17:00.
    """

    def make() -> Case:
        half = {"dwell_days": 0.5, "opening": "Mo-Fr 09:00-12:00,14:00-17:00"}
        campaign = with_maisons(m1=half, m2=half)
        case = honest_case(campaign, visits=(two, ("m1", october(17)), three, four))
        tour = case.plan.tour
        midday = move(tour.legs[1], at(17, 12))
        legs = (tour.legs[0], midday, *tour.legs[2:])
        first = {"leave": at(17, 12), "opens": at(17, 9), "closes": at(17, 12), **told}
        second = {"arrive": midday.arrive, "opens": at(17, 14), "closes": at(17, 17)}
        stops = stops_with(replace(tour, stops=stops_with(tour, 0, **first)), 1, **second)
        changed = replace(tour, legs=legs, stops=stops)
        return replace(case, plan=replace(case.plan, tour=changed))

    return make


def returning(late_s: int = 0, *, skip: int | None = None, **rules: Any) -> Break:
    """Return the tour of a driver who goes home, `late_s` late after the first leg.

    `skip` leaves one of the legs out.
    """

    def make() -> Case:
        case = with_tour_rules(driver_returns=True, **rules)()
        legs: list[Leg] = []
        for leg in case.plan.tour.legs:
            there = empty(case.campaign, "m1", leg.from_id)
            back = empty(case.campaign, leg.to_id, "m1")
            legs += [move(there, leg.depart - timedelta(seconds=there.drive_s)), leg]
            legs.append(move(back, leg.arrive + timedelta(seconds=late_s * (len(legs) < 3))))
        legs = [leg for leg in legs if leg.from_id != leg.to_id]
        kept = tuple(leg for i, leg in enumerate(legs) if i != skip)
        tour = retotalled(replace(case.plan.tour, legs=kept))
        return replace(case, plan=replace(case.plan, tour=tour))

    return make


def empty(campaign: Campaign, from_id: str, to_id: str) -> Leg:
    return replace(drive(campaign, from_id, to_id), empty=True)


def posters_gone() -> Case:
    """Return the case of m1 on the first day after the posters of its secteur."""
    rules = rich_campaign().tour
    assert rules is not None
    campaign = rich_campaign(tour=replace(rules, with_posters=True))
    return honest_case(campaign, visits=(two, three, four, ("m1", october(24))))


nobody_asked = Tour(Status.INFEASIBLE, 0, 0, 0)
no_date = Shortfall("stop-has-no-date", "m2", "Il manque un jour.")
two, one, three, four = VISITS

MOSELLE = {"postcode": "57000"}


def with_school_zone(**maisons: dict[str, Any]) -> Case:
    campaign = with_maisons(**maisons)
    assert campaign.tour is not None
    return honest_case(replace(campaign, tour=replace(campaign.tour, school_zone="A")))


def spread_of(tour: Tour) -> Spread:
    assert tour.spread is not None
    return tour.spread


def with_table_alone(**changes: Any) -> Break:
    """Return the tour on roads that are all known; `changes` are those of the tour."""

    def make() -> Case:
        ids = ("m1", "m2", "m3", "m4")
        rows = tuple(TravelRow(a, b, 2400, 32_000) for a in ids for b in ids if a != b)
        case = honest_case(rich_campaign(travel=rows))
        return replace(case, plan=replace(case.plan, tour=replace(case.plan.tour, **changes)))

    return make


def slow(*, high_s: int, **rules: Any) -> Break:
    """Return a tour whose third leg may take so long, under other rules."""

    def make() -> Case:
        case = with_tour_rules(**rules)()
        legs = list(case.plan.tour.legs)
        legs[2] = replace(legs[2], high_s=high_s)
        tour = retotalled(replace(case.plan.tour, legs=tuple(legs)))
        return replace(case, plan=replace(case.plan, tour=tour))

    return make


BREAKS: dict[str, tuple[Break, set[Rule]]] = {
    # the whole
    "a tour that nobody asked for": (not_asked(empty=False), {Rule.TOUR_NOT_ASKED}),
    "no tour where one is asked for": (not_asked(empty=True), {Rule.TOUR_NOT_MADE}),
    "impossible without a reason": (altered(lambda _: nobody_asked), {Rule.TOUR_WITHOUT_REASON}),
    "given up without a reason": (
        altered(lambda _: replace(nobody_asked, status=Status.UNKNOWN)),
        {Rule.TOUR_WITHOUT_REASON},
    ),
    "impossible with stops": (
        with_tour(status=Status.INFEASIBLE, shortfalls=(no_date,)),
        {Rule.TOUR_WITH_STOPS},
    ),
    "stops out of order": (
        altered(lambda t: replace(t, stops=t.stops[::-1])),
        {Rule.TOUR_UNSORTED},
    ),
    "legs out of order": (altered(lambda t: replace(t, legs=t.legs[::-1])), {Rule.TOUR_UNSORTED}),
    "a kit that does not exist": (altered(in_another_kit), {Rule.TOO_MANY_KITS}),
    "a second too little": (
        altered(lambda t: replace(t, drive_s=t.drive_s - 1)),
        {Rule.DRIVE_TOTAL},
    ),
    "a metre too much": (
        altered(lambda t: replace(t, distance_m=t.distance_m + 1)),
        {Rule.DISTANCE_TOTAL},
    ),
    "a bound that the tour beats": (
        altered(lambda t: replace(t, bound_s=t.bound_s + 1)),
        {Rule.DRIVE_BOUND},
    ),
    # the stops
    "a Maison that nobody knows": (
        visiting(two, one, three, four, ("m9", october(24))),
        {Rule.UNKNOWN_MAISON},
    ),
    "a Maison left out": (visiting(two, one, three), {Rule.MAISON_NOT_VISITED}),
    "a Maison twice": (
        visiting(two, one, three, four, ("m2", october(24))),
        {Rule.MAISON_VISITED_TWICE},
    ),
    "a day too few": (visiting(two, one, three, ("m4", october(20))), {Rule.DWELL}),
    "a day too many": (with_tour_rules(dwell_days=2), {Rule.DWELL}),
    "no day at all": (with_stop(3, open_on=()), {Rule.DWELL}),
    "days in disorder": (with_stop(3, open_on=october(23, 20)), {Rule.DAYS_UNSORTED}),
    "a day twice": (
        with_stop(3, open_on=october(20, 23, 23)),
        {Rule.DAYS_UNSORTED},
    ),
    "a day before the tour": (
        with_tour_rules(start=date(2017, 10, 18)),
        {Rule.DAY_OUT_OF_WINDOW},
    ),
    "a day after the tour": (with_tour_rules(end=date(2017, 10, 22)), {Rule.DAY_OUT_OF_WINDOW}),
    "a Saturday": (visiting(two, one, three, ("m4", october(21, 23))), {Rule.DAY_WEEKEND}),
    "a Sunday that the hours allow": (
        visiting(two, one, three, ("m4", october(22, 23)), m4={"opening": "Mo-Su 09:00-17:00"}),
        {Rule.DAY_WEEKEND},
    ),
    "All Saints": (visiting(two, one, three, ("m4", october(31, 32))), {Rule.DAY_HOLIDAY}),
    "a closing day": (with_maison("m3", closed_on=frozenset(october(19))), {Rule.DAY_CLOSED}),
    "a day without hours": (
        with_maison("m3", opening="Mo-We 10:00-18:00"),
        {Rule.DAY_WITHOUT_HOURS},
    ),
    "an open day skipped": (visiting(two, one, three, ("m4", october(20, 24))), {Rule.DAY_SKIPPED}),
    "an inauguration missed": (with_maison("m3", fixed_on=october(24)), {Rule.FIXED_DAY_MISSED}),
    "two places at once": (
        visiting(two, one, three, ("m4", october(19, 20))),
        {Rule.STOPS_OVERLAP, Rule.ARRIVES_AFTER_OPENING},
    ),
    "a kit that comes late": (coming(at(17, 8, 32)), {Rule.ARRIVES_AFTER_OPENING}),
    "a Maison that opens earlier": (
        with_maison("m2", opening="Mo-Fr 08:00-12:00,14:00-17:00"),
        {Rule.ARRIVES_AFTER_OPENING},
    ),
    "a kit that leaves early": (going_home(at(23, 16, 59)), {Rule.LEAVES_BEFORE_CLOSING}),
    "a Maison that closes later": (
        with_maison("m2", opening="Tu 10:00-20:00"),
        {Rule.LEAVES_BEFORE_CLOSING},
    ),
    "a day before the first one allowed": (
        with_maison("m3", not_before=date(2017, 10, 20)),
        {Rule.DAY_NOT_ALLOWED},
    ),
    "a day after the last one allowed": (
        with_maison("m3", not_after=date(2017, 10, 18)),
        {Rule.DAY_NOT_ALLOWED},
    ),
    "a stay from one window to the next": (
        with_maison("m4", windows=(october(18, 20), october(23, 24))),
        {Rule.OUTSIDE_WINDOWS},
    ),
    "a day between windows": (
        with_maison("m3", windows=(october(17, 18), october(20, 24))),
        {Rule.OUTSIDE_WINDOWS, Rule.DAY_NOT_ALLOWED},
    ),
    "a day in the school holidays": (
        with_tour_rules(school_zone="A", school_holidays=SchoolHolidays.AVOID),
        {Rule.DAY_SCHOOL_HOLIDAYS},
    ),
    "a day at school": (
        lambda: with_school_zone(m3={"school_holidays": SchoolHolidays.SEEK}),
        {Rule.DAY_SCHOOL_HOLIDAYS},
    ),
    "a day after the posters": (posters_gone, {Rule.DAY_WITHOUT_POSTERS}),
    "a holiday of Moselle": (
        visiting(two, one, three, ("m4", (date(2017, 12, 22), date(2017, 12, 26))), m4=MOSELLE),
        {Rule.DAY_HOLIDAY, Rule.DAY_OUT_OF_WINDOW},
    ),
    "hours that are not those of the Maison": (
        with_stop(0, opens=at(17, 8), closes=at(17, 17)),
        {Rule.STOP_HOURS},
    ),
    "a half-day that is none of its halves": (
        half_days(closes=at(17, 11)),
        {Rule.STOP_HOURS, Rule.DWELL},
    ),
    "a half-day too many": (
        half_days(closes=at(17, 17)),
        {Rule.DWELL, Rule.STOPS_OVERLAP, Rule.LEAVES_BEFORE_CLOSING},
    ),
    "a half-day that does not say which": (
        half_days(opens=None, closes=None),
        {Rule.DWELL, Rule.STOP_HOURS, Rule.STOPS_OVERLAP},
    ),
    "no time to set up": (with_tour_rules(setup_s=1), {Rule.ARRIVES_AFTER_OPENING}),
    "no time to set up there": (with_maison("m2", setup_s=1), {Rule.ARRIVES_AFTER_OPENING}),
    "no time to take down": (with_tour_rules(takedown_s=1), {Rule.LEAVES_BEFORE_CLOSING}),
    "a kit out of its zone": (with_tour_rules(kit_zones=("sud",)), {Rule.KIT_OUT_OF_ZONE}),
    "an order not kept": (with_tour_rules(order=(("m3", "m4"), ("m1", "m2"))), {Rule.ORDER_BROKEN}),
    # the legs
    "a drive before the hours": (with_tour_rules(drive_from=time(8, 32)), {Rule.LEG_HOURS}),
    "a drive after the hours": (with_tour_rules(drive_until=time(17, 39)), {Rule.LEG_HOURS}),
    "a drive in the evening where mornings are asked for": (
        with_tour_rules(driving=Driving.MORNING),
        {Rule.LEG_DAY},
    ),
    "a driver who takes a break before going home": (returning(60), {Rule.EMPTY_LEG_CLOCK}),
    "a driver who is on two roads": (
        returning(25_800, max_drive_s=7_200),
        {Rule.EMPTY_LEG_CLOCK, Rule.LEGS_OVERLAP},
    ),
    "a driver who does not come": (returning(skip=2), {Rule.LEG_CHAIN}),
    "an empty leg where the driver stays": (
        with_leg(2, empty=True),
        {Rule.LEG_CHAIN},
    ),
    # m1 → m2 1,700 s and back 1,900 s, then out 1,700 s and home 1,900 s
    "a second too long on empty roads": (returning(max_drive_s=7_199), {Rule.DAY_DRIVE}),
    "no way there": (without_leg(0), {Rule.LEG_CHAIN}),
    "no way between": (without_leg(2), {Rule.LEG_CHAIN}),
    "no way back": (without_leg(-1), {Rule.LEG_CHAIN}),
    "a way to nowhere": (altered(with_a_leg_more), {Rule.LEG_CHAIN}),
    "a way from elsewhere": (with_leg(-1, from_id="m3"), {Rule.LEG_CHAIN}),
    "a drive longer than it takes": (
        with_leg(-1, arrive=at(23, 17, 39)),
        {Rule.LEG_CLOCK},
    ),
    "a drive through the night": (going_home(at(23, 23, 30)), {Rule.LEG_OVERNIGHT}),
    "a drive on the eve of the first day": (coming(at(16, 18)), {Rule.LEG_DAY}),
    "a drive on the morning after the last": (going_home(at(24, 7)), {Rule.LEG_DAY}),
    "a stop that does not know when the kit came": (
        with_stop(1, arrive=at(17, 17, 30)),
        {Rule.STOP_CLOCK},
    ),
    "a stop that does not know when the kit left": (
        with_stop(1, leave=at(18, 17, 1)),
        {Rule.STOP_CLOCK},
    ),
    # 17 October: 1,700 s there in the morning, 1,900 s on in the evening
    "a second too long on the road": (with_tour_rules(max_drive_s=3_599), {Rule.DAY_DRIVE}),
    "a time that the table does not give": (
        lambda: replace(honest_case(), campaign=with_table(1701, 24_000)),
        {Rule.TRAVEL_TABLE},
    ),
    "a distance that the table does not give": (
        lambda: replace(honest_case(), campaign=with_table(1700, 24_001)),
        {Rule.TRAVEL_TABLE},
    ),
    "an estimate said to come from the table": (
        with_leg(2, source=TravelSource.TABLE),
        {Rule.TRAVEL_SOURCE, Rule.LEG_INTERVAL},
    ),
    "a time of the table said to be an estimate": (
        with_leg(0, source=TravelSource.ESTIMATE),
        {Rule.TRAVEL_SOURCE},
    ),
    "a kit faster than any": (
        with_leg(-1, drive_s=700, low_s=700, arrive=at(23, 17) + timedelta(seconds=700)),
        {Rule.TRAVEL_IMPLAUSIBLE},
    ),
    "a road shorter than the crow's": (
        with_leg(-1, distance_m=27_900),
        {Rule.TRAVEL_IMPLAUSIBLE},
    ),
    "a long way from a place to itself": (
        lambda: a_way_to_itself(metres=1),
        {Rule.TRAVEL_IMPLAUSIBLE},
    ),
    # how sure the times are: of the legs 1 to 4 of this tour nobody knows the time
    "an interval that the time is not in": (with_leg(-1, low_s=2401), {Rule.LEG_INTERVAL}),
    "an interval of what is known": (with_leg(0, low_s=1, high_s=9999), {Rule.LEG_INTERVAL}),
    "an estimate whose end is not told": (with_leg(-1, low_s=None), {Rule.LEG_INTERVAL}),
    "estimates without a word": (with_tour(spread=None), {Rule.SPREAD_MISSING}),
    "a word too much": (with_table_alone(spread=Spread(1, 1, holds=True)), {Rule.SPREAD_MISSING}),
    "intervals that are not added up": (
        altered(lambda t: replace(t, spread=replace(spread_of(t), low_s=0))),
        {Rule.SPREAD_TOTAL},
    ),
    "a tour that holds and breaks": (
        altered(lambda t: replace(t, spread=replace(spread_of(t), breaks=(no_date,)))),
        {Rule.SPREAD_HOLDS},
    ),
    "a tour that holds and is said to break": (
        altered(lambda t: replace(t, spread=replace(spread_of(t), holds=False, breaks=(no_date,)))),
        {Rule.SPREAD_HOLDS},
    ),
    # five in the evening to midnight is seven hours; the limit of a day is four
    "a day that is too long at the slow end": (with_leg(2, high_s=14_401), {Rule.SPREAD_HOLDS}),
    "an evening that is too long at the slow end": (
        slow(max_drive_s=86_400, drive_until=time(20), high_s=10_801),
        {Rule.SPREAD_HOLDS},
    ),
}


def with_table(drive_s: int, distance_m: int) -> Campaign:
    rows = (TravelRow("m1", "m2", drive_s, distance_m), TravelRow("m2", "m1", 1900, 25_000))
    return rich_campaign(travel=rows)


def from_the_depot() -> Case:
    """Return the case whose first stop is the depot."""
    visits = (("m1", october(17)), ("m2", october(18)), three, four)
    return honest_case(visits=visits)


def a_way_to_itself(*, metres: int) -> Case:
    case = from_the_depot()
    tour = case.plan.tour
    legs = (replace(tour.legs[0], distance_m=metres), *tour.legs[1:])
    return replace(case, plan=replace(case.plan, tour=retotalled(replace(tour, legs=legs))))


def findings(case: Case) -> set[Rule]:
    return {v.rule for v in verify(case.campaign, case.plan, case.order)}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_tour_is_found_as_what_it_is(name: str) -> None:
    make, rules = BREAKS[name]
    assert findings(make()) == rules


def test_a_tour_may_use_its_last_day_and_its_last_second_on_the_road() -> None:
    assert findings(with_tour_rules(end=date(2017, 10, 23), max_drive_s=3_600)()) == set()


@pytest.mark.parametrize(
    "make",
    [
        half_days(),
        returning(max_drive_s=7_200),
        with_tour_rules(driving=Driving.EITHER),
        with_tour_rules(with_posters=True),
        with_tour_rules(kit_zones=("dep",)),
        with_tour_rules(order=(("m2", "m1", "m4"),)),
        with_tour_rules(drive_from=time(8, 31, 40), drive_until=time(17, 40)),
        with_maison("m3", windows=(october(16, 18), october(19, 19))),
        with_maison("m3", not_before=date(2017, 10, 19), not_after=date(2017, 10, 19)),
        with_maison("m4", zone_id=None),
        lambda: with_school_zone(m3={"school_holidays": SchoolHolidays.AVOID}),
        with_stop(0, opens=at(17, 9), closes=at(17, 17)),
    ],
)
def test_a_tour_that_keeps_what_was_asked_is_no_breach(make: Break) -> None:
    assert findings(make()) == set()


def test_the_leg_from_the_depot_to_itself_may_be_left_out() -> None:
    case = from_the_depot()
    tour = replace(case.plan.tour, legs=case.plan.tour.legs[1:])
    assert findings(case) == set()
    assert findings(replace(case, plan=replace(case.plan, tour=tour))) == set()


def test_an_evening_and_a_day_may_be_just_long_enough_at_the_slow_end() -> None:
    assert findings(with_leg(2, high_s=14_400)()) == set()
    assert findings(slow(max_drive_s=86_400, drive_until=time(20), high_s=10_800)()) == set()


def test_a_tour_that_is_impossible_and_says_why_is_no_breach() -> None:
    case = honest_case()
    tour = replace(nobody_asked, shortfalls=(no_date,))
    assert findings(replace(case, plan=replace(case.plan, tour=tour))) == set()


def test_a_campaign_without_a_tour_needs_none() -> None:
    assert findings(honest_case(rich_campaign(tour=None))) == set()


def test_two_kits_may_be_in_two_places_at_once() -> None:
    case = honest_case()
    assert case.campaign.tour is not None
    campaign = rich_campaign(tour=replace(case.campaign.tour, kits=2))
    parts = [
        honest_case(campaign, visits=visits).plan.tour for visits in ((two, one), (three, four))
    ]
    first, second = parts[0], in_another_kit(parts[1])
    tour = retotalled(
        Tour(Status.OPTIMAL, 0, 0, 0, first.stops + second.stops, first.legs + second.legs)
    )
    assert findings(Case(campaign, replace(case.plan, tour=tour), case.order)) == set()


@pytest.mark.parametrize(
    ("opening", "clean"),
    [
        ("Mo-Fr 09:00-17:00", True),
        ("Mo-Fr 10:00-12:00,13:00-16:00; PH off", True),
        ("Mo-Fr", True),  # says on which days, not at which hours: nine to five
        ("24/7", True),
        ("Mo-Fr 16:00-24:00", False),
        ("Mo-Th 10:00-16:00, Fr 10:00-16:00 unknown", False),
        ("Th 20:00-26:00; Mo 09:00-17:00", False),  # what is left of Thursday night is no Friday
    ],
)
def test_opening_hours_are_read_as_the_days_and_hours_they_tell(
    opening: str,
    clean: bool,  # noqa: FBT001 - one column of a table
) -> None:
    assert (findings(honest_case(with_maisons(m4={"opening": opening}))) == set()) is clean


def test_the_slower_of_two_rows_of_the_table_counts() -> None:
    slow = TravelRow("m1", "m2", 1700, 24_000)
    case = honest_case(rich_campaign(travel=(slow, TravelRow("m2", "m1", 1900, 25_000))))
    rows = (*case.campaign.travel, TravelRow("m1", "m2", 1600, 24_000))
    assert findings(replace(case, campaign=rich_campaign(travel=rows))) == set()


@pytest.mark.parametrize("calendar", ["FR-57", "FR-67", "FR-68"])
def test_alsace_and_moselle_keep_good_friday(calendar: str) -> None:
    good_friday = (("m2", (date(2018, 3, 30),)),)
    start = rich_campaign(maisons=(only_maison(),))
    assert start.tour is not None
    spring = replace(start.tour, depot="m2", start=date(2018, 3, 1), end=date(2018, 4, 30))
    for name, rules in ((calendar, {Rule.DAY_HOLIDAY}), ("FR", set()), ("FR-38", set())):
        tour = replace(spring, calendar=name)
        agents = tuple(replace(a, maison_id=None) for a in start.agents)
        campaign = replace(start, tour=tour, agents=agents)
        assert findings(honest_case(campaign, visits=good_friday)) == rules


def only_maison() -> Maison:
    return next(m for m in rich_campaign().maisons if m.maison_id == "m2")
