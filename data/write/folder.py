"""The plan folder: every output of a plan, and the inputs that it was made from."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path, PurePath

from data.plan_json import SCHEMA_ID, plan_to_json
from data.read import Reject
from data.write.agenda import tour_ics
from data.write.atomic import whole_folder, write_file
from data.write.confirmed_crs import with_confirmed_crs
from data.write.gpx import tour_gpx
from data.write.order import ORDER_COLUMNS, order_lines
from data.write.rejects import rejects_csv
from data.write.road_book import road_book
from data.write.road_table import ROAD_COLUMNS, road_lines
from data.write.sheet import write_raw, write_sheet
from data.write.tour_lines import TOUR_COLUMNS, tour_lines
from data.write.workbook import order_workbook
from geo.errors import CampaignError, OutputExistsError, Problem, Where
from geo.french import NBSP
from geo.model import Campaign, InputFile
from geo.plan import Plan, Tour
from geo.precision import found_positions
from geo.targeting import Eligibility

CAMPAIGN_FOLDER = "campaign"
CAMPAIGN_FILE = "campaign.toml"
PLAN_FILE = "plan.json"
ORDER_FILE = "affichage.csv"
WORKBOOK_FILE = "affichage.xlsx"
RAW_ORDER_FILE = "affichage-machine.csv"
TOUR_FILE = "tournee.csv"
CALENDAR_FILE = "tournee.ics"
GPX_FILE = "tournee.gpx"
ROAD_BOOK_FILE = "feuille-de-route.pdf"
ROADS_FILE = "trajets.csv"
REJECTS_FILE = "rejets.csv"

# What a plan depends on besides its inputs and its seed.
_REPRODUCES = ("placarde", "highspy", "ortools")


def write_plan_folder(
    target: Path,
    *,
    campaign_folder: Path,
    campaign: Campaign,
    eligibility: Eligibility,
    plan: Plan,
    pages: Mapping[str, str],
    rejects: Sequence[Reject],
    created: datetime,
    force: bool,
    extras: Mapping[str, bytes] | None = None,
) -> None:
    """Write a plan folder, whole or not at all.

    The same plan gives the same bytes in every file, but for `created`, which is in ``plan.json``
    only.

    Parameters
    ----------
    target
        The folder to make. It may be there already if it is empty, or, with `force`, if it is a
        plan folder, which is then replaced.
    campaign_folder
        Where the files of ``campaign.inputs`` are; only those and ``campaign.toml`` are copied.
    pages
        HTML of the maps, by file name.
    created
        With its offset from UTC.
    extras
        More files, by name: what this plan changed of the one before it.

    Raises
    ------
    OutputExistsError
        If `target` may not be replaced. Nothing is changed then.
    CampaignError
        If an input is no longer what the campaign was read from.
    """
    check_target(target, force=force)
    place = target.resolve()

    def may_replace() -> bool:
        return force and is_plan_folder(place)

    with whole_folder(place, may_replace=may_replace) as work:
        inputs = copy_inputs(
            campaign_folder,
            work / CAMPAIGN_FOLDER,
            inputs=campaign.inputs,
            confirmed_crs=campaign.confirmed_crs,
        )
        outputs = {
            PLAN_FILE: plan_to_json(
                plan,
                inputs=inputs,
                versions=software_versions(),
                created=created,
                positions=found_positions(campaign.faces),
            ).encode(),
            REJECTS_FILE: rejects_csv(rejects),
            **plan_tables(campaign, eligibility=eligibility, plan=plan),
            **{_page_name(name): page.encode() for name, page in pages.items()},
            **(extras or {}),
        }
        for name, content in sorted(outputs.items()):
            write_file(work / name, content)


def plan_tables(campaign: Campaign, *, eligibility: Eligibility, plan: Plan) -> dict[str, bytes]:
    """Return the files for people other than the planner, by name: the order and the tour."""
    order = order_lines(campaign, eligibility=eligibility, plan=plan)
    return {
        ORDER_FILE: write_sheet(ORDER_COLUMNS, order),
        WORKBOOK_FILE: order_workbook(
            order,
            name=campaign.name,
            periods=campaign.periods,
            positions=found_positions(campaign.faces),
        ),
        RAW_ORDER_FILE: write_raw(ORDER_COLUMNS, order),
        **tour_tables(campaign, plan.tour),
    }


def tour_tables(campaign: Campaign, tour: Tour) -> dict[str, bytes]:
    """Return the files of the tour, by name; that of the roads only where a server was asked."""
    roads = road_lines(campaign.travel)
    return {
        TOUR_FILE: write_sheet(TOUR_COLUMNS, tour_lines(campaign, tour)),
        CALENDAR_FILE: tour_ics(campaign, tour),
        GPX_FILE: tour_gpx(campaign, tour),
        ROAD_BOOK_FILE: road_book(campaign, tour),
        **({ROADS_FILE: write_sheet(ROAD_COLUMNS, roads)} if roads else {}),
    }


def check_target(target: Path, *, force: bool) -> None:
    """Refuse at once, before any work, what `write_plan_folder` would refuse to replace.

    Raises
    ------
    OutputExistsError
        If there is a file at `target`, a folder that is neither empty nor a plan folder, or a plan
        folder and no `force`.
    OSError
        If `target` would be below a file, or in a folder where nothing may be written.
    """
    check_parent(target)
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not is_plan_folder(target):
        raise OutputExistsError(
            f"{target} existe déjà et n’est pas un dossier de plan{NBSP}: il n’est jamais remplacé"
        )
    if not force:
        raise OutputExistsError(f"{target} contient déjà un plan{NBSP}: --force le remplace")


def check_parent(target: Path) -> None:
    """Raise the `OSError` that writing below the nearest folder of `target` would meet."""
    parent = next(folder for folder in target.resolve().parents if folder.exists())
    if not parent.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(parent))
    if not os.access(parent, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(parent))


def is_plan_folder(folder: Path) -> bool:
    """Return whether a folder holds a ``plan.json`` of Placarde, of any version."""
    try:
        content = json.loads((folder / PLAN_FILE).read_bytes())
    except (OSError, ValueError):
        return False
    schema = content.get("schema") if isinstance(content, dict) else None
    return isinstance(schema, str) and schema.startswith(SCHEMA_ID.rpartition("/")[0] + "/")


def software_versions() -> dict[str, str]:
    """Return the versions of what a plan depends on besides its inputs and its seed."""
    return {name: version(name) for name in _REPRODUCES}


def _page_name(name: str) -> str:
    if PurePath(name).name != name or not name.endswith(".html"):
        raise ValueError(f"not the name of a page: {name!r}")
    return name


def copy_inputs(
    source: Path,
    target: Path,
    *,
    inputs: Sequence[InputFile],
    confirmed_crs: Mapping[str, str],
) -> tuple[InputFile, ...]:
    """Copy the inputs and return them, ``campaign.toml`` among them, sorted by name.

    What was confirmed of the CRS of files is written into the copy of ``campaign.toml``.
    """
    expected: dict[str, str | None] = {CAMPAIGN_FILE: None}
    expected |= {file.name: file.sha256 for file in inputs}
    copied: list[InputFile] = []
    problems: list[Problem] = []
    for name, sha256 in sorted(expected.items()):
        content = _read_input(source, name=name)
        found = hashlib.sha256(content).hexdigest() if content is not None else None
        if content is None or found is None or found != (sha256 or found):
            problems.append(_changed(name))
            continue
        if name == CAMPAIGN_FILE and confirmed_crs:
            content = with_confirmed_crs(content, confirmed_crs)
            found = hashlib.sha256(content).hexdigest()
        write_file(target / name, content)
        copied.append(InputFile(name, found))
    if problems:
        raise CampaignError(problems)
    return tuple(copied)


def _read_input(folder: Path, *, name: str) -> bytes | None:
    """Return the content of an input, or None if it is not a file below the campaign folder."""
    path = PurePath(name)
    if path.is_absolute() or ".." in path.parts:
        return None
    try:
        return (folder / path).read_bytes()
    except OSError:
        return None


def _changed(name: str) -> Problem:
    return Problem(
        Where(name),
        "input-changed",
        "Ce fichier n’est plus celui qui a été lu au début du calcul.",
        remedy="Recommencer le calcul sans toucher aux fichiers de la campagne.",
    )
