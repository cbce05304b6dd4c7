"""Which legs a kit may drive after which stay, where that takes no look at the stay that follows.

That is so for a `TourProblem.fits_tables`; `geo.tour.trips` has the rules, and tells for two stays
of any problem. The trips of one calendar day then are the one in the evening and, on the first day
of a kit, the one in the morning: only a first stop where it stands for one day can have two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.model import BoolArray, IntArray
from geo.tour.problem import TourProblem
from geo.tour.stays import Stay
from geo.tour.trips import Road, in_the_evening, in_the_morning

_LATER = np.int64(1 << 40)


@dataclass(frozen=True, slots=True, eq=False)
class StopMoves:
    """The ``S`` possible stays at one stop, and where a kit may come from and go to.

    Parameters
    ----------
    start, end
        First and last slot (see `geo.tour.stays.Stay`), shape ``(S,)``; both rise strictly.
    first
        Whether a kit may begin its tour with this stay, shape ``(S,)``.
    leave
        Whether it may then drive to each node, shape ``(S, n + 1)``.
    leave_first
        The same after a stay that is the first of its kit, shape ``(S, n + 1)``.
    """

    start: IntArray
    end: IntArray
    first: BoolArray
    leave: BoolArray
    leave_first: BoolArray


def moves_of(
    problem: TourProblem, *, later: bool = False, roads: bool = True
) -> tuple[StopMoves, ...]:
    """Return the moves of every stop.

    Parameters
    ----------
    later
        Take the stays after the end of the window too.
    roads
        Keep the driving rules; without them only the calendar counts.
    """
    moves = []
    for stop, inside in enumerate(problem.stays):
        stays = inside + problem.later_stays[stop] if later else inside
        moves.append(_moves(problem, stop, stays) if roads else _calendar_only(problem, stays))
    return tuple(moves)


def _moves(problem: TourProblem, stop: int, stays: tuple[Stay, ...]) -> StopMoves:
    start, end = _slots(stays)
    node, nodes = np.array([stop + 1]), np.arange(len(problem.stop_ids) + 1)
    ready = np.array([problem.second(stay.ready) for stay in stays], dtype=np.int64)
    free = np.array([problem.second(stay.free) for stay in stays], dtype=np.int64)[:, None]
    there = in_the_morning(
        Road.between(problem, np.array([0]), node), free=ready - _LATER, ready=ready
    )
    onward = in_the_evening(Road.between(problem, node, nodes), free=free, ready=free + _LATER)
    too_much = (there.drive_s[0] + onward.drive_s > problem.max_drive_s) | (
        there.finish[:, None] > onward.begin
    )
    same_day = there.day[:, None] == onward.day
    first = there.possible
    leave_first = first[:, None] & onward.possible & ~(same_day & too_much)
    return StopMoves(start, end, first, onward.possible, leave_first)


def _calendar_only(problem: TourProblem, stays: tuple[Stay, ...]) -> StopMoves:
    start, end = _slots(stays)
    anywhere = np.ones((len(stays), len(problem.stop_ids) + 1), dtype=np.bool_)
    return StopMoves(start, end, anywhere[:, 0], anywhere, anywhere)


def _slots(stays: tuple[Stay, ...]) -> tuple[IntArray, IntArray]:
    slots = np.array([(stay.start, stay.end) for stay in stays], dtype=np.int64).reshape(-1, 2)
    return slots[:, 0], slots[:, 1]
