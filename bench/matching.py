"""The matching against its peers: ``python -m bench.matching [SIZE …]``, by default every size.

Every row is a process of its own, so that its peak of memory is its own (interpreter, instance and
processes that it starts included), and compiles on a tiny instance before it is timed. A row that
takes under ten seconds runs three times; the median counts. Every answer is judged by the same few
lines. The column × compares processor times: how many times ours a peer took, ≥ where it was cut.
The peers are asked for 0.1 %; where our goal is narrower we solve once more for the same 0.1 %, and
the column after compares with that.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

from bench import peers
from bench.instances import SIZES, Size, make_problem
from geo.matching import Effort, solve

QUICK_S = 10.0
"""A row that takes less than this runs three times."""

GOALS = {"departement": 2e-4, "region": 1e-3, "country-200k": 2e-3, "country-1m": 1e-3}
"""Gap in equivalent exposure at which the search may end."""

OURS = "placarde"
OURS_AS_PEERS = "placarde, asked for 0.1 %"
PEER_GAP = 1e-3
"""What the peers are asked for."""
PEERS = {
    "all": tuple(peers.PEERS),
    "greedy": ("greedy",),
    "none": (),
}
"""Peers by how long one wants to wait; names of `bench.peers.PEERS`."""

FITTING = {"departement": "all", "region": "all", "country-200k": "greedy", "country-1m": "none"}
"""Peers that get anywhere at each size: at national size the model alone takes them the limit."""

CUT = ("does not end", "at the limit")
"""What the note of a row says where the limit ended it."""

SLACK_S = 240.0
"""Seconds beyond the limit that a row may take to generate its instance and build its model."""


@dataclass(frozen=True, slots=True)
class Task:
    """One row: a size, a fairness, who solves, and how long at the most."""

    size: str
    fairness: float
    solver: str
    limit_s: float


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured. Seconds, MB, parts of 1; None where there is nothing to say."""

    build_s: float
    wall_s: float
    cpu_s: float
    memory_mb: float
    exposure: float | None = None
    gap: float | None = None
    spent: float | None = None
    note: str = ""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print one table."""
    options = _options(arguments)
    os.environ["OMP_NUM_THREADS"] = "1"  # idle threads of a sum spin
    _print_head()
    for size in options.sizes:
        for fairness in options.fairness:
            ours: list[Row] = []
            for solver in (*_ours_at(size), *PEERS[options.peers or FITTING[size]]):
                task = Task(size, fairness, solver, options.limit)
                row = measure(task)
                if solver in {OURS, OURS_AS_PEERS}:
                    ours.append(row)
                _print_row(task, row, ours)


def _ours_at(size: str) -> tuple[str, ...]:
    """Return our rows: once more at the gap of the peers, where our goal is narrower."""
    return (OURS, OURS_AS_PEERS) if GOALS[size] < PEER_GAP else (OURS,)


def measure(task: Task) -> Row:
    """Return the row of a task, measured in processes of its own."""
    started = time.perf_counter()
    rows = [_run(task)]
    while len(rows) < 3 and time.perf_counter() - started < 3 * QUICK_S:
        if rows[0].wall_s >= QUICK_S:
            break
        rows.append(_run(task))
    return sorted(rows, key=lambda row: row.wall_s)[len(rows) // 2]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.matching", description=__doc__)
    parser.add_argument("sizes", nargs="*", metavar="SIZE", default=list(GOALS))
    parser.add_argument("--fairness", type=float, nargs="+", default=[1.0, 3.0])
    parser.add_argument(
        "--peers", choices=sorted(PEERS), help="those that fit each size, if not said"
    )
    parser.add_argument("--limit", type=float, default=120.0, metavar="SECONDS")
    options = parser.parse_args(arguments)
    for size in options.sizes:
        if size not in GOALS:
            parser.error(f"SIZE is one of {', '.join(GOALS)}, not {size}")
    return options


def _run(task: Task) -> Row:
    context = multiprocessing.get_context("spawn")  # a fork would begin with our memory
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(task, theirs))
    started = time.perf_counter()
    process.start()
    theirs.close()
    try:
        if ours.poll(task.limit_s + SLACK_S):
            row: Row = ours.recv()
            return row
        wall = time.perf_counter() - started
        return Row(0.0, wall, float("nan"), float("nan"), note="does not end")
    except EOFError:
        return Row(0.0, 0.0, float("nan"), float("nan"), note="died")
    finally:
        process.kill()
        process.join()


def _send(task: Task, pipe: Connection) -> None:
    pipe.send(_ours(task) if task.solver in {OURS, OURS_AS_PEERS} else _theirs(task))


def _ours(task: Task) -> Row:
    solve(make_problem(Size(6, 300), fairness=task.fairness), workers=2)  # compiles
    problem = make_problem(SIZES[task.size], fairness=task.fairness)
    clock = peers.Clock()
    clock.start()
    gap = GOALS[task.size] if task.solver == OURS else PEER_GAP
    plan = solve(problem, workers=2, effort=Effort(gap=gap))
    clock.stop()
    memory_mb = _memory_mb()
    verdict = peers.judge(problem, peers.found_of(problem, plan.postings))
    return Row(
        0.0,
        clock.wall_s,
        clock.cpu_s,
        memory_mb,
        exposure=verdict.exposure,
        gap=plan.gap,
        spent=verdict.spent,
        note=verdict.complaint(),
    )


def _theirs(task: Task) -> Row:
    problem = make_problem(SIZES[task.size], fairness=task.fairness)
    clock = peers.Clock()
    found = peers.PEERS[task.solver](problem, clock, task.limit_s)
    memory_mb = _memory_mb()
    measured = clock.build_s, clock.wall_s, clock.cpu_s, memory_mb
    if found.relaxed is not None:
        exposure = peers.exposure_of(problem, found.relaxed)
        return Row(*measured, exposure=exposure, note="relaxation alone")
    if not len(found.face):
        return Row(*measured, note=found.note or "no allocation")
    verdict = peers.judge(problem, found)
    gap = None
    if found.bound is not None:
        gap = max(0.0, 1 - verdict.exposure / peers.exposure_of(problem, found.bound))
    note = "; ".join(part for part in (found.note, verdict.complaint()) if part)
    return Row(*measured, exposure=verdict.exposure, gap=gap, spent=verdict.spent, note=note)


def _memory_mb() -> float:
    """Return the most memory that this process ever held, and the largest that it started."""
    own, started = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    return sum(resource.getrusage(who).ru_maxrss for who in (own, started)) / 1024


def _print_head() -> None:
    names = ("size", "α", "solver", "build s", "wall s", "processor s", "×", "× at 0.1 %", "MB")
    columns = (*names, "exposure", "gap proven", "spent", "")
    print("| " + " | ".join(columns) + " |")
    print("|---|--:|---|" + "--:|" * 9 + "---|", flush=True)


def _times(row: Row, ours: Row) -> str:
    """Return how many times our processor time a row took."""
    if not ours.cpu_s > 0 or not row.cpu_s > 0:
        return ""
    cut = any(words in row.note for words in CUT)
    return ("≥ " if cut else "") + f"{row.cpu_s / ours.cpu_s:.1f}"


def _print_row(task: Task, row: Row, ours: Sequence[Row]) -> None:
    is_peer = task.solver not in {OURS, OURS_AS_PEERS}
    cells = (
        task.size,
        f"{task.fairness:g}",
        task.solver,
        _cell(row.build_s, "{:.1f}") if row.build_s >= 0.05 else "",
        _cell(row.wall_s, "{:.2f}") if row.wall_s else "",
        _cell(row.cpu_s, "{:.2f}") if row.cpu_s else "",
        _times(row, ours[0]) if is_peer else "",
        _times(row, ours[-1]) if is_peer else "",
        _cell(row.memory_mb, "{:.0f}"),
        _cell(row.exposure, "{:.5f}"),
        _cell(row.gap, "{:.4%}"),
        _cell(row.spent, "{:.3%}"),
        row.note,
    )
    print("| " + " | ".join(cells) + " |", flush=True)


def _cell(value: float | None, form: str) -> str:
    return "" if value is None or value != value else form.format(value)  # noqa: PLR0124 - not a number


if __name__ == "__main__":
    main()
