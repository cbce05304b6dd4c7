"""The folder of a tour alone: its files, its variants, and the inputs that it was made from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from data.tour_json import TOUR_JSON, TOUR_SCHEMA_ID, tour_to_json
from data.write.atomic import whole_folder, write_file
from data.write.folder import (
    CAMPAIGN_FOLDER,
    check_parent,
    copy_inputs,
    software_versions,
    tour_tables,
)
from geo.errors import OutputExistsError
from geo.french import NBSP
from geo.model import Campaign
from geo.plan import Tour


def write_tour_folder(
    target: Path,
    *,
    campaign_folder: Path,
    campaign: Campaign,
    tours: Sequence[Tour],
    created: datetime,
    force: bool,
) -> None:
    """Write the folder of a tour, whole or not at all.

    The first of `tours` is the tour; each other one gets a folder ``variante-2``, ``variante-3`` …
    of its own inside.

    Raises
    ------
    OutputExistsError
        If `target` may not be replaced. Nothing is changed then.
    CampaignError
        If an input is no longer what the campaign was read from.
    """
    check_tour_target(target, force=force)
    place = target.resolve()
    with whole_folder(place, may_replace=lambda: force and is_tour_folder(place)) as work:
        inputs = copy_inputs(
            campaign_folder,
            work / CAMPAIGN_FOLDER,
            inputs=campaign.inputs,
            confirmed_crs=campaign.confirmed_crs,
        )
        document = tour_to_json(tours, inputs=inputs, versions=software_versions(), created=created)
        write_file(work / TOUR_JSON, document.encode())
        for number, tour in enumerate(tours, start=1):
            folder = work if number == 1 else work / f"variante-{number}"
            for name, content in sorted(tour_tables(campaign, tour).items()):
                write_file(folder / name, content)


def check_tour_target(target: Path, *, force: bool) -> None:
    """Refuse at once, before any work, what `write_tour_folder` would refuse to replace.

    Raises
    ------
    OutputExistsError
        If there is a file at `target`, a folder that is neither empty nor that of a tour, or one of
        a tour and no `force`.
    OSError
        If `target` would be below a file, or in a folder where nothing may be written.
    """
    check_parent(target)
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not is_tour_folder(target):
        raise OutputExistsError(
            f"{target} existe déjà et n’est pas un dossier de tournée{NBSP}: "
            "il n’est jamais remplacé"
        )
    if not force:
        raise OutputExistsError(f"{target} contient déjà une tournée{NBSP}: --force la remplace")


def is_tour_folder(folder: Path) -> bool:
    """Return whether a folder holds a ``tournee.json`` of Placarde, of any version."""
    try:
        content = json.loads((folder / TOUR_JSON).read_bytes())
    except (OSError, ValueError):
        return False
    schema = content.get("schema") if isinstance(content, dict) else None
    return isinstance(schema, str) and schema.startswith(TOUR_SCHEMA_ID.rpartition("/")[0] + "/")
