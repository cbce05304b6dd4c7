"""What a planner does with Placarde, as functions of plain values.

The command line and the API translate arguments, call one of these, and shape the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from app.mapping import plan_pages
from app.roads import OnRoads, given_out, plan_tour, put_on_roads, revised
from app.searching import Search, Stage
from app.settings import RoadSettings
from app.synthesis import SYNTHESIS_FILE, synthesis_file
from app.warm import is_warm
from data.isere import CAMPAIGN_FILES, campaign_folder
from data.read import Reading, clean_campaign, read_campaign
from data.read_plan import read_plan_folder
from data.write import check_target, write_plan_folder
from data.write.atomic import whole_folder, write_file
from data.write.cleaned import write_cleaned
from geo import matching
from geo.errors import CampaignError, OutputExistsError, errors_among
from geo.french import NBSP, percent
from geo.plan import Allocation, Plan
from geo.targeting import Eligibility, target
from geo.verify import Violation, verify

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan that was made and written, and the campaign that it was made from."""

    folder: Path
    reading: Reading
    plan: Plan


@dataclass(frozen=True, slots=True)
class Verified:
    """What `verify_plan` found in a plan folder."""

    plan: Plan
    violations: tuple[Violation, ...]


def make_plan(
    roads: OnRoads, *, progress: Progress, search: Search | None = None
) -> tuple[Plan, Eligibility]:
    """Match and tour a campaign on its roads; no file is read or written.

    Returns
    -------
    tuple
        The plan, and which agent may be on which face.
    """
    campaign, search = roads.campaign, search or Search()
    progress("Ciblage : quelles faces pour quels agents…")
    search.reached(Stage.TARGETING)
    eligibility = target(campaign)
    progress(
        f"Affectation : {len(campaign.agents)} portraits, {len(campaign.faces)} faces, "
        f"{campaign.periods.count} vagues…"
    )
    if not is_warm():
        progress("Première fois sur cette machine : compilation du calcul, une demi-minute…")
    search.reached(Stage.MATCHING)
    allocation = _matched(matching.build_problem(campaign, eligibility), search, progress=progress)
    search.reached(Stage.TOURING)
    if campaign.tour is not None:
        progress(f"Tournée : {len(campaign.maisons)} Maisons…")
    return Plan(campaign.seed, allocation, plan_tour(roads, stop=search.stop_tour)), eligibility


def _matched(
    problem: matching.MatchingProblem, search: Search, *, progress: Progress
) -> Allocation:
    def tell(step: matching.Progress) -> None:
        progress(f"  écart au meilleur possible : {percent(step.gap, 3)}")
        search.told(step)

    return matching.solve(
        problem,
        effort=search.effort,
        previous=None if search.previous is None else search.previous.allocation,
        change_penalty=search.change_penalty,
        progress=tell,
        stop=search.stop,
    )


def plan_campaign(
    folder: Path,
    target_folder: Path,
    *,
    created: datetime,
    seed: int | None = None,
    crs: Mapping[str, str] | None = None,
    force: bool = False,
    roads: RoadSettings | None = None,
    search: Search | None = None,
    progress: Progress,
) -> Planned:
    """Plan the campaign in `folder` and write the plan folder, whole or not at all.

    Parameters
    ----------
    created
        The date of creation that ``plan.json`` carries.
    seed
        Replaces the seed of the campaign file.
    crs
        What the planner confirms of the CRS of files, see `data.read.read_campaign`.
    force
        An older plan in `target_folder` is replaced.
    roads
        Which routing server is asked; none where it is not given.
    search
        How the plan is searched for, and who watches.

    Raises
    ------
    CampaignError
        If the inputs have problems; it carries all of them.
    OutputExistsError
        If `target_folder` exists and may not be replaced. Said before the work, not after.
    RoadsError
        If the routing server cannot be asked.
    """
    check_target(target_folder, force=force)
    search = search or Search()
    progress("Lecture de la campagne…")
    search.reached(Stage.READING)
    reading = read_campaign(folder, crs=crs)
    if reading.campaign is None:
        raise CampaignError(errors_among(reading.problems))
    seeded = reading.campaign if seed is None else replace(reading.campaign, seed=seed)
    search.reached(Stage.ROADS)
    on_roads = put_on_roads(seeded, roads or RoadSettings(), progress=progress)
    campaign = on_roads.campaign
    made, eligibility = make_plan(on_roads, progress=progress, search=search)
    before = given_out(target_folder) if search.previous is None else search.previous.tour
    plan = replace(made, tour=revised(made.tour, before))
    progress("Cartes…")
    search.reached(Stage.DRAWING)
    pages = plan_pages(campaign, plan, eligibility, problems=reading.problems)
    synthesis = synthesis_file(campaign, plan, eligibility)
    progress("Écriture du plan…")
    search.reached(Stage.WRITING)
    write_plan_folder(
        target_folder,
        campaign_folder=folder,
        campaign=campaign,
        eligibility=eligibility,
        plan=plan,
        pages=pages,
        rejects=reading.rejects,
        created=created,
        force=force,
        extras={SYNTHESIS_FILE: synthesis},
    )
    return Planned(target_folder, reading, plan)


def clean_into(
    target_folder: Path, *, folder: Path, crs: Mapping[str, str] | None = None
) -> tuple[Reading, tuple[str, ...]]:
    """Write a campaign folder cleaned, see `data.write.cleaned`.

    Returns
    -------
    tuple
        What was read, and the names of the files written: none if the campaign file or a table
        cannot be read at all.

    Raises
    ------
    OutputExistsError
        If there is something in `target_folder`.
    """
    cleaned = clean_campaign(folder, crs=crs)
    if not cleaned.tables:
        return cleaned.reading, ()
    return cleaned.reading, write_cleaned(target_folder, folder=folder, cleaned=cleaned)


def verify_plan(folder: Path) -> Verified:
    """Check every rule of a plan again, from its folder alone.

    Raises
    ------
    PlanFolderError
        If the folder cannot be read back.
    CampaignError
        If the campaign inside it has problems.
    """
    found = read_plan_folder(folder)
    violations = verify(
        found.campaign, found.plan, found.order, changed_inputs=found.changed_inputs
    )
    return Verified(found.plan, violations)


def copy_demo(target_folder: Path, *, force: bool) -> None:
    """Copy the embedded Isère campaign into a folder.

    Raises
    ------
    OutputExistsError
        If there is a copy already and `force` is not given, or anything else.
    """
    place = target_folder.resolve()
    if place.exists() and not _is_demo_copy(place):
        raise OutputExistsError(
            f"{target_folder} existe déjà et n’est pas la campagne embarquée{NBSP}: "
            "ce n’est jamais remplacé."
        )
    if place.exists() and not force and any(place.iterdir()):
        raise OutputExistsError(
            f"{target_folder} contient déjà la campagne embarquée{NBSP}: --force la remplace."
        )
    source = campaign_folder()
    with whole_folder(place, may_replace=lambda: force and _is_demo_copy(place)) as work:
        for name in CAMPAIGN_FILES:
            write_file(work / name, (source / name).read_bytes())


def _is_demo_copy(folder: Path) -> bool:
    """Return whether a folder holds no file but those that `copy_demo` puts there."""
    if not folder.is_dir():
        return False
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return files <= set(CAMPAIGN_FILES)
