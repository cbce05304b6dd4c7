"""The making of a plan as a pure function: the files of a campaign in, the plan folder out."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from app.searching import Search, Stage
from app.service.jobs.executor import Files
from app.service.jobs.layout import CAMPAIGN, OUTCOME, PLAN, PREVIOUS
from app.service.jobs.summary import summary_of
from app.service.jobs.work import EndedError, Watch
from app.settings import RoadSettings
from app.usecases import Planned, plan_campaign
from app.wording import problems_json
from data.plan_json import plan_from_json
from data.store.unpacked import unpacked
from geo import matching

_UNDECIDED = frozenset({Stage.READING, Stage.ROADS, Stage.TARGETING, Stage.MATCHING})
"""Cancelled when it reaches one of these, there is nothing to keep."""
FIRST_TOUR_S = 3.0
"""A job that was cancelled before still has so long to find any tour to the postings it keeps."""


def plan(files: Mapping[str, bytes], parameters: Mapping[str, Any], watch: Watch) -> Files:
    """Plan a campaign; the same files and parameters give the same bytes, but for ``seconds``.

    Parameters
    ----------
    parameters
        ``created``, the moment that ``plan.json`` carries; ``seed``, ``gap``, ``seconds`` and
        ``change_penalty``, each null or absent for what the campaign or the matching has;
        ``roads``, the routing server and the file of its answers.

    Raises
    ------
    EndedError
        If it was cancelled before there was anything to keep.
    PlacardeError
        As `app.usecases.plan_campaign` does.
    """
    with unpacked(files) as folder:
        planned = plan_campaign(
            folder / CAMPAIGN,
            folder / PLAN,
            created=datetime.fromisoformat(parameters["created"]),
            seed=parameters.get("seed"),
            roads=_roads(parameters),
            search=_search(files, parameters, watch),
            progress=_unsaid,
        )
        return {**_content(folder, PLAN), OUTCOME: _outcome(planned)}


def _outcome(planned: Planned) -> bytes:
    problems = problems_json(planned.reading.problems)
    return json.dumps({"summary": summary_of(planned.plan), "problems": problems}).encode()


def _roads(parameters: Mapping[str, Any]) -> RoadSettings:
    given = parameters.get("roads") or {}
    settings = RoadSettings(given.get("server", ""))
    return RoadSettings(settings.server, Path(given.get("cache") or settings.cache))


def _search(files: Mapping[str, bytes], parameters: Mapping[str, Any], watch: Watch) -> Search:
    previous = plan_from_json(files[PREVIOUS]).plan if PREVIOUS in files else None
    gap = parameters.get("gap")
    told = _Told(watch, _deadline(parameters))
    return Search(
        effort=None if gap is None else matching.Effort(gap=gap),
        previous=previous,
        change_penalty=parameters.get("change_penalty") or 0.0,
        reached=told.reached,
        told=told.step,
        stop=told.stop,
        stop_tour=told.stop_tour,
    )


def _deadline(parameters: Mapping[str, Any]) -> float:
    seconds = parameters.get("seconds")
    return math.inf if seconds is None else time.monotonic() + seconds


@dataclass(slots=True)
class _Told:
    """Tells a watch what a search tells, and the search what the watch asks."""

    watch: Watch
    deadline: float
    touring_since: float = math.inf

    def reached(self, stage: Stage) -> None:
        if stage is Stage.TOURING:
            self.touring_since = time.monotonic()
        if stage in _UNDECIDED and self.watch.cancelled():
            raise EndedError
        self.watch.report({"stage": stage.value})

    def step(self, step: matching.Progress) -> None:
        figures = {"incumbent": step.objective, "bound": step.bound, "gap": step.gap}
        known = {name: value for name, value in figures.items() if math.isfinite(value)}
        self.watch.report({"stage": Stage.MATCHING.value, **known})

    def stop(self) -> str | None:
        if self.watch.cancelled():
            return "cancelled"
        return "seconds" if time.monotonic() > self.deadline else None

    def stop_tour(self) -> bool:
        """Return whether to end the search for a tour: never by a limit of the matching."""
        found_any_s = time.monotonic() - self.touring_since
        return found_any_s > FIRST_TOUR_S and self.watch.cancelled()


def _content(folder: Path, below: str) -> Files:
    """Return every file below a folder by its path, sorted."""
    found = (path for path in sorted((folder / below).rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def _unsaid(_: str) -> None:
    """Say nothing: what a job tells are its stages and figures."""
