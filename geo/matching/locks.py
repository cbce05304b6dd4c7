"""Locks that cannot hold: each on its own, two together, or all of them against the budget."""

from __future__ import annotations

import numpy as np

from geo.french import euros
from geo.matching.problem import NOBODY, UNKNOWN, MatchingProblem
from geo.model import IntArray
from geo.plan import Shortfall


def lock_conflicts(problem: MatchingProblem) -> tuple[Shortfall, ...]:
    """Return why the locks of a problem cannot hold, in the order of the locks; none if they can.

    An allocation keeps the locks if and only if nothing is returned: the locked postings alone are
    then an allocation.
    """
    singly = _one_by_one(problem)
    if singly:
        return tuple(singly)
    return (*_in_one_place(problem), *_too_long(problem), *_too_close(problem), *_too_dear(problem))


def _one_by_one(problem: MatchingProblem) -> list[Shortfall]:
    edge_key = problem.edge_face * max(problem.n_agents, 1) + problem.edge_agent
    found = []
    for lock, face, period, agent in zip(
        problem.locks, problem.lock_face, problem.lock_period, problem.lock_agent, strict=True
    ):
        subject = lock.agent_id or ""
        name = f"Le verrou de la face {lock.face_id}, vague {lock.period},"
        if UNKNOWN in (face, period, agent):
            message = f"{name} désigne une face, une vague ou un agent inconnu."
            found.append(Shortfall("lock-unknown", subject, message))
            continue
        if agent == NOBODY:
            continue
        key = face * problem.n_agents + agent
        edge = int(np.searchsorted(edge_key, key))
        if edge == len(edge_key) or edge_key[edge] != key:
            message = f"{name} donne la face à {subject}, qui ne travaille pas là."
            found.append(Shortfall("lock-not-eligible", subject, message))
        elif not problem.edge_open[edge, period]:
            message = (
                f"{name} donne la face à {subject} alors qu’elle n’est pas ouverte à ce portrait "
                "(indisponible, interdite, hors séquence, ou consentement échu)."
            )
            found.append(Shortfall("lock-not-open", subject, message))
    return found


def _in_one_place(problem: MatchingProblem) -> list[Shortfall]:
    place = np.column_stack((problem.lock_face, problem.lock_period))
    _, first, count = np.unique(place, axis=0, return_index=True, return_counts=True)
    return [
        Shortfall(
            "lock-twice",
            problem.locks[i].agent_id or "",
            f"La face {problem.locks[i].face_id} a plusieurs verrous pour la vague "
            f"{problem.locks[i].period} : n’en gardez qu’un.",
        )
        for i in sorted(first[count > 1].tolist())
    ]


def _posted(problem: MatchingProblem) -> IntArray:
    return np.flatnonzero(problem.lock_agent >= 0)


def _too_long(problem: MatchingProblem) -> list[Shortfall]:
    posted = _posted(problem)
    pair = np.column_stack((problem.lock_face[posted], problem.lock_agent[posted]))
    _, first, count = np.unique(pair, axis=0, return_index=True, return_counts=True)
    return [
        Shortfall(
            "lock-rotation",
            problem.locks[posted[i]].agent_id or "",
            f"Les verrous laissent {problem.locks[posted[i]].agent_id} sur la face "
            f"{problem.locks[posted[i]].face_id} pendant {n} vagues ; "
            f"max_periods_per_face en permet {problem.max_periods_per_face}.",
            wanted=n,
            got=problem.max_periods_per_face,
        )
        for i, n in sorted(zip(first.tolist(), count.tolist(), strict=True))
        if n > problem.max_periods_per_face
    ]


def _too_close(problem: MatchingProblem) -> list[Shortfall]:
    posted = _posted(problem)
    close = {(int(i), int(j)) for i, j in problem.close_pairs}
    found = []
    for place, i in enumerate(posted):
        for j in posted[place + 1 :]:
            same_agent = problem.lock_agent[i] == problem.lock_agent[j]
            same_period = problem.lock_period[i] == problem.lock_period[j]
            faces = sorted((int(problem.lock_face[i]), int(problem.lock_face[j])))
            if same_agent and same_period and (faces[0], faces[1]) in close:
                message = (
                    f"Les verrous mettent {problem.locks[i].agent_id} sur les faces "
                    f"{problem.locks[i].face_id} et {problem.locks[j].face_id} dans la vague "
                    f"{problem.locks[i].period} ; elles sont à moins de {problem.spacing_m:g} m."
                )
                subject = problem.locks[i].agent_id or ""
                found.append(Shortfall("lock-spacing", subject, message))
    return found


def _too_dear(problem: MatchingProblem) -> list[Shortfall]:
    posted = _posted(problem)
    price = problem.price_cents[problem.lock_face[posted], problem.lock_period[posted]]
    cents = int(price.sum())
    if problem.budget_cents is None or cents <= problem.budget_cents:
        return []
    message = (
        f"Les verrous coûtent {euros(cents)} et le budget est de {euros(problem.budget_cents)}."
    )
    return [
        Shortfall("lock-budget", "", message, wanted=cents / 100, got=problem.budget_cents / 100)
    ]
