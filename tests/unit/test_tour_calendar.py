from __future__ import annotations

from datetime import date, time

import pytest

from geo.crs import LngLat
from geo.errors import PlacardeError
from geo.model import Maison
from geo.tour.calendar import VenueCalendar, public_holidays, venue_calendar


def maison(opening: str = "", closed_on: frozenset[date] = frozenset()) -> Maison:
    return Maison("m", "M", "Ville", LngLat(5.7, 45.2), opening=opening, closed_on=closed_on)


def autumn(place: Maison, calendar: str = "FR") -> VenueCalendar:
    """Thursday 26 October to Friday 3 November 2017: a weekend, a change of hour, a holiday."""
    return venue_calendar(
        place, first=date(2017, 10, 26), last=date(2017, 11, 3), calendar=calendar
    )


def days(calendar: VenueCalendar) -> list[str]:
    return [f"{opened.day:%d/%m}" for opened in calendar.open_days]


def test_a_maison_without_hours_opens_on_weekdays_that_are_no_holidays() -> None:
    calendar = autumn(maison())
    assert days(calendar) == ["26/10", "27/10", "30/10", "31/10", "02/11", "03/11"]
    assert calendar.closed == {
        date(2017, 10, 28): "un samedi",
        date(2017, 10, 29): "un dimanche",
        date(2017, 11, 1): "un jour férié (Toussaint)",
    }


def test_a_maison_without_hours_is_assumed_to_open_from_nine_to_five() -> None:
    opened = autumn(maison()).open_days[0]
    assert (opened.opens.isoformat(), opened.closes.isoformat()) == (
        "2017-10-26T09:00:00",
        "2017-10-26T17:00:00",
    )


def test_a_maison_is_closed_on_its_own_closing_days() -> None:
    calendar = autumn(maison(closed_on=frozenset({date(2017, 10, 30)})))
    assert "30/10" not in days(calendar)
    assert calendar.closed[date(2017, 10, 30)] == "un jour de fermeture de la Maison"


def test_a_maison_is_closed_on_the_weekdays_that_its_hours_leave_out() -> None:
    calendar = autumn(maison("Tu,Th 09:00-12:00"))
    assert days(calendar) == ["26/10", "31/10", "02/11"]
    assert calendar.closed[date(2017, 10, 27)] == "un jour sans heures d’ouverture"


def test_hours_only_in_the_afternoon_move_the_opening() -> None:
    opened = autumn(maison("Mo-Fr 14:00-18:30")).open_days[0]
    assert (opened.opens.time(), opened.closes.time()) == (time(14), time(18, 30))


def test_a_break_at_noon_does_not_end_the_day() -> None:
    opened = autumn(maison("Mo-Fr 08:30-12:00,13:30-17:00")).open_days[0]
    assert (opened.opens.time(), opened.closes.time()) == (time(8, 30), time(17))


@pytest.mark.parametrize("opening", ["Mo-Su 09:00-17:00; PH 10:00-12:00", "24/7"])
def test_hours_never_open_a_weekend_or_a_public_holiday(opening: str) -> None:
    assert days(autumn(maison(opening))) == days(autumn(maison()))


@pytest.mark.parametrize("opening", ["Mo-Fr", "24/7", "Mo-Su 00:00-24:00"])
def test_open_round_the_clock_says_on_which_days_and_not_at_which_hours(opening: str) -> None:
    assert autumn(maison(opening)).open_days == autumn(maison()).open_days


def test_an_opening_past_midnight_belongs_to_the_evening_before() -> None:
    opened = autumn(maison("We,Th 20:00-26:00")).open_days
    assert [f"{o.opens:%d/%m %H:%M} {o.closes:%H:%M}" for o in opened] == [
        "26/10 20:00 23:59",
        "02/11 20:00 23:59",
    ]


def test_hours_marked_unknown_do_not_open() -> None:
    assert days(autumn(maison("Mo-Fr 09:00-12:00 unknown"))) == []


def test_hours_that_cannot_be_read_are_refused_by_name() -> None:
    with pytest.raises(PlacardeError, match="'neuf heures'"):
        autumn(maison("neuf heures"))


@pytest.mark.parametrize(
    ("calendar", "good_friday"),
    [("FR", False), ("FR-38", False), ("FR-57", True), ("FR-67", True), ("FR-68", True)],
)
def test_good_friday_is_a_holiday_in_alsace_and_moselle_only(
    calendar: str, *, good_friday: bool
) -> None:
    found = public_holidays(calendar, date(2018, 3, 1), date(2018, 4, 30))
    assert (date(2018, 3, 30) in found) is good_friday
    assert date(2018, 4, 2) in found


def test_a_tour_over_new_year_knows_the_holidays_of_both_years() -> None:
    found = public_holidays("FR-38", date(2017, 12, 20), date(2018, 1, 5))
    assert sorted(found) == [date(2017, 12, 25), date(2018, 1, 1)]


def test_an_unknown_calendar_is_refused_by_name() -> None:
    with pytest.raises(PlacardeError, match="'ZZ'"):
        public_holidays("ZZ", date(2017, 1, 1), date(2017, 12, 31))


def test_a_country_that_opening_hours_do_not_know_still_has_hours() -> None:
    calendar = autumn(maison("Tu 09:00-12:00"), calendar="NC")
    assert days(calendar) == ["31/10"]
