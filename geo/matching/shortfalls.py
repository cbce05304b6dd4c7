"""Why an agent has fewer postings than wanted.

The first rule without which the agent, alone, could have them all is the cause; in this order:
consent, no face at all, how long the consent lasts, rotation, what is open, locks, spacing, budget.
If none of these is to blame, other agents need the same faces or the same money.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np

from geo.french import counted, typeset
from geo.matching.network import Network
from geo.matching.problem import MatchingProblem
from geo.matching.quotas import capacity, choices_of, most_quotas
from geo.model import IntArray
from geo.plan import Shortfall

_REASONS = {
    "no-consent": (
        "son consentement ne couvre pas l’affichage",
        "recueillez-le, ou retirez l’agent de la campagne",
    ),
    "no-eligible-face": (
        "l’inventaire n’a aucune face dans ses zones",
        "élargissez ses zones ou complétez l’inventaire",
    ),
    "consent-ends": (
        "son consentement prend fin avant ou pendant la campagne",
        "faites-le prolonger",
    ),
    "rotation": (
        "un portrait ne peut rester qu’un temps limité sur une face",
        "augmentez max_periods_per_face",
    ),
    "too-few-faces": (
        "trop peu de faces sont ouvertes dans ses zones (disponibilité, séquences, interdits)",
        "complétez l’inventaire ou ouvrez d’autres vagues",
    ),
    "locks": ("des verrous prennent les faces de ses zones", "libérez-en"),
    "spacing": (
        "les faces de ses zones sont trop proches les unes des autres",
        "diminuez spacing_m",
    ),
    "budget": ("le budget ne suffit pas", "augmentez budget_eur ou diminuez min_faces"),
    "competition": (
        "d’autres agents ont besoin des mêmes faces",
        "complétez l’inventaire ou diminuez min_faces",
    ),
}


def shortfalls_of(
    problem: MatchingProblem, network: Network, posted: IntArray
) -> tuple[Shortfall, ...]:
    """Return a shortfall for each agent with fewer than `min_faces` postings, by agent id.

    Parameters
    ----------
    posted
        Postings of each agent, locked ones too, shape ``(n_agents,)``.
    """
    short = np.flatnonzero(posted < problem.min_faces)

    @cache
    def last_resort() -> str:  # dear, and the same for every agent
        return _budget_or_competition(network, problem.min_faces)

    return tuple(
        _shortfall(problem, int(a), int(posted[a]), _cause(problem, network, int(a), last_resort))
        for a in short
    )


def _shortfall(problem: MatchingProblem, agent: int, got: int, code: str) -> Shortfall:
    reason, remedy = _REASONS[code]
    name, wanted = problem.agent_ids[agent], problem.min_faces
    has = f"a {counted(got, 'affichage', 'affichages')}" if got else "n’a aucun affichage"
    asked = f"sur les {wanted} voulus" if wanted > 1 else "alors qu’il en faut un"
    message = f"{name} {has} {asked} : {reason}. Remède : {remedy}."
    return Shortfall(code, name, typeset(message), wanted=wanted, got=got)


def _cause(
    problem: MatchingProblem, network: Network, agent: int, last_resort: Callable[[], str]
) -> str:
    """Return why an agent is short; `last_resort` says it where no rule alone is to blame."""
    wanted, most = problem.min_faces, problem.max_periods_per_face
    mine = problem.edge_agent == agent
    if not problem.consents[agent] or not mine.any():
        return "no-eligible-face" if problem.consents[agent] else "no-consent"
    in_period = problem.edge_open[mine].sum(axis=1)
    if np.minimum(in_period, most).sum() < wanted:
        whatever_consent = problem.open[problem.edge_face[mine]].sum(axis=1)
        if np.minimum(whatever_consent, most).sum() >= wanted:
            return "consent-ends"
        return "rotation" if in_period.sum() >= wanted else "too-few-faces"
    locked = int(network.locked_count[agent])
    if capacity(network)[agent] + locked < wanted:
        return "locks"
    for rule, relaxed in (("spacing", replace(network, budget=None)), ("budget", network)):
        if _most_alone(relaxed, agent, wanted - locked) < wanted - locked:
            return rule
    return "competition" if network.budget is None else last_resort()


def _most_alone(network: Network, agent: int, wanted: int) -> int:
    """Return how many postings an agent could have if all were for them, up to `wanted`."""
    alone = choices_of(network) & (network.edges.agent == agent)[:, None]
    bits = alone @ (1 << np.arange(network.n_periods, dtype=np.int64))
    only = replace(network, edges=network.edges._replace(periods=bits))
    goal = np.zeros(network.n_agents, dtype=np.int64)
    goal[agent] = wanted
    found = most_quotas(only, goal)
    return wanted if found is None else int(found[0][agent])


def _budget_or_competition(network: Network, wanted: int) -> str:
    """Tell whether all quotas could hold together if money were no matter."""
    goal = np.maximum(wanted - network.locked_count, 0)
    reachable = np.minimum(goal, capacity(network))
    found = most_quotas(replace(network, budget=None), reachable)
    free = found is not None and int(found[0].sum()) == int(reachable.sum())
    return "budget" if free else "competition"
