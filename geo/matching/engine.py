"""The whole matching: blocks that share nothing but the budget, solved apart and put together.

Nothing links two blocks (connected components of eligible pairs) but the budget. A small problem is
solved in one piece. In a large one all blocks first agree on a price of a cent; each is then solved
at this price, anywhere and in any order; what was bought is trimmed to the budget, or topped up.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from geo.matching.answer import Answer, Effort, Wish, answer_of, gap_of, state_of, tolerance_of
from geo.matching.ascent import Board, Terms, sweep
from geo.matching.block import solve_block
from geo.matching.climb import LEAN, PROTECTION, SPENT, trim, typical_worth
from geo.matching.dual import Dual, Prices
from geo.matching.network import Agents, Edges, Int32Array, Near, Network, Rows
from geo.matching.prices import Priced, Spacing, first_prices, improve_prices
from geo.matching.watch import Watch
from geo.matching.workers import Workers
from geo.model import IntArray

JOINT_FACES = 40_000
"""Up to so many faces all blocks are solved in one piece: their prices then fit each other best."""

COMMON_STEPS = 40
"""Evaluations of the dual in which all blocks together find the price of a cent."""

COMMON_WORTHWHILE = 0.01
"""This search ends where its last steps gained less than this part of the gap asked for."""

TOP_UPS = 8
"""Passes in which what is left of the budget is spent."""


class Block(NamedTuple):
    """A part of a network and where its faces and agents stand in the whole."""

    network: Network
    faces: IntArray
    agents: IntArray
    edges: IntArray
    rows: IntArray


@dataclass(frozen=True, slots=True)
class _Task:
    """What a worker gets: a block, its prices to begin with, and its wish."""

    network: Network
    start: Prices
    wish: Wish
    tolerance: float


def solve_network(
    network: Network,
    *,
    effort: Effort,
    wish: Wish,
    watch: Watch,
    workers: int = 1,
    executor: Executor | None = None,
    start: Int32Array | None = None,
) -> Answer:
    """Return a good allocation of the whole network, and a bound.

    Parameters
    ----------
    start
        Picks ``(F, P)`` to begin with, in place of those that the prices lead to.
    workers
        Threads that share the faces.
    executor
        Where the blocks of a large problem are solved; in this thread where there is none. The
        answer does not depend on it.
    """
    with Workers(workers) as pool:
        if not network.edges.periods.any():
            return _nothing(network, wish, watch, pool)
        blocks = [] if network.n_faces <= JOINT_FACES or start is not None else split(network)
        if len(blocks) > 1:
            return _solve_blocks(network, blocks, effort, wish, watch, pool=pool, executor=executor)
        return solve_block(
            network, effort=effort, workers=pool, wish=wish, watch=watch, first=start
        )


def _nothing(network: Network, wish: Wish, watch: Watch, pool: Workers) -> Answer:
    """Return the answer where nothing is open beside the locks."""
    rows = np.zeros((network.n_rows, network.n_periods))
    prices = Prices(np.zeros(network.n_agents), np.zeros(network.n_agents), 0.0, rows)
    pick = np.full((network.n_faces, network.n_periods), -1, dtype=np.int32)
    bound = Dual(network, pool, watch).bound(prices)
    return answer_of(network, pick, prices=prices, bound=bound, wish=wish)


def split(network: Network) -> list[Block]:
    """Return the connected components of agents and faces, largest first; ties by first face."""
    edges = network.edges
    face = np.repeat(np.arange(network.n_faces), np.diff(edges.first))
    n = network.n_faces + network.n_agents
    ones = np.ones(len(face), dtype=np.int8)
    graph = sparse.coo_array((ones, (face, network.n_faces + edges.agent)), shape=(n, n))
    label = connected_components(graph, directed=False)[1]
    face_label, agent_label = label[: network.n_faces], label[network.n_faces :]
    used = np.flatnonzero(np.diff(edges.first) > 0)
    blocks = []
    by_label = np.argsort(face_label[used], kind="stable")
    starts = np.flatnonzero(np.diff(face_label[used][by_label], prepend=-1))
    for faces in np.split(used[by_label], starts[1:]):
        agents = np.flatnonzero(agent_label == face_label[faces[0]])
        blocks.append(_part(network, np.sort(faces), agents))
    return sorted(blocks, key=lambda block: (-len(block.faces), int(block.faces[0])))


def _part(network: Network, faces: IntArray, agents: IntArray) -> Block:
    """Return the part of a network that these faces and agents make up."""
    edges, near, rows = network.edges, network.near, network.rows
    new_face = np.full(network.n_faces, -1, dtype=np.int64)
    new_face[faces] = np.arange(len(faces))
    new_agent = np.full(network.n_agents, -1, dtype=np.int64)
    new_agent[agents] = np.arange(len(agents))
    first, edge = _pick_ranges(edges.first, faces)
    near_first, beside = _pick_ranges(near.first, faces)
    close = new_face[near.face[beside]]
    inside = close >= 0
    near_first = np.concatenate(([0], np.cumsum(inside)))[near_first]
    row_first, at = _pick_ranges(rows.first, edge)
    used, row = np.unique(rows.row[at], return_inverse=True)
    part = replace(
        network,
        edges=Edges(
            first,
            new_agent[edges.agent[edge]].astype(np.int32),
            edges.relevance[edge],
            edges.periods[edge],
            edges.room[edge],
            edges.contacts[faces],
            edges.price_cents[faces],
        ),
        agents=Agents(
            network.agents.share[agents],
            network.agents.per_exposure[agents],
            network.agents.base_ratio[agents],
            network.agents.quota[agents],
        ),
        near=Near(near_first, close[inside].astype(np.int32)),
        rows=Rows(row_first, row.astype(np.int32)),
        n_rows=len(used),
        row_open=network.row_open[used],
        locked=np.zeros((0, 3), dtype=np.int64),
        locked_cents=0,
        locked_count=network.locked_count[agents],
        most_ratio=network.most_ratio[agents],
    )
    return Block(part, faces, agents, edge, used.astype(np.int64))


def _pick_ranges(first: IntArray, wanted: IntArray) -> tuple[IntArray, IntArray]:
    """Return the ranges ``first[i]:first[i + 1]`` of the wanted i, one after the other."""
    size = first[wanted + 1] - first[wanted]
    start = np.concatenate(([0], np.cumsum(size)))
    inside = np.repeat(first[wanted] - start[:-1], size) + np.arange(start[-1])
    return start.astype(np.int64), inside


def _solve_blocks(
    network: Network,
    blocks: list[Block],
    effort: Effort,
    wish: Wish,
    watch: Watch,
    *,
    pool: Workers,
    executor: Executor | None,
) -> Answer:
    common = _common_prices(network, effort, pool, watch)
    prices = common.prices
    tolerance = tolerance_of(network, common.value, effort.gap)
    tasks = [_task(network, block, prices, wish, tolerance=tolerance) for block in blocks]
    answers = _solve_tasks(tasks, effort, watch, pool=pool, executor=executor)
    prices = _put_prices(network, blocks, answers, prices)
    pick = _put_picks(network, blocks, answers)
    if network.budget is not None:
        pick = _keep_budget(network, pick, prices, wish, network.budget)
    bound = Dual(network, pool, watch).bound(prices)
    answer = answer_of(network, pick, prices=prices, bound=bound, wish=wish)
    gap = gap_of(network, answer.objective, answer.bound)
    watch.tell(stage="ensemble", objective=answer.objective, bound=answer.bound, gap=gap)
    return answer


def _solve_tasks(
    tasks: list[_Task],
    effort: Effort,
    watch: Watch,
    *,
    pool: Workers,
    executor: Executor | None,
) -> list[Answer | None]:
    """Return the answer of each block, None for those that a stop left out."""
    solve = partial(_solve_task, effort=effort)
    if executor is None:
        return pool.map(lambda task: None if watch.stopped else solve(task), tasks)
    futures = [executor.submit(solve, task) for task in tasks]
    answers: list[Answer | None] = []
    for future in futures:
        left_out = watch.stopped and future.cancel()
        answers.append(None if left_out else future.result())
    return answers


def _common_prices(network: Network, effort: Effort, pool: Workers, watch: Watch) -> Priced:
    """Return prices of the whole network, those of spacing left at 0."""
    dual = Dual(network, pool, watch)
    prices = first_prices(dual)
    value = dual(prices, with_rows=False).value
    return improve_prices(
        dual,
        prices,
        steps=COMMON_STEPS,
        spacing=Spacing.NONE,
        fixed_cent=False,
        worthwhile=COMMON_WORTHWHILE * tolerance_of(network, value, effort.gap),
    )


def _task(network: Network, block: Block, prices: Prices, wish: Wish, *, tolerance: float) -> _Task:
    part = float(block.network.agents.share.sum() / network.agents.share.sum())
    start = Prices(
        prices.exposure[block.agents],
        prices.posting[block.agents],
        prices.cent,
        prices.rows[block.rows],
    )
    if not len(wish.keep):
        return _Task(block.network, start, wish, part * tolerance)
    keep = wish.keep[block.faces]
    new_edge = np.where(keep >= 0, np.searchsorted(block.edges, keep), -1)
    return _Task(
        block.network, start, Wish(new_edge.astype(np.int32), wish.bonus), part * tolerance
    )


def _solve_task(task: _Task, *, effort: Effort) -> Answer:
    with Workers(1) as alone:
        return solve_block(
            task.network,
            effort=effort,
            workers=alone,
            wish=task.wish,
            watch=Watch(),
            start=task.start,
            tolerance=task.tolerance,
        )


def _put_prices(
    network: Network, blocks: list[Block], answers: list[Answer | None], common: Prices
) -> Prices:
    exposure, posting = common.exposure.copy(), common.posting.copy()
    rows = np.zeros((network.n_rows, network.n_periods))
    for block, answer in zip(blocks, answers, strict=True):
        if answer is None:
            continue
        exposure[block.agents] = answer.prices.exposure
        posting[block.agents] = answer.prices.posting
        rows[block.rows] = answer.prices.rows
    return Prices(exposure, posting, common.cent, rows)


def _put_picks(network: Network, blocks: list[Block], answers: list[Answer | None]) -> Int32Array:
    pick = np.full((network.n_faces, network.n_periods), -1, dtype=np.int32)
    for block, answer in zip(blocks, answers, strict=True):
        if answer is None:
            continue
        chosen = answer.pick
        pick[block.faces] = np.where(chosen >= 0, block.edges[np.maximum(chosen, 0)], -1)
    return pick


def _keep_budget(
    network: Network, pick: Int32Array, prices: Prices, wish: Wish, budget: float
) -> Int32Array:
    """Trim what the blocks bought together to the budget, then spend what is left of it."""
    board = Board(network.edges, network.agents, network.near, network.rows)
    terms = Terms(
        network.fairness,
        prices.cent,
        budget,
        hard=True,
        quota_bonus=PROTECTION
        * np.maximum(prices.posting, typical_worth(network, state_of(network, pick).ratio)),
        keep=wish.keep,
        keep_bonus=wish.bonus,
        row_price=prices.rows[:0],
    )
    state = state_of(network, pick)
    for _ in range(TOP_UPS):
        if state.cost[0] > budget:
            state = trim(network, state, terms, budget)
        sweep(board, state, terms)
        state = state_of(network, state.pick)
        if budget - state.cost[0] <= SPENT * budget:
            break
        terms = terms._replace(cent=terms.cent * LEAN)
    return state.pick
