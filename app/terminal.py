"""How commands talk, and how they end: words, one JSON document, an exit status."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from enum import IntEnum

from app import wording
from geo.errors import CampaignError, OutputExistsError, PlacardeError, UnknownNameError


class Exit(IntEnum):
    """What the exit status of every command means."""

    DONE = 0
    PROBLEMS = 1  # the inputs have problems, or `verify` found a violation
    USAGE = 2
    SHORTFALL = 3  # planned, but something asked for could not be done


def guarded(work: Callable[[], int], *, as_json: bool) -> int:
    """Run `work`, and turn what Placarde or the system refuses into words and a status."""
    try:
        return work()
    except CampaignError as error:
        if as_json:
            say_json({"ok": False, "problems": wording.problems_json(error.problems)})
        else:
            say(wording.problem_lines(error.problems), to_stderr=True)
        return Exit.PROBLEMS
    except (OutputExistsError, UnknownNameError) as error:
        _refuse(str(error), as_json=as_json)
        return Exit.USAGE
    except PlacardeError as error:
        _refuse(str(error), as_json=as_json)
        return Exit.PROBLEMS
    except BrokenPipeError:
        raise  # nobody reads on: typer ends without a word
    except OSError as error:
        _refuse(wording.system_line(error), as_json=as_json)
        return Exit.USAGE


def _refuse(message: str, *, as_json: bool) -> None:
    if as_json:
        say_json({"ok": False, "error": message})
    else:
        say([message], to_stderr=True)


def now() -> datetime:
    """Return the date of creation: now, or SOURCE_DATE_EPOCH where a reproducible build sets it."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        return datetime.now(UTC).replace(microsecond=0)
    return datetime.fromtimestamp(int(epoch), UTC)


def say_progress(message: str) -> None:
    """Say what is being done, beside the answer."""
    say([message], to_stderr=True)


def say(lines: Iterable[str], *, to_stderr: bool = False) -> None:
    """Write lines at once."""
    stream = sys.stderr if to_stderr else sys.stdout
    stream.writelines(f"{line}\n" for line in lines)
    stream.flush()


def say_json(document: Mapping[str, object]) -> None:
    """Write the one JSON document of a command."""
    say([json.dumps(document, ensure_ascii=False, indent=2)])
