"""What is told where dates hold only closed days, and where the roads of a day are too long."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from geo.plan import Shortfall, Status
from geo.tour import build_problem, solve
from geo.tour.asked import AskedDates
from geo.tour.conflicts import explain
from tests.unit.test_tour_conflicts import HALVES, plain, refused, works
from tests.unit.test_tour_solve import ALL_PAIRS, campaign, many_stops

WEEKEND = ((date(2017, 10, 21), date(2017, 10, 22)),)


def at(day: int) -> date:
    return date(2017, 10, day)


@pytest.mark.parametrize(
    ("asked", "days", "off"),
    [
        (AskedDates(), (17, 18), 0),
        (AskedDates(windows=((at(20), at(22)),)), (21, 22), 0),
        (AskedDates(windows=((at(20), at(22)),)), (22, 24), 2),
        (AskedDates(windows=((at(20), at(22)), (at(2), at(3)))), (5, 5), 2),
        (AskedDates(fixed_on=(at(20), at(23))), (21, 23), 1),
        (AskedDates(fixed_on=(at(20),), windows=((at(25), at(26)),)), (20, 21), 5),
        (AskedDates(limits=(at(20), date.max)), (17, 18), 3),
        (AskedDates(limits=(date.min, at(20))), (17, 24), 4),
    ],
)
def test_dates_move_by_as_many_days_as_a_stay_is_off_them(
    asked: AskedDates, days: tuple[int, int], off: int
) -> None:
    assert asked.days_off([at(day) for day in days]) == off


@pytest.mark.parametrize("maisons", [{}, HALVES])
def test_a_window_of_closed_days_alone_is_moved_by_the_fewest_days_that_open_it(
    maisons: dict[str, Any],
) -> None:
    rest = {key: value for key, value in maisons.items() if key != "m2"}
    own = maisons.get("m2", {})
    rules = {"dwell_days": 0.5} if maisons else {}
    asked = campaign(rules=rules, m2={**own, "windows": WEEKEND}, **rest)
    told = refused(asked)
    assert [code for code in told if code.startswith("needs-")] == [
        "needs-window-moved",
        "needs-fewer-stops",
    ]
    moved = told["needs-window-moved"]
    assert (moved.subject, moved.wanted) == ("m2", 1)
    assert plain(moved) == (
        "En déplaçant les dates demandées pour « Maison 2 » de 1 jour, au 20 octobre 2017, "
        "la tournée tiendrait."
    )
    assert "« Maison 2 »" in plain(told["needs-fewer-stops"])
    a_day_sooner = ((date(2017, 10, 20), date(2017, 10, 21)),)
    assert works(campaign(rules=rules, m2={**own, "windows": a_day_sooner}, **rest))


def test_where_two_stops_have_no_date_both_are_to_be_left_out_and_no_move_is_told() -> None:
    closed = {"windows": WEEKEND}
    for rules, others in (({}, {}), ({"dwell_days": 0.5}, HALVES)):
        asked = campaign(
            rules=rules,
            **{**others, "m2": {**others.get("m2", {}), **closed}, "m4": closed},
        )
        told = refused(asked)
        assert "needs-window-moved" not in told
        assert "« Maison 2 » et « Maison 4 »" in plain(told["needs-fewer-stops"])


def test_among_many_stops_the_one_without_a_date_is_moved_or_left_out() -> None:
    """Every other day but the first and the last one is taken."""
    asked = many_stops(41, fixed=True)
    first, *others = asked.maisons
    first = replace(first, fixed_on=(), windows=((at(14), at(15)),))
    problem = build_problem(replace(asked, maisons=(first, *others)))
    told = {shortfall.code: shortfall for shortfall in explain(problem)}
    assert (told["needs-window-moved"].subject, told["needs-window-moved"].wanted) == ("m1", 2)
    assert "« Maison 1 »" in told["needs-fewer-stops"].message.replace("\u00a0", " ")


NEXT_DAYS = {"m2": {"fixed_on": (at(18),)}, "m3": {"fixed_on": (at(19),)}}
FAR_APART = {pair: 300 if pair == "m2 m3" else 60 for pair in ALL_PAIRS}


def roads_told(asked: Any) -> list[Shortfall]:
    tour = solve(build_problem(asked))
    assert tour.status is Status.INFEASIBLE
    return [shortfall for shortfall in tour.shortfalls if shortfall.code == "roads-collide"]


def test_two_stops_on_successive_days_that_are_too_far_apart_are_told_with_their_road() -> None:
    asked = campaign(minutes=FAR_APART, rules={"max_drive_s": 4 * 3600}, **NEXT_DAYS)
    (told,) = roads_told(asked)
    assert told.wanted == 2
    assert plain(told) == (
        "2 étapes ne tiennent pas ensemble entre le 17 octobre 2017 et le 17 novembre 2017 avec "
        "1 kit et 4 h de route par jour au plus : « Maison 2 » (18 octobre 2017) ; « Maison 3 » "
        "(19 octobre 2017). Trop longs pour un jour : de « Maison 2 » à « Maison 3 » (5 h)."
    )
    assert works(asked, max_drive_s=5 * 3600)
    assert works(replace(asked, maisons=tuple(m for m in asked.maisons if m.maison_id != "m3")))


def test_a_day_that_is_too_long_in_all_is_told_where_no_trip_is() -> None:
    minutes = {pair: 150 if "m2" in pair else 20 for pair in ALL_PAIRS}
    asked = campaign(minutes=minutes, rules={"max_drive_s": 4 * 3600}, m2={"fixed_on": (at(17),)})
    (told,) = roads_told(asked)
    assert plain(told).startswith("1 étape ne tient pas entre le 17 octobre 2017")
    assert "Aucun trajet n’est trop long à lui seul : leur somme d’un même jour" in plain(told)
    assert works(asked, max_drive_s=5 * 3600)


def test_a_stop_on_the_way_that_helps_keeps_two_others_from_being_told() -> None:
    """From Maison 2 to Maison 3 only by way of Maison 4, for which there is a day between."""
    dates = {"m2": {"fixed_on": (at(18),)}, "m3": {"fixed_on": (at(20),)}}
    asked = campaign(minutes=FAR_APART, rules={"max_drive_s": 4 * 3600}, **dates)
    assert works(asked)
    full = replace(
        asked,
        maisons=tuple(
            replace(each, fixed_on=(at(19),)) if each.maison_id in {"m1", "m4"} else each
            for each in asked.maisons
        ),
    )
    assert not roads_told(full)
    assert "« Maison 1 » (19 octobre 2017)" in plain(refused(full)["dates-collide"])


def test_with_half_days_stops_that_the_roads_keep_apart_are_told_too() -> None:
    rules = {"max_drive_s": 4 * 3600, "dwell_days": 0.5}
    opening = {"opening": "Mo-Fr 09:00-12:00"}
    asked = campaign(
        minutes=FAR_APART,
        rules=rules,
        m1=opening,
        m4=opening,
        m2={**opening, "fixed_on": (at(18),)},
        m3={**opening, "fixed_on": (at(19),)},
    )
    (told,) = roads_told(asked)
    assert told.wanted == 2
    assert "« Maison 2 »" in plain(told)
    assert "de « Maison 2 » à « Maison 3 » (5 h)" in plain(told)
    needed = refused(asked)["needs-more-driving"]
    assert works(asked, max_drive_s=round(needed.wanted * 3600))
