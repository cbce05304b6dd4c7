"""A plan folder, read back with all that it takes to check it again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePath

from data.plan_json import PlanRecord, plan_from_json
from data.read import Reading, Reject, read_campaign
from data.write.folder import CAMPAIGN_FOLDER, ORDER_FILE, PLAN_FILE, ROADS_FILE, TOUR_FILE
from data.write.order import ORDER_COLUMNS
from data.write.road_table import ROAD_COLUMNS, RoadLine, road_rows
from data.write.sheet import read_sheet
from data.write.tour_lines import TOUR_COLUMNS, TourLine
from geo.errors import CampaignError, PlanFolderError
from geo.french import NBSP, system_reason
from geo.model import Campaign, InputFile
from geo.order import OrderLine
from geo.plan import Plan


@dataclass(frozen=True, slots=True)
class PlanFolder:
    """What a plan folder holds.

    Parameters
    ----------
    campaign_folder, campaign
        The copy of the inputs, and the campaign as it reads now, with the roads that a routing
        server gave when the plan was made.
    rejects
        Rows of the inputs that are left out of the plan.
    plan
        From ``plan.json``.
    order, tour_lines
        The lines of ``affichage.csv`` and ``tournee.csv``.
    inputs
        The inputs that ``plan.json`` names, with the SHA-256 that they had.
    changed_inputs
        Names of inputs that are missing or differ from ``plan.json``, and of files that the
        campaign now reads and ``plan.json`` does not name; sorted.
    versions, created
        As ``plan.json`` notes them.
    """

    campaign_folder: Path
    campaign: Campaign
    rejects: tuple[Reject, ...]
    plan: Plan
    order: tuple[OrderLine, ...]
    tour_lines: tuple[TourLine, ...]
    inputs: tuple[InputFile, ...]
    changed_inputs: tuple[str, ...]
    versions: Mapping[str, str]
    created: datetime


def read_plan_folder(folder: Path) -> PlanFolder:
    """Read a plan folder.

    Raises
    ------
    PlanFolderError
        If a file is missing or is not as Placarde writes it: names the file, row and column.
    CampaignError
        If the copy of the campaign has problems; carries all of them.
    """
    record = plan_from_json(_read(folder / PLAN_FILE))
    order = read_sheet(
        _read(folder / ORDER_FILE), columns=ORDER_COLUMNS, make=OrderLine, file=ORDER_FILE
    )
    tour_lines = read_sheet(
        _read(folder / TOUR_FILE), columns=TOUR_COLUMNS, make=TourLine, file=TOUR_FILE
    )
    campaign_folder = folder / CAMPAIGN_FOLDER
    reading = read_campaign(campaign_folder)
    campaign = with_roads(_campaign(reading), folder)
    return PlanFolder(
        campaign_folder=campaign_folder,
        campaign=campaign,
        rejects=reading.rejects,
        plan=record.plan,
        order=order,
        tour_lines=tour_lines,
        inputs=record.inputs,
        changed_inputs=_changed_inputs(campaign_folder, record=record, read_now=campaign.inputs),
        versions=record.versions,
        created=record.created,
    )


def with_roads(campaign: Campaign, folder: Path) -> Campaign:
    """Return the campaign with the roads that a plan folder keeps, where it keeps any.

    Raises
    ------
    PlanFolderError
        If their file is not as Placarde writes it, or tells of places that the campaign has not.
    """
    path = folder / ROADS_FILE
    if not path.exists():
        return campaign
    rows = road_rows(read_sheet(_read(path), columns=ROAD_COLUMNS, make=RoadLine, file=ROADS_FILE))
    own = {(row.from_id, row.to_id) for row in campaign.travel}
    ids = {maison.maison_id for maison in campaign.maisons}
    strange = [row for row in rows if not {row.from_id, row.to_id} <= ids or row.drive_s < 0]
    if strange or own & {(row.from_id, row.to_id) for row in rows}:
        raise PlanFolderError(f"{path}{NBSP}: ces trajets ne sont pas ceux de la campagne")
    return replace(campaign, travel=(*campaign.travel, *rows))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = system_reason(error.errno, otherwise=str(error))
        raise PlanFolderError(
            f"{path}{NBSP}: illisible ({reason}){NBSP}; ce n’est pas un dossier de plan"
        ) from error


def _campaign(reading: Reading) -> Campaign:
    if reading.campaign is None:
        raise CampaignError(reading.problems)
    return reading.campaign


def _changed_inputs(
    folder: Path, *, record: PlanRecord, read_now: Sequence[InputFile]
) -> tuple[str, ...]:
    noted = {file.name: file.sha256 for file in record.inputs}
    changed = {name for name, sha256 in noted.items() if _sha256(folder, name=name) != sha256}
    unknown = {file.name for file in read_now} - noted.keys()
    return tuple(sorted(changed | unknown))


def _sha256(folder: Path, *, name: str) -> str | None:
    """Return the SHA-256 of a file below the folder, or None if there is none."""
    path = PurePath(name)
    if path.is_absolute() or ".." in path.parts:
        return None
    try:
        return hashlib.sha256((folder / path).read_bytes()).hexdigest()
    except OSError:
        return None
