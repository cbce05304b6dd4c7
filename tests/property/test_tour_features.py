"""Every feature of a calendar is really drawn, and a tour that has begun goes on as well as any."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, Phase, assume, find, given, settings
from hypothesis import strategies as st

from geo.model import Campaign, Driving, Maison, SchoolHolidays, TourRules
from geo.plan import Status
from geo.tour import build_problem, solve
from geo.tour.prefix import Done, with_prefix
from geo.verify.tours import check_tour
from tests.naive_tour import HOLIDAYS, campaigns, score, search

Feature = Callable[[TourRules, Maison], bool]


def days_of(rules: TourRules) -> list[date]:
    return [rules.start + timedelta(days=day) for day in range((rules.end - rules.start).days + 1)]


FEATURES: dict[str, Feature] = {
    "half-days": lambda r, m: m.dwell_days in {0.5, 1.5} or r.dwell_days == 0.5,
    "several days": lambda _, m: m.dwell_days in {2, 3},
    "hours of driving": lambda r, _: r.drive_from.hour >= 7,
    "open in the afternoon alone": lambda _, m: m.opening == "Mo-Fr 14:00-18:00",
    "a public holiday next to a weekend": lambda r, _: date(2018, 1, 1) in days_of(r),
    "a public holiday": lambda r, _: bool(HOLIDAYS & set(days_of(r))),
    "the end of summer time": lambda r, _: date(2017, 10, 29) in days_of(r),
    "school holidays to avoid": lambda r, _: r.school_holidays is SchoolHolidays.AVOID,
    "school holidays to seek": lambda _, m: m.school_holidays is SchoolHolidays.SEEK,
    "a fixed date": lambda _, m: len(m.fixed_on) == 1,
    "two fixed dates": lambda _, m: len(m.fixed_on) == 2,
    "not before, not after": lambda _, m: m.not_before is not None and m.not_after is not None,
    "two windows": lambda _, m: len(m.windows) == 2,
    "an order of two": lambda r, _: bool(r.order) and len(r.order[0]) == 2,
    "an order of three": lambda r, _: bool(r.order) and len(r.order[0]) == 3,
    "kits that keep to a zone": lambda r, _: r.kits > 1 and "sud" in r.kit_zones,
    "as few kits as will do": lambda r, _: r.kits > 1 and r.fewest_kits,
    "posters": lambda r, _: r.with_posters,
    "closing days": lambda _, m: bool(m.closed_on),
    "set-up and take-down": lambda r, _: r.setup_s > 0 and r.takedown_s > 0,
    "a set-up of its own": lambda _, m: m.setup_s == 3600,
    "a driver who returns": lambda r, _: r.driver_returns,
    "mornings": lambda r, _: r.driving is Driving.MORNING,
    "evenings or mornings": lambda r, _: r.driving is Driving.EITHER,
    "little driving a day": lambda r, _: r.max_drive_s <= 50 * 60,
    "a local holiday": lambda _, m: m.postcode.startswith("57"),
}

DRAWN = settings(max_examples=1_000, derandomize=True, database=None, phases=[Phase.generate])


@pytest.mark.parametrize("feature", FEATURES)
def test_each_feature_of_a_calendar_is_drawn(feature: str) -> None:
    def has(campaign: Campaign) -> bool:
        assert campaign.tour is not None
        return any(FEATURES[feature](campaign.tour, maison) for maison in campaign.maisons)

    assert has(find(campaigns(), has, settings=DRAWN))


@pytest.mark.slow
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(campaigns(max_stops=3, least=2), st.integers(1, 5), st.sampled_from([0, 2]))
def test_no_way_to_go_on_with_a_tour_that_has_begun_is_better(
    campaign: Campaign, days: int, blocked: int
) -> None:
    problem = build_problem(campaign)
    tour = solve(problem, reasons=False)
    today = problem.first_day + timedelta(days=days)
    over = [stop for stop in tour.stops if stop.open_on[0] < today]
    left = sorted(set(problem.stop_ids) - {stop.maison_id for stop in over})
    assume(over and left)
    reached = {left[0]: today + timedelta(days=blocked)} if blocked else {}
    rest = with_prefix(
        problem,
        [Done(s.kit, s.open_on[0], s.open_on[-1], s.maison_id, s.opens, s.closes) for s in over],
        today=today,
        blocked=tuple(reached.items()),
    )
    again = solve(rest, reasons=False)
    best = search(campaign, done=over, today=today, reached=reached).best(campaign.maisons)
    if best is None:
        assert again.status is Status.INFEASIBLE
        return
    assert again.status is Status.OPTIMAL
    assert score(campaign, again) == best
    assert not list(check_tour(campaign, again))
    kept = {(stop.maison_id, stop.kit, stop.open_on) for stop in again.stops}
    assert {(stop.maison_id, stop.kit, stop.open_on) for stop in over} <= kept
