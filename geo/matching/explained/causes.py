"""The smallest set of inputs that causes a shortfall.

Of everything that could be to blame (what is wanted, the faces, the consent, each lock, each rule,
what the other agents need) a set is kept from which nothing can be taken away: with all the rest
gone, the shortfall is still there; with one of the set gone too, it is not. It is found by
QuickXplain (Junker 2004), which asks an exact programme each time whether the postings wanted can
be had. Another such set may exist; of two candidates the one that comes first in `Cause` is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import TypeVar

import numpy as np

from geo.matching.explained.relax import consented, only_agents, out_of_sequence, with_locks
from geo.matching.locks import lock_conflicts
from geo.matching.network import build_network
from geo.matching.problem import MatchingProblem
from geo.matching.quotas import most_quotas
from geo.model import BoolArray, IntArray
from geo.plan import Allocation, Shortfall

MOST_CHOICES = 100_000
"""What the other agents need is looked into up to so many open places (eligible pair, period)."""

Item = TypeVar("Item")


class Cause(StrEnum):
    """What may be to blame, by its name in the campaign; a cause comes before those below it."""

    CONSENT = "consent"
    AVAILABLE = "available"
    SEQUENCES = "sequences"
    EXCLUSIONS = "exclusions"
    ROTATION = "max_periods_per_face"
    LOCK = "locks"
    SPACING = "spacing_m"
    BUDGET = "budget_eur"
    OTHERS = "other-agents"
    MIN_FACES = "min_faces"
    FACES = "faces"


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a set that causes a shortfall.

    Parameters
    ----------
    name
        A `Cause`.
    value
        As the planner wrote it, for a number; the period covered, for a consent; the face and the
        period, for a lock; an agent's id; how many places (a face in a period) or faces, for the
        others.
    """

    name: Cause
    value: str


@dataclass(frozen=True, slots=True)
class ShortfallStory:
    """A shortfall and a minimal set of inputs that causes it.

    `inputs` is empty where none could be proven to: the problem is too large to ask, or the search
    has missed postings that could be had.
    """

    shortfall: Shortfall
    inputs: tuple[Input, ...]


@dataclass(frozen=True, slots=True, order=True)
class _Candidate:
    """Something that can be left out: a rule, a lock (its place), or another agent (its place)."""

    cause: Cause
    index: int = -1


def explain_shortfalls(
    problem: MatchingProblem, allocation: Allocation
) -> tuple[ShortfallStory, ...]:
    """Return each shortfall of an allocation with the inputs that cause it."""
    return tuple(_story(problem, allocation, shortfall) for shortfall in allocation.shortfalls)


def minimal(
    items: Sequence[Item], conflict: Callable[[tuple[Item, ...]], bool]
) -> tuple[Item, ...]:
    """Return a minimal part of `items` that is still in conflict; all of them must be.

    QuickXplain (Junker 2004). `conflict` must stay true when items are added.
    """

    def explain(
        background: tuple[Item, ...], items: tuple[Item, ...], *, changed: bool
    ) -> tuple[Item, ...]:
        if changed and conflict(background):
            return ()
        if len(items) == 1:
            return items
        first, second = items[: len(items) // 2], items[len(items) // 2 :]
        needed = explain(background + first, second, changed=True)
        return explain(background + needed, first, changed=bool(needed)) + needed

    return explain((), tuple(items), changed=True) if items else ()


def _story(
    problem: MatchingProblem, allocation: Allocation, shortfall: Shortfall
) -> ShortfallStory:
    if shortfall.code.startswith("lock-"):
        return ShortfallStory(shortfall, _lock_inputs(problem, shortfall))
    if shortfall.subject not in problem.agent_ids:
        return ShortfallStory(shortfall, ())
    agent = problem.agent_ids.index(shortfall.subject)
    return ShortfallStory(shortfall, _agent_inputs(problem, allocation, agent))


# A lack of postings


def _agent_inputs(
    problem: MatchingProblem, allocation: Allocation, agent: int
) -> tuple[Input, ...]:
    """Return the inputs that keep an agent from `min_faces` postings."""
    if not (problem.edge_agent == agent).any():
        cause = () if problem.consents[agent] else (Input(Cause.CONSENT, ""),)
        return (*cause, *_asked(problem, agent, faces=not cause))
    quota = _quotas(problem, allocation, agent)
    conflict = partial(_is_short, problem, agent, quota)
    rules = _rules(problem, agent)
    if not conflict(rules):
        rules = (*rules, *_others(problem, agent))
        if not conflict(rules):
            return ()
    found = minimal(rules, conflict)
    inputs = tuple(_input(problem, agent, candidate) for candidate in found)
    hopeless = found == (_Candidate(Cause.CONSENT),) and not consented(problem, agent).any()
    return (*inputs, *_asked(problem, agent, faces=not hopeless))


def _asked(problem: MatchingProblem, agent: int, *, faces: bool) -> tuple[Input, ...]:
    """Return what is wanted and, unless no face could help, what there is to have it on."""
    wanted = Input(Cause.MIN_FACES, str(problem.min_faces))
    count = int((problem.edge_agent == agent).sum())
    return (wanted, Input(Cause.FACES, str(count))) if faces else (wanted,)


def _quotas(problem: MatchingProblem, allocation: Allocation, agent: int) -> IntArray:
    """Return the postings that each agent must have: the others what the plan grants them."""
    granted = [allocation.quota.get(agent_id, 0) for agent_id in problem.agent_ids]
    quota = np.array(granted, dtype=np.int64)
    quota[agent] = problem.min_faces
    return quota


def _rules(problem: MatchingProblem, agent: int) -> tuple[_Candidate, ...]:
    """Return what may be to blame besides the other agents, in the order of `Cause`."""
    free = (Cause.CONSENT, Cause.AVAILABLE, Cause.SEQUENCES, Cause.EXCLUSIONS, Cause.ROTATION)
    locks = np.flatnonzero(problem.lock_agent != agent)
    money = () if problem.budget_cents is None else (_Candidate(Cause.BUDGET),)
    return (
        *(_Candidate(cause) for cause in free),
        *(_Candidate(Cause.LOCK, int(i)) for i in locks),
        _Candidate(Cause.SPACING),
        *money,
    )


def _others(problem: MatchingProblem, agent: int) -> tuple[_Candidate, ...]:
    if int(problem.edge_open.sum()) > MOST_CHOICES:
        return ()
    return tuple(_Candidate(Cause.OTHERS, b) for b in range(problem.n_agents) if b != agent)


def _is_short(
    problem: MatchingProblem, agent: int, quota: IntArray, kept: tuple[_Candidate, ...]
) -> bool:
    """Return whether, with only these rules and other agents, not all quotas can be had at once.

    Where the programme cannot tell, they can: nothing is blamed without a proof.
    """
    agents = sorted({agent, *(c.index for c in kept if c.cause is Cause.OTHERS)})
    part = _relax(problem, agent, kept)
    part = only_agents(part, np.array(agents, dtype=np.int64))
    network = build_network(part, quota=np.zeros(len(agents), dtype=np.int64))
    wanted = np.maximum(quota[agents] - network.locked_count, 0)
    found = most_quotas(network, wanted)
    return found is not None and int(found[0].sum()) < int(wanted.sum())


def _relax(problem: MatchingProblem, agent: int, kept: tuple[_Candidate, ...]) -> MatchingProblem:
    """Return the problem without the rules and the locks of other agents that are not kept."""
    causes = {candidate.cause for candidate in kept}
    kept_locks = {c.index for c in kept if c.cause is Cause.LOCK}
    locks = [
        i for i in range(len(problem.locks)) if i in kept_locks or problem.lock_agent[i] == agent
    ]
    return replace(
        with_locks(problem, locks),
        edge_open=_edge_open(problem, agent, causes),
        close_pairs=problem.close_pairs if Cause.SPACING in causes else problem.close_pairs[:0],
        budget_cents=problem.budget_cents if Cause.BUDGET in causes else None,
        max_periods_per_face=(
            problem.max_periods_per_face if Cause.ROTATION in causes else problem.n_periods
        ),
    )


def _edge_open(problem: MatchingProblem, agent: int, causes: set[Cause]) -> BoolArray:
    """Return `edge_open` with what is not among `causes` left out for one agent's pairs.

    A place that is not for sale, or excluded, counts as open to the sequences, which are not known
    there: of two reasons only the first is to blame.
    """
    mine = np.flatnonzero(problem.edge_agent == agent)
    face = problem.edge_face[mine]
    allowed = np.ones((len(mine), problem.n_periods), dtype=np.bool_)
    if Cause.CONSENT in causes:
        allowed &= consented(problem, agent)
    if Cause.AVAILABLE in causes:
        allowed &= problem.available[face]
    if Cause.EXCLUSIONS in causes:
        allowed &= ~problem.excluded[face][:, None]
    if Cause.SEQUENCES in causes:
        allowed &= ~out_of_sequence(problem)[face]
    edge_open = problem.edge_open.copy()
    edge_open[mine] = allowed
    return edge_open


def _input(problem: MatchingProblem, agent: int, candidate: _Candidate) -> Input:
    return Input(candidate.cause, _value(problem, agent, candidate))


def _value(problem: MatchingProblem, agent: int, candidate: _Candidate) -> str:
    if candidate.cause is Cause.OTHERS:
        return problem.agent_ids[candidate.index]
    if candidate.cause is Cause.LOCK:
        lock = problem.locks[candidate.index]
        return f"{lock.face_id}, {lock.period}, {lock.agent_id or ''}".rstrip(", ")
    face = problem.edge_face[problem.edge_agent == agent]
    covered = np.flatnonzero(consented(problem, agent)) + 1 if agent >= 0 else ()
    return {
        Cause.CONSENT: ", ".join(str(period) for period in covered),
        Cause.AVAILABLE: str(int((~problem.available[face]).sum())),
        Cause.SEQUENCES: str(int(out_of_sequence(problem)[face].sum())),
        Cause.EXCLUSIONS: str(int(problem.excluded[face].sum())),
        Cause.ROTATION: str(problem.max_periods_per_face),
        Cause.SPACING: f"{problem.spacing_m:g}",
        Cause.BUDGET: f"{(problem.budget_cents or 0) / 100:.15g}",
    }[candidate.cause]


# Locks that cannot hold together


def _lock_inputs(problem: MatchingProblem, shortfall: Shortfall) -> tuple[Input, ...]:
    """Return the locks, and the rule with them, that make up a conflict of locks."""
    agent = (
        problem.agent_ids.index(shortfall.subject) if shortfall.subject in problem.agent_ids else -1
    )
    rules = (
        *(_Candidate(Cause.LOCK, i) for i in range(len(problem.locks))),
        *(c for c in _rules(problem, agent) if c.cause is not Cause.LOCK),
    )
    conflict = partial(_still_there, problem, shortfall, agent)
    if not conflict(rules):
        return ()
    found = minimal(rules, conflict)
    return tuple(_input(problem, agent, candidate) for candidate in found)


def _still_there(
    problem: MatchingProblem, shortfall: Shortfall, agent: int, kept: tuple[_Candidate, ...]
) -> bool:
    locks = sorted(c.index for c in kept if c.cause is Cause.LOCK)
    part = _relax(problem, agent, kept)
    kept_locks = with_locks(problem, locks)
    part = replace(
        part,
        locks=kept_locks.locks,
        lock_face=kept_locks.lock_face,
        lock_period=kept_locks.lock_period,
        lock_agent=kept_locks.lock_agent,
    )
    return any(_same(shortfall, found) for found in lock_conflicts(part))


def _same(one: Shortfall, other: Shortfall) -> bool:
    """Return whether two conflicts are one: sums of prices and of periods change as locks go."""
    if (one.code, one.subject) != (other.code, other.subject):
        return False
    return one.code in ("lock-budget", "lock-rotation") or one.message == other.message
