from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from geo.model import Campaign, Maison, TourRules
from geo.plan import Shortfall, Status, Tour
from geo.tour import build_problem, repairs, solve, solver
from geo.tour.cpsat import CpSatAnswer
from geo.tour.exact import MAX_STOPS
from geo.tour.problem import TourProblem
from tests.builders import lnglat_at
from tests.unit.test_tour_solve import ALL_PAIRS, campaign, many_stops


def refused(asked: Campaign) -> dict[str, Shortfall]:
    """Return the shortfalls of a campaign whose tour cannot be, by code (the last of each)."""
    tour = solve(build_problem(asked))
    assert tour.status is Status.INFEASIBLE
    assert (tour.stops, tour.legs, tour.drive_s) == ((), (), 0)
    return {shortfall.code: shortfall for shortfall in tour.shortfalls}


def plain(shortfall: Shortfall) -> str:
    return shortfall.message.replace("\u00a0", " ")


def works(asked: Campaign, **rules: Any) -> bool:
    assert asked.tour is not None
    repaired = replace(asked, tour=replace(asked.tour, **rules))
    return solve(build_problem(repaired)).status is Status.OPTIMAL


def test_a_window_too_short_says_how_many_more_days_kits_or_fewer_stops_would_do() -> None:
    asked = campaign(rules={"start": date(2017, 10, 30), "end": date(2017, 11, 2)})
    told = refused(asked)
    assert list(told) == [
        "dates-collide",
        "tour-does-not-fit",
        "needs-more-days",
        "needs-fewer-stops",
        "needs-more-kits",
    ]
    assert (told["needs-more-days"].wanted, told["needs-more-days"].got) == (5, 4)
    assert works(asked, end=date(2017, 11, 3))
    assert (told["needs-more-kits"].wanted, told["needs-more-kits"].got) == (2, 1)
    assert works(asked, kits=2)
    assert (told["needs-fewer-stops"].wanted, told["needs-fewer-stops"].got) == (4, 3)


def test_what_the_planner_reads_is_a_french_sentence() -> None:
    told = refused(campaign(rules={"start": date(2017, 10, 30), "end": date(2017, 11, 2)}))
    assert plain(told["tour-does-not-fit"]) == (
        "Aucune tournée ne visite les 4 étapes entre le 30 octobre 2017 et le 2 novembre 2017 "
        "avec 1 kit : 3 au plus. Chacun des changements proposés suffit à lui seul."
    )
    assert plain(told["needs-more-days"]) == (
        "Avec 1 jour de plus, soit une fin le 3 novembre 2017 au lieu du 2 novembre 2017, "
        "la tournée tiendrait."
    )
    assert plain(told["needs-fewer-stops"]) == (
        "Sans 1 étape (« Maison 1 », « Maison 2 », « Maison 3 » ou « Maison 4 »), "
        "la tournée tiendrait."
    )
    assert " :" not in told["tour-does-not-fit"].message


def test_the_days_that_are_missing_skip_weekends_and_holidays() -> None:
    """Four working days from Saturday 28 October on end on Friday 3 November."""
    asked = campaign(rules={"start": date(2017, 10, 28), "end": date(2017, 10, 30)})
    assert refused(asked)["needs-more-days"].wanted == 7
    assert works(asked, end=date(2017, 11, 3))
    assert not works(asked, end=date(2017, 11, 2))


HALVES: dict[str, Any] = {
    f"m{i}": {"opening": "Mo-Fr 09:00-12:00,14:00-17:00"} for i in range(1, 5)
}


def test_half_days_that_are_too_few_are_counted_as_halves_and_the_days_that_help_do() -> None:
    """Six days of presence, from Tuesday 17 October on, end on Tuesday 24."""
    told = refused(campaign(rules={"dwell_days": 1.5, "end": date(2017, 10, 20)}, **HALVES))
    collide = plain(told["dates-collide"])
    assert "(4 jours et demi de présence, 4 jours d’ouverture en tout), par exemple" in collide
    assert "« Maison 3 » (17, 18, 19 et 20 octobre 2017, 1 jour et demi sur place)" in collide
    assert (told["needs-more-days"].wanted, told["needs-more-days"].got) == (8, 4)
    rules = {"dwell_days": 1.5, "end": date(2017, 10, 24)}
    assert works(campaign(rules=rules, **HALVES))
    assert not works(campaign(rules=rules | {"end": date(2017, 10, 23)}, **HALVES))


def test_what_no_longer_window_can_mend_is_told_as_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    never = {"fixed_on": (date(2017, 10, 18),), "opening": "Mo-Fr 09:00-12:00,14:00-17:00"}
    asked = campaign(rules={"dwell_days": 0.5}, m1=never, m2=never, m3=never)
    assert "n’y suffit pas" in plain(refused(asked)["tour-does-not-fit"])

    def nothing(*_: object, **__: object) -> bool:
        return False

    monkeypatch.setattr(repairs, "fits", nothing)
    asked = campaign(rules={"dwell_days": 1.5, "end": date(2017, 10, 20)}, **HALVES)
    told = plain(refused(asked)["tour-does-not-fit"])
    assert "n’y suffit pas" not in told
    assert "sans preuve du contraire" in told


def test_a_holiday_asked_for_is_told_with_the_days_around_it_that_are_open() -> None:
    told = refused(campaign(m2={"fixed_on": (date(2017, 11, 11),)}))
    assert plain(told["fixed-date-closed"]).endswith(
        "choisir un jour d’ouverture, comme le 10 novembre 2017 ou le 13 novembre 2017."
    )


def test_two_fixed_dates_that_collide_are_told_with_their_date() -> None:
    same = {"fixed_on": (date(2017, 10, 24),)}
    asked = campaign(m2=same, m4=same)
    told = refused(asked)
    assert plain(told["dates-collide"]) == (
        "2 étapes ne tiennent pas ensemble entre le 17 octobre 2017 et le 17 novembre 2017 avec "
        "1 kit (2 jours de présence, 1 jour d’ouverture en tout) : "
        "« Maison 2 » (24 octobre 2017) ; « Maison 4 » (24 octobre 2017)."
    )
    assert "needs-more-days" not in told
    assert "8 semaines, n’y suffit pas" in plain(told["tour-does-not-fit"])
    assert told["needs-more-kits"].wanted == 2
    assert works(asked, kits=2)
    assert "« Maison 2 » ou « Maison 4 »" in plain(told["needs-fewer-stops"])


def test_collisions_that_share_no_stop_are_all_told() -> None:
    early, late = {"fixed_on": (date(2017, 10, 24),)}, {"fixed_on": (date(2017, 10, 26),)}
    tour = solve(build_problem(campaign(m1=early, m2=late, m3=early, m4=late)))
    told = [plain(s) for s in tour.shortfalls if s.code == "dates-collide"]
    assert ["Maison 1" in text and "Maison 3" in text for text in told] == [True, False]
    assert ["Maison 2" in text and "Maison 4" in text for text in told] == [False, True]


def test_a_long_stay_between_two_fixed_dates_collides_with_both() -> None:
    """Three open days beside two inaugurations in four days: any two of the three fit."""
    told = refused(
        campaign(
            rules={"end": date(2017, 10, 20)},
            m2={"fixed_on": (date(2017, 10, 17),)},
            m3={"dwell_days": 3},
            m4={"fixed_on": (date(2017, 10, 20),)},
        )
    )
    assert "« Maison 3 » (17, 18, 19 et 20 octobre 2017, 3 jours sur place)" in plain(
        told["dates-collide"]
    )
    assert told["dates-collide"].wanted == 3


def test_a_stop_without_any_date_is_told_with_its_days() -> None:
    asked = campaign(m3={"opening": "Dec Mo-Fr 09:00-17:00"}, rules={"end": date(2017, 11, 15)})
    told = refused(asked)["stop-has-no-date"]
    assert (told.subject, told.wanted, told.got) == ("m3", 1, 0)
    assert "0 jour d’ouverture dans la période" in plain(told)
    assert refused(asked)["needs-more-days"].wanted == (date(2017, 12, 1) - date(2017, 10, 16)).days
    assert works(asked, end=date(2017, 12, 1))


@pytest.mark.parametrize(
    ("fixed_on", "why"),
    [
        ("2017-11-01", "est un jour férié (Toussaint)"),
        ("2017-10-28", "est un samedi"),
        ("2017-10-25", "est un jour de fermeture de la Maison"),
        ("2017-10-19", "est un jour sans heures d’ouverture"),
    ],
)
def test_a_fixed_date_on_a_closed_day_says_why_it_is_closed(fixed_on: str, why: str) -> None:
    asked = campaign(
        m2={
            "fixed_on": (date.fromisoformat(fixed_on),),
            "closed_on": frozenset({date(2017, 10, 25)}),
            "opening": "Mo-We,Fr-Su 09:00-17:00",
        }
    )
    told = refused(asked)
    assert why in plain(told["fixed-date-closed"])
    assert told["fixed-date-closed"].subject == "m2"
    assert "needs-more-days" not in told
    assert "« Maison 2 »" in plain(told["needs-fewer-stops"])


def test_a_fixed_date_outside_the_window_says_which_window() -> None:
    asked = campaign(m2={"fixed_on": (date(2017, 11, 20),)})
    told = refused(asked)
    assert "hors de la période du 17 octobre 2017 au 17 novembre 2017" in plain(
        told["fixed-date-outside"]
    )
    assert told["needs-more-days"].wanted == 35
    assert works(asked, end=date(2017, 11, 20))


def test_fixed_dates_too_far_apart_for_one_stay_say_how_long_it_would_be() -> None:
    days = (date(2017, 10, 26), date(2017, 11, 2))
    told = refused(campaign(m2={"fixed_on": days, "dwell_days": 3}))["fixed-dates-apart"]
    assert (told.wanted, told.got) == (5, 3)
    assert "26 octobre 2017 et 2 novembre 2017" in plain(told)


def test_a_stop_too_far_from_everything_is_told_with_the_limit_that_would_do() -> None:
    far = {pair: 200 if "m3" in pair else 60 for pair in ALL_PAIRS}
    asked = campaign(minutes={**far, "m3 m4": 130}, rules={"max_drive_s": 2 * 3600})
    told = refused(asked)
    assert told["drive-too-long"].subject == "m3"
    assert told["drive-too-long"].wanted == pytest.approx(200 / 60)
    assert "3 h 20 de route au moins, pour 2 h au plus" in plain(told["drive-too-long"])
    assert "dates-collide" not in told
    assert "needs-more-days" not in told
    assert told["needs-more-driving"].wanted == pytest.approx(200 / 60)
    assert works(asked, max_drive_s=200 * 60)
    assert not works(asked, max_drive_s=200 * 60 - 1)
    assert "Sans 1 étape (« Maison 3 »)" in plain(told["needs-fewer-stops"])


def test_a_depot_too_far_from_every_stop_is_told() -> None:
    asked = campaign(minutes={pair: 300 if pair.startswith("m1") else 30 for pair in ALL_PAIRS})
    problem = build_problem(asked)
    only_others = _without_depot(problem)
    told = {s.code: s for s in solve(only_others).shortfalls}
    assert told["depot-too-far"].subject == "m1"
    assert "Le dépôt « Maison 1 » est trop loin de toute étape" in plain(told["depot-too-far"])


def _without_depot(problem: TourProblem) -> TourProblem:
    """Return the problem in which the depot is no stop; its drives keep those of node 0."""
    keep = [0, 2, 3, 4]
    travel = problem.travel
    return replace(
        problem,
        stop_ids=problem.stop_ids[1:],
        stop_names=problem.stop_names[1:],
        stays=problem.stays[1:],
        later_stays=problem.later_stays[1:],
        travel=replace(
            travel,
            drive_s=travel.drive_s[keep][:, keep],
            distance_m=travel.distance_m[keep][:, keep],
            estimated=travel.estimated[keep][:, keep],
        ),
    )


def test_hours_that_leave_no_time_to_drive_are_told() -> None:
    night = {"opening": "Mo-Fr 12:00-23:58"}
    told = refused(campaign(minutes=ALL_PAIRS, m2=night))
    assert told["no-time-to-drive"].subject == "m2"
    assert "needs-more-driving" not in told


def test_a_library_problem_without_troubles_still_names_a_stop_without_stays() -> None:
    problem = build_problem(campaign())
    told = solve(replace(problem, stays=((), *problem.stays[1:]))).shortfalls
    assert (told[0].code, told[0].subject) == ("stop-has-no-date", "m1")


def test_a_large_set_that_collides_is_told_as_an_example_with_its_days() -> None:
    asked = many_stops(9)
    assert asked.tour is not None
    short = replace(asked, tour=replace(asked.tour, end=date(2017, 10, 25)))
    told = refused(short)["dates-collide"]
    assert told.wanted == 8
    text = plain(told)
    assert "(8 jours de présence, 7 jours d’ouverture en tout), par exemple : « Maison 1 »" in text
    fewer = plain(refused(short)["needs-fewer-stops"])
    assert "Sans 2 étapes (« Maison 1 » et « Maison 2 », ou l’un des 35 autres choix" in fewer


@pytest.mark.slow
def test_too_many_stops_for_the_tables_still_get_days_and_kits() -> None:
    asked = many_stops(MAX_STOPS + 1)
    assert asked.tour is not None
    short = replace(asked, tour=replace(asked.tour, end=date(2017, 11, 9)))
    told = refused(short)
    assert {"tour-does-not-fit", "needs-more-days", "needs-more-kits"} <= set(told)
    assert told["needs-more-days"].wanted == (date(2017, 11, 13) - date(2017, 10, 16)).days
    assert told["needs-more-kits"].wanted == 2


def test_a_search_that_ends_without_answer_or_proof_claims_neither(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nothing(_: TourProblem, **__: object) -> CpSatAnswer:
        return CpSatAnswer(Status.UNKNOWN, (), 100_000)

    monkeypatch.setattr(solver, "solve_cpsat", nothing)
    tour: Tour = solve(build_problem(many_stops(19)))
    assert (tour.status, tour.bound_s, tour.stops) == (Status.UNKNOWN, 100_000, ())
    assert [s.code for s in tour.shortfalls] == ["tour-not-found"]


def test_one_maison_alone_can_be_told_too_far() -> None:
    alone = Maison("m1", "Maison 1", "Ville", lnglat_at(10, 10), fixed_on=(date(2017, 11, 1),))
    told = refused(campaign_of(alone))
    assert list(told) == ["fixed-date-closed", "tour-does-not-fit", "needs-window-moved"]
    assert "0 au plus" in plain(told["tour-does-not-fit"])


def campaign_of(*maisons: Maison) -> Campaign:
    rules = TourRules(date(2017, 10, 17), date(2017, 11, 17), maisons[0].maison_id)
    return replace(campaign(), maisons=maisons, tour=rules)


def test_as_many_kits_are_asked_for_as_fill_the_window_to_its_last_day() -> None:
    asked = campaign(rules={"end": date(2017, 10, 18)})
    assert refused(asked)["needs-more-kits"].wanted == 2
    assert works(asked, kits=2)


def test_the_smallest_move_of_one_date_that_is_told_makes_the_tour_fit() -> None:
    """Two Maisons want the same Thursday, and one kit cannot be at both."""
    thursday = date(2017, 10, 19)
    asked = campaign(m2={"fixed_on": (thursday,)}, m3={"fixed_on": (thursday,)})
    told = refused(asked)["needs-window-moved"]
    assert (told.subject, told.wanted) == ("m2", 1)
    assert "En déplaçant « Maison 2 » de 1 jour, au 18 octobre 2017" in plain(told)
    moved = campaign(m2={"fixed_on": (date(2017, 10, 18),)}, m3={"fixed_on": (thursday,)})
    assert solve(build_problem(moved)).status is Status.OPTIMAL


def test_no_move_is_told_where_none_of_a_single_date_would_do() -> None:
    thursday = (date(2017, 10, 19),)
    fixed = {"fixed_on": thursday}
    three = campaign(m1=fixed, m2=fixed, m3=fixed)
    assert "needs-window-moved" not in refused(three)


def test_each_change_that_is_told_with_half_days_makes_the_tour_fit() -> None:
    asked = campaign(rules={"end": date(2017, 10, 18), "dwell_days": 1.5})
    told = refused(asked)
    days, kits = told["needs-more-days"].wanted, told["needs-more-kits"].wanted
    assert asked.tour is not None
    end = asked.tour.start + timedelta(days=days - 1)
    assert works(asked, end=end)
    assert not works(asked, end=end - timedelta(days=1))
    assert works(asked, kits=int(kits))
    assert not works(asked, kits=int(kits) - 1)
