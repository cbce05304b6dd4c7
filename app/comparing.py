"""The page that shows two plans and what differs."""

from __future__ import annotations

from pathlib import Path

from app.studies import Compared, compare_plan_folders
from app.study_wording import comparison_table
from data.read_plan import read_plan_folder
from data.write.atomic import write_file
from data.write.folder import check_parent
from geo.both import united
from geo.errors import OutputExistsError
from geo.french import NBSP
from geo.targeting import target
from maps.comparison import PlanSide, render_comparison


def write_comparison(folder_a: Path, folder_b: Path, page: Path, *, force: bool) -> Compared:
    """Compare two plan folders, and write the page that shows it.

    Raises
    ------
    PlanFolderError
        If a folder cannot be read back.
    CampaignError
        If the campaign inside one has problems.
    OutputExistsError
        If there is something at `page`: a folder, or a file and no `force`.
    """
    check_parent(page)
    if page.is_dir() or (page.exists() and not force):
        remedy = "" if page.is_dir() else f"{NBSP}; --force le remplace"
        raise OutputExistsError(f"{page} existe déjà{remedy}.")
    compared = compare_plan_folders(folder_a, folder_b)
    found = [read_plan_folder(folder) for folder in (folder_a, folder_b)]
    names = _names(folder_a, folder_b)
    sides = [
        PlanSide(name, each.campaign, each.plan) for name, each in zip(names, found, strict=True)
    ]
    both = united(sides[0].campaign, sides[1].campaign)
    measures, cautions = comparison_table(compared)
    html = render_comparison(
        sides[0],
        sides[1],
        compared.comparison,
        united=both,
        eligibility=target(both),
        measures=measures,
        cautions=cautions,
    )
    work = page.with_name(f".{page.name}.partiel")
    work.unlink(missing_ok=True)
    write_file(work, html.encode("utf-8"))
    work.replace(page)
    return compared


def _names(folder_a: Path, folder_b: Path) -> tuple[str, str]:
    """Return what two folders are called: their names, with as many parents as tell them apart."""
    a, b = folder_a.resolve().parts, folder_b.resolve().parts
    most = max(len(a), len(b))
    length = next((n for n in range(1, most) if a[-n:] != b[-n:]), 1)
    return str(Path(*a[-length:])), str(Path(*b[-length:]))
