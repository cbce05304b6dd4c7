"""Somebody may ask a search for a tour to end: it does so soon, with the best tour so far."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ortools.sat.python import cp_model
from pyvrp.stop import MaxIterations

Stop = Callable[[], bool]
"""Asked often, in any thread. As long as it says no, it makes no difference to what is found."""

LOOK_S = 0.2
"""How often it is asked while CP-SAT searches."""


def never() -> bool:
    """Let the search go on to its end."""
    return False


@dataclass(frozen=True, slots=True)
class Iterations:
    """A stopping criterion of PyVRP: so many iterations, or fewer if somebody asks."""

    most: MaxIterations
    stop: Stop

    def __call__(self, best_cost: int) -> bool:
        """Return whether to stop."""
        return self.most(best_cost) or self.stop()


@contextmanager
def stopping(solver: cp_model.CpSolver, stop: Stop) -> Iterator[None]:
    """Meanwhile let `stop` end the search of a solver."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_S):
            if stop():
                solver.stop_search()

    thread = threading.Thread(target=watch, daemon=True)
    if stop is not never:
        thread.start()
    try:
        yield
    finally:
        over.set()
        if stop is not never:
            thread.join()
