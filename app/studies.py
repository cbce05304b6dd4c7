"""What a planner asks of plans: why, what differs, and what another budget would give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from data.read import read_campaign
from data.read_plan import PlanFolder, read_plan_folder
from data.write.budget_curve import check_curve_target, write_budget_curve
from data.write.order import order_zone_names
from geo import matching
from geo.compare import BudgetPoint, Comparison, compare, measure
from geo.errors import CampaignError, errors_among
from geo.matching import MatchingProblem
from geo.matching.explained.explain import (
    AgentStory,
    FaceStory,
    PlanStory,
    explain_agent,
    explain_face,
    explain_plan,
    standing_of,
)
from geo.matching.explained.limits import Margin, explain_margin
from geo.matching.explained.words import Context
from geo.model import Campaign
from geo.plan import Allocation, Status
from geo.targeting import target

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Explained:
    """What was asked about a plan; None where it was not asked, or the plan has no allocation."""

    folder: Path
    changed_inputs: tuple[str, ...]
    context: Context
    face: FaceStory | None
    agent: AgentStory | None
    summary: PlanStory | None
    margin: Margin | None


@dataclass(frozen=True, slots=True)
class Compared:
    """Two plan folders and how their allocations differ."""

    folder_a: Path
    folder_b: Path
    fairness_a: float
    fairness_b: float
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Swept:
    """A budget curve that was written."""

    folder: Path
    points: tuple[BudgetPoint, ...]


def explain_plan_folder(
    folder: Path, *, face_id: str | None, agent_id: str | None, summary: bool
) -> Explained:
    """Explain a face, an agent, the whole plan, from the plan folder alone.

    Of a plan without any allocation there is only the whole to explain.

    Raises
    ------
    PlanFolderError
        If the folder cannot be read back, or its campaign is no longer that of the plan.
    CampaignError
        If the campaign inside it has problems.
    UnknownNameError
        If there is no such face or agent.
    """
    found = read_plan_folder(folder)
    return explain_allocation(
        found.campaign,
        found.plan.allocation,
        folder=folder,
        changed_inputs=found.changed_inputs,
        face_id=face_id,
        agent_id=agent_id,
        summary=summary,
    )


def explain_allocation(
    campaign: Campaign,
    allocation: Allocation,
    *,
    folder: Path,
    changed_inputs: tuple[str, ...],
    face_id: str | None,
    agent_id: str | None,
    summary: bool,
) -> Explained:
    """Explain a face, an agent, the whole of an allocation, see `explain_plan_folder`.

    Raises
    ------
    UnknownNameError
        If there is no such face or agent.
    """
    eligibility = target(campaign)
    standing = standing_of(matching.build_problem(campaign, eligibility), allocation)
    zones = order_zone_names(campaign, eligibility=eligibility, faces=range(len(campaign.faces)))
    face = None if face_id is None else explain_face(standing, face_id)
    agent = None if agent_id is None else explain_agent(standing, agent_id, face_zones=zones)
    planned = allocation.status is not Status.INFEASIBLE
    whole = summary or not planned
    return Explained(
        folder,
        changed_inputs,
        context=Context(campaign, allocation, eligibility.excluded),
        face=face if planned else None,
        agent=agent if planned else None,
        summary=explain_plan(standing) if whole else None,
        margin=explain_margin(standing),
    )


def compare_plan_folders(folder_a: Path, folder_b: Path) -> Compared:
    """Compare the allocations of two plan folders.

    Raises
    ------
    PlanFolderError
        If a folder cannot be read back.
    CampaignError
        If the campaign inside one has problems.
    """
    a, b = read_plan_folder(folder_a), read_plan_folder(folder_b)
    return Compared(
        folder_a,
        folder_b,
        fairness_a=_fairness(a),
        fairness_b=_fairness(b),
        comparison=compare(a.plan.allocation, b.plan.allocation),
    )


def sweep_budgets(
    folder: Path,
    target_folder: Path,
    *,
    budgets_cents: Sequence[int],
    crs: Mapping[str, str] | None = None,
    force: bool,
    progress: Progress,
) -> Swept:
    """Match a campaign under each of these budgets, and write the curve that they make.

    Everything but the budget stays as the campaign says. Each allocation starts from the one
    before, so budgets had best ascend. What the planner confirms of the CRS of files is in `crs`,
    see `data.read.read_campaign`.

    Raises
    ------
    CampaignError
        If the inputs have problems; it carries all of them.
    OutputExistsError
        If `target_folder` may not be replaced. Said before the work, not after.
    """
    check_curve_target(target_folder, force=force)
    progress("Lecture de la campagne…")
    reading = read_campaign(folder, crs=crs)
    if reading.campaign is None:
        raise CampaignError(errors_among(reading.problems))
    campaign = reading.campaign
    problem = matching.build_problem(campaign, target(campaign))
    points: list[BudgetPoint] = []
    before: Allocation | None = None
    for number, cents in enumerate(budgets_cents, start=1):
        progress(f"Budget {number} sur {len(budgets_cents)}…")
        priced = replace(problem, budget_cents=cents)
        before = _solve(priced, before)
        points.append(_point(priced, before, cents))
    write_budget_curve(target_folder, points, name=campaign.name, force=force)
    return Swept(target_folder, tuple(points))


def spread_budgets(least_cents: int, most_cents: int, *, count: int) -> tuple[int, ...]:
    """Return `count` ≥ 2 budgets at even steps from the least to the most, in whole cents."""
    step = (most_cents - least_cents) / (count - 1)
    return tuple(round(least_cents + step * i) for i in range(count))


def _solve(problem: MatchingProblem, previous: Allocation | None) -> Allocation:
    feasible = previous is not None and previous.status is not Status.INFEASIBLE
    return matching.solve(problem, previous=previous if feasible else None)


def _point(problem: MatchingProblem, allocation: Allocation, cents: int) -> BudgetPoint:
    margin = explain_margin(standing_of(problem, allocation))
    return BudgetPoint(
        cents,
        allocation.status,
        measure(allocation),
        more_contacts=None if margin is None else margin.contacts,
    )


def _fairness(found: PlanFolder) -> float:
    return found.campaign.matching.fairness
