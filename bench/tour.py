"""Tours against other solvers: ``python -m bench.tour [--tsptw FOLDER] [--limit 60] [NAME …]``.

Exhibitions come from a seed (`bench.exhibitions`); every answer is priced and checked by one
function. All times and limits are of the processor, since a machine may be busy.
With a folder of the public sets (`bench.tsptw_files`), the travelling salesman with time windows
too. ``--quick`` leaves out what takes long.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bench.exhibitions import Exhibition, make_problem
from bench.tour_peers import Routes, by_ortools, by_pyvrp, by_vroom, cost
from bench.tsptw_files import SETS, Published, read_set
from geo.plan import Status
from geo.tour.problem import TourProblem
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
    solve(make_problem(Exhibition(6, 2)))
    if options.tsptw is not None:
        compare_tsptw(options.tsptw, every=options.every)
        return
    print("| stops, kits | solver | processor s | drive s | bound s | above the best |")
    print("|---|---|--:|--:|--:|--:|")
    for exhibition in EXHIBITIONS[: _QUICK if options.quick else None]:
        if not options.stops or exhibition.stops in options.stops:
            compare_exhibition(exhibition, limit=2.0 if options.quick else options.limit)


def compare_exhibition(exhibition: Exhibition, *, limit: float) -> None:
    """Print a line for each solver."""
    problem = make_problem(exhibition)
    began = time.process_time()
    tour = solve(problem)
    spent = time.process_time() - began
    ours = tour.drive_s if tour.stops else None
    rows: list[tuple[str, float, int | None, int | None]] = [
        (f"Placarde ({tour.solver})", spent, ours, tour.bound_s)
    ]
    for name, peer in _peers(problem, limit).items():
        began = time.process_time()
        found = cost(problem, peer())
        rows.append((name, time.process_time() - began, found, None))
    known = [drive for _, _, drive, _ in rows if drive is not None]
    for name, spent, drive, bound in rows:
        above = "" if drive is None else f"{100 * (drive / min(known) - 1):.2f} %"
        told = "none" if drive is None else str(drive)
        print(f"| {exhibition.name} | {name} | {spent:.2f} | {told} | {bound or ''} | {above} |")


def _peers(problem: TourProblem, limit: float) -> dict[str, Callable[[], Routes]]:
    return {
        f"PyVRP, {limit:.0f} s": partial(by_pyvrp, problem, limit),
        "VROOM, level 5": partial(by_vroom, problem, 5),
        f"OR-Tools routing, {limit:.0f} s": partial(by_ortools, problem, limit),
    }


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
