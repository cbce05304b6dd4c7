"""The CP-SAT model of a tour: literals for legs and stays, and all the driving rules.

A leg driven in the evening goes on the day on which the stay before it ends, one driven in the
morning on the day on which the stay after it begins; so each leg has a literal for either. Rule 7
of `geo.tour.trips` (all trips of a kit on one day) is kept by what was driven so far on the day on
which a kit came to each stop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, product

import numpy as np
from ortools.sat.python import cp_model

from geo.model import BoolArray, Driving, IntArray
from geo.tour.moves import moves_of
from geo.tour.problem import TourProblem
from geo.tour.schedule import Visit
from geo.tour.trips import Trips, trips_between

Arc = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """A leg at one time of the day: `on_left` in the evening of the stay left, else the morning."""

    literal: cp_model.IntVar
    trips: Trips
    possible: BoolArray
    on_left: bool


@dataclass(frozen=True, slots=True, eq=False)
class Circuit:
    """The model; `arcs` and `stays` hold a literal for each leg (node, node) and (stop, stay)."""

    problem: TourProblem
    cp: cp_model.CpModel
    arcs: dict[Arc, cp_model.IntVar]
    stays: dict[tuple[int, int], cp_model.IntVar]
    last_slot: cp_model.IntVar
    ways: dict[Arc, list[_Way]] = field(default_factory=dict)

    @property
    def n_kits(self) -> cp_model.LinearExprT:
        """Return how many kits leave the depot."""
        return sum(literal for arc, literal in self.arcs.items() if arc[0] == 0)

    def total(self, weights: IntArray) -> cp_model.LinearExprT:
        """Return the sum of the weights ``(n + 1, n + 1)`` over the legs driven."""
        return cp_model.LinearExpr.weighted_sum(
            list(self.arcs.values()), [int(weights[arc]) for arc in self.arcs]
        )

    def of_stay(self, stop: int, values: Sequence[int] | IntArray) -> cp_model.LinearExprT:
        """Return the value that belongs to the stay chosen at a stop."""
        literals = [self.stays[stop, s] for s in range(len(values))]
        return cp_model.LinearExpr.weighted_sum(literals, [int(value) for value in values])

    def itineraries(self, solver: cp_model.CpSolver) -> tuple[tuple[Visit, ...], ...]:
        """Return what each kit visits in a solution."""
        driven = [arc for arc, literal in self.arcs.items() if solver.boolean_value(literal)]
        following = {origin: target for origin, target in driven if origin}
        choice = {
            stop: s for (stop, s), literal in self.stays.items() if solver.boolean_value(literal)
        }
        found = []
        for origin, node in driven:
            if origin == 0:
                visits = []
                while node:
                    visits.append((node - 1, choice[node - 1]))
                    node = following[node]  # noqa: PLW2901 - walking along the route
                found.append(tuple(visits))
        return tuple(found)

    def hint(self, itineraries: Iterable[Sequence[Visit]]) -> None:
        """Tell the solver where to begin."""
        self.cp.clear_hints()  # type: ignore[no-untyped-call]
        driven, chosen = set(), set()
        for visits in itineraries:
            nodes = [0, *(stop + 1 for stop, _ in visits), 0]
            driven |= set(pairwise(nodes))
            chosen |= set(visits)
        if driven:
            for arc, literal in self.arcs.items():
                self.cp.add_hint(literal, arc in driven)
            for visit, literal in self.stays.items():
                self.cp.add_hint(literal, visit in chosen)


def build_circuit(problem: TourProblem) -> Circuit | None:
    """Return the model, or None where a stop has no stay or a node no leg at all.

    A circuit asks nothing of a node without legs, so that must be seen before.
    """
    n = len(problem.stop_ids)
    if not all(problem.stays) or not all(map(problem.may_visit, range(n))):
        return None
    cp = cp_model.CpModel()
    stays = {
        (stop, s): cp.new_bool_var(f"stay {stop} {s}")
        for stop in range(n)
        for s in range(len(problem.stays[stop]))
    }
    last_slot = cp.new_int_var(_least_last_slot(problem), problem.n_slots, "last slot")
    model = Circuit(problem, cp, {}, stays, last_slot)
    for origin, target in product(range(n + 1), repeat=2):
        if origin != target and (origin, target) not in problem.forbidden:
            _add_leg(model, origin, target)
    if any({arc[side] for arc in model.arcs} != set(range(n + 1)) for side in (0, 1)):
        return None
    cp.add_multiple_circuit([(*arc, literal) for arc, literal in model.arcs.items()])
    cp.add(model.n_kits <= problem.kits)
    _add_calendar(model)
    if problem.kits_of:
        _add_kits(model)
    if replace(problem, kits_of=()).fits_tables:
        _add_first_days(model)
    else:
        _add_days_driven(model)
    return model


def _least_last_slot(problem: TourProblem) -> int:
    """Return a slot before which the kits cannot have stood all the time that is asked for."""
    wanted = sum(min(stay.end - stay.start + 1 for stay in stays) for stays in problem.stays)
    standing: Counter[int] = Counter()
    for stays in problem.stays:
        standing.update({slot for s in stays for slot in range(s.start, s.end + 1)})
    last = 0
    for slot in sorted(standing):
        if wanted > 0:
            wanted -= min(problem.kits, standing[slot])
            last = slot
    return last


def _add_leg(model: Circuit, origin: int, target: int) -> None:
    """Add a leg where any two stays allow it, and refuse the pairs of stays that do not."""
    problem, cp = model.problem, model.cp
    chosen = [
        (trips, possible, on_left)
        for trips, possible, on_left in _times_of_day(problem, origin, target)
        if possible.any()
    ]
    if not chosen:
        return
    name = f"leg {origin} {target}"
    arc = cp.new_bool_var(name)
    model.arcs[origin, target] = arc
    literals = [arc] if len(chosen) == 1 else [cp.new_bool_var(f"{name} {i}") for i in (0, 1)]
    if len(chosen) > 1:
        cp.add(sum(literals) == arc)
    model.ways[origin, target] = [
        _Way(literal, *choice) for literal, choice in zip(literals, chosen, strict=True)
    ]
    if origin and target:
        ends = [stay.end for stay in problem.stays[origin - 1]]
        starts = [stay.start for stay in problem.stays[target - 1]]
        later = model.of_stay(target - 1, starts) >= model.of_stay(origin - 1, ends) + 1
        cp.add(later).only_enforce_if(arc)
    for way in model.ways[origin, target]:
        _refuse(model, origin, target, way)


def _times_of_day(
    problem: TourProblem, origin: int, target: int
) -> list[tuple[Trips, BoolArray, bool]]:
    """Return the trips of a leg, those that are possible, and whether they go by the stay left."""
    if origin and target and problem.driving is Driving.EITHER:
        evening = trips_between(replace(problem, driving=Driving.EVENING), origin, target)
        morning = trips_between(replace(problem, driving=Driving.MORNING), origin, target)
        return [
            (evening, evening.possible, True),
            (morning, morning.possible & ~evening.possible, False),
        ]
    trips = trips_between(problem, origin, target)
    on_left = origin > 0 and (target == 0 or problem.driving is Driving.EVENING)
    return [(trips, trips.possible, on_left)]


def _refuse(model: Circuit, origin: int, target: int, way: _Way) -> None:
    """Refuse the pairs of stays between which a leg is not possible, calendar order aside."""
    left = _literals(model, origin)
    reached = _literals(model, target)
    ordered = _ordered(model.problem, origin, target)
    for s, row in enumerate(way.possible):
        if (row == ordered[s]).all():
            continue
        clause = [~way.literal, *([~left[s]] if left else [])]
        if reached:
            clause += [reached[t] for t in np.flatnonzero(row)]
        model.cp.add_bool_or(clause)


def _literals(model: Circuit, node: int) -> list[cp_model.IntVar]:
    if node == 0:
        return []
    return [model.stays[node - 1, s] for s in range(len(model.problem.stays[node - 1]))]


def _ordered(problem: TourProblem, origin: int, target: int) -> BoolArray:
    """Return for each pair of stays whether the second begins after the first ends, ``(S, T)``."""
    ends = [stay.end for stay in problem.stays[origin - 1]] if origin else [-1]
    starts = [stay.start for stay in problem.stays[target - 1]] if target else [1 << 30]
    return np.asarray(np.array(ends)[:, None] < np.array(starts), dtype=np.bool_)


def _add_calendar(model: Circuit) -> None:
    """One stay a stop, the order asked for, and no more kits standing than there are."""
    problem, cp = model.problem, model.cp
    for stop, stays in enumerate(problem.stays):
        cp.add_exactly_one(_literals(model, stop + 1))
        cp.add(model.last_slot >= model.of_stay(stop, [stay.end for stay in stays]))
    for first, second in problem.before:
        starts = [
            model.of_stay(stop, [stay.start for stay in problem.stays[stop]])
            for stop in (first, second)
        ]
        cp.add(starts[0] + 1 <= starts[1])
    for slot in sorted({stay.start for stays in problem.stays for stay in stays}):
        there = [
            literal
            for (stop, s), literal in model.stays.items()
            if problem.stays[stop][s].start <= slot <= problem.stays[stop][s].end
        ]
        cp.add(sum(there) <= problem.kits)


def _add_kits(model: Circuit) -> None:
    """One kit a stop that may go there, the same along a route, and no kit on two routes."""
    problem, cp = model.problem, model.cp
    n = len(problem.stop_ids)
    takes = {
        (stop, kit): cp.new_bool_var(f"kit {kit} at {stop}")
        for stop in range(n)
        for kit in sorted(problem.may_visit(stop))
    }
    for stop in range(n):
        cp.add_exactly_one([takes[stop, kit] for kit in sorted(problem.may_visit(stop))])
    for (origin, target), driven in model.arcs.items():
        for kit in range(problem.kits) if origin and target else ():
            one, other = (takes.get((node - 1, kit)) for node in (origin, target))
            if one is not None:
                cp.add_bool_or([~driven, ~one, *([other] if other is not None else [])])
    for kit in range(problem.kits):
        begun = []
        for stop in range(n):
            if (0, stop + 1) in model.arcs and (stop, kit) in takes:
                first = cp.new_bool_var(f"kit {kit} begins at {stop}")
                cp.add_bool_or([first, ~model.arcs[0, stop + 1], ~takes[stop, kit]])
                begun.append(first)
        cp.add(sum(begun) <= 1)


def _add_first_days(model: Circuit) -> None:
    """Keep rule 7 where only the first stop of a kit can have two trips on one day."""
    moves = moves_of(model.problem)
    for (origin, target), driven in model.arcs.items():
        begun = model.arcs.get((0, origin))
        if origin and begun is not None:
            m = moves[origin - 1]
            for s in np.flatnonzero(m.first & m.leave[:, target] & ~m.leave_first[:, target]):
                model.cp.add_bool_or([~model.stays[origin - 1, int(s)], ~driven, ~begun])


def _add_days_driven(model: Circuit) -> None:
    """Keep rule 7, by the day of the trip to each stop and of the trip from it."""
    problem, cp = model.problem, model.cp
    n, days, limit = len(problem.stop_ids), (-1, problem.n_days), problem.max_drive_s
    came, goes, same, driven, finish = [], [], [], [], []
    for stop in range(n):
        came.append(cp.new_int_var(*days, f"came {stop}"))
        goes.append(cp.new_int_var(*days, f"goes {stop}"))
        same.append(cp.new_bool_var(f"same day {stop}"))
        driven.append(cp.new_int_var(0, limit, f"driven {stop}"))
        finish.append(cp.new_int_var(-2 * 86_400, (problem.n_days + 1) * 86_400, f"done {stop}"))
        cp.add(goes[stop] >= came[stop] + 1 - same[stop])
    for (origin, target), ways in model.ways.items():
        arc = model.arcs[origin, target]
        drive_s = int(ways[0].trips.drive_s[0, 0])
        if target:
            cp.add(driven[target - 1] >= drive_s).only_enforce_if(arc)
        if origin:
            so_far = driven[origin - 1] + drive_s
            most = driven[target - 1] if target else limit
            cp.add(so_far <= most).only_enforce_if([arc, same[origin - 1]])
        for way in ways:
            stop = (origin if way.on_left else target) - 1
            day, begin, done = (_by_stay(way, t) for t in ("day", "begin", "finish"))
            if origin:
                cp.add(goes[origin - 1] == model.of_stay(stop, day)).only_enforce_if(way.literal)
            if target:
                cp.add(came[target - 1] == model.of_stay(stop, day)).only_enforce_if(way.literal)
            if problem.driver_returns and target:
                ends = finish[target - 1] >= model.of_stay(stop, done)
                cp.add(ends).only_enforce_if(way.literal)
            if problem.driver_returns and origin:
                begins = model.of_stay(stop, begin) >= finish[origin - 1]
                cp.add(begins).only_enforce_if(way.literal)


def _by_stay(way: _Way, what: str) -> list[int]:
    """Return the day or a time of a trip for each stay that decides it; 0 where there is none."""
    values: IntArray = getattr(way.trips, what)
    table = values if way.on_left else values.T
    possible = way.possible if way.on_left else way.possible.T
    return [
        int(row[np.argmax(allowed)]) if allowed.any() else 0
        for row, allowed in zip(table, possible, strict=True)
    ]
