"""The travelling salesman with time windows, against every order of a few nodes.

What a move is said to change is compared with a tour driven again from the depot.
"""

from __future__ import annotations

from itertools import pairwise, permutations
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.model import IntArray
from geo.plan import Status
from geo.tour.tsptw import Tsptw, TsptwEffort, solve_tsptw
from geo.tour.tsptw.bounds import best_bound
from geo.tour.tsptw.memory import memory_of
from geo.tour.tsptw.moves import (
    COST,
    LATE,
    Tour,
    Ways,
    best_reversal,
    best_shift,
    carry_out,
    measure,
)
from geo.tour.tsptw.problem import tighten
from geo.tour.tsptw.search import _ways, improve
from geo.tour.tsptw.walks import walks_of

BRIEF = TsptwEffort(trials=2_000, rounds=5, cells=20_000, works=(500_000,))


@st.composite
def problems(draw: st.DrawFn, most: int = 7) -> Tsptw:
    """Draw windows around the times of a hidden order or anywhere, and ways of any length."""
    n = draw(st.integers(2, most))
    numbers = st.integers(0, 30)
    travel = np.array(draw(st.lists(numbers, min_size=n * n, max_size=n * n))).reshape(n, n)
    np.fill_diagonal(travel, 0)
    ready = np.array(draw(st.lists(st.integers(0, 90), min_size=n, max_size=n)))
    width = np.array(draw(st.lists(st.integers(0, 120), min_size=n, max_size=n)))
    service = np.array(draw(st.lists(st.integers(0, 5), min_size=n, max_size=n)))
    ready[0], width[0] = 0, draw(st.integers(60, 300))
    return Tsptw(travel, service, ready, ready + width)


def least(problem: Tsptw) -> int | None:
    orders = permutations(range(1, len(problem)))
    return min((problem.cost_of(order) for order in orders if problem.is_tour(order)), default=None)


@settings(max_examples=50, deadline=None)
@given(problems())
def test_the_answer_is_the_least_of_all_orders_or_that_there_is_none(problem: Tsptw) -> None:
    best = least(problem)
    answer = solve_tsptw(problem, effort=BRIEF)
    assert (answer.status is Status.INFEASIBLE) == (best is None)
    if best is not None:
        assert (answer.status, answer.cost, answer.bound) == (Status.OPTIMAL, best, best)
        assert problem.is_tour(answer.order)


@settings(max_examples=50, deadline=None)
@given(problems(), st.integers(0, 9))
def test_local_search_alone_finds_the_least_of_few_orders(problem: Tsptw, seed: int) -> None:
    tight, best = tighten(problem), least(problem)
    if tight is None:
        assert best is None
        return
    order = improve(problem, tight, (), trials=3_000, seed=seed)
    assert order == improve(problem, tight, (), trials=3_000, seed=seed)
    assert (problem.cost_of(order) if order else None) == best


@settings(max_examples=60, deadline=None)
@given(problems(), st.integers(0, 6), st.integers(1, 3))
def test_walks_that_remember_all_are_tours_and_others_never_cost_more(
    problem: Tsptw, size: int, unit: int
) -> None:
    tight, best = tighten(problem), least(problem)
    if tight is None or len(problem) == 2:
        return
    cells = 10**9 if unit == 1 else 100 // unit
    walks = walks_of(tight, problem.travel, cells=cells)
    some = memory_of(tight, problem.travel, size=size)
    every = memory_of(tight, problem.travel, size=len(problem))
    # A node left out costs more than any tour; no node is visited twice.
    dear = np.full(len(problem), 1_000, dtype=np.int64)
    dear[0] = 0
    prices = np.arange(len(problem), dtype=np.int64) * 7 - 12
    prices[0] = 0
    exact = best_bound(walks, every, target=1, rounds=0, price=dear)
    cut = best_bound(walks, some, target=1, rounds=5, price=prices)
    if best is not None:
        assert exact.value <= best
        assert cut.value <= best
    if walks.unit == 1:
        assert exact.value == best if best is not None else exact.value > 500


@settings(max_examples=100, deadline=None)
@given(problems(most=9), st.randoms(use_true_random=False))
def test_a_move_changes_what_it_says(problem: Tsptw, random: Random) -> None:
    tight = tighten(problem)
    if tight is None:
        return
    ways, n = _ways(problem, tight), len(problem)
    inner = list(range(1, n))
    random.shuffle(inner)
    order = np.array([0, *inner, n])
    cost, late = drive(ways, order)
    tour = Tour(order.copy(), *(np.zeros(n + 1, dtype=np.int64) for _ in range(5)))
    for p in range(1, n):
        assert (measure(ways, tour), int(tour.late[-1])) == (cost, late)
        shift, reversal = np.zeros(6, dtype=np.int64), np.zeros(6, dtype=np.int64)
        best_shift(ways, tour, p, 3, shift)
        best_reversal(ways, tour, p, reversal)
        for move in (shift, reversal):
            if move[LATE] or move[COST]:
                changed = order.copy()
                carry_out(changed, move)
                assert sorted(changed) == list(range(n + 1))
                now = drive(ways, changed)
                assert (now[0] - cost, now[1] - late) == (move[COST], move[LATE])
                assert (now[1], now[0]) < (late, cost)


def drive(ways: Ways, order: IntArray) -> tuple[int, int]:
    """Return what an order costs and how late it is, each late arrival turned back in time."""
    time, cost, late = int(ways.ready[0]), 0, 0
    for u, v in pairwise(order):
        arrive = time + int(ways.step[u, v])
        late += max(0, arrive - int(ways.due[v]))
        time = min(max(arrive, int(ways.ready[v])), int(ways.due[v]))
        cost += int(ways.cost[u, v])
    return cost, late
