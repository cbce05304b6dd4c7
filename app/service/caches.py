"""Values that were made once, kept by what they were made from; the oldest go first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Cache(Generic[Value]):
    """Values of limited weight in all; safe to use from several threads.

    Parameters
    ----------
    most
        The greatest total weight; what weighs more by itself is not kept.
    weight
        Of a value.
    """

    def __init__(self, most: int, weight: Callable[[Value], int]) -> None:
        self._most = most
        self._weight = weight
        self._held: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._total = 0
        self._lock = Lock()

    def get(self, key: Hashable) -> Value | None:
        """Return a value; None if it is not kept."""
        with self._lock:
            found = self._held.get(key)
            if found is None:
                return None
            self._held.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: Value) -> Value:
        """Keep a value, letting go of those not asked for longest; return it."""
        weight = self._weight(value)
        if weight > self._most:
            return value
        with self._lock:
            if (old := self._held.pop(key, None)) is not None:
                self._total -= old[1]
            self._held[key] = value, weight
            self._total += weight
            while self._total > self._most:
                self._total -= self._held.popitem(last=False)[1][1]
        return value

    def get_or_make(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return a value, made where it is not kept; two threads may make it at once."""
        found = self.get(key)
        return self.put(key, make()) if found is None else found
