"""Cliques of close faces: one row a clique says more to a price than one row a pair. Compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.compiled import compiled
from geo.model import IntArray

Int32Array = NDArray[np.int32]


@compiled
def _place(first: IntArray, face: Int32Array, of: np.int64, wanted: np.int64) -> int:
    """Return where `wanted` stands among the close faces of `of`, or -1."""
    begin, end = first[of], first[of + 1]
    at = begin + np.searchsorted(face[begin:end], wanted)
    return at if at < end and face[at] == wanted else -1


@compiled
def cover_by_cliques(first: IntArray, face: Int32Array) -> tuple[IntArray, IntArray]:
    """Return sets of mutually close faces that cover every close pair.

    Greedy: from each pair that is not covered yet, in order, the common neighbours join by index
    as long as they are close to all members.

    Parameters
    ----------
    first, face
        The close faces of face f are ``face[first[f]:first[f + 1]]``, sorted.

    Returns
    -------
    tuple
        Where each clique begins ``(n_cliques + 1,)``, and the members ``(n,)``.
    """
    covered = np.zeros(len(face), np.bool_)
    starts, members = [0], [np.int64(0)]
    members.pop()
    for i in range(len(first) - 1):
        for at in range(first[i], first[i + 1]):
            if face[at] < i or covered[at]:
                continue
            clique = _grow(first, face, np.int64(i), np.int64(face[at]))
            for v in clique:
                for w in clique:
                    if v != w:
                        covered[_place(first, face, v, w)] = True
            members.extend(clique)
            starts.append(len(members))
    return np.array(starts), np.array(members)


@compiled
def _grow(first: IntArray, face: Int32Array, i: np.int64, j: np.int64) -> list[np.int64]:
    """Return the clique that grows from the close faces i and j."""
    clique = [i, j]
    for other in range(first[i], first[i + 1]):
        k = np.int64(face[other])
        if k == j:
            continue
        close = True
        for v in clique:
            if v != i and _place(first, face, v, k) < 0:
                close = False
                break
        if close:
            clique.append(k)
    return clique
