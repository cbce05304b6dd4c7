"""Tables over all subsets of the stops: subset ``m`` holds stop ``i`` where bit ``i`` of m is 1."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from geo.model import IntArray

_LOW_BITS = 8


def by_size(n: int) -> list[IntArray]:
    """Return the subsets of ``n`` stops by size: element ``k`` holds those of ``k`` stops."""
    subsets = np.arange(1 << n, dtype=np.int64)
    size = np.bitwise_count(subsets)
    return [subsets[size == k] for k in range(n + 1)]


def members(subset: int) -> list[int]:
    """Return the stops of a subset, in order."""
    return [i for i in range(subset.bit_length()) if subset >> i & 1]


def best_split(a: IntArray, b: IntArray, combine: np.ufunc) -> IntArray:
    """Return for each subset the least ``combine(a[s], b[m - s])`` over all its subsets ``s``.

    A (min, `combine`) subset convolution in 3ⁿ steps, run as array operations over the low bits of
    the subsets; each table has shape ``(2**n,)``.
    """
    n = len(a).bit_length() - 1
    low = min(n, _LOW_BITS)
    left, right, begins = _splits(low)
    rows_a, rows_b = a.reshape(-1, 1 << low), b.reshape(-1, 1 << low)
    best = np.full_like(rows_a, np.iinfo(np.int64).max)
    for high_left, high_right in _disjoint_pairs(n - low):
        tried = combine(rows_a[high_left][left], rows_b[high_right][right])
        row = best[high_left | high_right]
        np.minimum(row, np.minimum.reduceat(tried, begins), out=row)
    return best.reshape(-1)


def split_of(m: int, *, a: IntArray, b: IntArray, value: int, combine: np.ufunc) -> int:
    """Return the ``s`` of `best_split` for subset ``m``; of several the smallest number."""
    stops = np.array([1 << i for i in members(m)], dtype=np.int64)
    choice = np.arange(1 << len(stops), dtype=np.int64)
    parts = ((choice[:, None] >> np.arange(len(stops)) & 1) * stops).sum(axis=1)
    return int(parts[np.flatnonzero(combine(a[parts], b[m ^ parts]) == value)[0]])


def _disjoint_pairs(bits: int) -> Iterator[tuple[int, int]]:
    """Yield every pair of disjoint subsets of so many elements."""
    for digits in product(range(3), repeat=bits):
        yield (
            sum(1 << i for i, digit in enumerate(digits) if digit == 1),
            sum(1 << i for i, digit in enumerate(digits) if digit == 2),
        )


def _splits(bits: int) -> tuple[IntArray, IntArray, IntArray]:
    """Return every split (left, right) of every subset, by subset, and where each subset begins."""
    pairs = np.array(list(_disjoint_pairs(bits)), dtype=np.int64).reshape(-1, 2)
    union = pairs[:, 0] | pairs[:, 1]
    pairs = pairs[np.lexsort((pairs[:, 0], union))]
    begins = np.concatenate([[0], np.cumsum(np.bincount(union))[:-1]])
    return pairs[:, 0], pairs[:, 1], begins.astype(np.int64)
