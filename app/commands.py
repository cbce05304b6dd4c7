"""What each command does: plain values in, words out, and the exit status as the answer."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from enum import IntEnum
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
from app.touring import Again, tour_campaign
from app.usecases import Planned, clean_into, copy_demo, plan_campaign, verify_plan
from data.read import read_campaign
from data.write import check_target
from geo.errors import CampaignError, OutputExistsError, PlacardeError, UnknownNameError
from geo.french import counted


class Exit(IntEnum):
    """What the exit status of every command means."""

    DONE = 0
    PROBLEMS = 1  # the inputs have problems, or `verify` found a violation
    USAGE = 2
    SHORTFALL = 3  # planned, but something asked for could not be done


def demo(out: Path, *, force: bool) -> int:
    """Plan the embedded Isère campaign in ``out/campaign`` and ``out/plan``."""

    def work() -> int:
        check_target(out / "plan", force=force)
        copy_demo(out / "campaign", force=force)
        planned = plan_campaign(
            out / "campaign",
            out / "plan",
            created=_now(),
            force=force,
            roads=_roads(),
            progress=_progress,
        )
        return _say_planned(planned, as_json=False)

    return _guarded(work, as_json=False)


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
            _print_json(wording.check_json(reading, written))
        else:
            _print(wording.check_lines(reading))
            _print(wording.fixed_lines(fix, written))
        return Exit.PROBLEMS if reading.campaign is None else Exit.DONE

    return _guarded(work, as_json=as_json)


def geocode(folder: Path, *, again: bool, as_json: bool) -> int:
    """Ask a geocoder for the addresses of a campaign folder that have no coordinates."""

    def work() -> int:
        geocoded = geocode_campaign(
            folder, server=geocoder_setting(os.environ), again=again, progress=_progress
        )
        if as_json:
            _print_json({"ok": True, **asdict(geocoded)})
        else:
            _print(geocoded_lines(geocoded))
        return Exit.DONE

    return _guarded(work, as_json=as_json)


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
            created=_now(),
            seed=seed,
            crs=crs,
            force=force,
            roads=_roads(),
            progress=_progress,
        )
        return _say_planned(planned, as_json=as_json)

    return _guarded(work, as_json=as_json)


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
            created=_now(),
            variants=variants,
            again=again,
            crs=crs,
            roads=_roads(),
            force=force,
            progress=_progress,
        )
        if as_json:
            _print_json(tour_wording.tour_json(toured))
        else:
            _print(wording.problem_lines(toured.reading.problems), to_stderr=True)
            _print(tour_wording.tour_lines(toured))
        return Exit.SHORTFALL if toured.tours[0].shortfalls else Exit.DONE

    return _guarded(work, as_json=as_json)


def verify(folder: Path) -> int:
    """Check every rule of a plan folder again."""

    def work() -> int:
        verified = verify_plan(folder)
        _print(wording.verify_lines(verified))
        return Exit.PROBLEMS if verified.violations else Exit.DONE

    return _guarded(work, as_json=False)


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
            _print_json(study_wording.explain_json(explained))
        else:
            _print(study_wording.changed_lines(explained), to_stderr=True)
            _print(study_wording.explain_lines(explained))
        return Exit.DONE

    return _guarded(work, as_json=as_json)


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
            _print_json(study_wording.compare_json(compared))
        else:
            _print(study_wording.compare_lines(compared))
        return Exit.DONE

    return _guarded(work, as_json=as_json)


def map_by_level(folder: Path, out: Path, *, level: str, force: bool, as_json: bool) -> int:
    """Write the officials' page of each zone of a level of a plan folder."""

    def work() -> int:
        mapped = map_by_zone(folder, out, level=level, force=force, progress=_progress)
        if as_json:
            found = {"out": str(mapped.folder), "files": list(mapped.files)}
            _print_json({"ok": True, **found, "index": mapped.index})
        else:
            files = counted(len(mapped.files), "carte écrite", "cartes écrites")
            _print([f"{files} dans {mapped.folder}, et leur liste, {mapped.index}"])
        return Exit.DONE

    return _guarded(work, as_json=as_json)


def remarks(folder: Path, files: Sequence[Path], out: Path, *, force: bool, as_json: bool) -> int:
    """Gather the remarks that readers of a plan's maps saved, and write them into `out`."""

    def work() -> int:
        gathered = gather_remarks(folder, files, out, force=force, progress=_progress)
        if as_json:
            _print_json(gathered_json(gathered))
        else:
            _print(wording.problem_lines(gathered.warnings), to_stderr=True)
            _print([*gathered.summary, "", f"Écrit dans {gathered.folder}"])
        return Exit.DONE

    return _guarded(work, as_json=as_json)


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
            progress=_progress,
        )
        if as_json:
            _print_json(wording.export_json(exported))
        else:
            _print(wording.export_lines(exported))
        return Exit.DONE

    return _guarded(work, as_json=as_json)


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
            created=_now(),
            force=force,
            progress=_progress,
        )
        if as_json:
            _print_json(reconcile_wording.reconcile_json(reconciled))
        else:
            _print(wording.problem_lines(reconciled.warnings), to_stderr=True)
            _print(reconcile_wording.reconcile_lines(reconciled))
        left = reconciled.plan.shortfalls or reconcile_wording.open_proposals(reconciled)
        return Exit.SHORTFALL if left else Exit.DONE

    return _guarded(work, as_json=as_json)


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
            progress=_progress,
        )
        if as_json:
            _print_json(study_wording.sweep_json(swept))
        else:
            _print(study_wording.sweep_lines(swept))
        return Exit.DONE

    return _guarded(work, as_json=as_json)


def _say_planned(planned: Planned, *, as_json: bool) -> int:
    if as_json:
        _print_json(wording.plan_json(planned))
    else:
        _print(wording.problem_lines(planned.reading.problems), to_stderr=True)
        _print(wording.plan_lines(planned))
    return Exit.SHORTFALL if planned.plan.shortfalls else Exit.DONE


def _guarded(work: Callable[[], int], *, as_json: bool) -> int:
    """Run `work`, and turn what Placarde or the system refuses into words and a status."""
    try:
        return work()
    except CampaignError as error:
        if as_json:
            _print_json({"ok": False, "problems": wording.problems_json(error.problems)})
        else:
            _print(wording.problem_lines(error.problems), to_stderr=True)
        return Exit.PROBLEMS
    except (OutputExistsError, UnknownNameError) as error:
        _refuse(str(error), as_json=as_json)
        return Exit.USAGE
    except PlacardeError as error:
        _refuse(str(error), as_json=as_json)
        return Exit.PROBLEMS
    except BrokenPipeError:
        raise  # nobody reads on: typer ends without a word
    except OSError as error:
        _refuse(wording.system_line(error), as_json=as_json)
        return Exit.USAGE


def _refuse(message: str, *, as_json: bool) -> None:
    if as_json:
        _print_json({"ok": False, "error": message})
    else:
        _print([message], to_stderr=True)


def _now() -> datetime:
    """Return the date of creation: now, or SOURCE_DATE_EPOCH where a reproducible build sets it."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        return datetime.now(UTC).replace(microsecond=0)
    return datetime.fromtimestamp(int(epoch), UTC)


def _roads() -> RoadSettings:
    """Return the routing server that this machine is set up for, if any."""
    return road_settings(os.environ)


def _progress(message: str) -> None:
    _print([message], to_stderr=True)


def _print(lines: Iterable[str], *, to_stderr: bool = False) -> None:
    stream = sys.stderr if to_stderr else sys.stdout
    stream.writelines(f"{line}\n" for line in lines)
    stream.flush()


def _print_json(document: Mapping[str, object]) -> None:
    _print([json.dumps(document, ensure_ascii=False, indent=2)])
