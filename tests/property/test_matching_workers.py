"""The same postings however many work on them, wherever and in whatever process."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import cache
from multiprocessing import get_context

import pytest

from bench.instances import Size, make_problem
from bench.peers import found_of, judge
from geo.matching import MatchingProblem, engine, solve
from geo.plan import Allocation

pytestmark = pytest.mark.slow

FEW = 200
"""Faces that are solved in one piece here, so that a problem of a test is a large one."""

PRINT_POSTINGS = """
from geo.matching import engine, solve
from tests.property.test_matching_workers import FEW, problem
engine.JOINT_FACES = FEW
print(repr(solve(problem(), workers=2)))
"""


@cache
def problem() -> MatchingProblem:
    return make_problem(Size(40, 4_000, departements=4), fairness=1.0)


@cache
def alone() -> Allocation:
    return solve(problem())


@pytest.fixture(autouse=True)
def _in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "JOINT_FACES", FEW)


def executor_of(kind: str) -> Executor:
    if kind == "threads":
        return ThreadPoolExecutor(3)
    return ProcessPoolExecutor(2, mp_context=get_context("spawn"))


def test_the_problem_is_solved_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    solve(problem(), progress=lambda step: told.append(step.stage))
    assert "ensemble" in told
    monkeypatch.setattr(engine, "JOINT_FACES", 10_000)
    told.clear()
    solve(problem(), progress=lambda step: told.append(step.stage))
    assert "ensemble" not in told


@pytest.mark.parametrize("workers", [2, 4])
def test_threads_do_not_change_the_plan(workers: int) -> None:
    assert solve(problem(), workers=workers) == alone()


@pytest.mark.parametrize("workers", [2, 4])
def test_threads_do_not_change_a_plan_in_one_piece(
    workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "JOINT_FACES", 10_000)
    assert solve(problem(), workers=workers) == solve(problem())


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_an_executor_does_not_change_the_plan(kind: str) -> None:
    with executor_of(kind) as executor:
        assert solve(problem(), executor=executor) == alone()


def test_hash_seeds_do_not_change_the_plan() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", PRINT_POSTINGS],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert told == [repr(alone())] * 2


def test_blocks_put_together_keep_every_rule_and_nearly_reach_the_bound() -> None:
    plan = alone()
    verdict = judge(problem(), found_of(problem(), plan.postings))
    assert verdict.broken == ()
    assert verdict.missing == 0
    assert verdict.objective == pytest.approx(plan.objective, rel=1e-12)
    assert 0.999 < verdict.spent <= 1
    assert plan.gap <= 0.01
