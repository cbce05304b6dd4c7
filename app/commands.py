"""What each command does: plain values in, words out, and the exit status as the answer."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from app import reconcile_wording, study_wording, tour_wording, wording
from app.comparing import write_comparison
from app.exporting import export_plan_folder
from app.geocoding import geocode_campaign, geocoded_lines
from app.mapping import map_by_zone
from app.reconciling import reconcile_plan_folder
from app.remarking import gather_remarks, gathered_json
from app.settings import RoadSettings, geocoder_setting, road_settings
from app.studies import (
    compare_plan_folders,
    explain_plan_folder,
    spread_budgets,
    sweep_budgets,
)
from app.terminal import Exit, guarded, now, say, say_json, say_progress
from app.touring import Again, tour_campaign
from app.usecases import Planned, clean_into, copy_demo, plan_campaign, verify_plan
from data.read import read_campaign
from data.write import check_target
from geo.french import counted


def demo(out: Path, *, force: bool) -> int:
    """Plan the embedded Isère campaign in ``out/campaign`` and ``out/plan``."""

    def work() -> int:
        check_target(out / "plan", force=force)
        copy_demo(out / "campaign", force=force)
        planned = plan_campaign(
            out / "campaign",
            out / "plan",
            created=now(),
            force=force,
            roads=_roads(),
            progress=say_progress,
        )
        return _say_planned(planned, as_json=False)

    return guarded(work, as_json=False)


def check(
    folder: Path, *, fix: Path | None = None, crs: Mapping[str, str] | None = None, as_json: bool
) -> int:
    """Show every problem of a campaign folder; write it cleaned into the folder `fix`."""

    def work() -> int:
        no_files: tuple[str, ...] = ()
        if fix is None:
            reading, written = read_campaign(folder, crs=crs), no_files
        else:
            reading, written = clean_into(fix, folder=folder, crs=crs)
        if as_json:
            say_json(wording.check_json(reading, written))
        else:
            say(wording.check_lines(reading))
            say(wording.fixed_lines(fix, written))
        return Exit.PROBLEMS if reading.campaign is None else Exit.DONE

    return guarded(work, as_json=as_json)


def geocode(folder: Path, *, again: bool, as_json: bool) -> int:
    """Ask a geocoder for the addresses of a campaign folder that have no coordinates."""

    def work() -> int:
        geocoded = geocode_campaign(
            folder, server=geocoder_setting(os.environ), again=again, progress=say_progress
        )
        if as_json:
            say_json({"ok": True, **asdict(geocoded)})
        else:
            say(geocoded_lines(geocoded))
        return Exit.DONE

    return guarded(work, as_json=as_json)


def plan(
    folder: Path,
    out: Path,
    *,
    seed: int | None,
    crs: Mapping[str, str] | None = None,
    force: bool,
    as_json: bool,
) -> int:
    """Plan a campaign folder and write the plan folder `out`."""

    def work() -> int:
        planned = plan_campaign(
            folder,
            out,
            created=now(),
            seed=seed,
            crs=crs,
            force=force,
            roads=_roads(),
            progress=say_progress,
        )
        return _say_planned(planned, as_json=as_json)

    return guarded(work, as_json=as_json)


def tour(
    folder: Path,
    out: Path,
    *,
    variants: int = 1,
    again: Again | None = None,
    crs: Mapping[str, str] | None = None,
    force: bool = False,
    as_json: bool = False,
) -> int:
    """Plan the tour of a campaign folder, without its posters, and write its folder `out`."""

    def work() -> int:
        toured = tour_campaign(
            folder,
            out,
            created=now(),
            variants=variants,
            again=again,
            crs=crs,
            roads=_roads(),
            force=force,
            progress=say_progress,
        )
        if as_json:
            say_json(tour_wording.tour_json(toured))
        else:
            say(wording.problem_lines(toured.reading.problems), to_stderr=True)
            say(tour_wording.tour_lines(toured))
        return Exit.SHORTFALL if toured.tours[0].shortfalls else Exit.DONE

    return guarded(work, as_json=as_json)


def verify(folder: Path) -> int:
    """Check every rule of a plan folder again."""

    def work() -> int:
        verified = verify_plan(folder)
        say(wording.verify_lines(verified))
        return Exit.PROBLEMS if verified.violations else Exit.DONE

    return guarded(work, as_json=False)


def explain(
    folder: Path, *, face: str | None, agent: str | None, summary: bool, as_json: bool
) -> int:
    """Explain a face, an agent, or the whole plan, which is what is told when nothing is asked."""

    def work() -> int:
        explained = explain_plan_folder(
            folder,
            face_id=face,
            agent_id=agent,
            summary=summary or (face is None and agent is None),
        )
        if as_json:
            say_json(study_wording.explain_json(explained))
        else:
            say(study_wording.changed_lines(explained), to_stderr=True)
            say(study_wording.explain_lines(explained))
        return Exit.DONE

    return guarded(work, as_json=as_json)


def compare(
    folder_a: Path,
    folder_b: Path,
    *,
    page: Path | None = None,
    force: bool = False,
    as_json: bool,
) -> int:
    """Show how two plans differ, and write the page of it where one is asked for."""

    def work() -> int:
        if page is None:
            compared = compare_plan_folders(folder_a, folder_b)
        else:
            compared = write_comparison(folder_a, folder_b, page, force=force)
        if as_json:
            say_json(study_wording.compare_json(compared))
        else:
            say(study_wording.compare_lines(compared))
        return Exit.DONE

    return guarded(work, as_json=as_json)


def map_by_level(folder: Path, out: Path, *, level: str, force: bool, as_json: bool) -> int:
    """Write the officials' page of each zone of a level of a plan folder."""

    def work() -> int:
        mapped = map_by_zone(folder, out, level=level, force=force, progress=say_progress)
        if as_json:
            found = {"out": str(mapped.folder), "files": list(mapped.files)}
            say_json({"ok": True, **found, "index": mapped.index})
        else:
            files = counted(len(mapped.files), "carte écrite", "cartes écrites")
            say([f"{files} dans {mapped.folder}, et leur liste, {mapped.index}"])
        return Exit.DONE

    return guarded(work, as_json=as_json)


def remarks(folder: Path, files: Sequence[Path], out: Path, *, force: bool, as_json: bool) -> int:
    """Gather the remarks that readers of a plan's maps saved, and write them into `out`."""

    def work() -> int:
        gathered = gather_remarks(folder, files, out, force=force, progress=say_progress)
        if as_json:
            say_json(gathered_json(gathered))
        else:
            say(wording.problem_lines(gathered.warnings), to_stderr=True)
            say([*gathered.summary, "", f"Écrit dans {gathered.folder}"])
        return Exit.DONE

    return guarded(work, as_json=as_json)


def export(
    folder: Path,
    out: Path,
    *,
    kinds: Sequence[str],
    advertiser: str,
    buyer: str,
    force: bool,
    as_json: bool,
) -> int:
    """Write files of a plan folder for somebody in particular."""

    def work() -> int:
        exported = export_plan_folder(
            folder,
            out,
            kinds=kinds,
            advertiser=advertiser,
            buyer=buyer,
            force=force,
            progress=say_progress,
        )
        if as_json:
            say_json(wording.export_json(exported))
        else:
            say(wording.export_lines(exported))
        return Exit.DONE

    return guarded(work, as_json=as_json)


def reconcile(
    folder: Path,
    returned_file: Path,
    out: Path,
    *,
    accept_proposals: bool,
    force: bool,
    as_json: bool,
) -> int:
    """Hold a returned order, or proofs of posting, against a plan, and write the plan `out`."""

    def work() -> int:
        reconciled = reconcile_plan_folder(
            folder,
            returned_file,
            out,
            accept_proposals=accept_proposals,
            created=now(),
            force=force,
            progress=say_progress,
        )
        if as_json:
            say_json(reconcile_wording.reconcile_json(reconciled))
        else:
            say(wording.problem_lines(reconciled.warnings), to_stderr=True)
            say(reconcile_wording.reconcile_lines(reconciled))
        left = reconciled.plan.shortfalls or reconcile_wording.open_proposals(reconciled)
        return Exit.SHORTFALL if left else Exit.DONE

    return guarded(work, as_json=as_json)


def sweep(
    folder: Path,
    out: Path,
    *,
    least_cents: int,
    most_cents: int,
    count: int,
    crs: Mapping[str, str] | None = None,
    force: bool,
    as_json: bool,
) -> int:
    """Match a campaign under several budgets, and write what they give."""

    def work() -> int:
        swept = sweep_budgets(
            folder,
            out,
            budgets_cents=spread_budgets(least_cents, most_cents, count=count),
            crs=crs,
            force=force,
            progress=say_progress,
        )
        if as_json:
            say_json(study_wording.sweep_json(swept))
        else:
            say(study_wording.sweep_lines(swept))
        return Exit.DONE

    return guarded(work, as_json=as_json)


def _say_planned(planned: Planned, *, as_json: bool) -> int:
    if as_json:
        say_json(wording.plan_json(planned))
    else:
        say(wording.problem_lines(planned.reading.problems), to_stderr=True)
        say(wording.plan_lines(planned))
    return Exit.SHORTFALL if planned.plan.shortfalls else Exit.DONE


def _roads() -> RoadSettings:
    """Return the routing server that this machine is set up for, if any."""
    return road_settings(os.environ)
