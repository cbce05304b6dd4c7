"""The travelling salesman with time windows: a tour, and a lower bound of what any tour costs.

One after the other, until the two meet: a few labels grown from the depot
(`geo.tour.tsptw.labels`), local search from the tour so found (`geo.tour.tsptw.search`), prices
that fit its cost (`geo.tour.tsptw.bounds`), and labels again, with ever more room. The work is
counted, never timed, so the same problem and seed give the same tour everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from geo.plan import Status
from geo.tour.tsptw.bounds import Bound, best_bound, first_prices
from geo.tour.tsptw.labels import Ground, ground_of, search
from geo.tour.tsptw.memory import memory_of
from geo.tour.tsptw.problem import Tightened, Tsptw, tighten
from geo.tour.tsptw.search import improve
from geo.tour.tsptw.walks import NO_WAY, Walks, walks_of

_FINE = 64
"""Costs are multiplied by this: prices are whole numbers, and may well be fractions of a unit."""

_FIRST_ROUNDS = 15
_FIRST_WIDTH = 200


@dataclass(frozen=True, slots=True)
class TsptwEffort:
    """How hard to try.

    Parameters
    ----------
    trials
        Of local search: how many places are tried.
    rounds
        Of subgradient steps.
    remembers
        How many nodes the walks of the bound keep in mind, from the second of `works` on; each one
        doubles what a step takes, of which there are a quarter then.
    cells
        How fine the clock of the bound is: how many cells times arcs a node.
    works
        How much growing labels may take, one search after the other: labels in a layer times arcs.
    gives_up
        Whether no labels are grown where the bound is far from the tour: few nodes have few labels
        all the same, many nodes never have few enough.
    """

    trials: int = 10_000_000
    rounds: int = 20
    cells: int = 400_000
    works: tuple[int, ...] = (4_000_000,)
    gives_up: bool = True
    remembers: int = 5


THOROUGH = TsptwEffort(
    rounds=200,
    cells=1_000_000,
    works=(8_000_000, 80_000_000, 800_000_000, 3_200_000_000),
    gives_up=False,
)
"""What is enough to prove problems of up to 40 nodes."""


@dataclass(frozen=True, slots=True)
class TsptwAnswer:
    """The nodes in order (none where no tour is known), the travel, and a lower bound of it."""

    status: Status
    order: tuple[int, ...]
    cost: int
    bound: int


def solve_tsptw(problem: Tsptw, *, effort: TsptwEffort | None = None, seed: int = 0) -> TsptwAnswer:
    """Return the best tour found, with a proven lower bound; it may be proven that there is none.

    The objective is travel alone, without waiting and service. Of equally good tours any one is
    returned, always the same.
    """
    effort = TsptwEffort() if effort is None else effort
    if len(problem) <= 2:  # of one stop there is but one order
        order = tuple(range(1, len(problem)))
        if not problem.is_tour(order):
            return TsptwAnswer(Status.INFEASIBLE, (), 0, 0)
        return TsptwAnswer(Status.OPTIMAL, order, problem.cost_of(order), problem.cost_of(order))
    tight = tighten(problem)
    if tight is None:
        return TsptwAnswer(Status.INFEASIBLE, (), 0, 0)
    run = _Run(problem, tight, effort)
    run.price(_FIRST_ROUNDS)
    run.grow(_FIRST_WIDTH)
    if not run.done:
        run.improve(seed)
    for attempt, work in enumerate(effort.works):
        if run.done or (effort.gives_up and run.is_far):
            break
        if attempt == 0:
            run.price(effort.rounds)
        elif attempt == 1:
            run.price(effort.rounds // 4, remembers=effort.remembers)
        run.grow(max(_FIRST_WIDTH, work // max(1, int(run.tight.arcs.sum()))))
    return run.answer()


class _Run:
    """The best tour and the best bound so far; costs and bounds in parts of `_FINE`."""

    def __init__(self, problem: Tsptw, tight: Tightened, effort: TsptwEffort) -> None:
        self.problem, self.tight, self.effort = problem, tight, effort
        self.costs = costs = problem.travel * _FINE
        self.walks: Walks = walks_of(tight, costs, cells=effort.cells)
        self.ground: Ground = ground_of(tight, costs)
        self.order: tuple[int, ...] = ()
        self.low, self.exhausted = 0, False
        self.prices = first_prices(tight, costs)
        self.price(1)

    @property
    def cost(self) -> int | None:
        """Return the cost of the tour."""
        return self.problem.cost_of(self.order) if self.order else None

    @property
    def done(self) -> bool:
        """Return whether the tour is proven best, or proven not to be there."""
        return self.exhausted or (self.cost is not None and self.least >= self.cost)

    @property
    def is_far(self) -> bool:
        """Return whether the bound is too far from the tour for labels to help."""
        return not self.done and self.cost is not None and self.least < 0.9 * self.cost

    @property
    def least(self) -> int:
        """Return the bound as a whole number."""
        return max(0, -(-self.low // _FINE))

    def price(self, rounds: int, *, remembers: int = 0) -> None:
        """Seek better prices, for the cost of the tour or a guess of it."""
        guess = max(self.low + self.low // 2, self.low + 1000 * _FINE)
        target = guess if self.cost is None else self.cost * _FINE
        memory = memory_of(self.tight, self.costs, size=remembers)
        self.bound: Bound = best_bound(
            self.walks, memory, target=target, rounds=rounds, price=self.prices
        )
        self.prices = self.bound.price
        self.low = max(self.low, self.bound.value)
        self.exhausted |= self.bound.value >= NO_WAY

    def grow(self, width: int) -> None:
        """Grow labels, with room for so many a layer."""
        if self.done:
            return
        limit = NO_WAY // 4 if self.cost is None else (self.cost - 1) * _FINE + 1
        found = search(self.ground, self.walks, self.bound, limit=limit, width=width)
        if len(found.order):
            self.order = tuple(int(node) for node in found.order)
        # What was left out cannot come home for less than this; nothing else beats the tour.
        known = NO_WAY // 4 if self.cost is None else self.cost * _FINE
        self.low = max(self.low, min(found.lowest_dropped, known))
        self.exhausted |= found.complete

    def improve(self, seed: int) -> None:
        """Better the tour by local search, or find one."""
        trials = self.effort.trials
        order = improve(self.problem, self.tight, self.order, trials=trials, seed=seed)
        if order and (self.cost is None or self.problem.cost_of(order) < self.cost):
            self.order = order

    def answer(self) -> TsptwAnswer:
        """Return what is known."""
        if self.cost is None:
            status = Status.INFEASIBLE if self.exhausted else Status.UNKNOWN
            return TsptwAnswer(status, (), 0, 0 if self.exhausted else self.least)
        if self.done:
            return TsptwAnswer(Status.OPTIMAL, self.order, self.cost, self.cost)
        return TsptwAnswer(Status.FEASIBLE, self.order, self.cost, min(self.least, self.cost))
