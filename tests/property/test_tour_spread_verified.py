"""Whether a tour holds at the slow end: the planner and `verify` work it out each on its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.model import Campaign, Driving, TourRules
from geo.plan import Shortfall, Status, Tour
from geo.tour import build_problem, solve, with_spread
from geo.verify import Rule
from geo.verify.tours import check_tour
from tests.builders import tiny_campaign

HOURS = ("Mo-Fr 09:00-17:00", "Mo-Fr 08:30-12:00,13:30-18:00", "Mo-Fr 14:00-19:30", "")


@st.composite
def campaigns(draw: st.DrawFn) -> Campaign:
    campaign = tiny_campaign()
    rules = TourRules(
        start=date(2017, 10, 17),
        end=date(2017, 11, 3),
        depot=draw(st.sampled_from(["m1", "m4"])),
        kits=draw(st.integers(1, 2)),
        dwell_days=draw(st.sampled_from([0.5, 1, 1.5])),
        max_drive_s=draw(st.integers(30, 120)) * 60,
        driving=draw(st.sampled_from(Driving)),
        drive_from=time(draw(st.integers(6, 8))),
        drive_until=time(draw(st.integers(18, 20)), draw(st.sampled_from([0, 30]))),
        driver_returns=draw(st.booleans()),
        setup_s=draw(st.sampled_from([0, 1800])),
        takedown_s=draw(st.sampled_from([0, 1800])),
    )
    maisons = tuple(
        replace(maison, opening=draw(st.sampled_from(HOURS))) for maison in campaign.maisons
    )
    return replace(campaign, tour=rules, maisons=maisons)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(campaigns())
def test_both_agree_whether_a_tour_holds_at_the_slow_end(campaign: Campaign) -> None:
    problem = build_problem(campaign)
    tour = with_spread(problem, solve(problem, reasons=False))
    if tour.status is Status.INFEASIBLE:
        return
    assert tour.spread is not None
    holds, why = tour.spread.holds, (Shortfall("", "", ""),)
    lie = replace(tour.spread, holds=not holds, breaks=why if holds else ())
    assert broken(campaign, tour) == set()
    assert broken(campaign, replace(tour, spread=lie)) == {Rule.SPREAD_HOLDS}


def broken(campaign: Campaign, tour: Tour) -> set[Rule]:
    return {violation.rule for violation in check_tour(campaign, tour)}
