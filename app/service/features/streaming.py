"""A whole input as one GeoJSON file, written while it is read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import chain
from threading import Semaphore

from app.service.errors import RETRY_AFTER_S, ApiError
from app.service.features.collections import Collection
from app.service.features.encoding import encoded, writer_of
from app.service.features.reference import CRS84
from data.store import Store, features

AT_ONCE = 500
LONGEST_S = 120.0


class SlowReaderError(Exception):
    """Whoever reads a stream takes longer than a transaction may stay open."""


def stream(
    store: Store, campaign_id: str, collection: Collection, *, prices: bool, places: Semaphore
) -> Iterator[bytes]:
    """Return the parts of a FeatureCollection with every feature of an input.

    One transaction reads them all, so that they are of one state; it is open for `LONGEST_S` at the
    most, and as many are at once as there are `places`. The first part is made before this returns:
    what goes wrong with the store goes wrong here.

    Raises
    ------
    ApiError
        503 where too many streams are open.
    """
    if not places.acquire(blocking=False):
        wait = {"Retry-After": str(RETRY_AFTER_S)}
        detail = "Too many people read whole inventories just now."
        raise ApiError(503, "too-many-streams", detail, headers=wait)
    parts = _parts(store, campaign_id, collection, prices=prices, places=places)
    return chain([next(parts)], parts)


def _parts(
    store: Store, campaign_id: str, collection: Collection, *, prices: bool, places: Semaphore
) -> Iterator[bytes]:
    write = writer_of(collection.shown(prices=prices))
    ends = time.monotonic() + LONGEST_S
    before = b'{"type":"FeatureCollection","features":['
    try:
        with store.read() as tx:
            kind = collection.collection_id
            for found in features.every(tx, campaign_id, kind, at_once=AT_ONCE):
                if time.monotonic() > ends:
                    raise SlowReaderError
                ids = [row.row_id for row in found.rows]
                properties = [write(row.cells) for row in found.rows]
                yield before + b"\n" + encoded(ids, properties, found.shapes, CRS84)
                before = b","
        yield (b"" if before == b"," else before) + b"\n]}\n"
    finally:
        places.release()
