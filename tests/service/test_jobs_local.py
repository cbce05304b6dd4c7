"""Jobs run in processes of this machine: the same bytes each time, and nothing left behind."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from app.service.errors import ApiError
from app.service.jobs import patience, run_child
from app.service.jobs.executor import Asked, CrashedError, FailedError, StoppedError
from app.service.jobs.frames import receive, send
from app.service.jobs.layout import CAMPAIGN, OUTCOME, PLAN
from app.service.jobs.local import Child, LocalExecutor
from app.service.jobs.work import Watch, answer_of, attempt
from app.usecases import verify_plan
from data.store.unpacked import unpacked
from tests.service.campaigns import crowded_files, plan_task
from tests.service.tiny import tiny_files

pytestmark = pytest.mark.slow

PATIENCE_S = 300.0


@pytest.fixture(scope="module")
def executor() -> Iterator[LocalExecutor]:
    made = LocalExecutor()
    made.prepare()
    yield made
    made.close()


def nothing(_step: Any) -> None:
    """Take no notice."""


def test_a_task_gives_the_same_bytes_each_time(executor: LocalExecutor) -> None:
    steps: list[str] = []
    task = plan_task(tiny_files())
    first = executor.run(task, report=lambda s: steps.append(s["stage"]), asked=lambda: None)
    second = executor.run(task, report=nothing, asked=lambda: None)
    assert first == second
    assert list(dict.fromkeys(steps)) == [
        "reading",
        "roads",
        "targeting",
        "matching",
        "touring",
        "drawing",
        "writing",
    ]
    outcome = json.loads(first[OUTCOME])
    assert outcome["summary"]["allocation"]["postings"] > 0
    assert {f"{PLAN}plan.json", f"{PLAN}{CAMPAIGN}campaign.toml"} <= first.keys()
    assert _violations(first) == ()


def test_a_task_that_is_cancelled_gives_back_a_plan_that_keeps_every_rule(
    executor: LocalExecutor,
) -> None:
    steps: list[str] = []
    files = executor.run(
        plan_task(crowded_files(), gap=0.0),
        report=lambda step: steps.append(step["stage"]),
        asked=lambda: Asked.CANCEL if "matching" in steps else None,
    )
    assert json.loads(files[OUTCOME])["summary"]["allocation"]["stopped_by"] == "cancelled"
    assert _violations(files) == ()


def test_a_task_that_is_cancelled_before_it_has_anything_gives_nothing_back() -> None:
    head, files = attempt(plan_task(tiny_files()), Watch(nothing, lambda: True))
    with pytest.raises(StoppedError):
        answer_of(head, files)


def test_a_cancelled_task_that_cannot_end_by_itself_is_ended_from_outside(
    executor: LocalExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "EMPTY_S", 0.0)
    (child,) = executor._spares
    held: list[str] = []

    def hold(step: Any) -> None:
        os.kill(child._process.pid, signal.SIGSTOP)  # as in a computation that looks at nothing
        held.append(step["stage"])

    with pytest.raises(StoppedError):
        executor.run(
            plan_task(tiny_files()),
            report=hold,
            asked=lambda: Asked.CANCEL if held else None,
        )
    assert "writing" not in held
    assert not child.alive


def test_a_task_that_is_stopped_ends_its_process_at_once(executor: LocalExecutor) -> None:
    steps: list[str] = []
    with pytest.raises(StoppedError):
        executor.run(
            plan_task(tiny_files()),
            report=lambda step: steps.append(step["stage"]),
            asked=lambda: Asked.STOP if steps else None,
        )
    assert "writing" not in steps


def test_a_task_whose_process_is_killed_has_crashed(executor: LocalExecutor) -> None:
    (child,) = executor._spares

    def kill(_step: Any) -> None:
        os.kill(child._process.pid, signal.SIGKILL)

    with pytest.raises(CrashedError, match="status -9"):
        executor.run(plan_task(crowded_files(), gap=0.0), report=kill, asked=lambda: None)


def test_a_process_that_died_while_it_waited_is_not_used(executor: LocalExecutor) -> None:
    (spare,) = executor._spares
    spare._process.kill()
    spare._process.wait()
    taken = executor._taken()
    assert taken is not spare
    assert taken.alive
    taken.discard()


def test_problems_of_the_inputs_come_back_all_at_once() -> None:
    files = tiny_files()
    files["inventaire.csv"] = files["inventaire.csv"].replace(b"45.", b"nord ")
    head, given = attempt(plan_task(files), Watch(nothing, lambda: False))
    with pytest.raises(FailedError) as caught:
        answer_of(head, given)
    assert len(caught.value.problems) > 1
    assert {problem["file"] for problem in caught.value.problems} == {"inventaire.csv"}


def test_a_process_whose_parent_is_killed_ends_and_leaves_no_file(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT],
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    last = time.monotonic() + PATIENCE_S
    while _is_there(child) or any(tmp_path.iterdir()):
        assert time.monotonic() < last, (child, list(tmp_path.iterdir()))
        time.sleep(0.05)


_PARENT = """
import os
from app.service.jobs.local import Child
from tests.service.campaigns import plan_task
from tests.service.tiny import tiny_files
child = Child()
def tell(step):
    print(child._process.pid, flush=True)
child.run(plan_task(tiny_files()), report=tell, asked=lambda: None)
"""


def test_a_child_sees_no_secret_of_the_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PLACARDE_DATABASE_URL", "postgresql+psycopg://me:pa55word@host/base")
    child = Child()
    environment = Path(f"/proc/{child._process.pid}/environ").read_bytes()
    home = Path(child._home)
    assert home.is_dir()
    child.discard()
    assert not home.exists()
    assert b"pa55word" not in environment
    assert b"OMP_NUM_THREADS=1" in environment


def test_what_a_request_asks_for_is_made_in_a_process_too() -> None:
    task = plan_task(tiny_files())
    with pytest.raises(ApiError) as late:
        run_child(task.name, task.files, task.parameters, seconds=0.0)
    assert (late.value.status, "Retry-After" in late.value.headers) == (503, True)
    with pytest.raises(ApiError) as refused:
        run_child("plan", {}, task.parameters, seconds=PATIENCE_S)
    assert (refused.value.status, refused.value.code) == (422, "input-problems")
    assert refused.value.extra["problems"]
    with pytest.raises(KeyError):
        run_child("os:system", {})


def test_messages_come_through_whole_or_not_at_all() -> None:
    stream = io.BytesIO()
    send(stream, {"kind": "done"}, {"a/é.csv": b"1\n2", "b": b""})
    whole = stream.getvalue()
    assert receive(io.BytesIO(whole)) == ({"kind": "done"}, {"a/é.csv": b"1\n2", "b": b""})
    for size in range(len(whole)):
        assert receive(io.BytesIO(whole[:size])) is None


def _violations(files: dict[str, bytes]) -> tuple[object, ...]:
    with unpacked(files) as folder:
        return tuple(verify_plan(folder / PLAN).violations)


def _is_there(pid: int) -> bool:
    with suppress(OSError):
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    return False
