"""The round trip of an order: what the buyer answered, and what went up on the walls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from app.mapping import plan_pages
from app.synthesis import SYNTHESIS_FILE, synthesis_file
from data.read import read_campaign
from data.read.returned import ReadReturned, read_returned
from data.read_plan import PlanFolder, read_plan_folder
from data.write import check_target, write_plan_folder
from data.write.campaign_copy import write_campaign_update
from data.write.changes import CHANGES_FILE, PROOFS_FILE, changes_csv, proofs_csv
from data.write.order import order_lines
from geo import matching
from geo.errors import (
    CampaignError,
    OutputExistsError,
    PlanFolderError,
    Problem,
    Where,
    errors_among,
)
from geo.french import NBSP, listed
from geo.model import Campaign
from geo.order import ChangedLine, LineRecord, LineState, changed_lines
from geo.plan import Allocation, Plan, Posting, Status
from geo.reconcile import (
    Reconciliation,
    check_proofs,
    check_update,
    reconcile,
    updated_campaign,
)
from geo.reconcile.proof import Proofs
from geo.targeting import target

Progress = Callable[[str], None]

CHANGE_PENALTY = 1.0
"""A line that is not firm gives way only for what is worth an average line more."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """An order that came back, and the plan that was made of it.

    `found` is None where the file held proofs, and `proofs` where it held the order.
    """

    folder: Path
    campaign: Campaign
    plan: Plan
    found: Reconciliation | None
    proofs: Proofs | None
    changes: tuple[ChangedLine, ...]
    warnings: tuple[Problem, ...]


def reconcile_plan_folder(
    folder: Path,
    returned_file: Path,
    target_folder: Path,
    *,
    accept_proposals: bool,
    created: datetime,
    force: bool,
    progress: Progress,
) -> Reconciled:
    """Hold a returned file against the order of a plan folder, and write what comes of it.

    Nothing in `folder` is changed.

    Parameters
    ----------
    returned_file
        The order with the buyer's answers, or the proofs of posting.
    target_folder
        The new plan folder, written whole or not at all.
    accept_proposals
        Carry out what is only likely, too.

    Raises
    ------
    CampaignError
        If the returned file has problems, or asks for what the rules forbid; carries all of them.
    PlanFolderError
        If the folder cannot be read back, or its inputs are no longer those of the plan.
    OutputExistsError
        If `target_folder` may not be replaced. Said before the work, not after.
    """
    check_target(target_folder, force=force)
    if target_folder.resolve() == folder.resolve():
        raise OutputExistsError(
            f"{target_folder} est le plan que l’on compare{NBSP}: donnez un autre dossier à --out."
        )
    progress("Lecture du plan…")
    before = read_plan_folder(folder)
    if before.changed_inputs:
        names = listed(before.changed_inputs)
        raise PlanFolderError(f"{folder}{NBSP}: {names} a changé depuis le calcul du plan.")
    progress("Lecture du retour…")
    came_back = read_returned(returned_file)
    writer = _Writer(before, target_folder, created, force, progress)
    if came_back.rows is not None:
        return _prove(writer, came_back, accept_proposals=accept_proposals)
    return _answer(writer, came_back, accept_proposals=accept_proposals)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Where the new plan goes, and how its writing is told."""

    before: PlanFolder
    target: Path
    created: datetime
    force: bool
    progress: Progress

    def write(
        self, campaign: Campaign, plan: Plan, *, campaign_folder: Path, extras: dict[str, bytes]
    ) -> None:
        """Write the plan folder."""
        eligibility = target(campaign)
        self.progress("Cartes…")
        pages = plan_pages(campaign, plan, eligibility, problems=())
        self.progress("Écriture du plan…")
        write_plan_folder(
            self.target,
            campaign_folder=campaign_folder,
            campaign=campaign,
            eligibility=eligibility,
            plan=plan,
            pages=pages,
            rejects=self.before.rejects,
            created=self.created,
            force=self.force,
            extras={SYNTHESIS_FILE: synthesis_file(campaign, plan, eligibility), **extras},
        )


def _prove(writer: _Writer, came_back: ReadReturned, *, accept_proposals: bool) -> Reconciled:
    """Note what is proven to be posted; the plan itself stays as it is."""
    before = writer.before
    proofs = check_proofs(
        before.campaign,
        before.plan,
        came_back.returned,
        came_back.rows or (),
        accept_proposals=accept_proposals,
    )
    if errors := (*came_back.errors, *errors_among(proofs.problems)):
        raise CampaignError(errors)
    plan = replace(before.plan, order=proofs.records)
    extras = {PROOFS_FILE: proofs_csv(before.order, proofs.proofs)}
    writer.write(before.campaign, plan, campaign_folder=before.campaign_folder, extras=extras)
    warnings = (*came_back.warnings, *proofs.problems)
    return Reconciled(writer.target, before.campaign, plan, None, proofs, (), warnings)


def _answer(writer: _Writer, came_back: ReadReturned, *, accept_proposals: bool) -> Reconciled:
    """Carry out the buyer's answers, and plan again what they leave open."""
    before, returned = writer.before, came_back.returned
    found = reconcile(before.campaign, before.plan, returned, accept_proposals=accept_proposals)
    updated = updated_campaign(before.campaign, found)
    kept = check_update(updated, target(updated), found, returned)
    if problems := (*came_back.errors, *found.problems, *kept):
        raise CampaignError((*problems, *found.warnings))
    with TemporaryDirectory(prefix="placarde-") as name:
        copy = Path(name)
        write_campaign_update(before.campaign_folder, copy, before=before.campaign, after=updated)
        reading = read_campaign(copy)
        if reading.campaign is None:
            raise CampaignError(errors_among(reading.problems))
        # What a routing server once answered is in the plan folder, not in the campaign's files.
        travel = before.campaign.travel
        campaign = replace(reading.campaign, seed=before.plan.seed, travel=travel)
        writer.progress("Affectation de ce qui reste ouvert…")
        allocation = _solve(campaign, before.plan.allocation, file=returned.file)
        records = _records(found, before.plan.allocation, allocation)
        plan = Plan(before.plan.seed, allocation, before.plan.tour, records)
        changes = _changes(before, campaign, plan)
        extras = {CHANGES_FILE: changes_csv(changes)}
        writer.write(campaign, plan, campaign_folder=copy, extras=extras)
    warnings = tuple(sorted((*came_back.warnings, *found.warnings)))
    return Reconciled(writer.target, campaign, plan, found, None, changes, warnings)


def _solve(campaign: Campaign, previous: Allocation, *, file: str) -> Allocation:
    """Plan again around the locks, changing as little else as pays.

    Raises
    ------
    CampaignError
        If the locks cannot hold together.
    """
    problem = matching.build_problem(campaign, target(campaign))
    allocation = matching.solve(problem, previous=previous, change_penalty=CHANGE_PENALTY)
    if allocation.status is Status.INFEASIBLE:
        raise CampaignError(
            Problem(Where(file), shortfall.code, shortfall.message)
            for shortfall in allocation.shortfalls
        )
    return allocation


def _records(
    found: Reconciliation, before: Allocation, after: Allocation
) -> tuple[LineRecord, ...]:
    """Return where every line stands: what the new plan dropped is cancelled."""
    posted = set(after.postings)
    records = {Posting(r.period, r.face_id, r.agent_id): r for r in found.records}
    for posting in set(before.postings) - posted:
        record = records.get(posting)
        if record is None or not record.state.is_closed:
            note = record.note if record is not None else ""
            place = posting.period, posting.face_id, posting.agent_id
            records[posting] = LineRecord(*place, LineState.CANCELLED, note=note)
    open_again = (p for p, record in records.items() if record.state.is_closed and p in posted)
    for posting in tuple(open_again):
        del records[posting]
    return tuple(sorted(records.values()))


def _changes(before: PlanFolder, campaign: Campaign, plan: Plan) -> tuple[ChangedLine, ...]:
    """Return the lines of the order that are not what they were."""
    portraits = {agent.agent_id: agent.portrait_id for agent in campaign.agents}
    states = _closed(plan.order, portraits)
    old = [
        replace(line, state=states.get((line.period, line.face_id, line.visual), line.state))
        for line in before.order
    ]
    return changed_lines(old, order_lines(campaign, eligibility=target(campaign), plan=plan))


def _closed(
    records: Iterable[LineRecord], portraits: dict[str, str]
) -> dict[tuple[int, str, str], str]:
    return {
        (record.period, record.face_id, portraits[record.agent_id]): record.state.value
        for record in records
        if record.state.is_closed
    }
