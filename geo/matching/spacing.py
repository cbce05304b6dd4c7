"""Faces too close to each other to carry one portrait in one period."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geo.model import FloatArray, IntArray


def close_pairs(
    x: FloatArray, y: FloatArray, *, edges: tuple[IntArray, IntArray], spacing_m: float
) -> IntArray:
    """Return the pairs of faces that one portrait may not be on in one period.

    Parameters
    ----------
    x, y
        Places of the faces in metres, shape ``(n_faces,)``.
    edges
        Eligible pairs (face, agent), sorted, shape ``(n_edges,)`` each.
    spacing_m
        Only faces strictly closer than this are a pair; 0 means no pairs, even in one place.

    Returns
    -------
    IntArray
        Pairs of indices ``(n_pairs, 2)``, the lower first, sorted; only faces that share an
        eligible agent.
    """
    edge_face, edge_agent = edges
    eligible = np.unique(edge_face)
    if spacing_m <= 0 or len(eligible) < 2:
        return np.empty((0, 2), dtype=np.int64)
    place = np.column_stack((x[eligible], y[eligible]))
    # The tree keeps pairs at exactly the distance; they are dropped below, by one formula.
    near = cKDTree(place).query_pairs(spacing_m * (1 + 1e-9), output_type="ndarray")
    pairs = eligible[near.astype(np.int64).reshape(-1, 2)]
    pairs = pairs[np.hypot(*(place_of(x, y, pairs).T)) < spacing_m]
    shape = (len(x), int(edge_agent.max()) + 1)
    works = sparse.csr_array((np.ones(len(edge_face)), (edge_face, edge_agent)), shape=shape)
    shared = (works[pairs[:, 0]] * works[pairs[:, 1]]).sum(axis=1) > 0
    pairs = pairs[shared]
    return np.asarray(pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))])


def place_of(x: FloatArray, y: FloatArray, pairs: IntArray) -> FloatArray:
    """Return the vector from one face of each pair to the other, metres, shape ``(n_pairs, 2)``."""
    first, second = pairs[:, 0], pairs[:, 1]
    return np.column_stack((x[second] - x[first], y[second] - y[first]))


def clique_cover(pairs: IntArray) -> list[IntArray]:
    """Return sets of faces, all of them close to each other, that cover every pair.

    One row a clique says more to a solver than one row a pair. Greedy: from the first pair that is
    not covered, faces join that are close to all members, first the one with the most candidates
    beside it, then the lowest index. The same pairs give the same cliques.

    Parameters
    ----------
    pairs
        As `close_pairs` returns them, shape ``(n_pairs, 2)``.

    Returns
    -------
    list of IntArray
        Indices of faces, sorted, at least two a clique; cliques sorted.
    """
    if not len(pairs):
        return []
    nodes, ends = np.unique(pairs, return_inverse=True)
    ends = ends.reshape(-1, 2)
    ones = np.ones(len(ends), dtype=np.int64)
    graph = sparse.csr_array((ones, (ends[:, 0], ends[:, 1])), shape=(len(nodes), len(nodes)))
    component = connected_components(graph, directed=False)[1][ends[:, 0]]
    by_component = np.argsort(component, kind="stable")
    limits = np.searchsorted(component[by_component], np.arange(component.max() + 2))
    cliques = [
        nodes[clique]
        for start, stop in pairwise(limits)
        for clique in _cover_component(ends[by_component[start:stop]])
    ]
    return sorted(cliques, key=lambda clique: tuple(clique.tolist()))


def _cover_component(pairs: IntArray) -> list[IntArray]:
    """Return the cliques of one connected component; sets of nodes are the bits of an integer."""
    nodes, ends = np.unique(pairs, return_inverse=True)
    adjacent = [0] * len(nodes)
    for i, j in ends.reshape(-1, 2).tolist():
        adjacent[i] |= 1 << j
        adjacent[j] |= 1 << i
    uncovered = adjacent.copy()
    cliques = []
    for i in range(len(nodes)):
        while uncovered[i]:
            clique = _grow_clique(adjacent, i, _members(uncovered[i])[0])
            members = _members(clique)
            for member in members:
                uncovered[member] &= ~clique
            cliques.append(nodes[members])
    return cliques


def _grow_clique(adjacent: list[int], i: int, j: int) -> int:
    clique = 1 << i | 1 << j
    candidates = adjacent[i] & adjacent[j]
    while candidates:
        joins = max(
            _members(candidates), key=lambda v: ((adjacent[v] & candidates).bit_count(), -v)
        )
        clique |= 1 << joins
        candidates &= adjacent[joins]
    return clique


def _members(bits: int) -> list[int]:
    members = []
    while bits:
        lowest = bits & -bits
        members.append(lowest.bit_length() - 1)
        bits ^= lowest
    return members
