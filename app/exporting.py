"""What is written of a plan for somebody in particular, when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.synthesis import synthesis_of
from data.read_plan import read_plan_folder
from data.write.exports import EXPORTS, Source, check_export_target, write_exports
from data.write.press import PRESS
from data.write.promotion import WEB
from geo.consent import consent_days
from geo.errors import PlanFolderError
from geo.french import NBSP, listed

Progress = Callable[[str], None]

KINDS = tuple(EXPORTS)
_MEDIA = {"meta": WEB, "presse": PRESS}


@dataclass(frozen=True, slots=True)
class Exported:
    """A folder of exports: its files, and how many portraits each medium may not show."""

    folder: Path
    files: tuple[str, ...]
    without_consent: dict[str, int]


def export_plan_folder(
    folder: Path,
    target_folder: Path,
    *,
    kinds: Sequence[str],
    advertiser: str = "",
    buyer: str = "",
    force: bool,
    progress: Progress,
) -> Exported:
    """Write exports of a plan folder, all of them or none.

    Parameters
    ----------
    kinds
        Among `KINDS`.
    advertiser, buyer
        Names for the purchase order.

    Raises
    ------
    PlanFolderError
        If the folder cannot be read back, or its inputs are no longer those of the plan.
    CampaignError
        If the campaign inside it has problems.
    OutputExistsError
        If `target_folder` may not be replaced. Said before the work, not after.
    """
    check_export_target(target_folder, force=force)
    progress("Lecture du plan…")
    found = read_plan_folder(folder)
    if found.changed_inputs:
        names = listed(found.changed_inputs)
        raise PlanFolderError(f"{folder}{NBSP}: {names} a changé depuis le calcul du plan.")
    progress("Écriture des exports…")
    source = Source(
        found, advertiser, buyer, lambda allowed: synthesis_of(found.campaign, found.plan, allowed)
    )
    files = write_exports(target_folder, source, kinds, force=force)
    campaign = found.campaign
    missing = {
        medium: sum(
            consent_days(agent, medium, campaign.periods) is None for agent in campaign.agents
        )
        for kind, medium in _MEDIA.items()
        if kind in kinds
    }
    return Exported(target_folder, files, missing)
