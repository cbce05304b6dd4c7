"""From a matching problem to an allocation with its certificate, its shortfalls and its reasons."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np

from geo.matching.answer import Answer, Effort, Wish, gap_of, no_wish, state_of
from geo.matching.dual import Dual
from geo.matching.engine import solve_network
from geo.matching.locks import lock_conflicts
from geo.matching.network import Int32Array, Network, build_network
from geo.matching.problem import MatchingProblem
from geo.matching.quotas import capacity, most_quotas
from geo.matching.shortfalls import shortfalls_of
from geo.matching.targets import targets
from geo.matching.unused import unused_reasons
from geo.matching.utility import DELTA, equivalent_exposure, utility
from geo.matching.watch import Progress, Watch
from geo.matching.workers import Workers
from geo.model import FloatArray, IntArray
from geo.plan import AgentExposure, Allocation, Changes, Posting, Shortfall, Status

OPTIMAL_GAP = 0.01
"""An allocation counts as optimal when the proven gap in equivalent exposure is no more."""

SOLVER = "prices-and-ascent/1"


def solve(
    problem: MatchingProblem,
    *,
    effort: Effort | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    previous: Allocation | None = None,
    change_penalty: float = 0.0,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], str | None] | None = None,
) -> Allocation:
    """Return the best allocation found, with a bound that no allocation can pass.

    Parameters
    ----------
    effort
        How long to try, in steps; the default suits every size.
    workers, executor
        Threads, and where the départements of a national plan are solved; the allocation does not
        depend on them.
    previous
        What was planned before. The search starts from it too, and the answer says what changed.
    change_penalty
        What a posting that stays counts on top of its worth, as a part of the worth of an average
        posting: at 0 nothing stays for its own sake, at 1 a change must be worth a posting more.
    progress
        Told of each step.
    stop
        Asked often; a reason, like ``"cancelled"``, ends the search with the best so far.

    Returns
    -------
    Allocation
        `Status.OPTIMAL` where the gap is at most `OPTIMAL_GAP`, else `Status.FEASIBLE`;
        `Status.INFEASIBLE`, with the reasons, where the locks cannot hold together.
    """
    conflicts = lock_conflicts(problem)
    if conflicts:
        return _infeasible(problem, conflicts)
    watch = Watch(progress, stop)
    network = build_network(problem, quota=np.zeros(problem.n_agents, dtype=np.int64))
    wanted = np.maximum(problem.min_faces - network.locked_count, 0)
    network = with_quota(network, np.minimum(wanted, capacity(network)))
    search = _Search(effort or Effort(), workers, executor, watch)
    if previous is None:
        return _allocation(problem, *search.best(network, no_wish(network)), watch)
    free = _allocation(problem, *search.best(network, wish_of(problem, network, previous)), watch)
    if change_penalty == 0:
        return _compared(free, previous, free)
    wish = wish_of(problem, network, previous, penalty=change_penalty)
    return _compared(_allocation(problem, *search.best(network, wish), watch), previous, free)


@dataclass(frozen=True, slots=True)
class _Search:
    """How to search, whatever the wish."""

    effort: Effort
    workers: int
    executor: Executor | None
    watch: Watch

    def best(self, network: Network, wish: Wish) -> tuple[Network, Answer]:
        """Return the network with the quotas that hold, and the best answer for these.

        Where the search missed a quota, the least total shortfall is computed exactly, and the
        search goes on from an allocation that shows it.
        """
        answer = self._solve(network, wish)
        quota = network.agents.quota
        if answer.missing:
            exact = most_quotas(network, quota)
            if exact is not None and int((quota - exact[0]).sum()) < answer.missing:
                network = with_quota(network, exact[0])
                answer = self._solve(network, wish, start=exact[1])
        count = state_of(network, answer.pick).postings
        network = with_quota(network, np.minimum(network.agents.quota, count))
        return network, replace(answer, bound=self._bound(network, answer))

    def _solve(self, network: Network, wish: Wish, *, start: Int32Array | None = None) -> Answer:
        return solve_network(
            network,
            effort=self.effort,
            wish=wish,
            watch=self.watch,
            workers=self.workers,
            executor=self.executor,
            start=start,
        )

    def _bound(self, network: Network, answer: Answer) -> float:
        """Return the certified bound for the quotas that hold, fewer perhaps than were wanted."""
        free = replace(answer.prices, posting=np.zeros_like(answer.prices.posting))
        with Workers(self.workers) as pool:
            dual = Dual(network, pool, self.watch)
            return min(dual.bound(prices) for prices in (answer.prices, free))


def wish_of(
    problem: MatchingProblem, network: Network, previous: Allocation, *, penalty: float = 0.0
) -> Wish:
    """Return the wish to keep what `previous` had, as far as it is still open."""
    face_index = {face_id: i for i, face_id in enumerate(problem.face_ids)}
    agent_index = {agent_id: i for i, agent_id in enumerate(problem.agent_ids)}
    keep = np.full((network.n_faces, network.n_periods), -1, dtype=np.int32)
    room = network.edges.room.copy()
    worth = []
    for posting in previous.postings:
        face, agent = face_index.get(posting.face_id), agent_index.get(posting.agent_id)
        period = posting.period - 1
        if face is None or agent is None or period >= network.n_periods:
            continue
        begin, end = network.edges.first[face : face + 2]
        at = np.flatnonzero(network.edges.agent[begin:end] == agent)
        if not len(at):
            continue
        edge = int(begin + at[0])
        if network.edges.periods[edge] >> period & 1 and room[edge] > 0:
            room[edge] -= 1
            keep[face, period] = edge
            worth.append(float(network.edges.relevance[edge] * problem.contacts[face, period]))
    bonus = 0.0
    if worth and penalty > 0:
        ratios = np.array([agent.ratio for agent in previous.agents if agent.ratio > 0])
        unit = float(np.median((ratios + DELTA) ** -problem.fairness)) if len(ratios) else 1.0
        scale = float(np.median(network.agents.per_exposure)) * float(np.mean(worth))
        bonus = penalty * unit * scale
    return Wish(keep, bonus)


def _compared(found: Allocation, previous: Allocation, free: Allocation) -> Allocation:
    """Return the allocation with what it changed of `previous`."""
    before, after = set(previous.postings), set(found.postings)
    return replace(
        found,
        changes=Changes(
            kept=len(before & after),
            added=len(after - before),
            removed=len(before - after),
            exposure_if_free=max(free.exposure, found.exposure),
        ),
    )


def with_quota(network: Network, quota: IntArray) -> Network:
    """Return the network with other quotas, locked postings not counted."""
    return replace(network, agents=network.agents._replace(quota=quota))


def _allocation(
    problem: MatchingProblem, network: Network, answer: Answer, watch: Watch
) -> Allocation:
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
        stopped_by=watch.reason or "",
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
