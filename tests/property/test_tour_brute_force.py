"""The tour against code that tries every stay of every stop with every kit.

The order of a kit's stops is that of their days, so nothing here looks like the solvers: no
permutation, no table, no circuit, and calendars of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import combinations, pairwise
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from geo.model import Campaign, Maison, TourRules, TravelRow
from geo.plan import Status, Tour
from geo.tour import build_problem, solve
from geo.tour.conflicts import explain
from geo.tour.cpsat import solve_cpsat
from geo.tour.moves import moves_of
from geo.tour.repairs import repairs_by_search
from geo.tour.schedule import schedule
from tests.builders import lnglat_at, tiny_campaign

HOLIDAYS = {date(2017, 11, 1), date(2017, 11, 11), date(2017, 12, 25), date(2018, 1, 1)}
HOURS = {
    "": ({0, 1, 2, 3, 4}, time(9), time(17)),
    "Mo-Fr 14:00-18:00": ({0, 1, 2, 3, 4}, time(14), time(18)),
    "Mo,Tu,Th 09:00-12:00": ({0, 1, 3}, time(9), time(12)),
    "Mo-Fr 01:00-22:00": ({0, 1, 2, 3, 4}, time(1), time(22)),
}

OPENINGS = ["", "", "", *HOURS, "Mo-Fr 01:00-22:00; We 10:00-12:00"]

Stay = tuple[date, ...]
Score = tuple[int, date, int]


def hours(maison: Maison, day: date) -> tuple[datetime, datetime] | None:
    """Wednesdays of the last hours are short: a leg that fails on Tuesday may do on Wednesday."""
    weekdays, opens, closes = HOURS.get(maison.opening, HOURS["Mo-Fr 01:00-22:00"])
    if day.weekday() not in weekdays or day in HOLIDAYS or day in maison.closed_on:
        return None
    if maison.opening.endswith("We 10:00-12:00") and day.weekday() == 2:
        opens, closes = time(10), time(12)
    return datetime.combine(day, opens), datetime.combine(day, closes)


def stays(maison: Maison, rules: TourRules) -> list[Stay]:
    span = range((rules.end - rules.start).days + 1)
    days = [rules.start + timedelta(days=i) for i in span]
    opened = [day for day in days if hours(maison, day)]
    dwell = int(maison.dwell_days or rules.dwell_days)
    runs = [tuple(opened[i : i + dwell]) for i in range(len(opened) - dwell + 1)]
    return [run for run in runs if set(maison.fixed_on) <= set(run)]


@dataclass(frozen=True)
class Search:
    campaign: Campaign
    rules: TourRules
    table: dict[tuple[str, str], TravelRow]

    def best(self, maisons: Sequence[Maison]) -> Score | None:
        return min(self.scores(maisons, [[] for _ in range(self.rules.kits)]), default=None)

    def scores(
        self, maisons: Sequence[Maison], kits: list[list[tuple[Stay, Maison]]]
    ) -> Iterator[Score]:
        if not maisons:
            priced = [self.price(sorted(kit, key=lambda s: s[0])) for kit in kits if kit]
            found = [p for p in priced if p is not None]
            if len(found) == len(priced):
                last = max(stay[-1] for kit in kits for stay, _ in kit)
                yield sum(s for s, _ in found), last, sum(m for _, m in found)
            return
        maison, *rest = maisons
        fresh = next((i for i, kit in enumerate(kits) if not kit), len(kits) - 1)
        for stay in stays(maison, self.rules):
            for kit in kits[: fresh + 1]:
                if all(stay[-1] < other[0] or other[-1] < stay[0] for other, _ in kit):
                    kit.append((stay, maison))
                    yield from self.scores(rest, kits)
                    kit.pop()

    def leg(self, origin: str, target: str) -> tuple[int, int]:
        if origin == target:
            return 0, 0
        row = self.table[origin, target]
        return row.drive_s, row.distance_m

    def price(self, kit: Sequence[tuple[Stay, Maison]]) -> tuple[int, int] | None:
        """Seconds and metres of one kit, None where a driving rule is broken."""
        driven: dict[date, int] = {}
        total = metres = 0
        ids = [self.rules.depot, *(m.maison_id for _, m in kit), self.rules.depot]
        for i, (origin, target) in enumerate(pairwise(ids)):
            seconds, length = self.leg(origin, target)
            stay, maison = kit[max(i - 1, 0)]
            day = stay[-1] if i else stay[0]
            opened = hours(maison, day)
            assert opened is not None
            depart = opened[1] if i else opened[0] - timedelta(seconds=seconds)
            arrive = depart + timedelta(seconds=seconds)
            driven[day] = driven.get(day, 0) + seconds
            if driven[day] > self.rules.max_drive_s or {depart.date(), arrive.date()} != {day}:
                return None
            total, metres = total + seconds, metres + length
        return total, metres


def search(campaign: Campaign) -> Search:
    assert campaign.tour is not None
    table = {(row.from_id, row.to_id): row for row in campaign.travel}
    return Search(campaign, campaign.tour, table)


@st.composite
def campaigns(draw: st.DrawFn, max_stops: int = 5) -> Campaign:
    kits = draw(st.sampled_from([1, 1, 2, 3]))
    n = draw(st.integers(1, max_stops if kits == 1 else min(max_stops, 4)))
    start = draw(st.sampled_from([date(2017, 10, 30), date(2017, 11, 7), date(2017, 12, 22)]))
    length = draw(st.integers(1 + n, min(5 + 2 * n, 12)))
    soon = st.integers(0, length - 1).map(lambda i: start + timedelta(days=i))
    rarely = st.sampled_from([False, False, False, True])
    maisons = tuple(
        Maison(
            maison_id=f"m{i}",
            name=f"Maison {i}",
            city="Ville",
            lnglat=lnglat_at(3.0 * i, 2.0 * i),
            opening=draw(st.sampled_from(OPENINGS)),
            closed_on=draw(st.frozensets(soon, max_size=2)),
            dwell_days=draw(st.sampled_from([None, None, None, 1, 2, 3])),
            fixed_on=tuple(draw(st.lists(soon, max_size=1))) if draw(rarely) else (),
        )
        for i in range(n)
    )
    minutes = st.sampled_from([20, 30, 40, 60, 90, 110])
    travel = tuple(
        TravelRow(a.maison_id, b.maison_id, draw(minutes) * 60, draw(minutes) * 1000)
        for a in maisons
        for b in maisons
        if a is not b
    )
    rules = TourRules(
        start,
        start + timedelta(days=length - 1),
        depot=draw(st.sampled_from([m.maison_id for m in maisons])),
        kits=kits,
        dwell_days=draw(st.sampled_from([1, 1, 1, 2])),
        max_drive_s=draw(st.sampled_from([50, 80, 100, 150, 240, 240])) * 60,
    )
    return tiny_campaign(maisons=maisons, travel=travel, tour=rules)


def score(tour: Tour) -> Score:
    last = max(stop.open_on[-1] for stop in tour.stops)
    return tour.drive_s, last, tour.distance_m


THOROUGH = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
BRIEF = settings(THOROUGH, max_examples=40)


def assert_nothing_is_better(campaign: Campaign) -> None:
    best = search(campaign).best(campaign.maisons)
    tour = solve(build_problem(campaign))
    if best is None:
        assert tour.status is Status.INFEASIBLE
        assert not tour.stops
        assert any(s.code == "tour-does-not-fit" for s in tour.shortfalls)
    else:
        assert tour.status is Status.OPTIMAL
        assert score(tour) == best
        assert tour.bound_s == tour.drive_s


@BRIEF
@given(campaigns(max_stops=3))
def test_no_tour_is_better_and_infeasible_means_that_there_is_none(campaign: Campaign) -> None:
    assert_nothing_is_better(campaign)


@pytest.mark.slow
@THOROUGH
@given(campaigns())
def test_no_tour_of_up_to_five_stops_is_better(campaign: Campaign) -> None:
    assert_nothing_is_better(campaign)


@BRIEF
@given(campaigns(max_stops=3))
def test_cp_sat_proves_the_same_best_tour(campaign: Campaign) -> None:
    problem = build_problem(campaign)
    best = search(campaign).best(campaign.maisons)
    answer = solve_cpsat(problem)
    if best is None:
        assert answer.status is Status.INFEASIBLE
        return
    assert answer.status is Status.OPTIMAL
    stops, legs = schedule(problem, moves_of(problem), answer.routes)
    tour = Tour(
        Status.OPTIMAL,
        sum(leg.drive_s for leg in legs),
        answer.bound_s,
        sum(leg.distance_m for leg in legs),
        stops,
        legs,
    )
    assert score(tour) == best
    assert tour.bound_s == tour.drive_s


@BRIEF
@given(campaigns(max_stops=4), st.randoms(use_true_random=False))
def test_the_order_of_rows_never_reaches_the_tour(campaign: Campaign, random: Random) -> None:
    maisons, travel = list(campaign.maisons), list(campaign.travel)
    random.shuffle(maisons)
    random.shuffle(travel)
    shuffled = replace(campaign, maisons=tuple(maisons), travel=tuple(travel))
    assert solve(build_problem(shuffled)) == solve(build_problem(campaign))


@pytest.mark.slow
@BRIEF
@given(campaigns(max_stops=4))
def test_the_fewest_days_kits_and_stops_to_change_are_told(campaign: Campaign) -> None:
    tour = solve(build_problem(campaign))
    assume(tour.status is Status.INFEASIBLE)
    wanted = {s.code: s.wanted for s in tour.shortfalls if s.code.startswith("needs-")}
    got = {s.code: s.got for s in tour.shortfalls}
    assert campaign.tour is not None
    rules = campaign.tour
    days = int(wanted.get("needs-more-days", 0))
    for n_days, fits in ((days, True), (days - 1, False)) if days else ():
        longer = replace(rules, end=rules.start + timedelta(days=n_days - 1))
        assert (solve(build_problem(replace(campaign, tour=longer))).status is Status.OPTIMAL) is (
            fits
        )
    kits = int(wanted.get("needs-more-kits", 0))
    for n_kits in range(rules.kits, len(campaign.maisons) + 1):
        more = replace(campaign, tour=replace(rules, kits=n_kits))
        fits = search(more).best(campaign.maisons) is not None
        assert fits is bool(kits and n_kits >= kits)
    most = int(got["tour-does-not-fit"])
    assert got.get("needs-fewer-stops", 0) == most
    sizes = {
        size
        for size in range(1, len(campaign.maisons) + 1)
        for kept in combinations(campaign.maisons, size)
        if search(campaign).best(kept) is not None
    }
    assert max(sizes, default=0) == most


@pytest.mark.slow
@BRIEF
@given(campaigns(max_stops=4))
def test_stops_said_to_collide_cannot_all_be_visited(campaign: Campaign) -> None:
    tour = solve(build_problem(campaign))
    assume(any(s.code == "dates-collide" for s in tour.shortfalls))
    for shortfall in tour.shortfalls:
        if shortfall.code == "dates-collide":
            told = [m for m in campaign.maisons if f"«\u00a0{m.name}\u00a0»" in shortfall.message]
            assert len(told) == shortfall.wanted
            near = tuple(replace(row, drive_s=0) for row in campaign.travel)
            without_roads = search(replace(campaign, travel=near))
            assert without_roads.best(told) is None
            for dropped in told:
                rest = [m for m in told if m is not dropped]
                assert without_roads.best(rest) is not None


@settings(BRIEF, max_examples=15)
@given(campaigns(max_stops=4))
def test_the_search_used_for_many_stops_finds_the_same_repairs(campaign: Campaign) -> None:
    problem = build_problem(campaign)
    assume(solve(problem).status is Status.INFEASIBLE)
    exact = {(s.code, s.wanted) for s in explain(problem)}
    searched = {(s.code, s.wanted) for s in repairs_by_search(problem)}
    told = {"needs-more-days", "needs-more-kits"}
    assert {s for s in searched if s[0] in told} == {s for s in exact if s[0] in told}
