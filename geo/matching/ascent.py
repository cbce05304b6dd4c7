"""Making an allocation better face by face, at the true utility. Compiled.

Every step keeps the rules of faces, spacing and rotation; whether it keeps the budget is told by
`Terms.hard`. The worth of a posting is what it adds to the utility, less its price at μ, plus a
bonus while its agent is short of the quota and a bonus for what stays as it was before.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.compiled import compiled, inlined
from geo.matching.network import Agents, Edges, Int32Array, Near, Rows
from geo.matching.schedule import CLOSED, Bench, best_schedule, make_bench
from geo.matching.utility import DELTA
from geo.model import FloatArray, IntArray


class State(NamedTuple):
    """An allocation: the chosen edge of each face and period, and what follows from it.

    ``pick`` (F, P), -1 none; ``ratio`` (A,) exposure ratio with the locked postings;
    ``postings`` (A,) how many, without them; ``cost`` (1,) cents without them.
    """

    pick: Int32Array
    ratio: FloatArray
    postings: IntArray
    cost: FloatArray


class Terms(NamedTuple):
    """At what terms faces are chosen: α, price of a cent, budget, bonuses, prices of spacing."""

    fairness: float
    cent: float
    budget: float
    hard: bool
    quota_bonus: FloatArray  # (A,) what a posting that the quota wants counts on top
    keep: Int32Array  # (F, P) edge that was posted before, -1 none; (0, 0) where nothing was
    keep_bonus: float
    row_price: FloatArray  # (n_rows, P), or (0, P) where spacing is only a rule


class Board(NamedTuple):
    """The network, as the kernels of the ascent take it."""

    edges: Edges
    agents: Agents
    near: Near
    rows: Rows


@compiled
def utility_of(ratio: float, fairness: float) -> float:
    """Return U_α without its constant, which differences do not need."""
    base = DELTA + ratio
    if fairness == 0.0:
        return ratio
    if fairness == 1.0:
        return float(np.log(base))
    if fairness == 2.0:
        return -1.0 / base
    if fairness == 3.0:
        return -0.5 / (base * base)
    return float(base ** (1.0 - fairness) / (1.0 - fairness))


@inlined
def _put(board: Board, state: State, face: int, period: int, edge: int, sign: int) -> None:
    """Add (sign 1) or take away (-1) a posting; nothing where `edge` is -1."""
    if edge >= 0:
        edges, a = board.edges, board.edges.agent[edge]
        gain = edges.relevance[edge] * edges.contacts[face, period] * board.agents.per_exposure[a]
        state.ratio[a] += sign * gain
        state.postings[a] += sign
        state.cost[0] += sign * edges.price_cents[face, period]


@inlined
def _offer(board: Board, state: State, terms: Terms, bench: Bench, face: int) -> int:
    """Fill the bench with what each allowed choice on an empty face would add; return the agents.

    The number of agents, that is; what a rule forbids is closed.
    """
    n = _price_offers(board, state, terms, bench, face)
    if len(terms.keep):
        for t in range(state.pick.shape[1]):
            j = terms.keep[face, t] - board.edges.first[face]
            if 0 <= j < n and board.edges.periods[terms.keep[face, t]] >> t & 1:
                bench.worth[j, t] += terms.keep_bonus
    _close_beside(board, state, bench, face, n)
    if terms.hard:
        _close_unaffordable(board, state, terms, bench, face, n)
    return n


@inlined
def _price_offers(board: Board, state: State, terms: Terms, bench: Bench, face: int) -> int:
    """Fill the bench with what each open choice on an empty face would add, spacing aside."""
    edges, agents = board.edges, board.agents
    begin = edges.first[face]
    n = int(edges.first[face + 1] - begin)
    contacts, price_cents, price = edges.contacts[face], edges.price_cents[face], bench.cost
    for t in range(len(price)):
        price[t] = terms.cent * price_cents[t]
    for j in range(n):
        e = begin + j
        a, periods, worth = edges.agent[e], edges.periods[e], bench.worth[j]
        bench.room[j] = edges.room[e]
        ratio, share = state.ratio[a], agents.share[a]
        reach = edges.relevance[e] * agents.per_exposure[a]
        now = utility_of(ratio, terms.fairness)
        bonus = terms.quota_bonus[a] if state.postings[a] < agents.quota[a] else 0.0
        for t in range(len(price)):
            worth[t] = CLOSED
            if periods >> t & 1:
                more = utility_of(ratio + reach * contacts[t], terms.fairness) - now
                worth[t] = share * more - price[t] + bonus
        if len(terms.row_price):
            for at in range(board.rows.first[e], board.rows.first[e + 1]):
                spacing = terms.row_price[board.rows.row[at]]
                for t in range(len(price)):
                    worth[t] -= spacing[t]
    return n


@inlined
def _close_beside(board: Board, state: State, bench: Bench, face: int, n: int) -> None:
    """Close what is posted on a face nearby in the same period."""
    begin = board.edges.first[face]
    for at in range(board.near.first[face], board.near.first[face + 1]):
        other = board.near.face[at]
        for t in range(state.pick.shape[1]):
            e = state.pick[other, t]
            if e >= 0:
                for j in range(n):
                    if board.edges.agent[begin + j] == board.edges.agent[e]:
                        bench.worth[j, t] = CLOSED


@inlined
def _close_unaffordable(
    board: Board, state: State, terms: Terms, bench: Bench, face: int, n: int
) -> None:
    for t in range(state.pick.shape[1]):
        if state.cost[0] + board.edges.price_cents[face, t] > terms.budget:
            for j in range(n):
                bench.worth[j, t] = CLOSED


@inlined
def _refill(board: Board, state: State, terms: Terms, bench: Bench, face: int) -> bool:
    """Choose anew for one face; return whether its picks changed."""
    pick, before = state.pick[face], bench.before
    for t in range(len(pick)):
        before[t] = pick[t]
        _put(board, state, face, t, before[t], -1)
        pick[t] = -1
    n = _offer(board, state, terms, bench, face)
    best_schedule(bench, n)
    cost = state.cost[0]
    for t in range(len(pick)):
        if bench.chosen[t] >= 0:
            cost += board.edges.price_cents[face, t]
    overrun = terms.hard and cost > terms.budget
    changed = False
    for t in range(len(pick)):
        e = board.edges.first[face] + bench.chosen[t] if bench.chosen[t] >= 0 else -1
        if overrun:  # single periods fit the budget, together they do not
            e = before[t]
        pick[t] = e
        _put(board, state, face, t, e, 1)
        changed = changed or e != before[t]
    return changed


@compiled
def sweep(board: Board, state: State, terms: Terms) -> int:
    """Choose anew for each face in turn; return how many changed."""
    bench = make_bench(_most_agents(board.edges), state.pick.shape[1])
    changed = 0
    for face in range(state.pick.shape[0]):
        if board.edges.first[face + 1] > board.edges.first[face]:
            changed += _refill(board, state, terms, bench, face)
    return changed


@compiled
def _most_agents(edges: Edges) -> int:
    most = 1
    for face in range(len(edges.first) - 1):
        most = max(most, edges.first[face + 1] - edges.first[face])
    return most


@compiled
def _next_random(seed: np.uint64) -> np.uint64:
    """Return the next number of xorshift64 (Marsaglia 2003)."""
    seed ^= seed << np.uint64(13)
    seed ^= seed >> np.uint64(7)
    return seed ^ (seed << np.uint64(17))


@compiled
def rebuild(
    board: Board,
    state: State,
    terms: Terms,
    candidates: IntArray,
    rounds: int,
    size: int,
    seed: int,
    tolerance: float,
) -> int:
    """Empty a face and some faces close to it, fill them in random order, keep what is better.

    Ruin and recreate (Schrimpf et al. 2000), seeded. What is worse by no more than a threshold is
    kept too; the threshold falls from `tolerance` to 0 (threshold accepting, Dueck & Scheuer 1990).
    The cost never rises above the budget, or above what it was where that is more.

    Returns
    -------
    int
        How many rounds made it better.
    """
    n_periods = state.pick.shape[1]
    most = _most_agents(board.edges)
    bench = make_bench(most, n_periods)
    group = np.empty(size, np.int64)
    before = np.empty((size, n_periods), np.int32)
    touched = np.empty(size * most, np.int64)
    ratio, count = np.empty(size * most), np.empty(size * most, np.int64)
    seen = np.zeros(len(state.ratio), np.int64)
    random = np.uint64(seed) * np.uint64(2654435769) + np.uint64(88172645463325252)
    better = 0
    for number in range(1, rounds + 1):
        random = _next_random(random)
        n = _choose_group(board, candidates, group, random)
        n_touched = _note_agents(board, state, group[:n], seen, number, touched, ratio, count)
        worth, cost = _worth(board, state, terms, touched[:n_touched]), state.cost[0]
        for q in range(n - 1, 0, -1):
            random = _next_random(random)
            other = np.int64(random % np.uint64(q + 1))
            group[q], group[other] = group[other], group[q]
        kept = _empty(board, state, terms, group[:n], before)
        for q in range(n):
            _refill(board, state, terms, bench, group[q])
        now = _worth(board, state, terms, touched[:n_touched])
        now += terms.keep_bonus * (_kept(state, terms, group[:n]) - kept)
        gain = now - worth - terms.cent * (state.cost[0] - cost)
        threshold = tolerance * (1.0 - number / rounds)
        if gain > 1e-12 * abs(worth) - threshold and state.cost[0] <= max(terms.budget, cost):
            better += 1
        else:
            for q in range(n):
                state.pick[group[q]] = before[q]
            for q in range(n_touched):
                state.ratio[touched[q]], state.postings[touched[q]] = ratio[q], count[q]
            state.cost[0] = cost
    return better


@compiled
def _choose_group(board: Board, candidates: IntArray, group: IntArray, random: np.uint64) -> int:
    """Choose a candidate face and, from a random one on, faces close to it."""
    face = candidates[np.int64(random % np.uint64(len(candidates)))]
    begin, end = board.near.first[face], board.near.first[face + 1]
    group[0] = face
    n = 1
    if end > begin:
        shift = np.int64((random >> np.uint64(20)) % np.uint64(end - begin))
        for q in range(min(end - begin, len(group) - 1)):
            group[n] = board.near.face[begin + (shift + q) % (end - begin)]
            n += 1
    return n


@compiled
def _note_agents(
    board: Board,
    state: State,
    group: IntArray,
    seen: IntArray,
    number: int,
    touched: IntArray,
    ratio: FloatArray,
    count: IntArray,
) -> int:
    """Write down the agents of a group of faces and how they stand; return how many they are."""
    n = 0
    for face in group:
        for e in range(board.edges.first[face], board.edges.first[face + 1]):
            a = board.edges.agent[e]
            if seen[a] != number:
                seen[a] = number
                touched[n], ratio[n], count[n] = a, state.ratio[a], state.postings[a]
                n += 1
    return n


@compiled
def _worth(board: Board, state: State, terms: Terms, touched: IntArray) -> float:
    total = 0.0
    for a in touched:
        total += board.agents.share[a] * utility_of(state.ratio[a], terms.fairness)
        total -= terms.quota_bonus[a] * max(0, board.agents.quota[a] - state.postings[a])
    return total


@compiled
def _empty(board: Board, state: State, terms: Terms, group: IntArray, before: Int32Array) -> int:
    """Take everything off a group of faces; return how many postings were as before."""
    kept = _kept(state, terms, group)
    for q in range(len(group)):
        for t in range(state.pick.shape[1]):
            before[q, t] = state.pick[group[q], t]
            _put(board, state, group[q], t, before[q, t], -1)
            state.pick[group[q], t] = -1
    return kept


@compiled
def _kept(state: State, terms: Terms, group: IntArray) -> int:
    kept = 0
    if len(terms.keep):
        for face in group:
            for t in range(state.pick.shape[1]):
                if terms.keep[face, t] >= 0 and terms.keep[face, t] == state.pick[face, t]:
                    kept += 1
    return kept


@compiled
def loss_per_cent(board: Board, state: State, terms: Terms) -> FloatArray:
    """Return what a cent saved by taking each posting away would cost, ``(F, P)``; inf: no posting.

    A posting that its agent's quota needs costs the bonus too.
    """
    loss = np.full(state.pick.shape, np.inf)
    edges, agents = board.edges, board.agents
    for face in range(state.pick.shape[0]):
        for t in range(state.pick.shape[1]):
            e = state.pick[face, t]
            if e >= 0 and edges.price_cents[face, t] > 0:
                a = edges.agent[e]
                gain = edges.relevance[e] * edges.contacts[face, t] * agents.per_exposure[a]
                fall = utility_of(state.ratio[a], terms.fairness)
                fall -= utility_of(max(state.ratio[a] - gain, 0.0), terms.fairness)
                need = terms.quota_bonus[a] if state.postings[a] <= agents.quota[a] else 0.0
                loss[face, t] = (agents.share[a] * fall + need) / edges.price_cents[face, t]
    return loss


@compiled
def clear_close(board: Board, state: State) -> None:
    """Take a portrait off a face that is close to one of lower index with the same portrait."""
    for face in range(state.pick.shape[0]):
        for t in range(state.pick.shape[1]):
            e = state.pick[face, t]
            if e < 0:
                continue
            for at in range(board.near.first[face], board.near.first[face + 1]):
                other = board.near.face[at]
                beside = state.pick[other, t] if other < face else -1
                if beside >= 0 and board.edges.agent[beside] == board.edges.agent[e]:
                    _put(board, state, face, t, e, -1)
                    state.pick[face, t] = -1
                    break
