"""The Lagrangian dual of the matching: prices in, an upper bound and its slope out. Compiled.

With prices λ(a) on exposure ratio, ν(a) on a posting that the quota wants, μ on a cent and π(q, t)
on a row of spacing, the choices fall apart into one small problem a face (`best_schedule`):

    D(λ, ν, μ, π) =  Σ_a max_r [share(a) U_α(r) - λ(a) (r - base(a))]  -  Σ_a ν(a) quota(a)
                   + μ budget  +  Σ π
                   + Σ_f max_x Σ_at [λ(a) ρ(a,f) u(f,t) / T(a) + ν(a) - μ c(f,t) - Σ_q π(q,t)] x

For any prices ≥ 0 this is at least the best objective (Geoffrion 1974). The problem of a face has
integral extreme points, so the least value of D is that of the linear relaxation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from geo.compiled import compiled, inlined
from geo.matching.network import Edges, Int32Array, Network, Rows
from geo.matching.schedule import CLOSED, Bench, best_schedule, make_bench
from geo.matching.utility import (
    constant_of,
    marginal_utility,
    ratio_at_marginal,
    utility,
)
from geo.matching.watch import Watch
from geo.matching.workers import Workers, chunks_of
from geo.model import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices ≥ 0 of what is scarce.

    Of a unit of exposure ratio λ and of a wanted posting ν ``(A,)``, of a cent μ, and of the rows
    of spacing π ``(n_rows, P)``.
    """

    exposure: FloatArray
    posting: FloatArray
    cent: float
    rows: FloatArray


@dataclass(frozen=True, slots=True)
class DualValue:
    """A value of the dual and its slope (a subgradient) in each price."""

    value: float
    exposure: FloatArray
    posting: FloatArray
    cent: float
    rows: FloatArray


class _Kernel(NamedTuple):
    """Prices as the kernels take them: λ / T, ν, μ, π; no rows of π where they are all 0."""

    per_contact: FloatArray
    posting: FloatArray
    cent: float
    rows: FloatArray


@inlined
def _price_face(edges: Edges, rows: Rows, kernel: _Kernel, bench: Bench, face: int) -> int:
    """Fill the bench with the worth of each choice on a face; return how many agents it has."""
    begin = edges.first[face]
    n = int(edges.first[face + 1] - begin)
    contacts, price_cents, cost = edges.contacts[face], edges.price_cents[face], bench.cost
    for t in range(len(cost)):
        cost[t] = kernel.cent * price_cents[t]
    for j in range(n):
        e = begin + j
        a, periods, worth = edges.agent[e], edges.periods[e], bench.worth[j]
        gain, bonus = edges.relevance[e] * kernel.per_contact[a], kernel.posting[a]
        bench.room[j] = edges.room[e]
        for t in range(len(cost)):
            open_worth = gain * contacts[t] + bonus - cost[t]
            worth[t] = open_worth if periods >> t & 1 else CLOSED
        if len(kernel.rows):
            for at in range(rows.first[e], rows.first[e + 1]):
                price = kernel.rows[rows.row[at]]
                for t in range(len(cost)):
                    worth[t] -= price[t]
    return n


@compiled
def _pass_over_faces(
    edges: Edges,
    rows: Rows,
    kernel: _Kernel,
    begin: int,
    end: int,
    pick: Int32Array,
    exposure: FloatArray,
    count: IntArray,
) -> tuple[float, float]:
    """Solve the faces ``begin`` to ``end``; return their value and cost.

    The chosen edges go to `pick` ``(F, P)`` (-1: none), the exposure (contacts) and the number of
    postings of each agent are added to `exposure` and `count` ``(A,)``.
    """
    bench = make_bench(_most_agents(edges, begin, end), edges.contacts.shape[1])
    value, cost, chosen = 0.0, 0.0, bench.chosen
    for face in range(begin, end):
        n = _price_face(edges, rows, kernel, bench, face)
        if n == 0:
            continue
        value += best_schedule(bench, n)
        begins, picks = edges.first[face], pick[face]
        for t in range(len(picks)):
            j = chosen[t]
            picks[t] = begins + j if j >= 0 else -1
            if j >= 0:
                e = begins + j
                a = edges.agent[e]
                exposure[a] += edges.relevance[e] * edges.contacts[face, t]
                count[a] += 1
                cost += edges.price_cents[face, t]
    return value, cost


@compiled
def _most_agents(edges: Edges, begin: int, end: int) -> int:
    most = 1
    for face in range(begin, end):
        most = max(most, edges.first[face + 1] - edges.first[face])
    return most


@compiled
def _sizes(edges: Edges, rows: Rows, kernel: _Kernel, begin: int, end: int) -> float:
    """Return the sum of the sizes of the largest terms of each face, for outward rounding."""
    total = 0.0
    n_periods = edges.contacts.shape[1]
    for face in range(begin, end):
        for t in range(n_periods):
            most = 0.0
            for e in range(edges.first[face], edges.first[face + 1]):
                a = edges.agent[e]
                size = edges.relevance[e] * kernel.per_contact[a] * edges.contacts[face, t]
                size += kernel.posting[a] + kernel.cent * edges.price_cents[face, t]
                if len(kernel.rows):
                    for at in range(rows.first[e], rows.first[e + 1]):
                        size += kernel.rows[rows.row[at], t]
                most = max(most, size)
            total += most
    return total


@compiled
def _count_rows(rows: Rows, pick: Int32Array, used: FloatArray) -> None:
    """Add to `used` ``(n_rows, P)`` how often the picks use each row of spacing."""
    for face in range(pick.shape[0]):
        for t in range(pick.shape[1]):
            e = pick[face, t]
            if e >= 0:
                for at in range(rows.first[e], rows.first[e + 1]):
                    used[rows.row[at], t] += 1.0


class Dual:
    """The dual function of one network, and the picks of its last evaluation.

    Parameters
    ----------
    network
        The matching problem.
    workers
        Threads that share the faces; sums are added in a fixed order, so the result does not
        depend on how many there are.
    watch
        Asked by those who search for prices whether to stop.
    """

    def __init__(self, network: Network, workers: Workers, watch: Watch) -> None:
        self.network, self.watch = network, watch
        self.pick = np.full((network.n_faces, network.n_periods), -1, dtype=np.int32)
        self._workers = workers
        self._chunks = chunks_of(network.n_faces)

    def __call__(self, prices: Prices, *, with_rows: bool = True) -> DualValue:
        """Return the value of the dual at these prices, and its slope."""
        network = self.network
        kernel = self._kernel(prices, with_rows=with_rows)
        exposure, count, value, cost = self._faces(kernel)
        worth, ratio = best_ratios(network, prices.exposure)
        own, per_exposure = network.agents, network.agents.per_exposure
        total = value + worth - float(prices.posting @ own.quota)
        if network.budget is not None:
            total += prices.cent * network.budget
        used = np.zeros_like(prices.rows)
        if len(kernel.rows):
            total += float(prices.rows.sum())
            _count_rows(network.rows, self.pick, used)
        return DualValue(
            total,
            exposure=own.base_ratio + exposure * per_exposure - ratio,
            posting=(count - own.quota).astype(np.float64),
            cent=0.0 if network.budget is None else network.budget - cost,
            rows=1.0 - used,
        )

    def bound(self, prices: Prices) -> float:
        """Return the dual at these prices, rounded outward: never below the best objective.

        Every sum over n terms loses at most n units in the last place of the sum of the sizes of
        its terms (Higham 2002, §4.2); each term is a product of few factors.
        """
        network = self.network
        kernel = self._kernel(prices, with_rows=True)
        sizes = [
            _sizes(network.edges, network.rows, kernel, begin, end) for begin, end in self._chunks
        ]
        worth, _ = best_ratios(network, prices.exposure)
        money = 0.0 if network.budget is None else prices.cent * abs(network.budget)
        size = sum(sizes) + abs(worth) + money + float(prices.rows.sum())
        size += float(prices.posting @ np.abs(network.agents.quota))
        size += float(network.agents.share.sum()) * constant_of(network.fairness)
        longest = max((end - begin) * network.n_periods for begin, end in self._chunks)
        terms = longest + len(self._chunks) + network.n_agents + prices.rows.size + 64
        return self(prices).value + terms * float(np.finfo(np.float64).eps) * size

    def _kernel(self, prices: Prices, *, with_rows: bool) -> _Kernel:
        rows = prices.rows if with_rows else prices.rows[:0]
        per_contact = prices.exposure * self.network.agents.per_exposure
        return _Kernel(per_contact, prices.posting, prices.cent, rows)

    def _faces(self, kernel: _Kernel) -> tuple[FloatArray, IntArray, float, float]:
        network, n_agents = self.network, self.network.n_agents

        def work(chunk: tuple[int, int]) -> tuple[FloatArray, IntArray, float, float]:
            exposure, count = np.zeros(n_agents), np.zeros(n_agents, dtype=np.int64)
            value, cost = _pass_over_faces(
                network.edges, network.rows, kernel, *chunk, self.pick, exposure, count
            )
            return exposure, count, value, cost

        parts = self._workers.map(work, self._chunks)
        exposure, count = np.zeros(n_agents), np.zeros(n_agents, dtype=np.int64)
        value = cost = 0.0
        for part in parts:
            exposure += part[0]
            count += part[1]
            value += part[2]
            cost += part[3]
        return exposure, count, value, cost


def best_ratios(network: Network, price: FloatArray) -> tuple[float, FloatArray]:
    """Return Σ_a max_r [share(a) U_α(r) - λ(a) (r - base(a))] with 0 ≤ r ≤ the most, and the r's.

    The conjugate of the utility, in closed form.
    """
    share, most = network.agents.share, network.most_ratio
    slope = np.divide(price, share, out=np.full_like(price, np.inf), where=share > 0)
    if network.fairness == 0:
        ratio = np.where(slope < 1, most, 0.0)
    else:
        ratio = most.copy()
        paid = slope > marginal_utility(most, network.fairness)
        ratio[paid] = np.minimum(ratio_at_marginal(slope[paid], network.fairness), most[paid])
    worth = share * utility(ratio, network.fairness) - price * ratio
    return float(worth.sum() + price @ network.agents.base_ratio), ratio
