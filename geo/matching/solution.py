"""From a matching problem to an allocation with its certificate, its shortfalls and its reasons."""

from __future__ import annotations

import math
from collections import Counter
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np

from geo.matching.block import Answer, Effort, Wish, gap_of, no_wish, state_of
from geo.matching.dual import Dual
from geo.matching.engine import solve_network
from geo.matching.locks import lock_conflicts
from geo.matching.network import Int32Array, Network, build_network
from geo.matching.problem import MatchingProblem
from geo.matching.quotas import capacity, most_quotas
from geo.matching.shortfalls import shortfalls_of
from geo.matching.targets import targets
from geo.matching.unused import unused_reasons
from geo.matching.utility import equivalent_exposure, utility
from geo.matching.workers import Workers
from geo.model import FloatArray, IntArray
from geo.plan import AgentExposure, Allocation, Posting, Shortfall, Status

OPTIMAL_GAP = 0.01
"""An allocation counts as optimal when the proven gap in equivalent exposure is no more."""

SOLVER = "prices-and-ascent/1"


def solve(
    problem: MatchingProblem,
    *,
    effort: Effort | None = None,
    workers: int = 1,
    executor: Executor | None = None,
) -> Allocation:
    """Return the best allocation found, with a bound that no allocation can pass.

    Parameters
    ----------
    effort
        How long to try, in steps; the default suits every size.
    workers, executor
        Threads, and where the départements of a national plan are solved; the allocation does not
        depend on them.

    Returns
    -------
    Allocation
        `Status.OPTIMAL` where the gap is at most `OPTIMAL_GAP`, else `Status.FEASIBLE`;
        `Status.INFEASIBLE`, with the reasons, where the locks cannot hold together.
    """
    conflicts = lock_conflicts(problem)
    if conflicts:
        return _infeasible(problem, conflicts)
    effort = effort or Effort()
    network = build_network(problem, quota=np.zeros(problem.n_agents, dtype=np.int64))
    wanted = np.maximum(problem.min_faces - network.locked_count, 0)
    network = with_quota(network, np.minimum(wanted, capacity(network)))
    wish = no_wish(network)
    answer = solve_network(network, effort=effort, wish=wish, workers=workers, executor=executor)
    network, answer = _settle_quotas(network, answer, effort=effort, wish=wish, workers=workers)
    return _allocation(problem, network, answer)


def with_quota(network: Network, quota: IntArray) -> Network:
    """Return the network with other quotas, locked postings not counted."""
    return replace(network, agents=network.agents._replace(quota=quota))


def _settle_quotas(
    network: Network, answer: Answer, *, effort: Effort, wish: Wish, workers: int
) -> tuple[Network, Answer]:
    """Return the network with the quotas that hold, and the answer with a bound for these.

    Where the search missed a quota, the least total shortfall is computed exactly, and the search
    goes on from an allocation that shows it.
    """
    quota = network.agents.quota
    count = state_of(network, answer.pick).postings
    if (count < quota).any():
        exact = most_quotas(network, quota)
        if exact is not None and int(exact[0].sum()) > int(np.minimum(count, quota).sum()):
            network = with_quota(network, exact[0])
            answer = solve_network(
                network, effort=effort, wish=wish, workers=workers, start=exact[1]
            )
            count = state_of(network, answer.pick).postings
    network = with_quota(network, np.minimum(network.agents.quota, count))
    return network, replace(answer, bound=_bound(network, answer, workers=workers))


def _bound(network: Network, answer: Answer, *, workers: int) -> float:
    """Return the certified bound for the quotas of `network`, which may have become smaller."""
    free = replace(answer.prices, posting=np.zeros_like(answer.prices.posting))
    with Workers(workers) as pool:
        dual = Dual(network, pool)
        bounds = [dual.bound(prices) for prices in (answer.prices, free)]
    return max(min(bounds), answer.objective)


def _allocation(problem: MatchingProblem, network: Network, answer: Answer) -> Allocation:
    postings = _postings(problem, network, answer.pick)
    target = targets(problem)
    agents = _exposures(problem, postings, target)
    share_total = math.fsum(problem.share.tolist())
    worth = utility(np.array([agent.ratio for agent in agents]), problem.fairness)
    objective = math.fsum((problem.share * worth).tolist())
    bound = max(answer.bound, objective)
    gap = gap_of(network, objective, bound)
    count = np.array([agent.postings for agent in agents], dtype=np.int64)
    state = state_of(network, answer.pick)
    unused = unused_reasons(problem, network, state, answer.prices.cent)
    face_index = {face_id: i for i, face_id in enumerate(problem.face_ids)}
    cost = sum(
        int(problem.price_cents[face_index[posting.face_id], posting.period - 1])
        for posting in postings
    )
    reasons = Counter(reason.value for reason in unused.values())
    return Allocation(
        status=Status.OPTIMAL if gap <= OPTIMAL_GAP else Status.FEASIBLE,
        objective=objective,
        bound=bound,
        exposure=equivalent_exposure(objective, share_total, problem.fairness),
        exposure_bound=equivalent_exposure(bound, share_total, problem.fairness),
        gap=gap,
        cost_cents=cost,
        postings=postings,
        agents=agents,
        quota={
            agent_id: int(n)
            for agent_id, n in zip(
                problem.agent_ids, network.agents.quota + network.locked_count, strict=True
            )
        },
        shortfalls=shortfalls_of(problem, network, count),
        unused={reason: reasons[reason] for reason in sorted(reasons)},
        idle={problem.face_ids[face]: reason.value for face, reason in sorted(unused.items())},
        cent_price=answer.prices.cent if problem.budget_cents is not None else 0.0,
        solver=SOLVER,
    )


def _postings(problem: MatchingProblem, network: Network, pick: Int32Array) -> tuple[Posting, ...]:
    face, period = np.nonzero(pick >= 0)
    agent = network.edges.agent[pick[face, period]]
    chosen = np.column_stack((face, period, agent))
    return tuple(
        sorted(
            Posting(int(t) + 1, problem.face_ids[f], problem.agent_ids[a])
            for f, t, a in np.concatenate((chosen, network.locked)).tolist()
        )
    )


def _exposures(
    problem: MatchingProblem, postings: tuple[Posting, ...], target: FloatArray
) -> tuple[AgentExposure, ...]:
    """Return what each agent gets, summed exactly and in one order."""
    face_index = {face_id: i for i, face_id in enumerate(problem.face_ids)}
    agent_index = {agent_id: i for i, agent_id in enumerate(problem.agent_ids)}
    face = np.array([face_index[p.face_id] for p in postings], dtype=np.int64)
    agent = np.array([agent_index[p.agent_id] for p in postings], dtype=np.int64)
    period = np.array([p.period - 1 for p in postings], dtype=np.int64)
    key = problem.edge_face * max(problem.n_agents, 1) + problem.edge_agent
    edge = np.searchsorted(key, face * max(problem.n_agents, 1) + agent)
    contacts = problem.contacts[face, period]
    gain = problem.relevance[edge] * contacts
    found = []
    for a, agent_id in enumerate(problem.agent_ids):
        mine = agent == a
        exposure = math.fsum(gain[mine].tolist())
        found.append(
            AgentExposure(
                agent_id,
                target=float(target[a]),
                exposure=exposure,
                ratio=exposure / float(target[a]) if target[a] > 0 else 0.0,
                contacts=math.fsum(contacts[mine].tolist()),
                postings=int(mine.sum()),
            )
        )
    return tuple(found)


def _infeasible(problem: MatchingProblem, conflicts: tuple[Shortfall, ...]) -> Allocation:
    none: tuple[Posting, ...] = ()
    return Allocation(
        status=Status.INFEASIBLE,
        objective=0.0,
        bound=0.0,
        exposure=0.0,
        exposure_bound=0.0,
        gap=0.0,
        cost_cents=0,
        postings=none,
        agents=_exposures(problem, none, targets(problem)),
        shortfalls=conflicts,
        solver=SOLVER,
    )
