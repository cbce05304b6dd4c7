"""One piece of work in a process of its own, ended by the system where it does not end itself."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answered(Generic[T]):
    """What came back, and the seconds of processor that it took; None where nothing did."""

    value: T | None
    cpu_s: float


def answer_of(prepare: Callable[[], Callable[[], T]], *, most_s: float) -> Answered[T]:
    """Return what ``prepare()()`` does in a new process, within so many seconds of processor.

    What `prepare` itself takes is not counted. It has to be a function that another process can be
    sent: one of a module, or a `functools.partial` of one.
    """
    context = multiprocessing.get_context("spawn")  # a fork would begin with our memory
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(prepare, most_s, theirs))
    process.start()
    theirs.close()
    try:
        answered: Answered[T] = ours.recv()
    except EOFError:  # the system ended it
        return Answered(None, most_s)
    else:
        return answered
    finally:
        process.join()


def _send(prepare: Callable[[], Callable[[], T]], most_s: float, to: Connection) -> None:
    work = prepare()
    began = time.process_time()
    last = int(began + most_s) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (last, last))
    value = work()
    to.send(Answered(value, time.process_time() - began))
