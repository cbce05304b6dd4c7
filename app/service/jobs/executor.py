"""What runs a task somewhere else than in the process that answers requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

Files = dict[str, bytes]
Step = Mapping[str, Any]
"""How far a task is, as JSON: ``stage``, and ``incumbent``, ``bound``, ``gap`` where known."""


@dataclass(frozen=True, slots=True)
class Task:
    """A pure function by its name (see `app.service.jobs.work`), and what it is given."""

    name: str
    files: Mapping[str, bytes]
    parameters: Mapping[str, Any] = field(default_factory=dict)


class Asked(StrEnum):
    """What whoever waits for a task asks of it."""

    CANCEL = "cancel"  # end soon, and give back the best so far
    STOP = "stop"  # end at once; nothing is wanted any more


Report = Callable[[Step], None]
Ask = Callable[[], Asked | None]


class Executor(Protocol):
    """Where tasks run. The same task gives the same bytes on each."""

    def waits_for(self) -> str:
        """Return what must be there before a task can be run, as a sentence; empty: it can."""

    def run(self, task: Task, *, report: Report, asked: Ask) -> Files:
        """Run a task and return the files that it gives back.

        Parameters
        ----------
        report
            Called with each step, in this thread.
        asked
            Called often, in this thread.

        Raises
        ------
        StoppedError
            If it ended because it was asked to, with nothing to keep.
        FailedError
            If it cannot succeed, however often it is tried.
        CrashedError
            If it ended without an answer: it may succeed elsewhere.
        UnservedError
            If nobody is there any more who would run it.
        """

    def close(self) -> None:
        """Let go of processes and connections."""


class StoppedError(Exception):
    """A task ended because it was asked to, with nothing to keep."""


class FailedError(Exception):
    """A task cannot succeed: the reason, and the problems of its inputs as JSON."""

    def __init__(self, reason: str, problems: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.problems = tuple(problems)


class CrashedError(Exception):
    """A task ended without an answer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnservedError(Exception):
    """Nobody is there who would run a task: it waits, through no fault of its own."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
