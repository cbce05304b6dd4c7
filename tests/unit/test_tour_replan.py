"""Alternatives and re-planning on a tour that is small enough to count every one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations, pairwise, permutations

import pytest

from bench.exhibitions import Exhibition, make_problem
from geo.errors import PlacardeError
from geo.model import Driving
from geo.plan import Status, Tour
from geo.tour import build_problem, pyvrp_search, solve
from geo.tour.alternatives import alternatives, least_difference, reverse
from geo.tour.differences import Pair, is_reverse, left_out, pairs_of
from geo.tour.itinerary import itinerary
from geo.tour.prefix import Done, with_prefix
from geo.tour.problem import TourProblem
from tests.unit.test_tour_solve import ALL_PAIRS, campaign, many_stops

ROADS = {pair: 20 + 7 * i % 50 for i, pair in enumerate(sorted(ALL_PAIRS))}


def splits(stops: tuple[int, ...], kits: int) -> Iterator[list[tuple[int, ...]]]:
    """Yield every way to cut an order into routes, each set of routes once."""
    if not stops:
        yield []
        return
    for length in range(1, len(stops) + 1) if kits else ():
        for rest in splits(stops[length:], kits - 1):
            if not rest or stops[0] < rest[0][0]:
                yield [stops[:length], *rest]


@dataclass(frozen=True)
class AnyTour:
    """A tour that there is: what it takes, and between which places it drives."""

    drive_s: int
    pairs: frozenset[Pair]


def all_tours(problem: TourProblem) -> list[AnyTour]:
    """Return every tour there is."""
    found = []
    for order in permutations(range(len(problem.stop_ids))):
        for routes in splits(order, problem.kits):
            if all(itinerary(problem, route) for route in routes):
                paths = [[0, *(stop + 1 for stop in route), 0] for route in routes]
                legs = [leg for path in paths for leg in pairwise(path)]
                ids = [frozenset(map(problem.node_id, leg)) for leg in legs]
                pairs = frozenset(pair for pair in ids if len(pair) == 2)
                found.append(AnyTour(sum(int(problem.cost_s[leg]) for leg in legs), pairs))
    return found


@pytest.mark.parametrize("kits", [1, 2])
@pytest.mark.parametrize("driving", [Driving.EVENING, Driving.EITHER])
def test_each_alternative_is_the_best_that_differs_enough_from_all_before_it(
    kits: int, driving: Driving
) -> None:
    rules = {"kits": kits, "driving": driving, "end": date(2017, 10, 24)}
    problem = build_problem(campaign(rules=rules, minutes=ROADS))
    tours = alternatives(problem, 5)
    assert tours[0] == solve(problem)
    assert [tour.drive_s for tour in tours] == sorted(tour.drive_s for tour in tours)
    others = [tour for tour in tours if not is_reverse(tours[0], tour)]
    assert len(others) >= 3
    for i, tour in enumerate(others):
        left = [
            each.drive_s
            for each in all_tours(problem)
            if all(len(pairs_of(known) - each.pairs) >= 2 for known in others[:i])
        ]
        assert (tour.drive_s, tour.status) == (min(left), Status.OPTIMAL)
        assert all(left_out(known, tour) >= 2 for known in others[:i])


def test_the_first_tour_the_other_way_round_is_one_of_the_alternatives_and_the_only_such() -> None:
    """With roads as long both ways it is as good; the dates are others."""
    both_ways = {pair: ROADS[" ".join(sorted(pair.split()))] for pair in ROADS}
    problem = build_problem(campaign(rules={"end": date(2017, 10, 20)}, minutes=both_ways))
    best, other_way, *others = alternatives(problem, 4)
    assert is_reverse(best, other_way)
    assert (other_way.drive_s, other_way.status) == (best.drive_s, Status.OPTIMAL)
    assert [s.maison_id for s in other_way.stops] == [s.maison_id for s in best.stops][::-1]
    assert others
    assert not any(is_reverse(one, other) for one in (best, *others) for other in others)
    (_, again) = alternatives(problem, 2)
    assert again == other_way


def test_a_tour_that_the_calendar_does_not_allow_the_other_way_round_has_no_reverse() -> None:
    fixed = {"fixed_on": (date(2017, 10, 17),)}
    problem = build_problem(campaign(rules={"end": date(2017, 10, 20)}, minutes=ROADS, m3=fixed))
    tours = alternatives(problem, 6)
    assert reverse(problem, tours[0]) is None
    assert not any(is_reverse(tours[0], tour) for tour in tours)


def test_a_dearer_way_round_is_told_to_be_so() -> None:
    round_about = {"m1 m2", "m2 m3", "m3 m4", "m4 m1"}
    one_way = {pair: 20 if pair in round_about else 60 for pair in ALL_PAIRS}
    problem = build_problem(campaign(rules={"end": date(2017, 10, 20)}, minutes=one_way))
    best = solve(problem)
    other_way = reverse(problem, best)
    assert other_way is not None
    assert other_way.drive_s > best.drive_s == other_way.bound_s
    assert other_way.status is Status.FEASIBLE


def test_alternatives_end_where_there_are_no_more() -> None:
    problem = build_problem(campaign(rules={"end": date(2017, 10, 20)}, minutes=ROADS))
    tours = alternatives(problem, 100)
    others = [tour for tour in tours if not is_reverse(tours[0], tour)]
    for each in all_tours(problem):
        assert any(len(pairs_of(known) - each.pairs) < 2 for known in others)


@pytest.mark.slow
def test_many_stops_get_alternatives_that_differ_and_claim_no_proof(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pyvrp_search, "ITERATIONS", 200)
    problem = make_problem(Exhibition(42, 3))
    best, *others = alternatives(problem, 3)
    assert len(others) == 2
    for tour in others:
        assert tour.status is Status.FEASIBLE
        assert best.bound_s <= tour.bound_s <= tour.drive_s
    least = least_difference(problem)
    assert all(left_out(*pair) >= least for pair in combinations((best, *others), 2))


def test_alternatives_that_take_too_long_to_prove_differ_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("geo.tour.alternatives._MOST_SOLVED", 1)
    problem = build_problem(many_stops(7))
    best, *others = alternatives(problem, 3)
    for tour in [each for each in others if not is_reverse(best, each)]:
        assert tour.status is Status.FEASIBLE
        assert left_out(best, tour) >= least_difference(problem)
        assert best.bound_s <= tour.bound_s <= tour.drive_s


def test_without_a_tour_there_is_no_alternative() -> None:
    assert alternatives(build_problem(campaign(rules={"end": date(2017, 10, 18)})), 3) == ()


def done_until(tour: Tour, day: date) -> list[Done]:
    return [
        Done(stop.kit, stop.open_on[0], stop.open_on[-1], stop.maison_id, stop.opens, stop.closes)
        for stop in tour.stops
        if stop.open_on[0] < day
    ]


def test_what_is_done_stays_and_a_stop_that_is_snowed_in_comes_later() -> None:
    problem = build_problem(many_stops(8))
    tour = solve(problem)
    today = tour.stops[3].open_on[0]
    snowed_in, until = tour.stops[3].maison_id, tour.stops[6].open_on[0]
    done = done_until(tour, today)
    again = solve(with_prefix(problem, done, today=today, blocked=[(snowed_in, until)]))
    assert again.status is Status.OPTIMAL
    assert again.stops[:3] == tour.stops[:3]
    assert all(stop.open_on[0] >= today for stop in again.stops[3:])
    late = next(stop for stop in again.stops if stop.maison_id == snowed_in)
    assert late.open_on[0] >= until
    assert sorted(s.maison_id for s in again.stops) == sorted(s.maison_id for s in tour.stops)


@pytest.mark.parametrize("dwell", [0.5, 1.5])
def test_half_days_that_are_done_keep_their_hours_and_their_order(dwell: float) -> None:
    rules = {"dwell_days": dwell, "end": date(2017, 10, 31)}
    hours = {f"m{i}": {"opening": "Mo-Fr 09:00-12:00,14:00-17:00"} for i in range(1, 5)}
    problem = build_problem(campaign(rules=rules, minutes=ROADS, **hours))
    tour = solve(problem)
    today = tour.stops[-1].open_on[0]
    halves = [stop.opens.hour >= 13 for stop in tour.stops if stop.opens is not None]
    assert any(halves)
    assert not all(halves)
    again = solve(with_prefix(problem, done_until(tour, today), today=today))
    assert again.stops == tour.stops


def test_each_kit_goes_on_from_where_it_is() -> None:
    asked = many_stops(7)
    assert asked.tour is not None
    problem = build_problem(
        replace(asked, tour=replace(asked.tour, kits=2, end=date(2017, 10, 20)))
    )
    tour = solve(problem)
    today = date(2017, 10, 19)
    done = done_until(tour, today)
    again = solve(with_prefix(problem, done, today=today))
    assert again.stops == tour.stops
    kept = {(stop.maison_id, stop.kit, stop.open_on) for stop in again.stops}
    assert {(each.stop_id, each.kit) for each in done} <= {(s, k) for s, k, _ in kept}


def test_a_stop_that_stays_out_of_reach_is_told_with_the_day_from_which_it_is_not() -> None:
    problem = build_problem(many_stops(8))
    tour = solve(problem)
    today, last = tour.stops[3].open_on[0], tour.stops[-1].maison_id
    again = with_prefix(
        problem, done_until(tour, today), today=today, blocked=[(last, date(2031, 3, 1))]
    )
    refused = solve(again)
    assert refused.status is Status.INFEASIBLE
    told = [each for each in refused.shortfalls if each.subject == last]
    assert len(told) == 1
    assert "1er mars 2031" in told[0].message.replace("\N{NO-BREAK SPACE}", " ")


def test_a_stop_that_is_done_cannot_be_out_of_reach() -> None:
    problem = build_problem(many_stops(8))
    done = done_until(solve(problem), date(2017, 10, 19))
    with pytest.raises(PlacardeError, match="déjà reçu"):
        with_prefix(
            problem,
            done,
            today=date(2017, 10, 19),
            blocked=[(done[0].stop_id, date(2017, 10, 25))],
        )


@pytest.mark.parametrize(
    "wrong",
    [
        Done(1, date(2017, 10, 17), date(2017, 10, 17), "nowhere"),
        Done(2, date(2017, 10, 17), date(2017, 10, 17), "m1"),
        Done(1, date(2017, 10, 21), date(2017, 10, 21), "m1"),
    ],
)
def test_what_cannot_have_been_done_is_refused(wrong: Done) -> None:
    with pytest.raises(PlacardeError):
        with_prefix(build_problem(campaign()), [wrong], today=date(2017, 10, 18))
