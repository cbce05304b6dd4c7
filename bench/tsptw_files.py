"""The public benchmark sets of the travelling salesman with time windows, read from a folder.

The folder holds ``instances/SET/NAME`` and ``best_known_sol/SET.txt``, as in the repository
augustindelecluse/tsptw-init. An instance is the number of nodes, the matrix, and a window a node;
service times are part of the matrix, whose diagonal may show them again.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np

from geo.tour.tsptw.problem import Tsptw

SETS = ("AFG", "Dumas", "OhlmannThomas", "SolomonPesant", "SolomonPotvinBengio")


@dataclass(frozen=True, slots=True)
class Published:
    """An instance, in units of 1 / `scale`, and the best tour that was published."""

    name: str
    problem: Tsptw
    scale: int
    best_cost: int
    best_order: tuple[int, ...]


def read_set(folder: Path, name: str) -> list[Published]:
    """Return the instances of one set that have a published tour, by name."""
    instances = []
    for line in (folder / "best_known_sol" / f"{name}.txt").read_text().splitlines():
        fields = line.split()
        if not fields or fields[0] == "#":
            continue
        order = tuple(int(node) for node in fields[3:])
        problem, scale = read_instance(folder / "instances" / name / fields[0])
        instances.append(Published(fields[0], problem, scale, problem.cost_of(order), order))
    return sorted(instances, key=lambda instance: instance.name)


def read_instance(path: Path) -> tuple[Tsptw, int]:
    """Return an instance as whole numbers, and how many of them make one unit of the file."""
    words = [
        word
        for line in path.read_text().splitlines()
        if not line.startswith("#")
        for word in line.split()
    ]
    n = int(words[0])
    numbers = [Decimal(word) for word in words[1 : 1 + n * n + 2 * n]]
    places = max(0, *(-int(number.normalize().as_tuple().exponent) for number in numbers))
    scale = 10 ** min(places, 4)
    values = np.array([round(number * scale) for number in numbers], dtype=np.int64)
    travel = values[: n * n].reshape(n, n).copy()
    np.fill_diagonal(travel, 0)
    windows = values[n * n :].reshape(n, 2)
    return Tsptw(travel, np.zeros(n, dtype=np.int64), windows[:, 0], windows[:, 1]), scale
