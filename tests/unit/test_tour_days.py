"""What the calendar, the rules and the row of a Maison leave of its days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest

from geo.errors import PlacardeError
from geo.model import Campaign, Periods, SchoolHolidays, TourRules
from geo.plan import Shortfall
from geo.tour import TourProblem, build_problem, solve
from geo.tour.limits import is_school_holiday
from geo.tour.stays import Stay
from geo.verify.opening import OpeningDays
from tests.builders import tiny_campaign

FIRST = date(2017, 10, 17)
"""A Tuesday."""


def campaign(*, rules: dict[str, Any] | None = None, **maisons: Any) -> Campaign:
    """Return four Maisons ``m1`` (the depot) … ``m4``; `maisons` change fields by id."""
    tiny = tiny_campaign()
    asked = {"start": FIRST, "end": FIRST + timedelta(days=13), **(rules or {})}
    return replace(
        tiny,
        maisons=tuple(replace(m, **maisons.get(m.maison_id, {})) for m in tiny.maisons),
        tour=replace(TourRules(FIRST, FIRST, "m1"), **asked),
    )


def built(**changes: Any) -> TourProblem:
    return build_problem(campaign(**changes))


def stays_at_m2(*, rules: dict[str, Any] | None = None, **m2: Any) -> tuple[Stay, ...]:
    return built(rules=rules, m2=m2).stays[1]


def days_at_m2(*, rules: dict[str, Any] | None = None, **m2: Any) -> list[str]:
    """Return the open days of each stay, such as ``17 18``."""
    return [
        " ".join(f"{day.day}" for day in stay.open_on) for stay in stays_at_m2(rules=rules, **m2)
    ]


def trouble(**changes: Any) -> Shortfall:
    (found,) = built(**changes).troubles
    return found


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(date(2017, 10, day), time(hour, minute))


# --- Half-days ------------------------------------------------------------------------------------


def test_a_day_without_a_break_is_cut_at_one_in_the_afternoon() -> None:
    morning, afternoon = stays_at_m2(dwell_days=0.5)[:2]
    assert (morning.start, morning.end, morning.opens, morning.closes) == (
        0,
        0,
        at(17, 9),
        at(17, 13),
    )
    assert (afternoon.start, afternoon.opens, afternoon.closes) == (1, at(17, 13), at(17, 17))


def test_a_break_at_noon_leaves_its_two_sides() -> None:
    stays = stays_at_m2(dwell_days=0.5, opening="Mo-Fr 08:30-12:00,13:30-17:00")
    assert [(s.opens.time(), s.closes.time()) for s in stays[:2]] == [
        (time(8, 30), time(12)),
        (time(13, 30), time(17)),
    ]


@pytest.mark.parametrize(
    ("opening", "slots"),
    [
        ("Mo-Fr 14:00-18:00", [1, 3]),
        ("Mo-Fr 09:00-12:00", [0, 2]),
        ("Mo-Fr 12:01-18:00", [1, 3]),  # 59 minutes before one are no morning
        ("Mo-Fr 12:00-18:00", [0, 1]),
        ("Mo-Fr 10:00-13:59", [0, 2]),
        ("Mo-Fr 10:00-14:00", [0, 1]),
        ("Mo-Fr 09:00-09:30,10:00-10:30,14:00-14:59", [0, 2]),
    ],
)
def test_a_half_day_is_open_for_an_hour_at_least(opening: str, slots: list[int]) -> None:
    assert [stay.start for stay in stays_at_m2(dwell_days=0.5, opening=opening)][:2] == slots


def test_a_day_and_a_half_is_three_half_days_in_a_row() -> None:
    first, second = stays_at_m2(dwell_days=1.5)[:2]
    assert (first.start, first.end, second.start, second.end) == (0, 2, 1, 3)
    assert first.open_on == second.open_on == (date(2017, 10, 17), date(2017, 10, 18))
    assert (first.closes, second.opens) == (at(18, 13), at(17, 13))


def test_a_maison_open_in_the_afternoon_only_gives_a_half_day_a_day() -> None:
    (first, *_) = stays_at_m2(dwell_days=1.5, opening="Mo-Fr 14:00-18:00")
    assert (first.start, first.end) == (1, 5)
    assert [day.day for day in first.open_on] == [17, 18, 19]


def test_a_maison_open_in_the_afternoon_only_is_open_for_a_day_where_days_are_counted() -> None:
    (first, *_) = stays_at_m2(dwell_days=1, opening="Mo-Fr 14:00-18:00")
    assert (first.start, first.end, first.opens) == (0, 1, at(17, 14))


def test_a_day_that_is_hardly_open_counts_as_a_day_and_as_no_half_day() -> None:
    opening = "Tu 12:30-13:30; We-Fr 09:00-17:00"
    assert days_at_m2(dwell_days=1, opening=opening)[0] == "17"
    assert days_at_m2(dwell_days=0.5, opening=opening)[0] == "18"


def test_the_length_of_a_stay_is_that_of_the_tour_unless_the_maison_says_it() -> None:
    assert days_at_m2(rules={"dwell_days": 2})[0] == "17 18"
    assert days_at_m2(rules={"dwell_days": 2}, dwell_days=0.5)[0] == "17"


def test_set_up_comes_before_the_opening_and_take_down_after_the_closing() -> None:
    rules = {"setup_s": 3600, "takedown_s": 1800}
    stay = stays_at_m2(rules=rules)[0]
    assert (stay.ready, stay.free) == (at(17, 8), at(17, 17, 30))
    own = stays_at_m2(rules=rules, setup_s=0, takedown_s=7200)[0]
    assert (own.ready, own.free) == (at(17, 9), at(17, 19))


# --- Days -----------------------------------------------------------------------------------------


def test_a_stay_keeps_to_its_first_and_last_day() -> None:
    first, last = date(2017, 10, 19), date(2017, 10, 24)
    assert days_at_m2(dwell_days=2, not_before=first, not_after=last) == ["19 20", "20 23", "23 24"]


def test_a_stay_lies_in_one_of_several_windows() -> None:
    windows = (
        (date(2017, 10, 17), date(2017, 10, 18)),
        (date(2017, 10, 19), date(2017, 10, 23)),
    )
    assert days_at_m2(dwell_days=2, windows=windows) == ["17 18", "19 20", "20 23"]
    assert days_at_m2(windows=windows) == ["17", "18", "19", "20", "23"]


def test_a_stay_bridges_days_on_which_the_exhibition_may_not_open() -> None:
    rules = {"end": date(2017, 11, 7), "school_zone": "A", "school_holidays": SchoolHolidays.AVOID}
    assert days_at_m2(rules=rules, dwell_days=2)[-3:] == ["19 20", "20 6", "6 7"]


def test_school_holidays_are_avoided_or_sought() -> None:
    rules = {"end": date(2017, 11, 7), "school_zone": "A"}
    avoid = {**rules, "school_holidays": SchoolHolidays.AVOID}
    seek = {**rules, "school_holidays": SchoolHolidays.SEEK}
    assert days_at_m2(rules=avoid) == ["17", "18", "19", "20", "6", "7"]
    assert days_at_m2(rules=seek) == ["23", "24", "25", "26", "27", "30", "31", "2", "3"]


def test_a_maison_may_think_otherwise_of_school_holidays() -> None:
    rules = {"school_zone": "A", "school_holidays": SchoolHolidays.AVOID}
    assert days_at_m2(rules=rules)[-1] == "20"
    assert days_at_m2(rules=rules, school_holidays=SchoolHolidays.IGNORE)[-1] == "30"
    assert days_at_m2(rules=rules, school_holidays=SchoolHolidays.SEEK)[0] == "23"


def test_zones_of_the_school_holidays_differ() -> None:
    day = date(2018, 2, 12)  # winter of 2018: Grenoble from 10 February, Paris from the 17th
    assert [is_school_holiday(day, zone) for zone in "ABC"] == [True, False, False]


def test_no_day_counts_where_no_school_calendar_is_known_yet() -> None:
    assert is_school_holiday(date(2028, 8, 31), "A") is True
    assert is_school_holiday(date(2035, 10, 17), "A") is None
    start, end = date(2035, 10, 17), date(2035, 10, 30)
    periods = {"start": start, "end": end, "school_zone": "A"}
    for wish in (SchoolHolidays.AVOID, SchoolHolidays.SEEK):
        assert days_at_m2(rules={**periods, "school_holidays": wish}) == []


def with_sequences(**m3: Any) -> TourProblem:
    """Return a tour with the posters: three weeks, ``t3`` in the second, secteur ``nord`` first."""
    asked = campaign(rules={"with_posters": True}, m3=m3)
    return build_problem(
        replace(
            asked,
            periods=Periods(FIRST, 3, 7),
            sequences={"nord": frozenset({1}), "t3": frozenset({2})},
        )
    )


def test_a_maison_is_open_while_posters_are_up_in_the_nearest_zone_that_tells() -> None:
    problem = with_sequences()
    open_on = [sorted({stay.open_on[0].day for stay in stays}) for stays in problem.stays]
    week_1, week_2 = [17, 18, 19, 20, 23], [24, 25, 26, 27, 30]
    assert open_on == [week_1 + week_2, week_1 + week_2, week_2, week_1]


@pytest.mark.parametrize(("zone_id", "first"), [(None, 24), ("t3", 24), ("nord", 17), ("t2", 17)])
def test_the_zone_that_a_row_names_counts_before_the_one_it_lies_in(
    zone_id: str | None, first: int
) -> None:
    assert with_sequences(zone_id=zone_id).stays[2][0].open_on[0].day == first


def test_no_stay_is_longer_than_the_posters_are_up() -> None:
    rules = {"with_posters": True, "end": date(2017, 11, 8)}
    asked = replace(campaign(rules=rules), periods=Periods(FIRST, 1, 7))
    problem = build_problem(asked)
    assert {stay.open_on[-1].day for stay in problem.stays[1]} == {17, 18, 19, 20, 23}
    assert problem.later_stays == ((), (), (), ())


@pytest.mark.parametrize(
    ("postcode", "closed"),
    [("38000", False), ("57000", True), ("67000", True), ("68100", True), ("97400", False)],
)
def test_the_day_after_christmas_is_a_holiday_in_alsace_and_moselle(
    postcode: str, *, closed: bool
) -> None:
    rules = {"start": date(2017, 12, 20), "end": date(2017, 12, 29)}
    assert ("26" in days_at_m2(rules=rules, postcode=postcode)) is not closed


@pytest.mark.parametrize(
    ("postcode", "day"),
    [
        ("97100", date(2024, 5, 27)),
        ("97200", date(2024, 5, 22)),
        ("97300", date(2024, 6, 10)),
        ("97400", date(2024, 12, 20)),
        ("97600", date(2023, 4, 27)),
        ("97133", date(2024, 10, 9)),
        ("97150", date(2024, 5, 28)),
    ],
)
def test_overseas_keeps_the_day_of_the_abolition_of_slavery(postcode: str, day: date) -> None:
    rules = {"start": day - timedelta(days=1), "end": day + timedelta(days=1)}
    assert f"{day.day}" not in days_at_m2(rules=rules, postcode=postcode)
    assert f"{day.day}" in days_at_m2(rules={**rules, "calendar": "FR-38"}, postcode=postcode)


def test_a_calendar_with_a_subdivision_holds_for_every_maison() -> None:
    rules = {"start": date(2017, 12, 20), "end": date(2017, 12, 29), "calendar": "FR-57"}
    assert "26" not in days_at_m2(rules=rules, postcode="38000")


def test_a_tour_over_new_year_stands_still_on_both_holidays_and_the_weekends_next_to_them() -> None:
    rules = {"start": date(2017, 12, 22), "end": date(2018, 1, 3), "dwell_days": 2}
    assert days_at_m2(rules=rules) == ["22 26", "26 27", "27 28", "28 29", "29 2", "2 3"]


def test_the_change_of_hour_moves_no_slot() -> None:
    rules = {"start": date(2017, 10, 27), "end": date(2017, 10, 31), "dwell_days": 0.5}
    stays = stays_at_m2(rules=rules)
    assert [stay.start for stay in stays] == [0, 1, 6, 7, 8, 9]
    problem = built(rules=rules)
    assert problem.moment(problem.second(at(30, 9))) == at(30, 9)
    assert problem.second(at(30, 9)) == (3 * 24 + 9) * 3600


@pytest.mark.parametrize("dwell", [0.5, 1, 1.5, 2, 3])
@pytest.mark.parametrize("opening", ["", "Mo-Fr 14:00-18:00", "Mo,We 08:30-12:00,13:30-17:00"])
def test_stays_rise_strictly_in_their_first_and_in_their_last_slot(
    dwell: float, opening: str
) -> None:
    stays = stays_at_m2(dwell_days=dwell, opening=opening)
    assert stays
    for one, other in pairwise(stays):
        assert one.start < other.start
        assert one.end < other.end


def test_the_stays_that_only_own_dates_take_away_are_kept() -> None:
    own = {"fixed_on": (date(2017, 10, 18),), "windows": ((FIRST, date(2017, 10, 18)),)}
    problem = built(m2=own)
    assert [stay.open_on[0].day for stay in problem.stays[1]] == [18]
    assert problem.open_stays[1] == built().stays[1]
    assert problem.open_stays[0] is problem.stays[0]


# --- Kits and order -------------------------------------------------------------------------------


def test_a_kit_keeps_to_the_maisons_of_its_zone() -> None:
    rules = {"kits": 3, "kit_zones": ("nord", "", "t1")}
    problem = built(rules=rules, m3={"zone_id": None})
    assert problem.kits_of == (
        frozenset({1, 2}),
        frozenset({1}),
        frozenset({0, 1}),
        frozenset({0, 1}),
    )
    assert not problem.fits_tables


def test_kits_without_zones_are_alike() -> None:
    problem = built(rules={"kits": 2, "kit_zones": ("", "")})
    assert problem.kits_of == ()
    assert problem.fits_tables


def test_more_kits_than_there_are_zones_for_go_anywhere() -> None:
    problem = built(rules={"kits": 2, "kit_zones": ("nord", "sud")}).with_kits(3)
    assert problem.may_visit(0) == frozenset({1, 2})
    assert problem.may_visit(2) == frozenset({0, 2})


def test_as_few_kits_as_will_do_are_at_most_one_a_stop() -> None:
    problem = built(rules={"kits": 200, "fewest_kits": True})
    assert (problem.kits, problem.fewest_kits) == (4, True)


def test_as_few_kits_as_will_do_are_chosen_among_those_of_the_zones() -> None:
    zones = ("nord", "nord", "sud", "", "sud")
    rules = {"kits": 5, "kit_zones": zones, "fewest_kits": True}
    (once,) = {stop.kit for stop in solve(built(rules=rules)).stops}
    assert once == 4
    rules["kit_zones"] = ("nord", "nord", "sud", "sud", "sud")
    assert sorted({stop.kit for stop in solve(built(rules=rules)).stops}) == [1, 3]
    short = {**rules, "end": date(2017, 10, 17)}
    assert sorted({stop.kit for stop in solve(built(rules=short)).stops}) == [1, 2, 3, 4]


def test_an_order_becomes_pairs_of_stops() -> None:
    problem = built(rules={"order": (("m3", "m1", "m2"), ("m4", "m2"), ("m3", "m1"))})
    assert problem.before == ((0, 1), (2, 0), (3, 1))
    assert not problem.fits_tables


def test_an_order_of_unknown_maisons_is_refused_by_name() -> None:
    with pytest.raises(PlacardeError, match="'m9'"):
        built(rules={"order": (("m1", "m9"),)})


# --- Why there is no stay -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("m2", "rules", "code", "words"),
    [
        (
            {"fixed_on": (date(2017, 10, 18),), "not_before": date(2017, 10, 19)},
            {},
            "fixed-date-closed",
            "avant le 19 octobre 2017, premier jour permis",
        ),
        (
            {"fixed_on": (date(2017, 10, 20),), "not_after": date(2017, 10, 19)},
            {},
            "fixed-date-closed",
            "après le 19 octobre 2017, dernier jour permis",
        ),
        (
            {"fixed_on": (date(2017, 10, 20),), "windows": ((FIRST, FIRST),)},
            {},
            "fixed-date-closed",
            "hors des fenêtres de dates",
        ),
        (
            {"fixed_on": (date(2017, 10, 24),)},
            {"school_zone": "A", "school_holidays": SchoolHolidays.AVOID},
            "fixed-date-closed",
            "pendant les vacances scolaires de la zone A",
        ),
        (
            {"fixed_on": (date(2017, 10, 18),), "school_holidays": SchoolHolidays.SEEK},
            {"school_zone": "A"},
            "fixed-date-closed",
            "hors des vacances scolaires de la zone A",
        ),
        (
            {
                "fixed_on": (FIRST,),
                "dwell_days": 0.5,
                "opening": "Tu 12:30-13:30; We-Fr 9:00-17:00",
            },
            {},
            "fixed-date-closed",
            "un jour sans demi-journée d’ouverture d’une heure",
        ),
        (
            {"fixed_on": (date(2017, 10, 18), date(2017, 10, 20)), "dwell_days": 1.5},
            {},
            "fixed-dates-apart",
            "couvrent 4 demi-journées d’ouverture, or l’exposition n’y reste que 1 jour et demi",
        ),
        (
            {"windows": ((FIRST, date(2017, 10, 18)), (date(2017, 10, 20), date(2017, 10, 23)))},
            {"dwell_days": 3},
            "windows-too-short",
            "aucune de ses fenêtres de dates ne laisse 3 jours d’ouverture de suite",
        ),
        (
            {
                "windows": ((FIRST, date(2017, 10, 18)), (date(2017, 10, 19), date(2017, 10, 20))),
                "fixed_on": (date(2017, 10, 18), date(2017, 10, 19)),
            },
            {"dwell_days": 2},
            "windows-too-short",
            "avec toutes les dates fixées",
        ),
        (
            {"dwell_days": 1.5, "opening": "Tu 14:00-18:00"},
            {},
            "stop-has-no-date",
            "2 demi-journées d’ouverture dans la période",
        ),
    ],
)
def test_a_stop_without_a_stay_says_what_is_in_the_way(
    m2: dict[str, Any], rules: dict[str, Any], code: str, words: str
) -> None:
    told = trouble(rules=rules, m2=m2)
    assert (told.code, told.subject) == (code, "m2")
    assert words in told.message.replace("\N{NO-BREAK SPACE}", " ")


def test_fixed_days_of_a_day_and_a_half_may_be_next_to_each_other() -> None:
    fixed = (date(2017, 10, 18), date(2017, 10, 19))
    stays = stays_at_m2(dwell_days=1.5, fixed_on=fixed)
    assert [(stay.start, stay.end) for stay in stays] == [(2, 4), (3, 5)]


def test_a_stop_that_no_kit_may_visit_says_so() -> None:
    rules = {"kits": 2, "kit_zones": ("t1", "nord")}
    assert (trouble(rules=rules).code, trouble(rules=rules).subject) == ("stop-has-no-kit", "m2")


def test_an_order_against_the_dates_says_so() -> None:
    told = trouble(
        rules={"order": (("m1", "m2", "m3"),)},
        m1={"not_before": date(2017, 10, 19)},
        m3={"not_after": date(2017, 10, 20)},
    )
    assert (told.code, told.subject) == ("order-impossible", "m3")
    assert "« Maison 2 »" in told.message.replace("\N{NO-BREAK SPACE}", " ")
    assert "20 octobre 2017" in told.message.replace("\N{NO-BREAK SPACE}", " ")


def test_an_order_that_the_dates_just_allow_is_no_trouble() -> None:
    problem = built(
        rules={"order": (("m1", "m2", "m3"),)},
        m1={"not_before": date(2017, 10, 18)},
        m3={"not_after": date(2017, 10, 20)},
    )
    assert problem.troubles == ()


# --- The same again, by the code that checks plans ------------------------------------------------


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"school_zone": "B", "school_holidays": SchoolHolidays.AVOID},
        {"school_zone": "C", "school_holidays": SchoolHolidays.SEEK},
        {"with_posters": True},
        {"calendar": "FR-67"},
    ],
)
def test_plans_are_checked_by_the_same_days(rules: dict[str, Any]) -> None:
    changes = {
        "m1": {"postcode": "57000"},
        "m2": {"windows": ((date(2018, 2, 12), date(2018, 3, 9)),)},
        "m3": {"not_after": date(2018, 3, 1), "zone_id": None, "opening": "Mo-Sa 13:00-19:00"},
        "m4": {"postcode": "97400", "school_holidays": SchoolHolidays.IGNORE},
    }
    span = {"start": date(2017, 12, 20), "end": date(2018, 4, 3)}
    asked = campaign(rules={**span, **rules}, **changes)
    asked = replace(
        asked,
        periods=Periods(date(2018, 1, 8), 6, 10),
        sequences={"sud": frozenset({1, 4}), "t3": frozenset({2, 5, 6})},
    )
    assert asked.tour is not None
    problem, days = build_problem(asked), OpeningDays(asked, asked.tour)
    for maison, stays in zip(asked.maisons, problem.stays, strict=True):
        span_days = [span["start"] + timedelta(days=i) for i in range(problem.n_days)]
        by_verify = [day for day in span_days if days.is_open(maison, day)]
        assert [stay.open_on[0] for stay in stays] == by_verify
