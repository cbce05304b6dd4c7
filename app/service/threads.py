"""A few threads for what is short and asked for often: more of them would fight for one lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync

Result = TypeVar("Result")
THREADS = 4
_limiter: RunVar[CapacityLimiter] = RunVar("placarde_short_reads")


async def in_a_few(work: Callable[[], Result]) -> Result:
    """Do short work in one of a few threads, and return what it returns."""
    try:
        limiter = _limiter.get()
    except LookupError:
        limiter = CapacityLimiter(THREADS)
        _limiter.set(limiter)
    return await run_sync(work, limiter=limiter)
