"""Periods that are alike, folded into one: a smaller relaxation with the same prices.

Where a face costs the same and is seen as often in every period, the periods are interchangeable,
and a linear solver loses its way among equal answers. The folded relaxation asks only in how many
periods a portrait is on a face. Its rows are sums of rows of the model, so its prices are prices of
the model, and `dual_bound` of the certificate turns them into a bound of the model itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from geo.matching.reference.certificate import Prices
from geo.matching.reference.model import Choices, Model
from geo.model import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Folded:
    """A model with alike choices as one, and the way back.

    Parameters
    ----------
    model
        The smaller model; a column may be more than 1.
    group
        Column of the smaller model for each column of the model.
    """

    model: Model
    group: IntArray
    family: IntArray

    def unfold(self, x: FloatArray) -> FloatArray:
        """Return columns of the model, each group spread evenly over its choices."""
        size = np.bincount(self.group)
        return (x / size)[self.group]

    def prices(self, prices: Prices) -> Prices:
        """Return prices of the model's own rows."""
        return Prices(prices.rows[self.family], prices.exposure)


def fold(model: Model) -> Folded:
    """Return `model` with the choices of one pair that gain and cost the same made one."""
    choices = model.choices
    group, first = _groups(model)
    n, slacks = len(first), len(model.ceiling) - len(choices)
    every = np.concatenate((group, n + np.arange(slacks)))
    size = np.bincount(every, minlength=n + slacks)
    gather = _indicator(every, 1 / size[every], n + slacks)
    families = int(model.family.max(initial=-1)) + 1
    add_up = _indicator(model.family, np.ones(len(model.family)), families)
    small = replace(
        model,
        choices=_choices_at(choices, first),
        gain=model.gain[first],
        matrix=(add_up.T @ model.matrix @ gather).tocsr(),
        upper=_totals(model.family, model.upper, families),
        lower=_totals(every, model.lower, n + slacks),
        ceiling=_totals(every, model.ceiling, n + slacks),
        family=np.arange(families),
    )
    return Folded(small, every, model.family)


def _groups(model: Model) -> tuple[IntArray, IntArray]:
    """Return the group of each choice, and the first choice of each group."""
    choices = model.choices
    alike = (choices.edge, model.gain, choices.price_cents, choices.locked)
    order = np.lexsort(alike[::-1])
    new = np.zeros(len(order), dtype=np.bool_)
    for values in alike:
        sorted_values = np.asarray(values)[order]
        new[1:] |= sorted_values[1:] != sorted_values[:-1]
    group = np.empty(len(order), dtype=np.int64)
    group[order] = np.cumsum(new)
    _, first = np.unique(group, return_index=True)
    return group, first


def _choices_at(choices: Choices, at: IntArray) -> Choices:
    return Choices(
        edge=choices.edge[at],
        face=choices.face[at],
        agent=choices.agent[at],
        period=choices.period[at],
        exposure=choices.exposure[at],
        price_cents=choices.price_cents[at],
        locked=choices.locked[at],
    )


def _totals(group: IntArray, value: FloatArray, n: int) -> FloatArray:
    return np.bincount(group, value, minlength=n).astype(np.float64)


def _indicator(column: IntArray, value: FloatArray, width: int) -> sparse.csr_array:
    row = np.arange(len(column))
    return sparse.csr_array((value, (row, column)), shape=(len(column), width))
