"""Matching problems of any size from a seed: clustered faces, agents among them, close pairs.

A square of 86 km a département. 70 % of the faces lie around towns whose sizes follow a power law,
the others anywhere. Agents work where faces are; each may be on the faces of the own département
within 22 km, the eight nearest agents a face at the most: about four. Relevance halves in 5.5 km.
Contacts are log-normal, prices follow them, 10 % of the face-periods are not for sale, the budget
is 35 % of what everything would cost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from geo.matching.problem import MatchingProblem
from geo.matching.spacing import close_pairs
from geo.model import FloatArray, IntArray

SIDE_M = 86_000.0
REACH_M = 22_000.0
NEAREST = 8
DISTANCE_M = 8_000.0


@dataclass(frozen=True, slots=True)
class Size:
    """How large a generated problem is."""

    n_agents: int
    n_faces: int
    departements: int = 1
    spacing_m: float = 500.0


SIZES = {
    "departement": Size(18, 2_000),
    "region": Size(150, 20_000, 9),
    "country-200k": Size(1_500, 200_000, 100),
    "country-1m": Size(1_500, 1_000_000, 100, 150.0),
}


def make_problem(
    size: Size, *, fairness: float, seed: int = 0, n_periods: int = 4, min_faces: int = 4
) -> MatchingProblem:
    """Return the problem of this size and seed; the same arguments give the same problem."""
    rng = np.random.default_rng(seed)
    columns = round(size.departements**0.5)
    place, home = _faces(rng, size.n_faces, columns)
    workplace, base = _agents(rng, place, home, size.n_agents, columns)
    face, agent, distance = _edges(place, home, workplace, base)
    contacts = np.round(rng.lognormal(8.5, 0.6, len(place)))
    cents = np.round(
        100 * (20 + contacts[:, None] * 0.012 * rng.uniform(0.8, 1.2, (len(place), n_periods)))
    ).astype(np.int64)
    seen = np.round(contacts[:, None] * rng.uniform(0.85, 1.15, (len(place), n_periods)))
    available = rng.random((len(place), n_periods)) < 0.9
    reachable = np.zeros(len(place), dtype=np.bool_)
    reachable[face] = True
    none = np.zeros(0, dtype=np.int64)
    return MatchingProblem(
        agent_ids=tuple(f"a{i:04}" for i in range(len(workplace))),
        face_ids=tuple(f"f{i:07}" for i in range(len(place))),
        share=np.ones(len(workplace)),
        consents=np.ones(len(workplace), dtype=np.bool_),
        contacts=seen,
        price_cents=cents,
        excluded=np.zeros(len(place), dtype=np.bool_),
        available=available,
        open=available,
        edge_face=face,
        edge_agent=agent,
        relevance=np.exp(-distance / DISTANCE_M),
        edge_open=available[face],
        close_pairs=close_pairs(
            place[:, 0], place[:, 1], edges=(face, agent), spacing_m=size.spacing_m
        ),
        locks=(),
        lock_face=none,
        lock_period=none,
        lock_agent=none,
        budget_cents=int(0.35 * (cents * available)[reachable].sum()),
        spacing_m=size.spacing_m,
        max_periods_per_face=1,
        min_faces=min_faces,
        fairness=fairness,
        seed=seed,
    )


def _faces(rng: np.random.Generator, n: int, columns: int) -> tuple[FloatArray, IntArray]:
    """Return places in metres ``(n, 2)`` and the département of each, which they are sorted by."""
    side = SIDE_M * columns
    n_towns = max(12, 13 * columns**2)
    town = rng.uniform(0.05 * side, 0.95 * side, (n_towns, 2))
    weight = np.arange(1, n_towns + 1) ** -0.8
    weight /= weight.sum()
    near = rng.choice(n_towns, n, p=weight)
    spread = np.where(rng.random(n) < 0.5, 1_500.0, 5_000.0)
    spread *= 1 + 2 * weight[near] / weight.max()
    around = town[near] + rng.standard_normal((n, 2)) * spread[:, None]
    place = np.where(rng.random(n)[:, None] < 0.7, around, rng.uniform(0, side, (n, 2)))
    place = np.clip(place, 0, side - 1)
    home = (place // SIDE_M).astype(np.int64) @ np.array([columns, 1])
    order = np.argsort(home, kind="stable")
    return place[order], home[order]


def _agents(
    rng: np.random.Generator, place: FloatArray, home: IntArray, n: int, columns: int
) -> tuple[FloatArray, IntArray]:
    """Return workplaces ``(n, 2)``, two a cell of a grid at the most, and their départements."""
    cell = SIDE_M * columns / np.sqrt(n) * 0.7
    taken: dict[tuple[int, int], int] = {}
    chosen: list[int] = []
    for i in rng.permutation(len(place)):
        key = (int(place[i, 0] // cell), int(place[i, 1] // cell))
        if taken.get(key, 0) < 2:
            taken[key] = taken.get(key, 0) + 1
            chosen.append(int(i))
        if len(chosen) == n:
            break
    at = np.sort(np.array(chosen))
    return place[at] + rng.normal(0, 500, (len(at), 2)), home[at]


def _edges(
    place: FloatArray, home: IntArray, workplace: FloatArray, base: IntArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return face, agent and distance of each eligible pair, sorted by face then agent."""
    n = len(workplace)
    distance, agent = cKDTree(workplace).query(
        place, k=min(NEAREST, n), distance_upper_bound=REACH_M
    )
    near = sparse.coo_array(np.isfinite(distance))
    face, rank = near.coords
    agent, distance = agent[face, rank], distance[face, rank]
    same = home[face] == base[agent]
    face, agent, distance = face[same].astype(np.int64), agent[same], distance[same]
    order = np.lexsort((agent, face))
    return face[order], agent[order].astype(np.int64), distance[order]
