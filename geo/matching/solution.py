"""From a matching problem to an allocation with its certificate, its shortfalls and its reasons."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np

from geo.matching.answer import (
    Answer,
    Effort,
    Wish,
    answer_of,
    better_of,
    gap_of,
    no_wish,
    state_of,
)
from geo.matching.dual import Dual, Prices
from geo.matching.engine import solve_network
from geo.matching.explained.idle import idle_reasons
from geo.matching.explained.standing import edge_at, standing_of_posted
from geo.matching.locks import lock_conflicts
from geo.matching.network import (
    Int32Array,
    Network,
    build_network,
    with_quota,
    within_budget,
)
from geo.matching.problem import MatchingProblem
from geo.matching.quotas import capacity, choices_of, most_quotas
from geo.matching.reference import Patience, solve_by_highs
from geo.matching.replan import compared, picks_of, wish_of
from geo.matching.shortfalls import shortfalls_of
from geo.matching.targets import targets
from geo.matching.utility import equivalent_exposure, utility
from geo.matching.watch import Progress, Watch
from geo.matching.workers import Workers
from geo.model import FloatArray, IntArray
from geo.plan import AgentExposure, Allocation, Posting, Shortfall, Status

OPTIMAL_GAP = 0.01
"""An allocation counts as optimal when the proven gap in equivalent exposure is no more."""

EXACT_CHOICES = 30_000
"""Up to so many open choices HiGHS goes on where the gap stays above `OPTIMAL_GAP`."""

FINISH = Patience(rounds=1, agents=False)
"""How far HiGHS then goes: one integer program of about ten seconds, or none if it is too large."""

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
    search = _Search(problem, network, effort or Effort(), workers, executor, watch)
    if previous is None:
        return search.allocation(no_wish(network))
    free = search.allocation(wish_of(problem, network, previous))
    if change_penalty == 0:
        return compared(free, previous, free)
    wish = wish_of(problem, network, previous, penalty=change_penalty)
    return compared(search.allocation(wish), previous, free)


@dataclass(frozen=True, slots=True)
class _Search:
    """How to search, whatever the wish."""

    problem: MatchingProblem
    network: Network
    effort: Effort
    workers: int
    executor: Executor | None
    watch: Watch

    def allocation(self, wish: Wish) -> Allocation:
        """Return the best allocation found."""
        network, answer = self._best(within_budget(self.network), wish)
        if not wish.bonus and self._is_small_and_hard(network, answer):
            answer = _finished(self.problem, network, answer, wish, self.watch)
        return _allocation(self.problem, self.network, network, answer, self.watch)

    def _is_small_and_hard(self, network: Network, answer: Answer) -> bool:
        n_choices = int(choices_of(network).sum())
        gap = gap_of(network, answer.objective, answer.bound)
        return gap > OPTIMAL_GAP and n_choices <= EXACT_CHOICES and not self.watch.stopped

    def _best(self, network: Network, wish: Wish) -> tuple[Network, Answer]:
        """Return the network with the quotas that hold, and the best answer for these.

        Where the search missed a quota, the least total shortfall is computed exactly, and the
        search begins again with quotas that hold, from an allocation that shows it too.
        """
        answer = self._solve(network, wish)
        if answer.missing:
            quota = np.minimum(network.agents.quota, state_of(network, answer.pick).postings)
            start = answer.pick
            exact = most_quotas(network, network.agents.quota)
            if exact is not None and int(exact[0].sum()) > int(quota.sum()):
                quota, start = exact
            network = with_quota(network, quota)
            again = self._solve(network, wish, start=start)
            answer = better_of(again, self._solve(network, wish), wish)
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
        nothing = Prices(
            np.zeros_like(free.exposure), free.posting, 0.0, np.zeros_like(free.rows)
        )  # at no price at all everybody is everywhere: finite, however early a search is stopped
        with Workers(self.workers) as pool:
            dual = Dual(network, pool, self.watch)
            return min(dual.bound(prices) for prices in (answer.prices, free, nothing))


def _finished(
    problem: MatchingProblem, network: Network, answer: Answer, wish: Wish, watch: Watch
) -> Answer:
    """Return the better of an answer and of what HiGHS finds for the same quotas, and the bound.

    Where hardly anything but spacing or quotas binds, prices leave a gap that branching closes.
    """
    quota = network.agents.quota + network.locked_count
    patience = replace(FINISH, stop=lambda: watch.stopped)
    found = solve_by_highs(problem, quota=quota, patience=patience)
    if found is None:
        return answer
    pick = picks_of(problem, network, found.postings)
    other = answer_of(network, pick, prices=answer.prices, bound=found.bound, wish=wish)
    return better_of(answer, other, wish)


def _allocation(
    problem: MatchingProblem, whole: Network, network: Network, answer: Answer, watch: Watch
) -> Allocation:
    posted = _posted(network, answer.pick)
    target = targets(problem)
    agents = exposures_of(problem, posted, target)
    share_total = math.fsum(problem.share.tolist())
    worth = utility(np.array([agent.ratio for agent in agents]), problem.fairness)
    objective = math.fsum((problem.share * worth).tolist())
    bound = max(answer.bound, objective)
    gap = gap_of(network, objective, bound)
    count = np.array([agent.postings for agent in agents], dtype=np.int64)
    # Locks beyond what is wanted are no promise of the plan: they hold by themselves.
    promised = np.minimum(network.agents.quota + network.locked_count, problem.min_faces)
    allocation = Allocation(
        status=Status.OPTIMAL if gap <= OPTIMAL_GAP else Status.FEASIBLE,
        objective=objective,
        bound=bound,
        exposure=equivalent_exposure(objective, share_total, problem.fairness),
        exposure_bound=equivalent_exposure(bound, share_total, problem.fairness),
        gap=gap,
        cost_cents=int(problem.price_cents[posted[:, 0], posted[:, 1]].sum()),
        postings=_postings(problem, posted),
        agents=agents,
        quota={agent_id: int(n) for agent_id, n in zip(problem.agent_ids, promised, strict=True)},
        shortfalls=shortfalls_of(problem, whole, count),
        cent_price=answer.prices.cent if problem.budget_cents is not None else 0.0,
        stopped_by=watch.reason or "",
        solver=SOLVER,
    )
    idle = idle_reasons(standing_of_posted(problem, allocation, posted, target=target))
    reasons = Counter(reason.value for reason in idle.values())
    return replace(
        allocation,
        unused={reason: reasons[reason] for reason in sorted(reasons)},
        idle={problem.face_ids[face]: reason.value for face, reason in sorted(idle.items())},
    )


def _posted(network: Network, pick: Int32Array) -> IntArray:
    """Return face, period (from 0) and agent of each posting, ``(n, 3)``, by period then face."""
    face, period = np.nonzero(pick >= 0)
    agent = network.edges.agent[pick[face, period]]
    posted = np.concatenate((np.column_stack((face, period, agent)), network.locked))
    return np.asarray(posted[np.lexsort((posted[:, 0], posted[:, 1]))], dtype=np.int64)


def _postings(problem: MatchingProblem, posted: IntArray) -> tuple[Posting, ...]:
    rows = [
        (period + 1, problem.face_ids[face], problem.agent_ids[agent])
        for face, period, agent in posted.tolist()
    ]
    return tuple(Posting(*row) for row in sorted(rows))


def exposures_of(
    problem: MatchingProblem, posted: IntArray, target: FloatArray
) -> tuple[AgentExposure, ...]:
    """Return what each agent gets, summed exactly.

    Parameters
    ----------
    posted
        Face, period (from 0) and agent of each posting, eligible pairs, shape ``(n, 3)``.
    target
        As `targets` returns it, shape ``(n_agents,)``.
    """
    face, period, agent = posted[np.argsort(posted[:, 2], kind="stable")].T
    contacts = problem.contacts[face, period]
    gain = (problem.relevance[edge_at(problem, face, agent)] * contacts).tolist()
    seen = contacts.tolist()
    first = np.searchsorted(agent, np.arange(problem.n_agents + 1)).tolist()
    found = []
    for a, agent_id in enumerate(problem.agent_ids):
        begin, end = first[a], first[a + 1]
        exposure = math.fsum(gain[begin:end])
        found.append(
            AgentExposure(
                agent_id,
                target=float(target[a]),
                exposure=exposure,
                ratio=exposure / float(target[a]) if target[a] > 0 else 0.0,
                contacts=math.fsum(seen[begin:end]),
                postings=end - begin,
            )
        )
    return tuple(found)


def _infeasible(problem: MatchingProblem, conflicts: tuple[Shortfall, ...]) -> Allocation:
    none = np.zeros((0, 3), dtype=np.int64)
    return Allocation(
        status=Status.INFEASIBLE,
        objective=0.0,
        bound=0.0,
        exposure=0.0,
        exposure_bound=0.0,
        gap=0.0,
        cost_cents=0,
        postings=(),
        agents=exposures_of(problem, none, targets(problem)),
        shortfalls=conflicts,
        solver=SOLVER,
    )
