"""Which legs a kit may drive after which stay: the driving rules, worked out once for all solvers.

A leg is driven in one go and in one day. The first leg of a kit is driven in the morning, so that
it is there when the first stop opens; every later leg, the way back to the depot included, in the
evening, from closing time on. The drives of one calendar day sum to at most `max_drive_s`: only the
first stop of a kit can have two, when it stands there for a single day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from geo.model import BoolArray, IntArray
from geo.tour.problem import TourProblem
from geo.tour.stays import Stay

_DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True, eq=False)
class StopMoves:
    """The ``S`` possible stays at one stop, and where a kit may come from and go to.

    Parameters
    ----------
    start, end
        First and last open day, counted from the first day of the window, shape ``(S,)``; both
        rise strictly.
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
    start, end = _days(stays)
    drive, limit = problem.travel.drive_s, problem.max_drive_s
    there, onward = drive[0, stop + 1], drive[stop + 1]
    opens = np.array([_second_of_day(stay.opens) for stay in stays], dtype=np.int64)
    closes = np.array([_second_of_day(stay.closes) for stay in stays], dtype=np.int64)
    first = (there <= limit) & (opens >= there)
    leave = (onward <= limit) & (closes[:, None] + onward < _DAY_S)
    one_day = (start == end)[:, None] & (there + onward > limit)
    return StopMoves(start, end, first, leave, first[:, None] & leave & ~one_day)


def _calendar_only(problem: TourProblem, stays: tuple[Stay, ...]) -> StopMoves:
    start, end = _days(stays)
    anywhere = np.ones((len(stays), len(problem.stop_ids) + 1), dtype=np.bool_)
    return StopMoves(start, end, anywhere[:, 0], anywhere, anywhere)


def _days(stays: tuple[Stay, ...]) -> tuple[IntArray, IntArray]:
    days = np.array([(stay.start, stay.end) for stay in stays], dtype=np.int64).reshape(-1, 2)
    return days[:, 0], days[:, 1]


def _second_of_day(moment: datetime) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second
