"""What walks through the windows are: a clock in buckets, and the ways that a tour may drive."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse.csgraph import connected_components

from geo.model import BoolArray, IntArray
from geo.tour.tsptw.problem import Tightened

NO_WAY = 1 << 60

_CROWD = 8


class Walks(NamedTuple):
    """Windows and steps in buckets of `unit`, and the arcs as lists.

    Node ``i`` has the cells ``first[i]`` to ``first[i + 1]``, one a bucket from ``ready[i]`` on.
    """

    unit: int
    ready: IntArray
    due: IntArray
    first: IntArray
    step: IntArray  # (n, n)
    cost: IntArray  # (n, n)
    arc_first: IntArray  # (n + 1,)
    arc_to: IntArray  # (n_arcs,)
    still: IntArray  # nodes from which another one is reached within the same bucket
    passes: int


def walks_of(tight: Tightened, cost: IntArray, *, cells: int) -> Walks:
    """Return the walks with as fine a clock as leaves at most `cells` cells times arcs a node.

    No clock is coarser than one bucket a node, even if that leaves more. Where many nodes would
    share a bucket, of which each is gone through again and again, the clock is finer, up to eight
    times.
    """
    n = len(tight.ready)
    width = (tight.due - tight.ready)[1:]
    unit = 1
    degree = max(1.0, tight.arcs.sum() / n)
    widest = int(width.max(initial=0))
    while unit <= widest and (count := int((width // unit + 1).sum() * degree)) > cells:
        coarser = unit + 1 if unit < 16 else unit * 5 // 4
        crowd = _largest_group(_within(tight, coarser))
        if crowd > max(_CROWD, _largest_group(_within(tight, unit))) and count <= 8 * cells:
            break
        unit = coarser
    ready, due = tight.ready // unit, tight.due // unit
    step = tight.step // unit
    first = np.zeros(n + 1, dtype=np.int64)
    first[1] = 1
    first[2:] = 1 + np.cumsum((due - ready + 1)[1:])
    arc_first = np.concatenate([[0], np.cumsum(tight.arcs.sum(axis=1))]).astype(np.int64)
    arc_to = np.nonzero(tight.arcs)[1].astype(np.int64)
    within = _within(tight, unit)
    still = np.flatnonzero(within.any(axis=1)).astype(np.int64)
    passes = _largest_group(within)
    return Walks(unit, ready, due, first, step, cost, arc_first, arc_to, still, passes)


def _within(tight: Tightened, unit: int) -> BoolArray:
    """Return which nodes are reached from which within one bucket."""
    within: BoolArray = tight.arcs & (tight.step // unit == 0)
    within[0] = within[:, 0] = False
    return within


def _largest_group(within: BoolArray) -> int:
    """Return how many nodes at most one may visit within one bucket, each once."""
    _, group = connected_components(within, directed=False)
    return int(np.bincount(group).max())
