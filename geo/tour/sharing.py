"""All stops shared out among kits, one kit after the other, by subset convolution.

Each takes of the stops that it may visit; where all may go anywhere, symmetry halves the work. What
costs 3**n steps is done once: with stays that end sooner no set of stops gets cheaper, so that only
the sharings which were cheap enough before (`Tight`) can be cheap enough then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from geo.model import IntArray
from geo.tour.problem import TourProblem
from geo.tour.tables import NEVER, share, split, tight


@dataclass(frozen=True, slots=True)
class Kit:
    """The stops that a kit may visit, as a subset, and whether all the kits before may too."""

    allowed: int
    alike: bool


def kits_of(problem: TourProblem) -> list[Kit]:
    """Return the kits; of those that may go anywhere, no more than there are stops."""
    n = len(problem.stop_ids)
    masks = [
        sum(1 << stop for stop in range(n) if kit in problem.may_visit(stop))
        for kit in range(problem.kits)
    ]
    alike = len(set(masks)) == 1
    if alike:
        return [Kit(masks[0], alike=True)] * min(problem.kits, n)
    return [Kit(mask, alike=False) for mask in masks if mask]


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """All stops shared out: `tables[k]` is what each set costs the first ``k`` kits."""

    one: IntArray
    kits: tuple[Kit, ...]
    tables: tuple[IntArray, ...]

    @staticmethod
    def of(one: IntArray, kits: list[Kit], *, fewest: bool) -> Shared | None:
        """Return the cheapest sharing of all stops, with the fewest kits if asked; None: none."""
        choices = _choices(kits) if fewest else iter([kits])
        best: Shared | None = None
        for chosen in choices:
            if best is not None and len(chosen) > len(best.kits):
                break
            found = Shared(one, tuple(chosen), tuple(_tables(one, chosen)))
            if found.value < NEVER and (best is None or found.value < best.value):
                best = found
        return best

    @property
    def value(self) -> int:
        """Return the cost of all stops."""
        return int(self.tables[-1][-1])

    @property
    def n_used(self) -> int:
        """Return how many kits share."""
        return len(self.kits)

    def subsets(self) -> list[int]:
        """Return the stops of each kit."""
        m, taken = len(self.one) - 1, []
        for k in range(len(self.kits), 0, -1):
            rest = self.tables[k - 1]
            value = int(self.tables[k][m])
            s = split(self.one, rest, self.kits[k - 1].allowed, m, value)
            taken.append(s)
            m ^= s
        return taken


@dataclass(frozen=True, slots=True, eq=False)
class Tight:
    """All sharings that cost no more than a limit, which only dearer sets of stops can change.

    Parameters
    ----------
    rows
        For each kit the ``(set, s)``: of the stops left to it and those before it, it takes ``s``.
    """

    shared: Shared
    rows: tuple[IntArray, ...]

    @staticmethod
    def of(shared: Shared, *, most: int) -> Tight | None:
        """Return the sharings that cost `most`, or None where there are too many to be listed."""
        states = np.array([len(shared.one) - 1], dtype=np.int64)
        spent = np.zeros(1, dtype=np.int64)
        found = []
        for k in range(len(shared.kits), 0, -1):
            rest, allowed = shared.tables[k - 1], shared.kits[k - 1].allowed
            rows = tight(shared.one, rest, allowed, states, spent, most)
            if not len(rows):
                return None
            found.append(rows)
            before = spent[np.searchsorted(states, rows[:, 0])] + shared.one[rows[:, 1]]
            states, left = np.unique(rows[:, 0] ^ rows[:, 1], return_inverse=True)
            spent = np.full(len(states), NEVER, dtype=np.int64)
            np.minimum.at(spent, left, before)
        return Tight(shared, tuple(reversed(found)))

    def with_costs(self, one: IntArray) -> Shared:
        """Return the best sharing where each set costs as much as before or more."""
        tables = [self.shared.tables[0]]
        for rows in self.rows:
            m, s = rows.T
            table = np.full(len(one), NEVER, dtype=np.int64)
            np.minimum.at(table, m, np.minimum(one[s] + tables[-1][m ^ s], NEVER))
            tables.append(table)
        return Shared(one, self.shared.kits, tuple(tables))


def _choices(kits: list[Kit]) -> Iterator[list[Kit]]:
    """Yield sets of kits by size: how many of each kind, where they are not alike."""
    if not kits or kits[0].alike:
        yield from (kits[:size] for size in range(1, len(kits) + 1))
        return
    kinds = sorted({kit.allowed for kit in kits})
    most = [sum(kit.allowed == kind for kit in kits) for kind in kinds]
    counts = product(*(range(count + 1) for count in most))
    for chosen in sorted(counts, key=lambda count: (sum(count), count)):
        if any(chosen):
            yield [
                Kit(kind, alike=False)
                for kind, count in zip(kinds, chosen, strict=True)
                for _ in range(count)
            ]


def _tables(one: IntArray, kits: list[Kit]) -> Iterator[IntArray]:
    nothing = np.full(len(one), NEVER, dtype=np.int64)
    nothing[0] = 0
    table = nothing
    yield table
    for k, kit in enumerate(kits):
        if k == 0 and kit.allowed == len(one) - 1:
            table = one
        elif k == len(kits) - 1:
            table = _last(one, table, kit.allowed)
        else:
            table = share(one, table, kit.allowed, int(kit.alike))
        yield table


def _last(one: IntArray, rest: IntArray, allowed: int) -> IntArray:
    """Return what the last kit makes of all stops; no other set is asked for."""
    everything = len(one) - 1
    mine = np.arange(len(one), dtype=np.int64)
    mine = mine[mine & ~allowed == 0]
    total = np.minimum(one[mine] + rest[everything ^ mine], NEVER)
    table = np.full(len(one), NEVER, dtype=np.int64)
    table[everything] = total.min()
    return table
