"""What was made once and still holds: kept by the state that it was made from, oldest out first.

The state is part of the key (`data.store.features`), so nothing here is ever stale: it is only no
longer asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import BoundedSemaphore, Semaphore

from fastapi import Request

from app.service.caches import Cache
from app.service.features.pages import EncodedPage, Extent
from app.service.features.plan_layers import PlanLayers
from app.service.settings import MIB
from data.store.marks import Mark

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
    states
        What told the state of a collection, and the mark of the store that it holds with.
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
    states: Cache[tuple[Mark, str]] = field(default_factory=lambda: Cache(1000, _one))
    streams: Semaphore = field(default_factory=lambda: BoundedSemaphore(MOST_STREAMS))


def caches(request: Request) -> Caches:
    """Return the caches of the service that answers a request."""
    state = request.app.state
    found: Caches | None = getattr(state, "feature_caches", None)
    if found is None:
        found = state.feature_caches = Caches()
    return found
