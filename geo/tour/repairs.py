"""The smallest changes that would make a tour fit: more days, more kits, fewer stops, more road."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np

from geo.french import counted, month_date, typeset
from geo.model import IntArray
from geo.plan import Shortfall
from geo.tour.changes import MAX_SEARCHED, fits, is_impossible, moved_window, without
from geo.tour.earliest import NEVER, earliest_finish, finish_with, one_more
from geo.tour.exact import MAX_STOPS
from geo.tour.moves import moves_of
from geo.tour.problem import SEARCH_DAYS, TourProblem
from geo.tour.sharing import kits_of
from geo.tour.subsets import members
from geo.tour.wording import duration, quoted

_FEW_CHOICES = 6
_LITTLE_WORK = 0.1


def repairs(problem: TourProblem, *, roads_forbid: bool) -> Iterator[Shortfall]:
    """Yield that the tour does not fit, then each single change that would do, proven smallest.

    In order of what they cost the planner: more days, another date for one stop, fewer stops, more
    kits, more road a day. `roads_forbid` tells that the calendar alone would allow a tour, so that
    more hours of driving are a remedy to look for.
    """
    one_kit = earliest_finish(moves_of(problem, later=True), problem.forbidden)
    shared = finish_with(one_kit, kits_of(problem))
    fitting = np.flatnonzero(shared <= problem.n_slots)
    size = np.bitwise_count(fitting)
    yield _does_not_fit(problem, most=int(size.max()), days_help=bool(shared[-1] < NEVER))
    if shared[-1] < NEVER:
        yield _more_days(problem, -(-int(shared[-1]) // 2))
    yield from moved_window(problem)
    if size.max() > 0:
        yield _fewer_stops(problem, [int(m) for m in fitting[size == size.max()]])
    kits = _kits_needed(problem, one_kit, shared)
    if kits is not None:
        yield _more_kits(problem, kits)
    limit_s = _drive_needed(problem) if roads_forbid else None
    if limit_s is not None:
        yield _more_driving(problem, limit_s)


def repairs_by_search(problem: TourProblem, *, roads_forbid: bool = False) -> Iterator[Shortfall]:
    """Yield that the tour does not fit, then the changes that are seen to be enough.

    Each of them is a problem of its own, given little work: there may be a smaller one. Where
    `roads_forbid` what no calendar does, more hours of driving are looked for too.
    """
    hopeless = is_impossible(problem.longer_by(SEARCH_DAYS))
    least = None if hopeless else _least_days(problem)
    ends = {stay.end_day + 1 for later in problem.later_stays for stay in later}
    extras = sorted(end - problem.n_days for end in ends if end >= (least or 0))
    found = _first_that_fits([problem.longer_by(extra) for extra in extras]) if least else None
    proven = None if least and found is None else found is not None
    yield _does_not_fit(problem, most=None, days_help=proven)
    if found is not None:
        yield _more_days(problem, problem.n_days + extras[found])
    yield from moved_window(problem)
    yield from _without_one(problem)
    more = range(problem.kits + 1, len(problem.stop_ids) + 1)
    found = _first_that_fits([problem.with_kits(kits) for kits in more])
    if found is not None:
        yield _more_kits(problem, more[found])
    limit_s = _drive_needed(problem) if roads_forbid else None
    if limit_s is not None:
        yield _more_driving(problem, limit_s)


def _first_that_fits(problems: Sequence[TourProblem]) -> int | None:
    """Return the first of ever easier problems that is seen to have a tour.

    By steps that double, since the first ones are as likely, then by bisection.
    """
    last = len(problems) - 1
    low, at, step = 0, 0, 1
    while at <= last:
        if fits(problems[at]):
            return bisect_left(problems, 1, lo=low, hi=at, key=lambda p: int(fits(p)))
        if at == last:
            break
        low, at, step = at + 1, min(at + step, last), 2 * step
    return None


def _least_days(problem: TourProblem) -> int | None:
    """Return days that any tour needs, of a window that is longer too; None: no tour has enough.

    Whatever the roads and the orders among stops, which only ask for more. Where the stops are too
    many to tell, it is a day more than there is.
    """
    if len(problem.stop_ids) > MAX_STOPS:
        return problem.n_days + 1
    calendar = earliest_finish(moves_of(problem, later=True, roads=False), problem.forbidden)
    slots = int(finish_with(calendar, kits_of(problem))[-1])
    return None if slots >= NEVER else max(-(-slots // 2), problem.n_days + 1)


def _without_one(problem: TourProblem) -> Iterator[Shortfall]:
    """Yield a stop without which the others are seen to fit, of the few with the fewest dates.

    Where some have no date at all it is these together; of many stops no others are tried.
    """
    n = len(problem.stop_ids)
    everything = (1 << n) - 1
    by_dates = sorted(range(n), key=lambda stop: len(problem.stays[stop]))
    dateless = [stop for stop in by_dates if not problem.stays[stop]]
    few = [[stop] for stop in by_dates[:_FEW_CHOICES]] if n <= MAX_SEARCHED else []
    for choice in [dateless] if dateless else few:
        if len(choice) < n and fits(_without_all(problem, choice), work=_LITTLE_WORK):
            yield _fewer_stops(problem, [everything ^ sum(1 << stop for stop in choice)])
            return


def _without_all(problem: TourProblem, stops: Sequence[int]) -> TourProblem:
    for stop in sorted(stops, reverse=True):
        problem = without(problem, stop)
    return problem


def _kits_needed(problem: TourProblem, one_kit: IntArray, shared: IntArray) -> int | None:
    for kits in range(problem.kits + 1, len(problem.stop_ids) + 1):
        shared = one_more(one_kit, shared)
        if shared[-1] <= problem.n_slots:
            return kits
    return None


def _drive_needed(problem: TourProblem) -> int | None:
    """Return the least daily driving limit with which the tour fits; None where none is enough."""
    drive = problem.cost_s
    days = np.unique(np.concatenate([drive.ravel(), (drive[0][:, None] + drive).ravel()]))
    limits = [int(limit) for limit in days if limit > problem.max_drive_s]

    def suits(limit_s: int) -> bool:
        return fits(replace(problem, max_drive_s=limit_s))

    if not limits or not suits(limits[-1]):
        return None
    return limits[bisect_left(limits, 1, key=lambda limit_s: int(suits(limit_s)))]


def _does_not_fit(problem: TourProblem, *, most: int | None, days_help: bool | None) -> Shortfall:
    """Return that no tour fits; `days_help` is None where nobody knows whether more days would."""
    n = len(problem.stop_ids)
    at_most = "" if most is None else f" : {most} au plus"
    weeks = f"Prolonger la période, jusqu’à {SEARCH_DAYS // 7} semaines,"
    remedy = {
        True: "Chacun des changements proposés suffit à lui seul.",
        False: f"{weeks} n’y suffit pas.",
        None: f"{weeks} n’a pas été vu suffire, sans preuve du contraire.",
    }[days_help]
    return Shortfall(
        "tour-does-not-fit",
        "",
        typeset(
            f"Aucune tournée ne visite les {counted(n, 'étape', 'étapes')} entre le "
            f"{month_date(problem.first_day)} et le {month_date(problem.last_day)} avec "
            f"{counted(problem.kits, 'kit', 'kits')}{at_most}. {remedy}"
        ),
        wanted=n,
        got=0 if most is None else most,
    )


def _more_days(problem: TourProblem, days: int) -> Shortfall:
    end = problem.first_day + timedelta(days=days - 1)
    more = counted(days - problem.n_days, "jour", "jours")
    return Shortfall(
        "needs-more-days",
        "",
        f"Avec {more} de plus, soit une fin le {month_date(end)} au lieu du "
        f"{month_date(problem.last_day)}, la tournée tiendrait.",
        wanted=days,
        got=problem.n_days,
    )


def _more_kits(problem: TourProblem, kits: int) -> Shortfall:
    return Shortfall(
        "needs-more-kits",
        "",
        f"Avec {counted(kits, 'kit', 'kits')} au lieu de {problem.kits}, la tournée tiendrait.",
        wanted=kits,
        got=problem.kits,
    )


def _fewer_stops(problem: TourProblem, fitting: Sequence[int]) -> Shortfall:
    everything = (1 << len(problem.stop_ids)) - 1
    choices = sorted(members(everything ^ m) for m in fitting)
    names = [quoted(problem.stop_names[stop] for stop in choice) for choice in choices]
    got = len(problem.stop_ids) - len(choices[0])
    if len(choices[0]) == 1 and len(choices) <= _FEW_CHOICES:
        which = quoted((problem.stop_names[choice[0]] for choice in choices), last="ou")
    elif len(choices) == 1:
        which = names[0]
    else:
        which = f"{names[0]}, ou l’un des {len(choices) - 1} autres choix possibles"
    return Shortfall(
        "needs-fewer-stops",
        "",
        typeset(
            f"Sans {counted(len(choices[0]), 'étape', 'étapes')} ({which}), la tournée tiendrait."
        ),
        wanted=len(problem.stop_ids),
        got=got,
    )


def _more_driving(problem: TourProblem, limit_s: int) -> Shortfall:
    return Shortfall(
        "needs-more-driving",
        "",
        f"Avec {duration(limit_s)} de route par jour au lieu de {duration(problem.max_drive_s)}, "
        "la tournée tiendrait.",
        wanted=limit_s / 3600,
        got=problem.max_drive_s / 3600,
    )
