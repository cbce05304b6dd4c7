"""The remarks that readers saved from the maps of a plan, gathered for the planner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app import wording
from data.read.remarks import read_remarks
from data.read_plan import read_plan_folder
from data.write.atomic import whole_folder, write_file
from data.write.folder import check_parent
from data.write.geojson import geojson
from data.write.geopackage import geopackage
from data.write.remarks import (
    last_day,
    remark_lines,
    remark_summary,
    remarks_csv,
    remarks_layer,
    summary_text,
)
from geo.crs import WGS84, LngLat, reproject_points
from geo.errors import OutputExistsError, Problem
from geo.french import NBSP
from geo.remarks import FoundRemark, distinct, find_subjects
from maps import plan_digest
from maps.blocks import level_name

Progress = Callable[[str], None]

LIST_FILE = "remarques.csv"
SUMMARY_FILE = "remarques.txt"
LAYER_FILES = ("remarques.geojson", "remarques.gpkg")
_FILES = {LIST_FILE, SUMMARY_FILE, *LAYER_FILES}
_NOTE = f"Remarques laissées sur les cartes d’un plan{NBSP}; elles peuvent nommer leur auteur."


@dataclass(frozen=True, slots=True)
class Gathered:
    """Remarks that were gathered and written: the folder, the remarks and what is said of them."""

    folder: Path
    found: tuple[FoundRemark, ...]
    summary: tuple[str, ...]
    warnings: tuple[Problem, ...]


def gather_remarks(
    folder: Path, files: Sequence[Path], out: Path, *, force: bool, progress: Progress
) -> Gathered:
    """Write the remarks of these files as a list, a summary and a layer, all of it or nothing.

    Raises
    ------
    PlanFolderError
        If the plan folder cannot be read back.
    CampaignError
        If the campaign inside it, or a file of remarks, has problems; it carries all of them.
    OutputExistsError
        If `out` holds anything but gathered remarks, or any without `force`.
    """
    _check_out(out, force=force)
    progress("Lecture du plan…")
    plan_folder = read_plan_folder(folder)
    campaign, plan = plan_folder.campaign, plan_folder.plan
    read = read_remarks(files, plan=plan_digest(plan), campaign=campaign.name)
    remarks = distinct(read.remarks)

    def to_xy(place: LngLat) -> tuple[float, float]:
        lng, lat = np.array([place.lng]), np.array([place.lat])
        x, y = reproject_points(lng, lat, source=WGS84, target=campaign.crs)
        return float(x[0]), float(y[0])

    found = find_subjects(campaign, plan, remarks, level_name=level_name, to_xy=to_xy)
    repeated = len(read.remarks) - len(remarks)
    summary = remark_summary(campaign, found, files=len(files), repeated=repeated)
    layer = remarks_layer(campaign, found)
    packed = geopackage(
        [layer],
        title=f"Remarques – {campaign.name}",
        attribution=_NOTE,
        day=last_day(found, otherwise=campaign.periods.start),
        visuals=(),
    )
    contents = {
        LIST_FILE: remarks_csv(found),
        SUMMARY_FILE: summary_text(summary),
        **dict(zip(LAYER_FILES, (geojson(layer, attribution=_NOTE), packed), strict=True)),
    }
    place = out.resolve()
    with whole_folder(place, may_replace=lambda: force and _holds_remarks(place)) as work:
        for name, content in contents.items():
            write_file(work / name, content)
    return Gathered(out, found, tuple(summary), read.warnings)


def gathered_json(gathered: Gathered) -> dict[str, object]:
    """Return what was gathered as one JSON object."""
    return {
        "ok": True,
        "out": str(gathered.folder),
        "files": sorted(_FILES),
        "remarks": [
            {
                "number": line.number,
                "at": each.remark.at.isoformat(),
                "author": line.author,
                "subject": each.remark.subject.value,
                "label": line.label,
                "text": line.text,
                "face_ids": list(each.face_ids),
                "zone_ids": list(each.zone_ids),
                "page": line.page,
                "found": line.is_found,
                "other_plan": line.is_other_plan,
            }
            for line, each in zip(remark_lines(gathered.found), gathered.found, strict=True)
        ],
        "problems": wording.problems_json(gathered.warnings),
    }


def _check_out(out: Path, *, force: bool) -> None:
    check_parent(out)
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not _holds_remarks(out):
        raise OutputExistsError(
            f"{out} existe déjà et contient autre chose que des remarques rassemblées{NBSP}: rien "
            "n’y est remplacé."
        )
    if not force:
        raise OutputExistsError(f"{out} contient déjà des remarques{NBSP}: --force les remplace.")


def _holds_remarks(folder: Path) -> bool:
    return folder.is_dir() and {path.name for path in folder.iterdir()} <= _FILES
