"""Tours against other solvers: ``python -m bench.tour [--tsptw FOLDER] [--limit 60] [NAME …]``.

Exhibitions come from a seed (`bench.exhibitions`); every answer is priced and checked by one
function. Each solver has a process of its own, which is ended where it goes too far beyond its
limit, and its row is printed as soon as it is known. All times and limits are of the processor,
since a machine may be busy.
With a folder of the public sets (`bench.tsptw_files`), the travelling salesman with time windows
too. ``--quick`` leaves out what takes long.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.exhibitions import Exhibition, make_problem
from bench.limited import answer_of
from bench.tour_peers import by_ortools, by_pyvrp, by_vroom, cost
from bench.tsptw_files import SETS, Published, read_set
from geo.plan import Status
from geo.tour.solver import solve
from geo.tour.tsptw import THOROUGH, TsptwEffort, solve_tsptw

EXHIBITIONS = (
    Exhibition(13, 1),
    Exhibition(16, 1),
    Exhibition(18, 1),
    Exhibition(18, 3),
    Exhibition(40, 3),
    Exhibition(101, 5),
    Exhibition(1000, 70),
)
OURS = "Placarde"
PEERS = {"PyVRP": by_pyvrp, "VROOM": by_vroom, "OR-Tools routing": by_ortools}
"""Solvers that are given a problem and a limit in seconds; `_BEYOND` it the system ends them."""

_BEYOND = 1.5
_MOST_S = 600.0
_QUICK = 3
_SMALL = 40
"""Up to so many customers an instance should be proven."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stops", nargs="*", type=int, help="only exhibitions of so many stops")
    parser.add_argument("--tsptw", type=Path, help="a folder with the public sets")
    parser.add_argument("--every", type=int, default=1, help="one instance of the sets in so many")
    parser.add_argument("--limit", type=float, default=60.0, help="processor seconds for each peer")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    if options.tsptw is not None:
        solve(make_problem(Exhibition(6, 2)))  # compiled before anything is timed
        compare_tsptw(options.tsptw, every=options.every)
        return
    print("| stops, kits | solver | processor s | drive s | bound s | above ours |")
    print("|---|---|--:|--:|--:|--:|")
    for exhibition in EXHIBITIONS[: _QUICK if options.quick else None]:
        if not options.stops or exhibition.stops in options.stops:
            compare_exhibition(exhibition, limit=2.0 if options.quick else options.limit)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a solver found: seconds of driving, and the bound that it proves; None where nothing."""

    drive_s: int | None
    bound_s: int | None
    solver: str


def compare_exhibition(exhibition: Exhibition, *, limit: float) -> None:
    """Print a line for each solver as soon as it is known, ours first."""
    ours: int | None = None
    for name in (OURS, *PEERS):
        most = _MOST_S if name == OURS else _BEYOND * limit
        answer = answer_of(partial(_work, exhibition, name, limit), most_s=most)
        found = answer.value or _Found(None, None, name)
        ours = found.drive_s if name == OURS else ours
        told = "none" if found.drive_s is None else str(found.drive_s)
        above = f"{100 * (found.drive_s / ours - 1):.2f} %" if found.drive_s and ours else ""
        spent = f"{answer.cpu_s:.2f}" if answer.value else f"ended at {most:.0f}"
        print(
            f"| {exhibition.name} | {found.solver} | {spent} | {told} | {found.bound_s or ''} "
            f"| {above} |",
            flush=True,
        )


def _work(exhibition: Exhibition, name: str, limit: float) -> Callable[[], _Found]:
    """Return one solver at work on an exhibition, everything else being ready."""
    solve(make_problem(Exhibition(6, 2)))  # compiled before it is timed
    problem = make_problem(exhibition)

    def ours() -> _Found:
        tour = solve(problem)
        return _Found(tour.drive_s if tour.stops else None, tour.bound_s, f"{OURS} ({tour.solver})")

    def peer() -> _Found:
        return _Found(cost(problem, PEERS[name](problem, limit)), None, f"{name}, {limit:.0f} s")

    return ours if name == OURS else peer


def compare_tsptw(folder: Path, *, every: int) -> None:
    """Print a line for each public set, then the small instances with time for a proof."""
    print("| set | instances | feasible | best known or better | proven | processor s | most s |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    small: list[Published] = []
    for name in SETS:
        instances = read_set(folder, name)[::every]
        small += [each for each in instances if len(each.problem) - 1 <= _SMALL]
        _print_set(name, instances, None)
    _print_set(f"up to {_SMALL} customers, thorough", small, THOROUGH)


def _print_set(name: str, instances: Sequence[Published], effort: TsptwEffort | None) -> None:
    feasible = best = proven = 0
    spent: list[float] = []
    for instance in instances:
        began = time.process_time()
        answer = solve_tsptw(instance.problem, effort=effort)
        spent.append(time.process_time() - began)
        feasible += instance.problem.is_tour(answer.order)
        best += bool(answer.order) and answer.cost <= instance.best_cost
        proven += answer.status is Status.OPTIMAL
    print(
        f"| {name} | {len(instances)} | {feasible} | {best} | {proven} "
        f"| {sum(spent):.1f} | {max(spent, default=0):.1f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
