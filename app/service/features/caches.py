"""What was made once and still holds: kept by the state that it was made from, oldest out first.

The state is part of the key (`data.store.features`), so nothing here is ever stale: it is only no
longer asked for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Lock, Semaphore
from typing import Generic, TypeVar

from fastapi import Request

from app.service.features.pages import EncodedPage, Extent
from app.service.features.plan_layers import PlanLayers
from app.service.settings import MIB

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


PAGE_BYTES = 64 * MIB
LAYER_FEATURES = 100_000
MOST_STREAMS = 4
_OVERHEAD = 500


def _one(_value: object) -> int:
    return 1


@dataclass(frozen=True)
class Caches:
    """What one service keeps to answer faster, and how much of it at once.

    Parameters
    ----------
    pages
        Encoded pages.
    layers
        Plans as features.
    extents
        Where and when the features of collections are.
    streams
        Places for those who read a whole input.
    """

    pages: Cache[EncodedPage] = field(
        default_factory=lambda: Cache(PAGE_BYTES, lambda page: len(page.features) + _OVERHEAD)
    )
    layers: Cache[PlanLayers] = field(
        default_factory=lambda: Cache(LAYER_FEATURES, lambda layers: len(layers) + 1)
    )
    extents: Cache[Extent] = field(default_factory=lambda: Cache(1000, _one))
    streams: Semaphore = field(default_factory=lambda: BoundedSemaphore(MOST_STREAMS))


def caches(request: Request) -> Caches:
    """Return the caches of the service that answers a request."""
    state = request.app.state
    found: Caches | None = getattr(state, "feature_caches", None)
    if found is None:
        found = state.feature_caches = Caches()
    return found
