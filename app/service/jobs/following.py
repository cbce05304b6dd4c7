"""The events of a job as server-sent events, from whatever process the job runs in.

Between two looks at the store nothing is held: no thread, no transaction.
"""

from __future__ import annotations

import asyncio
import json
import signal
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from starlette.concurrency import run_in_threadpool

from data.store import Store, StoreUnavailableError, jobs
from data.store.tables import JobEventRecord

LOOK_S = 0.5
"""How often the store is asked for news."""
HEARTBEAT_S = 15.0
"""How long a stream is silent at most: proxies close those that are silent for long."""
RETRY_MS = 1000
"""What a browser waits before it comes back."""

_ending = threading.Event()

_FINAL = frozenset(status.value for status in jobs.FINAL)


@contextmanager
def streams_end_with_signals() -> Iterator[None]:
    """End all streams as soon as this process is told to stop: it waits for its answers to end.

    To be entered in the main thread, when whoever serves has set its own handlers.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def end(number: int, frame: FrameType | None) -> None:
        _ending.set()
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number in before:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _ending.clear()


async def is_over(store: Store, job_id: str, after: int) -> bool:
    """Return whether a job has ended and nothing happened to it after the event of this number."""

    def look() -> bool:
        with store.read() as tx:
            job = jobs.get(tx, job_id)
            ended = job is None or job.status in _FINAL
            return ended and not jobs.events(tx, job_id, after=after, limit=1)

    return await run_in_threadpool(look)


async def follow(store: Store, job_id: str, after: int) -> AsyncIterator[bytes]:
    """Yield the events of a job after the one of this number, until it has ended."""
    yield f"retry: {RETRY_MS}\n\n".encode()
    silent_s = 0.0
    while True:
        news = await _news(store, job_id, after)
        for event in news:
            yield _told(event)
            after, silent_s = event.seq, 0.0
            if event.kind in _FINAL:
                return
        if _ending.is_set():
            return  # the caller comes back, to whoever answers then
        await asyncio.sleep(LOOK_S)
        silent_s += LOOK_S
        if silent_s >= HEARTBEAT_S:
            if await _is_gone(store, job_id):
                return
            yield b": alive\n\n"
            silent_s = 0.0


async def _is_gone(store: Store, job_id: str) -> bool:
    """Return whether there is no such job any more."""

    def look() -> bool:
        with store.read() as tx:
            return jobs.campaign_of(tx, job_id) is None

    try:
        return await run_in_threadpool(look)
    except StoreUnavailableError:
        return False


async def _news(store: Store, job_id: str, after: int) -> Sequence[JobEventRecord]:
    """Return what is new; nothing from a store that does not answer, which is asked again."""

    def look() -> Sequence[JobEventRecord]:
        with store.read() as tx:
            return jobs.events(tx, job_id, after=after)

    try:
        return await run_in_threadpool(look)
    except StoreUnavailableError:
        return ()


def _told(event: JobEventRecord) -> bytes:
    data = json.dumps({"at": event.at.isoformat(), **event.data}, ensure_ascii=False)
    return f"id: {event.seq}\nevent: {event.kind}\ndata: {data}\n\n".encode()
