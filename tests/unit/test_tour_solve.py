from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pytest

from geo.errors import PlacardeError
from geo.model import Campaign, IntArray, Maison, TourRules, TravelRow
from geo.plan import Status, Stop, Tour, TravelSource
from geo.tour import build_problem, solve
from geo.tour.cpsat import solve_cpsat
from geo.tour.exact import fits_exact, solve_exact
from geo.tour.moves import moves_of
from geo.tour.schedule import schedule
from geo.tour.sharing import Kit, Shared, Tight
from geo.tour.tables import NEVER, share, split
from tests.builders import lnglat_at, tiny_campaign

RULES = TourRules(date(2017, 10, 17), date(2017, 11, 17), "m1")


def campaign(
    *, rules: dict[str, Any] | None = None, minutes: dict[str, int] | None = None, **maisons: Any
) -> Campaign:
    """Return four Maisons ``m1`` (the depot) … ``m4``; `maisons` change fields by id.

    `minutes` is a travel table: ``{"m1 m2": 30}``.
    """
    tiny = tiny_campaign()
    changed = tuple(replace(m, **maisons.get(m.maison_id, {})) for m in tiny.maisons)
    rows = [(pair.partition(" "), value) for pair, value in (minutes or {}).items()]
    return replace(
        tiny,
        maisons=changed,
        tour=replace(RULES, **(rules or {})),
        travel=tuple(TravelRow(a, b, m * 60, m * 1000) for (a, _, b), m in rows),
    )


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a local time in October 2017."""
    return datetime.combine(date(2017, 10, day), time(hour, minute))


def toured(asked: Campaign) -> Tour:
    tour = solve(build_problem(asked))
    assert tour.status is Status.OPTIMAL
    return tour


def stop_at(tour: Tour, maison_id: str) -> Stop:
    return next(stop for stop in tour.stops if stop.maison_id == maison_id)


ALL_PAIRS = {f"{a} {b}": 60 for a in ("m1", "m2", "m3", "m4") for b in ("m1", "m2", "m3", "m4")}


def test_a_tour_goes_round_the_square_in_four_days() -> None:
    tour = toured(campaign())
    assert [s.maison_id for s in tour.stops] == ["m3", "m4", "m2", "m1"]
    assert [s.open_on for s in tour.stops] == [(date(2017, 10, d),) for d in (17, 18, 19, 20)]
    assert [(leg.from_id, leg.to_id) for leg in tour.legs] == [
        ("m1", "m3"),
        ("m3", "m4"),
        ("m4", "m2"),
        ("m2", "m1"),
    ]
    assert tour.bound_s == tour.drive_s == sum(leg.drive_s for leg in tour.legs)
    assert tour.distance_m == sum(leg.distance_m for leg in tour.legs)


def test_no_leg_joins_the_depot_with_itself() -> None:
    tour = toured(campaign(m1={"fixed_on": (date(2017, 10, 17),)}))
    assert stop_at(tour, "m1").arrive == at(17, 9)
    assert all(leg.from_id != leg.to_id for leg in tour.legs)


def test_the_first_leg_arrives_at_opening_and_the_others_leave_at_closing() -> None:
    far = {**ALL_PAIRS, "m1 m2": 20, "m2 m3": 20, "m3 m4": 20, "m4 m1": 5}
    tour = toured(campaign(minutes=far, m1={"fixed_on": (date(2017, 10, 20),)}))
    first, *later = tour.legs
    assert (first.depart, first.arrive) == (at(17, 8, 40), at(17, 9))
    assert [leg.depart.hour for leg in later] == [17, 17, 17]
    for leg in tour.legs:
        assert leg.arrive - leg.depart == timedelta(seconds=leg.drive_s)
    arrivals = {leg.to_id: leg.arrive for leg in tour.legs}
    departures = {leg.from_id: leg.depart for leg in later}
    for stop in tour.stops:
        assert stop.arrive == arrivals[stop.maison_id]
        assert stop.leave == departures.get(stop.maison_id, stop.leave)


def test_a_kit_that_is_early_waits_where_it_is_going() -> None:
    tour = toured(
        campaign(m3={"fixed_on": (date(2017, 10, 25),)}, rules={"end": date(2017, 10, 27)})
    )
    before = tour.stops[[s.maison_id for s in tour.stops].index("m3") - 1]
    waiting = stop_at(tour, "m3")
    assert waiting.arrive.date() == before.open_on[-1] < waiting.open_on[0]


def test_the_tour_stands_still_on_the_weekend_and_on_the_first_of_november() -> None:
    tour = toured(campaign(rules={"start": date(2017, 10, 27), "end": date(2017, 11, 2)}))
    days = [day for stop in tour.stops for day in stop.open_on]
    assert days == [date(2017, 10, 27), date(2017, 10, 30), date(2017, 10, 31), date(2017, 11, 2)]


def test_a_stay_may_span_a_weekend_and_holds_the_kit_there() -> None:
    asked = campaign(
        rules={"start": date(2017, 10, 26), "end": date(2017, 11, 10)},
        m1={"dwell_days": 3, "fixed_on": (date(2017, 10, 27), date(2017, 10, 30))},
    )
    stay = stop_at(toured(asked), "m1")
    assert stay.open_on in {
        (date(2017, 10, 26), date(2017, 10, 27), date(2017, 10, 30)),
        (date(2017, 10, 27), date(2017, 10, 30), date(2017, 10, 31)),
    }
    others = [s for s in toured(asked).stops if s.maison_id != "m1"]
    assert all(not stay.open_on[0] <= d <= stay.open_on[-1] for s in others for d in s.open_on)


def test_a_fixed_date_is_among_the_open_days_of_the_stay() -> None:
    day = date(2017, 11, 13)
    asked = campaign(rules={"dwell_days": 2}, m2={"fixed_on": (day,)})
    assert day in stop_at(toured(asked), "m2").open_on


def test_a_stay_is_never_on_a_closing_day_and_skips_no_open_day() -> None:
    asked = campaign(
        rules={"dwell_days": 2, "end": date(2017, 10, 27)},
        m1={"closed_on": frozenset({date(2017, 10, 18)}), "fixed_on": (date(2017, 10, 17),)},
    )
    assert stop_at(toured(asked), "m1").open_on == (date(2017, 10, 17), date(2017, 10, 19))


def test_an_opening_on_some_weekdays_only_decides_the_order() -> None:
    asked = campaign(rules={"end": date(2017, 10, 20)}, m4={"opening": "Tu 09:00-17:00"})
    assert toured(asked).stops[0].maison_id == "m4"


def test_an_afternoon_opening_lets_the_first_leg_leave_later() -> None:
    asked = campaign(
        minutes=ALL_PAIRS, rules={"end": date(2017, 10, 20)}, m4={"opening": "Tu 14:00-18:00"}
    )
    tour = toured(asked)
    assert tour.legs[0].depart == at(17, 13)
    assert tour.legs[1].depart == at(17, 18)


def test_the_table_is_driven_as_given_in_each_direction() -> None:
    ring = {"m1 m2": 10, "m2 m3": 10, "m3 m4": 10, "m4 m1": 10}
    tour = toured(campaign(minutes={**ALL_PAIRS, **ring}))
    assert tour.drive_s == 2400
    assert {leg.source for leg in tour.legs} == {TravelSource.TABLE}
    back = toured(campaign(minutes={**ALL_PAIRS, **{k[3:] + " " + k[:2]: 10 for k in ring}}))
    assert {(leg.to_id, leg.from_id) for leg in back.legs} == {
        (leg.from_id, leg.to_id) for leg in tour.legs
    }


def test_a_leg_that_the_table_lacks_is_estimated_and_says_so() -> None:
    tour = toured(campaign(minutes={"m1 m2": 10, "m2 m4": 10}))
    sources = {(leg.from_id, leg.to_id): leg.source for leg in tour.legs}
    assert sources == {
        ("m1", "m2"): TravelSource.TABLE,
        ("m2", "m4"): TravelSource.TABLE,
        ("m4", "m3"): TravelSource.ESTIMATE,
        ("m3", "m1"): TravelSource.ESTIMATE,
    }


def test_no_leg_is_longer_than_the_daily_limit_even_if_the_tour_gets_longer() -> None:
    minutes = {**ALL_PAIRS, "m1 m2": 100, "m2 m3": 10, "m3 m4": 10, "m4 m1": 10}
    free = toured(campaign(minutes=minutes))
    held = toured(campaign(minutes=minutes, rules={"max_drive_s": 90 * 60}))
    assert ("m1", "m2") in {(leg.from_id, leg.to_id) for leg in free.legs}
    assert max(leg.drive_s for leg in held.legs) <= 90 * 60
    assert held.drive_s > free.drive_s


def test_the_morning_and_the_evening_of_a_first_day_share_the_limit() -> None:
    """The only way round begins with two legs of an hour at a stop of a single day."""
    minutes = {**ALL_PAIRS, "m1 m2": 60, "m2 m3": 60, "m3 m4": 10, "m4 m1": 10}
    last = {"fixed_on": (date(2017, 10, 20),)}
    first = {"fixed_on": (date(2017, 10, 17),)}
    asked = campaign(
        minutes=minutes, rules={"end": date(2017, 10, 20), "max_drive_s": 7200}, m2=first, m1=last
    )
    day = [leg.drive_s for leg in toured(asked).legs if leg.depart.date() == date(2017, 10, 17)]
    assert sum(day) == 7200
    assert asked.tour is not None
    tighter = replace(asked, tour=replace(asked.tour, max_drive_s=7199))
    assert solve(build_problem(tighter)).status is Status.INFEASIBLE
    stays_two_days = {**first, "dwell_days": 2}
    longer = campaign(
        minutes=minutes,
        rules={"end": date(2017, 10, 23), "max_drive_s": 7199},
        m2=stays_two_days,
        m1={"fixed_on": (date(2017, 10, 23),)},
    )
    toured(longer)


def test_a_leg_never_runs_past_midnight() -> None:
    late = {"opening": "Mo-Fr 14:00-23:30"}
    asked = campaign(minutes={**ALL_PAIRS, "m2 m1": 20}, m2=late)
    tour = toured(asked)
    assert next(leg for leg in tour.legs if leg.from_id == "m2").to_id == "m1"
    assert all(leg.arrive.date() == leg.depart.date() for leg in tour.legs)


def test_a_later_stay_is_chosen_where_only_its_hours_allow_the_next_leg() -> None:
    """After a late Tuesday no road leads on; after a short Wednesday one does."""
    hours = {"opening": "Mo-Fr 09:00-23:30; We 09:00-12:00"}
    asked = campaign(minutes=ALL_PAIRS, m1=hours, m2=hours, m3=hours, m4=hours)
    longer = replace(asked, tour=replace(RULES, end=date(2017, 11, 30)))
    assert all(day.weekday() == 2 for stop in toured(longer).stops[1:-1] for day in stop.open_on)


def test_two_kits_share_the_stops_where_one_has_not_the_days() -> None:
    asked = campaign(rules={"end": date(2017, 10, 18), "kits": 2})
    tour = toured(asked)
    assert {stop.kit for stop in tour.stops} == {1, 2}
    assert sorted(stop.maison_id for stop in tour.stops) == ["m1", "m2", "m3", "m4"]
    for kit in (1, 2):
        legs = [leg for leg in tour.legs if leg.kit == kit]
        assert legs[-1].to_id == "m1"


def test_a_kit_that_would_only_add_driving_stays_at_the_depot() -> None:
    ring = {**ALL_PAIRS, "m1 m2": 10, "m2 m3": 10, "m3 m4": 10, "m4 m1": 10}
    one, many = (toured(campaign(minutes=ring, rules={"kits": kits})) for kits in (1, 4))
    assert many.drive_s == one.drive_s == 2400
    # The depot costs nothing to visit with a kit of its own: the tour ends a day earlier.
    assert {s.kit for s in many.stops} == {1, 2}
    assert max(s.open_on for s in many.stops) < max(s.open_on for s in one.stops)


def test_among_tours_of_equal_driving_the_one_that_ends_first_then_the_shorter_wins() -> None:
    asked = campaign(minutes=ALL_PAIRS, m2={"closed_on": frozenset({date(2017, 10, 20)})})
    shorter = [
        replace(row, distance_m=1000) if (row.from_id, row.to_id) == ("m2", "m4") else row
        for row in asked.travel
    ]
    tour = toured(replace(asked, travel=tuple(shorter)))
    assert max(s.open_on for s in tour.stops) == (date(2017, 10, 20),)
    assert ("m2", "m4") in {(leg.from_id, leg.to_id) for leg in tour.legs}


def test_the_order_of_rows_never_decides_between_equal_tours() -> None:
    asked = campaign(minutes=ALL_PAIRS)
    shuffled = replace(asked, maisons=asked.maisons[::-1], travel=asked.travel[::-1])
    assert solve(build_problem(asked)) == solve(build_problem(shuffled))


def test_without_maisons_there_is_nothing_to_prove() -> None:
    problem = build_problem(campaign())
    none = np.zeros((1, 1), dtype=np.int64)
    empty = replace(
        problem,
        stop_ids=(),
        stop_names=(),
        stays=(),
        later_stays=(),
        travel=replace(problem.travel, drive_s=none, distance_m=none, estimated=none == 1),
    )
    tour = solve(empty)
    assert (tour.status, tour.stops, tour.drive_s) == (Status.OPTIMAL, (), 0)


def test_an_unknown_depot_and_a_campaign_without_a_tour_are_refused_by_name() -> None:
    with pytest.raises(PlacardeError, match="'m9'"):
        build_problem(campaign(rules={"depot": "m9"}))
    with pytest.raises(PlacardeError, match="no tour"):
        build_problem(tiny_campaign(tour=None))


def test_an_order_that_the_calendar_forbids_is_refused() -> None:
    problem = build_problem(campaign(m2={"fixed_on": (date(2017, 10, 17),)}))
    with pytest.raises(ValueError, match="m2"):
        schedule(problem, moves_of(problem), [(0, 1, 2, 3)])


def many_stops(n: int, *, fixed: bool = False) -> Campaign:
    """Return `n` Maisons in a cloud, perhaps each with a date of its own."""
    weekdays = [d for i in range(60) if (d := RULES.start + timedelta(days=i)).weekday() < 5]
    working = [day for day in weekdays if day != date(2017, 11, 1)]
    maisons = tuple(
        Maison(
            f"m{i + 1}",
            f"Maison {i + 1}",
            "Ville",
            lnglat_at(7 * i % 40, 11 * i % 37),
            fixed_on=(working[i],) if fixed else (),
        )
        for i in range(n)
    )
    return tiny_campaign(maisons=maisons, tour=replace(RULES, end=working[n]))


def test_a_tour_too_large_for_the_tables_is_given_to_cp_sat_and_proven() -> None:
    asked = many_stops(20, fixed=True)
    assert not fits_exact(build_problem(asked))
    tour = toured(asked)
    assert tour.solver == "OR-Tools CP-SAT"
    assert [stop.maison_id for stop in tour.stops] == [f"m{i + 1}" for i in range(20)]
    assert tour.bound_s == tour.drive_s


def test_a_limit_too_small_for_any_answer_says_that_nothing_is_proven() -> None:
    answer = solve_cpsat(build_problem(many_stops(18)), limit=1e-6)
    assert (answer.status, answer.routes) == (Status.UNKNOWN, ())


def test_a_limit_too_small_for_the_proof_leaves_an_honest_bound() -> None:
    asked = many_stops(14)
    problem = build_problem(replace(asked, tour=replace(RULES, kits=2, end=date(2017, 10, 26))))
    answer = solve_cpsat(problem, limit=0.03)
    assert answer.status is Status.FEASIBLE
    _, legs = schedule(problem, moves_of(problem), answer.routes)
    assert 0 < answer.bound_s <= solve(problem).drive_s <= sum(leg.drive_s for leg in legs)


def test_tables_and_cp_sat_share_the_work_by_size() -> None:
    small = build_problem(many_stops(12))
    assert fits_exact(small)
    assert solve_exact(small) is not None
    assert not fits_exact(build_problem(many_stops(40)))


def test_sharing_among_kits_takes_the_best_split_of_each_subset() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 1000, (2, 1 << 8))
    allowed = 0b10110111
    shared = share(a, b, allowed, 0)
    for m in range(1 << 8):
        parts = [s for s in range(m + 1) if s & m & allowed == s]
        least = min(int(a[s] + b[m - s]) if s else int(b[m]) for s in parts)
        assert shared[m] == least
        if least < b[m]:
            s = split(a, b, allowed, m, least)
            assert s & ~allowed == 0
            assert a[s] + b[m - s] == least


def random_costs(rng: np.random.Generator, n: int) -> IntArray:
    """Return what a kit costs for each set: few values, so that many sharings cost the same."""
    one = 100 * rng.integers(1, 6, 1 << n) + rng.integers(0, 3, 1 << n)
    one[rng.random(1 << n) < 0.3] = NEVER
    one[0] = 0
    return one


def shared_among(rng: np.random.Generator, *, n: int) -> list[Kit]:
    everything = (1 << n) - 1
    if rng.random() < 0.5:
        return [Kit(everything, alike=True)] * int(rng.integers(1, 5))
    masks = [int(mask) for mask in rng.integers(1, everything + 1, int(rng.integers(1, 3)))]
    return [Kit(mask, alike=False) for mask in (*masks, everything)]


def test_stays_that_end_sooner_are_shared_among_kits_as_if_from_the_beginning() -> None:
    rng, n, compared = np.random.default_rng(1), 5, 0
    for _ in range(600):
        kits, one = shared_among(rng, n=n), random_costs(rng, n)
        shared = Shared.of(one, kits, fewest=False)
        if shared is None:
            continue
        most = shared.value + int(rng.integers(0, 300))
        cheap_enough = Tight.of(shared, most=most)
        assert cheap_enough is not None
        later = one + np.where(rng.random(1 << n) < 0.5, rng.integers(0, 200, 1 << n), 0)
        later[0] = 0
        later = np.minimum(later, NEVER)
        best, again = Shared.of(later, kits, fewest=False), cheap_enough.with_costs(later)
        if best is None or best.value > most:
            assert again.value > most
        else:
            compared += 1
            assert (again.value, again.subsets()) == (best.value, best.subsets())
    assert compared > 50


def test_too_many_cheap_sharings_are_not_listed() -> None:
    n = 11
    one = np.ones(1 << n, dtype=np.int64)
    one[0] = 0
    kits = [Kit((1 << n) - 1, alike=True)] * 3
    shared = Shared.of(one, kits, fewest=False)
    assert shared is not None
    assert Tight.of(shared, most=shared.value) is not None
    assert Tight.of(shared, most=shared.value + 2) is None


def test_a_first_leg_never_begins_the_day_before() -> None:
    """Half past midnight is too early to be anywhere an hour away."""
    asked = campaign(minutes=ALL_PAIRS, m2={"opening": "Mo-Fr 00:30-12:00"})
    ruled = replace(RULES, end=date(2017, 10, 20))
    assert toured(replace(asked, tour=ruled)).stops[0].maison_id != "m2"
    forced = campaign(m2={"opening": "Mo-Fr 00:30-12:00", "fixed_on": (date(2017, 10, 17),)})
    tour = solve(build_problem(replace(forced, tour=ruled, travel=asked.travel)))
    assert tour.status is Status.INFEASIBLE
