"""An allocation in the making: postings are added one at a time, and every hard rule holds."""

from __future__ import annotations

import numpy as np

from geo.matching.reference.model import Model
from geo.matching.utility import utility
from geo.model import BoolArray, FloatArray, IntArray

PRIORITY = 1e12
"""Added to the worth of a choice whose agent misses postings of the quota: these go first."""


class Draft:
    """Chosen postings of a model, from `start` (or the locks alone) on.

    Packing rows and the budget are kept exactly, in whole numbers.

    Parameters
    ----------
    model
        The rules and the gains.
    cost
        What each choice costs through the rows that it is in, at some prices and in units of the
        objective, shape ``(n_choices,)``.
    start
        Postings to begin with, columns of the model.
    """

    def __init__(self, model: Model, *, cost: FloatArray, start: FloatArray | None = None) -> None:
        n = len(model.choices)
        packing = model.matrix[: model.n_packing, :n].tocsr()
        by_choice = packing.tocsc()
        self._model = model
        self._cost = cost
        self._row_start, self._rows = by_choice.indptr, by_choice.indices
        self._member_start, self._members = packing.indptr, packing.indices
        self._room = np.round(model.upper[: model.n_packing]).astype(np.int64)
        self._blocked = np.zeros(n, dtype=np.bool_)
        self._worth = np.zeros(n)
        by_agent = np.argsort(model.choices.agent, kind="stable")
        ends = np.cumsum(np.bincount(model.choices.agent, minlength=len(model.weight)))
        self._of_agent = np.split(by_agent, ends[:-1]) if len(ends) else []
        self._ratio = np.zeros(len(model.weight))
        self._left = model.budget_cents
        self.chosen = np.zeros(n, dtype=np.bool_)
        self.count = np.zeros(len(model.weight), dtype=np.int64)
        for agent in range(len(model.weight)):
            self._value(agent)
        for choice in np.flatnonzero((model.lower if start is None else start)[:n] > 0.5).tolist():
            self.add(choice)

    @property
    def missing(self) -> int:
        """Return how many postings the agents miss of their quotas, all together."""
        return int(np.maximum(self._model.quota - self.count, 0).sum())

    def fitting(self) -> BoolArray:
        """Return which choices can be added now, shape ``(n_choices,)``."""
        fits = ~self._blocked & ~self.chosen
        if self._left is not None:
            fits &= self._model.choices.price_cents <= self._left
        return fits

    def add(self, choice: int) -> None:
        """Make a posting that fits."""
        model = self._model
        for row in self._rows_of(choice).tolist():
            self._room[row] -= 1
            if self._room[row] == 0:
                self._blocked[self._members_of(row)] = True
        agent = int(model.choices.agent[choice])
        self.chosen[choice] = True
        self.count[agent] += 1
        self._ratio[agent] += model.gain[choice]
        if self._left is not None:
            self._left -= int(model.choices.price_cents[choice])
        self._value(agent)

    def fill(self) -> None:
        """Add what is worth most, the first of equals, until nothing fits."""
        while (fits := self.fitting()).any():
            self.add(int(np.argmax(np.where(fits, self._worth, -np.inf))))

    def would_block(self, choice: int) -> IntArray:
        """Return the choices that could not be added any more after this one, with repeats."""
        rows = self._rows_of(choice)
        full = rows[self._room[rows] == 1].tolist()
        return np.concatenate([np.empty(0, dtype=np.int64), *map(self._members_of, full)])

    def columns(self) -> FloatArray:
        """Return the columns of the model: the choices, then what each agent misses."""
        slacks = len(self._model.ceiling) - len(self.chosen)
        missing = np.maximum(self._model.quota - self.count, 0) if slacks else np.empty(0)
        return np.concatenate((self.chosen, missing)).astype(np.float64)

    def _value(self, agent: int) -> None:
        """Work out what one more posting of an agent is worth now."""
        model, mine = self._model, self._of_agent[agent]
        here = self._ratio[agent : agent + 1]
        after = utility(here + model.gain[mine], model.fairness)
        more = model.weight[agent] * (after - utility(here, model.fairness))
        bonus = PRIORITY if self.count[agent] < model.quota[agent] else 0.0
        self._worth[mine] = more - self._cost[mine] + bonus

    def _rows_of(self, choice: int) -> IntArray:
        return np.asarray(self._rows[self._row_start[choice] : self._row_start[choice + 1]])

    def _members_of(self, row: int) -> IntArray:
        return np.asarray(self._members[self._member_start[row] : self._member_start[row + 1]])
