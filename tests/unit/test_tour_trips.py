"""Whether and when a kit is driven from one stay to the next."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from geo.model import Driving, TourRules, TravelRow
from geo.tour import TourProblem, build_problem
from geo.tour.moves import moves_of
from geo.tour.schedule import kits_for, timetable
from geo.tour.stays import Stay
from geo.tour.trips import Trips, trips_between
from tests.builders import tiny_campaign

FIRST = date(2017, 10, 17)
MINUTES = {"m1 m2": 30, "m2 m3": 60, "m3 m1": 45, "m1 m3": 50, "m2 m1": 35}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(date(2017, 10, day), time(hour, minute))


def built(minutes: dict[str, int] | None = None, **rules: Any) -> TourProblem:
    """Return stops ``m1`` (the depot, node 1) to ``m4``, a road in minutes between some of them."""
    rows = [(pair.split(), length * 60) for pair, length in {**MINUTES, **(minutes or {})}.items()]
    asked = {"start": FIRST, "end": date(2017, 10, 31), **rules}
    return build_problem(
        replace(
            tiny_campaign(),
            tour=replace(TourRules(FIRST, FIRST, "m1"), **asked),
            travel=tuple(TravelRow(a, b, seconds, seconds * 15) for (a, b), seconds in rows),
        )
    )


def stay(opens: datetime, closes: datetime, *, before: int = 0, after: int = 0) -> Stay:
    """Return a stay of half-days with so many minutes of set-up and take-down."""
    slots = [2 * (when.day - 17) + (when.hour >= 13) for when in (opens, closes - _MINUTE)]
    ready, free = opens - before * _MINUTE, closes + after * _MINUTE
    return Stay(slots[0], slots[1], (opens.date(),), opens, closes, ready, free)


_MINUTE = timedelta(minutes=1)


def told(problem: TourProblem, trips: Trips) -> str | None:
    """Return e.g. ``16:30 17:00-18:00 18:45 (17)``: sets out, leaves, arrives, is done, the day."""
    if not trips.possible[0, 0]:
        return None
    moments = [
        f"{problem.moment(int(each[0, 0])):%H:%M}"
        for each in (trips.begin, trips.depart, trips.arrive, trips.finish)
    ]
    assert problem.moment(int(trips.depart[0, 0])).day == int(trips.day[0, 0]) + 17
    return f"{moments[0]} {moments[1]}-{moments[2]} {moments[3]} ({int(trips.day[0, 0]) + 17})"


def between(problem: TourProblem, left: Stay, reached: Stay) -> str | None:
    """Return the trip from ``m2`` to ``m3``, an hour."""
    return told(problem, trips_between(problem, 2, 3, left=[left], reached=[reached]))


TUESDAY = stay(at(17, 9), at(17, 17))
WEDNESDAY = stay(at(18, 9), at(18, 17))


def test_in_the_evening_a_kit_leaves_as_soon_as_it_is_free() -> None:
    assert between(built(), TUESDAY, WEDNESDAY) == "17:00 17:00-18:00 18:00 (17)"
    slow = stay(at(17, 9), at(17, 17), after=90)
    assert between(built(), slow, WEDNESDAY) == "18:30 18:30-19:30 19:30 (17)"


def test_in_the_morning_a_kit_arrives_just_when_it_has_to_be_there() -> None:
    problem = built(driving=Driving.MORNING)
    assert between(problem, TUESDAY, WEDNESDAY) == "08:00 08:00-09:00 09:00 (18)"
    early = stay(at(18, 9), at(18, 17), before=90)
    assert between(problem, TUESDAY, early) == "06:30 06:30-07:30 07:30 (18)"


def test_a_stay_that_ends_at_noon_is_left_at_noon() -> None:
    morning = stay(at(17, 9), at(17, 12), after=15)
    assert between(built(), morning, WEDNESDAY) == "12:15 12:15-13:15 13:15 (17)"
    assert between(built(), morning, stay(at(17, 14), at(17, 17))) == "12:15 12:15-13:15 13:15 (17)"


def test_at_midday_there_has_to_be_time_for_the_road() -> None:
    morning = stay(at(17, 9), at(17, 12), after=30)
    for driving in Driving:
        problem = built(driving=driving)
        just = stay(at(17, 14), at(17, 17), before=30)
        assert between(problem, morning, just) == "12:30 12:30-13:30 13:30 (17)"
        assert between(problem, morning, stay(at(17, 14), at(17, 17), before=31)) is None


@pytest.mark.parametrize("driving", [*Driving])
def test_no_kit_goes_back_in_time_nor_stays_twice_in_one_half_day(driving: Driving) -> None:
    problem = built(driving=driving)
    assert between(problem, WEDNESDAY, TUESDAY) is None
    assert between(problem, TUESDAY, TUESDAY) is None
    assert between(problem, stay(at(17, 9), at(17, 10)), stay(at(17, 11), at(17, 12))) is None


def test_either_is_the_evening_where_that_fits_and_the_morning_elsewhere() -> None:
    problem = built(driving=Driving.EITHER)
    assert between(problem, TUESDAY, WEDNESDAY) == "17:00 17:00-18:00 18:00 (17)"
    late = stay(at(17, 9), at(17, 23, 30))
    assert between(problem, late, WEDNESDAY) == "08:00 08:00-09:00 09:00 (18)"
    until_seven = built(driving=Driving.EITHER, drive_until=time(17, 59))
    assert between(until_seven, TUESDAY, WEDNESDAY) == "08:00 08:00-09:00 09:00 (18)"
    never = built(driving=Driving.EITHER, drive_from=time(8, 30), drive_until=time(17, 59))
    assert between(never, TUESDAY, WEDNESDAY) is None


def test_a_kit_waits_for_the_hours_in_which_it_may_be_driven() -> None:
    evening = built(drive_from=time(19), drive_until=time(20))
    assert between(evening, TUESDAY, WEDNESDAY) == "19:00 19:00-20:00 20:00 (17)"
    assert between(built(drive_from=time(19, 1), drive_until=time(20)), TUESDAY, WEDNESDAY) is None
    morning = built(driving=Driving.MORNING, drive_from=time(6), drive_until=time(7))
    assert between(morning, TUESDAY, WEDNESDAY) == "06:00 06:00-07:00 07:00 (18)"
    short = built(driving=Driving.MORNING, drive_from=time(6, 1), drive_until=time(7))
    assert between(short, TUESDAY, WEDNESDAY) is None


def test_a_driver_who_returns_comes_empty_and_goes_empty() -> None:
    evening = built(driver_returns=True)
    assert between(evening, TUESDAY, WEDNESDAY) == "16:30 17:00-18:00 18:45 (17)"
    morning = built(driver_returns=True, driving=Driving.MORNING)
    assert between(morning, TUESDAY, WEDNESDAY) == "07:30 08:00-09:00 09:45 (18)"


def test_the_hours_hold_for_the_empty_legs_too() -> None:
    evening = built(driver_returns=True, drive_from=time(17, 30), drive_until=time(19, 45))
    assert between(evening, TUESDAY, WEDNESDAY) == "17:30 18:00-19:00 19:45 (17)"
    tight = built(driver_returns=True, drive_from=time(17, 30), drive_until=time(19, 44))
    assert between(tight, TUESDAY, WEDNESDAY) is None
    morning = built(driver_returns=True, driving=Driving.MORNING, drive_until=time(8))
    assert between(morning, TUESDAY, WEDNESDAY) == "05:45 06:15-07:15 08:00 (18)"


def test_the_legs_of_a_trip_together_keep_the_daily_limit() -> None:
    limit = (30 + 60 + 45) * 60
    assert between(built(driver_returns=True, max_drive_s=limit), TUESDAY, WEDNESDAY)
    assert not between(built(driver_returns=True, max_drive_s=limit - 1), TUESDAY, WEDNESDAY)
    assert between(built(max_drive_s=3600), TUESDAY, WEDNESDAY)
    assert not between(built(max_drive_s=3599), TUESDAY, WEDNESDAY)


@pytest.mark.parametrize("driving", [*Driving])
def test_a_kit_leaves_the_depot_in_the_morning_and_comes_back_in_the_evening(
    driving: Driving,
) -> None:
    problem = built(driving=driving)
    there = trips_between(problem, 0, 3, reached=[WEDNESDAY])
    back = trips_between(problem, 3, 0, left=[WEDNESDAY])
    assert told(problem, there) == "08:10 08:10-09:00 09:00 (18)"
    assert told(problem, back) == "17:00 17:00-17:45 17:45 (18)"


def test_first_and_last_trips_of_a_driver_who_returns_have_one_empty_leg() -> None:
    problem = built(driver_returns=True)
    there = trips_between(problem, 0, 3, reached=[WEDNESDAY])
    back = trips_between(problem, 3, 0, left=[WEDNESDAY])
    assert told(problem, there) == "08:10 08:10-09:00 09:45 (18)"
    assert told(problem, back) == "16:10 17:00-17:45 17:45 (18)"


def test_costs_are_what_is_driven_in_all() -> None:
    problem = built(driver_returns=True)
    assert problem.cost_s[2, 3] == (30 + 60 + 45) * 60
    assert problem.cost_s[0, 3] == (50 + 45) * 60
    assert problem.cost_s[3, 0] == (50 + 45) * 60
    assert problem.cost_m[2, 3] == (30 + 60 + 45) * 900
    assert (built().cost_s == built().travel.drive_s).all()


def test_where_the_depot_is_a_stop_nothing_is_driven_at_any_hour() -> None:
    problem = built(drive_from=time(10), drive_until=time(11))
    there = trips_between(problem, 0, 1, reached=[WEDNESDAY])
    back = trips_between(problem, 1, 0, left=[WEDNESDAY])
    assert told(problem, there) == "09:00 09:00-09:00 09:00 (18)"
    assert told(problem, back) == "17:00 17:00-17:00 17:00 (18)"


def test_what_is_set_up_past_midnight_is_driven_to_on_the_eve() -> None:
    problem = built(driving=Driving.MORNING)
    night = stay(at(18, 9), at(18, 17), before=600)
    assert between(problem, TUESDAY, night) == "22:00 22:00-23:00 23:00 (17)"
    whole = built(setup_s=10 * 3600)
    assert not whole.fits_tables
    assert trips_between(whole, 0, 3).day[0, 0] == -1


def test_a_driver_is_not_on_two_roads_at_once() -> None:
    out = {"m1 m2": 300, "m2 m1": 300}
    fitting = built(out, driver_returns=True, max_drive_s=20 * 3600)
    assert not moves_of(fitting)[1].leave_first[0, 0]  # back at 14:00, due to leave at 12:00
    near = built({"m1 m2": 240, "m2 m1": 240}, driver_returns=True, max_drive_s=20 * 3600)
    assert moves_of(near)[1].leave_first[0, 0]
    tight = built({"m1 m2": 240, "m2 m1": 240}, driver_returns=True, max_drive_s=16 * 3600 - 1)
    assert not moves_of(tight)[1].leave_first[0, 0]


def test_the_timetable_of_a_driver_who_returns_has_his_empty_legs_in_their_order() -> None:
    problem = built(driver_returns=True)
    stops, legs = timetable(problem, [[(1, 0), (2, 1)]])
    assert [(leg.from_id, leg.to_id, leg.empty, f"{leg.depart:%d %H:%M}") for leg in legs] == [
        ("m1", "m2", False, "17 08:30"),
        ("m2", "m1", True, "17 09:00"),
        ("m1", "m2", True, "17 16:30"),
        ("m2", "m3", False, "17 17:00"),
        ("m3", "m1", True, "17 18:00"),
        ("m1", "m3", True, "18 16:10"),
        ("m3", "m1", False, "18 17:00"),
    ]
    assert [(stop.arrive, stop.leave) for stop in stops] == [
        (at(17, 9), at(17, 17)),
        (at(17, 18), at(18, 17)),
    ]
    assert [(stop.opens, stop.closes) for stop in stops] == [
        (at(17, 9), at(17, 17)),
        (at(18, 9), at(18, 17)),
    ]


def test_a_timetable_of_a_trip_that_is_impossible_is_refused() -> None:
    with pytest.raises(ValueError, match="m2 to m3"):
        timetable(built(), [[(1, 1), (2, 0)]])


def test_kits_get_the_itineraries_that_their_zones_allow() -> None:
    problem = built(kits=3, kit_zones=("nord", "", "sud"))
    _, legs = timetable(problem, [[(1, 0)], [(2, 0)]])
    assert [(leg.kit, leg.from_id) for leg in legs] == [(1, "m1"), (1, "m3"), (2, "m1"), (2, "m2")]
    assert kits_for(problem, [[1], [1, 2]]) == [2, 1]
    with pytest.raises(ValueError, match="no kit is left"):
        kits_for(problem, [[1, 2], [0, 2]])


def test_kits_may_be_told() -> None:
    stops, _ = timetable(built(kits=3), [[(1, 0)], [(2, 0)]], numbers=[2, 0])
    assert [(stop.kit, stop.maison_id) for stop in stops] == [(1, "m3"), (3, "m2")]
