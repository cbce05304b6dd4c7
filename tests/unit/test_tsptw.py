"""The travelling salesman with time windows against every order of a few nodes."""

from __future__ import annotations

from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pytest

from bench.tsptw_files import read_set
from geo.plan import Status
from geo.tour.tsptw import Tsptw, TsptwEffort, solve_tsptw
from geo.tour.tsptw.problem import tighten
from geo.tour.tsptw.walks import walks_of

EFFORT = TsptwEffort(trials=20_000, rounds=10, cells=20_000, works=(5_000, 500_000))


def instance(seed: int, n: int, *, width: int, horizon: int = 120) -> Tsptw:
    """Return an instance without triangle inequality and with a few ways that take no time."""
    rng = np.random.default_rng(seed)
    travel = rng.integers(0, 30, (n, n))
    np.fill_diagonal(travel, 0)
    ready = rng.integers(0, horizon, n)
    due = ready + rng.integers(width // 2, width, n)
    ready[0], due[0] = 0, 2 * horizon
    return Tsptw(travel, rng.integers(0, 4, n), ready, due)


def best_of(problem: Tsptw) -> int | None:
    orders = permutations(range(1, len(problem)))
    return min((problem.cost_of(order) for order in orders if problem.is_tour(order)), default=None)


@pytest.mark.parametrize("seed", range(40))
def test_no_order_is_better_and_none_is_missed(seed: int) -> None:
    problem = instance(seed, 3 + seed % 5, width=20 + 8 * (seed % 12))
    best = best_of(problem)
    answer = solve_tsptw(problem, effort=EFFORT)
    if best is None:
        assert answer.status is Status.INFEASIBLE
        return
    assert (answer.status, answer.cost, answer.bound) == (Status.OPTIMAL, best, best)
    assert problem.is_tour(answer.order)
    assert problem.cost_of(answer.order) == best


def test_the_instances_have_tours_and_have_none() -> None:
    found = [best_of(instance(s, 3 + s % 5, width=20 + 8 * (s % 12))) for s in range(40)]
    assert 3 < sum(best is None for best in found) < 37


@pytest.mark.parametrize("seed", range(5))
def test_a_search_cut_short_still_tells_a_bound_that_holds(seed: int) -> None:
    problem = instance(seed, 16, width=200, horizon=160)
    brief = TsptwEffort(trials=5_000, rounds=3, cells=5_000, works=(1,))
    short = solve_tsptw(problem, effort=brief)
    proven = solve_tsptw(problem, effort=TsptwEffort(works=(400_000, 40_000_000)))
    assert proven.status is Status.OPTIMAL
    assert short.bound <= proven.cost
    if short.order:
        assert proven.cost <= short.cost
        assert problem.is_tour(short.order)
    assert short == solve_tsptw(problem, effort=brief)


@pytest.mark.parametrize("seed", range(20))
def test_narrower_windows_keep_every_tour(seed: int) -> None:
    problem = instance(seed, 6, width=120)
    tight = tighten(problem)
    kept = [o for o in permutations(range(1, 6)) if problem.is_tour(o)]
    if tight is None:
        assert not kept
        return
    narrow = Tsptw(problem.travel, problem.service, tight.ready, tight.due)
    assert [o for o in permutations(range(1, 6)) if narrow.is_tour(o)] == kept
    for order in kept:
        path = [0, *order, 0]
        assert all(tight.arcs[a, b] for a, b in pairwise(path))


def test_one_node_alone_has_the_empty_tour() -> None:
    nothing = np.zeros((1, 1), dtype=np.int64)
    zero = np.zeros(1, dtype=np.int64)
    answer = solve_tsptw(Tsptw(nothing, zero, zero, zero))
    assert (answer.status, answer.order, answer.cost) == (Status.OPTIMAL, (), 0)


def test_public_files_are_read_with_their_decimals(tmp_path: Path) -> None:
    (tmp_path / "instances" / "Toy").mkdir(parents=True)
    (tmp_path / "best_known_sol").mkdir()
    matrix = "0 1.5 2\n1.5 0 1\n2 1 0\n"
    (tmp_path / "instances" / "Toy" / "toy.txt").write_text(
        f"3\n{matrix}0 20\n0 9\n3 9.25\n# x 1\n"
    )
    (tmp_path / "best_known_sol" / "Toy.txt").write_text("# Instance Cost CV\ntoy.txt 4.50 0 1 2\n")
    toy = read_set(tmp_path, "Toy")[0]
    assert (toy.scale, toy.best_cost, toy.best_order) == (100, 450, (1, 2))
    assert toy.problem.due.tolist() == [2000, 900, 925]
    assert solve_tsptw(toy.problem).cost == 450


def test_fewer_cells_than_there_are_ways_leave_one_cell_a_node_or_two() -> None:
    problem = instance(3, 7, width=90)
    tight = tighten(problem)
    assert tight is not None
    walks = walks_of(tight, problem.travel, cells=1)
    assert np.diff(walks.first).max() <= 2
    few = TsptwEffort(trials=100, rounds=2, cells=1, works=(100,))
    answer, best = solve_tsptw(problem, effort=few), best_of(problem)
    assert best is not None
    assert answer.bound <= best
