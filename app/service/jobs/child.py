"""A process for one task: ``python -m app.service.jobs.child FOLDER``, fed by its parent.

It imports what it may need, waits for its task, answers and ends: no task sees anything of another.
Where its parent is gone it ends too, whatever it is doing, and leaves no file behind.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
import threading
from importlib import import_module
from typing import Any, BinaryIO

from app.service.jobs.executor import Step, Task
from app.service.jobs.frames import receive, send
from app.service.jobs.work import WORK, Watch, attempt

NICE = 10
"""Requests come first."""


def main() -> None:
    """Run one task."""
    os.nice(NICE)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    orders, answers = sys.stdin.buffer, _own_output()
    home = sys.argv[1]
    tempfile.tempdir = os.environ["TMPDIR"] = home
    try:
        for place in sorted(WORK.values()):
            import_module(place.partition(":")[0])
        first = receive(orders)
        if first is not None:
            _answer(orders, answers, *first, home=home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _answer(
    orders: BinaryIO, answers: BinaryIO, head: dict[str, Any], files: dict[str, bytes], *, home: str
) -> None:
    cancelled, telling = threading.Event(), threading.Lock()

    def report(step: Step) -> None:
        with telling:
            send(answers, {"kind": "step", "step": dict(step)})

    threading.Thread(target=_listen, args=(orders, cancelled, home), daemon=True).start()
    task = Task(head["name"], files, head["parameters"])
    ended, given = attempt(task, Watch(report, cancelled.is_set))
    send(answers, ended, given)


def _listen(orders: BinaryIO, cancelled: threading.Event, home: str) -> None:
    """Wait for the word to cancel, or for the end of whoever gives it."""
    while receive(orders) is not None:
        cancelled.set()
    shutil.rmtree(home, ignore_errors=True)
    os._exit(1)


def _own_output() -> BinaryIO:
    """Return what was standard output; whatever a library prints goes to standard error."""
    own = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(own, "wb")


if __name__ == "__main__":
    main()
