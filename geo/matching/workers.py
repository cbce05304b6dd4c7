"""Threads that share the faces of one network, so that sums do not depend on how many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

CHUNK_FACES = 2048
"""Faces in one unit of work; fixed, so that sums are always added in the same order."""


def chunks_of(n_faces: int) -> list[tuple[int, int]]:
    """Return the bounds of the units of work; at least one, perhaps empty."""
    starts = range(0, max(n_faces, 1), CHUNK_FACES)
    return [(start, min(start + CHUNK_FACES, n_faces)) for start in starts]


class Workers:
    """A pool of threads for compiled kernels, which hold no interpreter lock."""

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count) if count > 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def map(self, work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """Return ``work(item)`` for each item, in order."""
        if self._pool is None or len(items) < 2:
            return [work(item) for item in items]
        return list(self._pool.map(work, items))
