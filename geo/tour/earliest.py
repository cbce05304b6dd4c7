"""How early any set of stops can be finished: what is possible at all, whatever it costs.

The tables of `geo.tour.tables` without costs: of a kit that has visited some stops only the first
slot matters from which it is free at the next one. One table over a long horizon answers every
question about days, kits and stops to drop.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from geo.model import IntArray
from geo.tour.moves import StopMoves
from geo.tour.sharing import Kit
from geo.tour.steps import steps_of
from geo.tour.tables import NEVER as NO_LEG
from geo.tour.tables import fill, finish, share_finish

NEVER = np.int64(1 << 30)


def earliest_finish(
    moves: Sequence[StopMoves], forbidden: Collection[tuple[int, int]] = ()
) -> IntArray:
    """Return for each subset, ``(2**n,)``, the half-days that one kit needs from the first one on.

    That is the last slot of a stay counted from 1 on, the way back to the depot being possible; 0
    for the empty set, `NEVER` where one kit cannot do it. `forbidden` legs are not driven.
    """
    n = len(moves)
    leg = np.zeros((n + 1, n + 1), dtype=np.int64)
    for way in forbidden:
        leg[way] = NO_LEG
    steps = steps_of(moves, leg)
    # Without costs no front holds more than one pair.
    soonest = finish(steps, fill(steps, n << n))
    return np.where(soonest >= steps.free.shape[2] - 1, NEVER, soonest)


def finish_with(one_kit: IntArray, kits: Sequence[Kit]) -> IntArray:
    """Return the half-days that each subset needs when up to so many kits share it."""
    shared = np.full(len(one_kit), NEVER)
    shared[0] = 0
    for k, kit in enumerate(kits):
        if k == 0 and kit.allowed == len(one_kit) - 1:
            shared = one_kit
            continue
        shared = share_finish(one_kit, shared, kit.allowed, int(kit.alike))
    return shared


def one_more(one_kit: IntArray, shared: IntArray) -> IntArray:
    """Return the same with one more kit, which may go anywhere."""
    return share_finish(one_kit, shared, len(one_kit) - 1, 0)
