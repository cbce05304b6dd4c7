"""A tour that has begun: what is done stays, the rest is planned again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from geo.errors import PlacardeError
from geo.french import month_date, typeset
from geo.plan import Shortfall
from geo.tour.problem import TourProblem
from geo.tour.stays import Stay
from geo.tour.wording import days_text, quoted


@dataclass(frozen=True, slots=True)
class Done:
    """A stay that has been, or has begun: the kit (from 1) and its first and last open day.

    `opens` and `closes` are when it opened first and closed last, which tells half-days apart; None
    where nobody knows.
    """

    kit: int
    first_day: date
    last_day: date
    stop_id: str
    opens: datetime | None = None
    closes: datetime | None = None

    def place_in_time(self) -> tuple[int, datetime, date, str]:
        """Return what stays are ordered by: a kit may be at two places on one day."""
        opens = self.opens or datetime.combine(self.first_day, time())
        return self.kit, opens, self.last_day, self.stop_id


def with_prefix(
    problem: TourProblem,
    done: Iterable[Done],
    *,
    today: date,
    blocked: Sequence[tuple[str, date]] = (),
) -> TourProblem:
    """Return what is left to plan on a day of the tour.

    The stops that are done keep their days, their kit and their order; each kit goes on from the
    last of them. No other stay begins before `today`, and none at a blocked stop before its date.

    Raises
    ------
    PlacardeError
        If a stop or a kit is unknown, a stop is done twice or is blocked too, or it had no stay on
        those days. Said in French, to the planner.
    """
    order = sorted(done, key=Done.place_in_time)
    place = {stop_id: stop for stop, stop_id in enumerate(problem.stop_ids)}
    _check(problem, place, order, blocked)
    actual = {place[each.stop_id]: _actual(problem, place[each.stop_id], each) for each in order}
    until = {place[stop_id]: day for stop_id, day in blocked}

    def left(stop: int, stays: tuple[Stay, ...]) -> tuple[Stay, ...]:
        if stop in actual:
            return ()
        first = max(today, until.get(stop, today))
        return tuple(stay for stay in stays if stay.open_on[0] >= first)

    n = len(problem.stop_ids)
    stays = tuple(
        (actual[stop],) if stop in actual else left(stop, problem.stays[stop]) for stop in range(n)
    )
    kit_of = {place[each.stop_id]: each.kit - 1 for each in order}
    return replace(
        problem,
        stays=stays,
        troubles=(*problem.troubles, *_troubles(problem, stays, today=today, until=until)),
        later_stays=tuple(left(stop, problem.later_stays[stop]) for stop in range(n)),
        open_stays=tuple(
            left(stop, own) or stays[stop] for stop, own in enumerate(problem.open_stays)
        ),
        kits_of=tuple(
            frozenset({kit_of[stop]}) if stop in kit_of else problem.may_visit(stop)
            for stop in range(n)
        ),
        forbidden=problem.forbidden | frozenset(_off_the_way(n, place, order)),
    )


def _check(
    problem: TourProblem,
    place: dict[str, int],
    order: Sequence[Done],
    blocked: Sequence[tuple[str, date]],
) -> None:
    for stop_id in [*(each.stop_id for each in order), *(stop_id for stop_id, _ in blocked)]:
        if stop_id not in place:
            raise PlacardeError(typeset(f"« {stop_id} » n’est pas une étape de la tournée."))
    for each in order:
        if not 1 <= each.kit <= problem.kits:
            raise PlacardeError(
                typeset(
                    f"La tournée commencée emploie le kit {each.kit} ; la campagne en a "
                    f"{problem.kits} : lui en rendre {each.kit} au moins."
                )
            )
    over = {each.stop_id: problem.stop_names[place[each.stop_id]] for each in order}
    if len(over) < len(order):
        raise PlacardeError("La tournée commencée passe deux fois par une étape.")
    for stop_id, _ in blocked:
        if stop_id in over:
            raise PlacardeError(
                typeset(
                    f"{quoted([over[stop_id]])} a déjà reçu l’exposition : on ne peut plus la "
                    "repousser."
                )
            )


def _actual(problem: TourProblem, stop: int, each: Done) -> Stay:
    """Return the stay of these days, which the dates asked for may have changed since."""
    known = (*problem.stays[stop], *(problem.open_stays[stop] if problem.open_stays else ()))
    days = (each.first_day, each.last_day)
    same = [stay for stay in known if (stay.open_on[0], stay.open_on[-1]) == days]
    if same:
        return min(same, key=lambda stay: _hours_apart(stay, each))
    name = quoted([problem.stop_names[stop]])
    raise PlacardeError(
        typeset(
            f"{name} a reçu l’exposition ({days_text(sorted(set(days)))}), ce que la campagne ne "
            "permet plus : lui rendre ses jours, ses horaires et sa durée d’alors."
        )
    )


def _hours_apart(stay: Stay, each: Done) -> timedelta:
    """Return by how much the hours of a stay miss those that it had, which may be corrected."""
    opens, closes = each.opens or stay.opens, each.closes or stay.closes
    return abs(stay.opens - opens) + abs(stay.closes - closes)


def _troubles(
    problem: TourProblem,
    stays: Sequence[tuple[Stay, ...]],
    *,
    today: date,
    until: Mapping[int, date],
) -> Iterable[Shortfall]:
    """Yield the stops that had dates, and have none from today on."""
    for stop, left in enumerate(stays):
        if problem.stays[stop] and not left:
            blocked = until.get(stop, today) > today
            first = month_date(max(today, until.get(stop, today)))
            message = (
                f"{quoted([problem.stop_names[stop]])} n’a plus de date possible entre le {first}"
                f"{', premier jour où elle est joignable,' if blocked else ''} et le "
                f"{month_date(problem.last_day)} : prolonger la période, ou y renoncer."
            )
            yield Shortfall("stop-has-no-date", problem.stop_ids[stop], typeset(message), wanted=1)


def _off_the_way(n: int, place: dict[str, int], order: Sequence[Done]) -> Iterable[tuple[int, int]]:
    """Yield the legs that what is done rules out: each stop done has one way to it."""
    for kit in sorted({each.kit for each in order}):
        nodes = [0, *(place[each.stop_id] + 1 for each in order if each.kit == kit)]
        for origin, target in pairwise(nodes):
            for node in range(n + 1):
                if node != origin:
                    yield node, target
                if origin and node != target:
                    yield origin, node
