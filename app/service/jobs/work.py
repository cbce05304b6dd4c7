"""What may run in a process of its own: a closed list of pure functions, files in and files out."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from app.service.jobs.executor import CrashedError, FailedError, Files, Step, StoppedError, Task
from app.wording import problems_json
from geo.errors import CampaignError, PlacardeError

logger = logging.getLogger("placarde.jobs")

WORK: Mapping[str, str] = {
    "plan": "app.service.jobs.planning:plan",
    "read-campaign": "app.service.plan_work:read_apart",
    "revise": "app.service.plan_work:revise",
    "withdraw": "app.service.plan_work:withdraw",
    "export": "app.service.plan_work:export",
    "explain": "app.service.plan_work:explain",
    "reconcile": "app.service.plan_work:reconcile",
    "remarks": "app.service.plan_work:gather",
}
"""The functions by name: each is given files, parameters and a `Watch`, and returns files."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who watches a function at work: is told of its steps, and may have asked to cancel."""

    report: Callable[[Step], None]
    cancelled: Callable[[], bool]


class EndedError(Exception):
    """Cancelled before there was anything to keep."""


Head = dict[str, Any]


def attempt(task: Task, watch: Watch) -> tuple[Head, Files]:
    """Run a task and return how it ended, as JSON, and its files; nothing is raised.

    What is not expected is told by its kind and the places in the code that it went through, and
    never by its message: that may repeat a cell.
    """
    try:
        return {"kind": "done"}, function_of(task.name)(task.files, task.parameters, watch)
    except EndedError:
        return {"kind": "ended"}, {}
    except CampaignError as error:
        problems = problems_json(error.problems)
        return {"kind": "failed", "reason": "The inputs have problems.", "problems": problems}, {}
    except PlacardeError as error:
        return {"kind": "failed", "reason": str(error), "problems": []}, {}
    except (OSError, MemoryError) as error:  # of the machine: another one may do better
        logger.warning("task %s: %s", task.name, type(error).__name__)
        return {
            "kind": "crashed",
            "reason": f"{type(error).__name__} on the machine that ran it",
        }, {}
    except Exception as error:  # noqa: BLE001 -- whatever happens is told to whoever waits
        logger.error("task %s: %s", task.name, _where(error))  # noqa: TRY400 -- not its message
        reason = f"Something went wrong ({type(error).__name__}); the log tells where."
        return {"kind": "failed", "reason": reason, "problems": []}, {}


def function_of(name: str) -> Callable[[Mapping[str, bytes], Mapping[str, Any], Watch], Files]:
    """Return a function of the list, imported.

    Raises
    ------
    KeyError
        If it is not on the list.
    """
    module, _, function = WORK[name].partition(":")
    found: Callable[[Mapping[str, bytes], Mapping[str, Any], Watch], Files]
    found = getattr(import_module(module), function)
    return found


def answer_of(head: Mapping[str, Any], files: Files) -> Files:
    """Return the files of a task that `attempt` ended well.

    Raises
    ------
    StoppedError, FailedError, CrashedError
        As it ended otherwise.
    """
    if head["kind"] == "done":
        return files
    if head["kind"] == "ended":
        raise StoppedError
    if head["kind"] == "failed":
        raise FailedError(head["reason"], head["problems"])
    raise CrashedError(head["reason"])


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} in {places}"
