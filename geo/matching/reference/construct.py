"""A first allocation from a folded relaxation, without a solver.

The relaxation tells in how many periods which portrait is on which face, but not in which. That is
a colouring of faces with periods, where close faces differ; like DSATUR (Brélaz 1979) the portrait
with the fewest periods left is placed next, and in the period that takes least from the others.
"""

from __future__ import annotations

import numpy as np

from geo.matching.reference.draft import Draft
from geo.matching.reference.model import Model
from geo.model import BoolArray, FloatArray, IntArray


def construct(
    model: Model, *, group: IntArray, wanted: FloatArray, worth: FloatArray, gain: FloatArray
) -> FloatArray | None:
    """Return an allocation, columns of `model`, or None where it misses too much of the quotas.

    Parameters
    ----------
    group
        Column of the folded model of each choice, shape ``(n_choices,)``.
    wanted
        Periods that the relaxation gives to each column of the folded model.
    worth, gain
        What each choice adds to the objective at the prices of the relaxation, and what it would
        add if its rows were free, shape ``(n_choices,)``.
    """
    draft = Draft(model, cost=gain - worth)
    _place(draft, group, np.floor(wanted + 0.5).astype(np.int64), gain)
    draft.fill()
    return draft.columns() if draft.missing <= model.allowance else None


def _place(draft: Draft, group: IntArray, need: IntArray, gain: FloatArray) -> None:
    n_groups = len(need)
    need = need - np.bincount(group, draft.chosen, minlength=n_groups).astype(np.int64)
    dearest = np.zeros(n_groups)
    np.maximum.at(dearest, group, gain)
    while True:
        fits = draft.fitting() & (need[group] > 0)
        periods = np.bincount(group[fits], minlength=n_groups)
        open_groups = np.flatnonzero(periods)
        if not len(open_groups):
            return
        spare = periods[open_groups] - need[open_groups]
        chosen = open_groups[np.lexsort((open_groups, -dearest[open_groups], spare))[0]]
        options = np.flatnonzero(fits & (group == chosen))
        harm = gain / np.maximum(periods, 1)[group]
        draft.add(_least_harmful(draft, options, fits & (group != chosen), harm))
        need[chosen] -= 1


def _least_harmful(draft: Draft, options: IntArray, others: BoolArray, harm: FloatArray) -> int:
    """Return the option that takes least from the `others`, the first of equals."""
    taken = []
    for choice in options.tolist():
        blocked = draft.would_block(choice)
        taken.append(float(harm[blocked[others[blocked]]].sum()))
    return int(options[int(np.argmin(taken))])
