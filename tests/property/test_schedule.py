"""The best schedule of one face, by each of its three ways, against every schedule there is."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.matching.schedule import (
    SUBSET_PERIODS,
    Bench,
    _best_by_paths,
    _best_by_subsets,
    best_schedule,
    make_bench,
)
from geo.model import FloatArray


@st.composite
def faces(draw: st.DrawFn) -> tuple[FloatArray, list[int]]:
    n_agents, n_periods = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    worth = st.integers(-2, 9).map(lambda w: float(w) if w > 0 else -1.0)
    table = draw(
        st.lists(
            st.lists(worth, min_size=n_periods, max_size=n_periods),
            min_size=n_agents,
            max_size=n_agents,
        )
    )
    room = draw(st.lists(st.integers(0, n_periods), min_size=n_agents, max_size=n_agents))
    return np.array(table), room


def bench_for(worth: FloatArray, room: list[int]) -> Bench:
    bench = make_bench(*worth.shape)
    bench.worth[:] = worth
    bench.room[:] = room
    return bench


def worth_of(bench: Bench, worth: FloatArray, room: list[int]) -> float:
    """Return what the chosen schedule is worth, once it is seen to keep the rules."""
    total = 0.0
    for period, agent in enumerate(bench.chosen.tolist()):
        if agent >= 0:
            assert worth[agent, period] > 0
            total += worth[agent, period]
    for agent, most in enumerate(room):
        assert (bench.chosen == agent).sum() <= most
    return total


def best_of_all(worth: FloatArray, room: list[int]) -> float:
    best = 0.0
    for chosen in product(range(-1, len(room)), repeat=worth.shape[1]):
        if any(chosen.count(agent) > most for agent, most in enumerate(room)):
            continue
        gains = [worth[agent, t] for t, agent in enumerate(chosen) if agent >= 0]
        if all(gain > 0 for gain in gains):
            best = max(best, sum(gains))
    return best


@given(faces())
@settings(max_examples=200)
def test_each_way_finds_the_best_of_all_schedules(face: tuple[FloatArray, list[int]]) -> None:
    worth, room = face
    expected = best_of_all(worth, room)
    for way in (best_schedule, _best_by_subsets, _best_by_paths):
        bench = bench_for(worth, room)
        assert way(bench, len(room)) == expected
        assert worth_of(bench, worth, room) == expected


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 3))
@settings(max_examples=100)
def test_many_periods_are_planned_as_well_as_few(seed: int, n_agents: int, most: int) -> None:
    """Beyond the subsets, paths decide: the best over 7 periods is at least that over any 6."""
    rng = np.random.default_rng(seed)
    worth = rng.uniform(-0.3, 1.0, (n_agents, SUBSET_PERIODS + 1))
    worth[worth <= 0] = -1.0
    room = [most] * n_agents
    bench = bench_for(worth, room)
    total = best_schedule(bench, n_agents)
    assert np.isclose(worth_of(bench, worth, room), total)
    for left_out in range(SUBSET_PERIODS + 1):
        fewer = np.ascontiguousarray(np.delete(worth, left_out, axis=1))
        part = best_schedule(bench_for(fewer, room), n_agents)
        assert part <= total + 1e-9
