"""The maps of a plan: the three pages, and the officials' page of each zone of a level."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.read_plan import read_plan_folder
from data.write.atomic import whole_folder, write_file
from geo import matching
from geo.errors import OutputExistsError, PlanFolderError, Problem
from geo.french import NBSP
from geo.matching.explained.explain import standing_of
from geo.matching.explained.glance import Glances, glance
from geo.model import Campaign
from geo.plan import Plan, Status
from geo.targeting import Eligibility, target
from maps import INDEX_FILE, INDEX_MARK, render_by_zone, render_pages, render_zone_index

Progress = Callable[[str], None]

_STEM = "carte-elus-"
_MARKED_WITHIN = 2000  # bytes


@dataclass(frozen=True, slots=True)
class Mapped:
    """Maps that were written: the folder, the names of the files sorted by zone, their list."""

    folder: Path
    files: tuple[str, ...]
    index: str


def plan_pages(
    campaign: Campaign, plan: Plan, eligibility: Eligibility, *, problems: Sequence[Problem]
) -> dict[str, str]:
    """Return the three pages of a plan by file name, with the reasons of its postings."""
    glances = _glances(campaign, plan, eligibility)
    return render_pages(campaign, plan, eligibility, glances=glances, problems=problems)


def _glances(campaign: Campaign, plan: Plan, eligibility: Eligibility) -> Glances | None:
    if plan.allocation.status is Status.INFEASIBLE:
        return None
    problem = matching.build_problem(campaign, eligibility)
    try:
        return glance(standing_of(problem, plan.allocation))
    except PlanFolderError:
        # What a buyer answered may stand where the campaign allows it no more: not explained.
        return None


def map_by_zone(folder: Path, out: Path, *, level: str, force: bool, progress: Progress) -> Mapped:
    """Write the officials' page of each zone of a level, and their list, into a folder.

    The folder is written whole or not at all.

    Raises
    ------
    PlanFolderError
        If the plan folder cannot be read back.
    CampaignError
        If the campaign inside it has problems.
    UnknownNameError
        If the campaign has no zone of this level.
    OutputExistsError
        If `out` holds anything but such pages, or any without `force`.
    """
    place = out.resolve()
    _check_out(place, out, force=force)
    progress("Lecture du plan…")
    found = read_plan_folder(folder)
    progress("Cartes…")
    plan = (found.campaign, found.plan, target(found.campaign))
    pages = render_by_zone(*plan, level=level)
    index = {INDEX_FILE: render_zone_index(*plan, level=level)}
    with whole_folder(place, may_replace=lambda: force and _holds_maps_only(place)) as work:
        for name, html in {**pages, **index}.items():
            write_file(work / name, html.encode("utf-8"))
    return Mapped(out, tuple(pages), INDEX_FILE)


def _check_out(place: Path, said: Path, *, force: bool) -> None:
    if not place.exists() or (place.is_dir() and not any(place.iterdir())):
        return
    if not _holds_maps_only(place):
        raise OutputExistsError(
            f"{said} existe déjà et contient autre chose que ces cartes{NBSP}: ce n’est jamais "
            "remplacé."
        )
    if not force:
        raise OutputExistsError(f"{said} contient déjà ces cartes{NBSP}: --force les remplace.")


def _holds_maps_only(folder: Path) -> bool:
    """Return whether a folder holds nothing but pages that `map_by_zone` writes."""
    if not folder.is_dir():
        return False
    return all(_is_map(path) for path in folder.iterdir())


def _is_map(path: Path) -> bool:
    if path.name == INDEX_FILE:
        return path.is_file() and INDEX_MARK.encode() in path.read_bytes()[:_MARKED_WITHIN]
    return path.name.startswith(_STEM) and path.suffix == ".html"
