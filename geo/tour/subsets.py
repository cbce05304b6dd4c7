"""Sets of stops as numbers: subset ``m`` holds stop ``i`` where bit ``i`` of m is 1."""

from __future__ import annotations


def members(subset: int) -> list[int]:
    """Return the stops of a subset, in order."""
    return [i for i in range(subset.bit_length()) if subset >> i & 1]
