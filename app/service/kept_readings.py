"""What was read of the polygons of campaigns, kept for the next edit.

Known by the version of what it was read from, or by the rows themselves: what was read to check an
edit is what the next edit begins from, and holds whether or not the edit was carried out.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import shapely

from data.read.edited import EditedRow

T = TypeVar("T")
MOST_KEPT = 16


class KeptReadings:
    """What was read of the polygons of campaigns, by the version of what it was read from."""

    def __init__(self) -> None:
        self.lock = threading.Lock()  # prepared polygons are not for two threads at once
        self._values: OrderedDict[tuple[object, ...], Any] = OrderedDict()

    def get(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """Return what `make` gave for a key, now or before."""
        if key not in self._values:
            self._values[key] = make()
        self._values.move_to_end(key)
        while len(self._values) > MOST_KEPT:
            self._values.popitem(last=False)
        found: T = self._values[key]
        return found


def digest_of(rows: Sequence[EditedRow]) -> tuple[str, str]:
    """Return the key of what is read of some rows: the same rows, the same reading."""
    told = [[row.number, sorted(row.cells.items())] for row in rows]
    digest = hashlib.sha256(json.dumps(told).encode())
    for shape in shapely.to_wkb([row.shape for row in rows]).tolist():
        digest.update(shape or b"-")
    return ("rows", digest.hexdigest())
