"""What the command line says, in French, and the same as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from app.exporting import Exported
from app.tour_summary import STATUS_NAMES, shortfall_json, spread_json, summary_lines
from app.usecases import Planned, Verified
from data.problem_json import problem_json
from data.read import Reading
from geo.errors import Problem, Severity
from geo.french import NBSP, counted, noun, number, system_reason
from geo.plan import Plan, Status


def problem_lines(problems: Iterable[Problem]) -> list[str]:
    """Return two lines a problem: where and what, then what to do."""
    lines = []
    for problem in problems:
        label = "erreur" if problem.severity is Severity.ERROR else "avertissement"
        lines.append(f"{problem.where}{NBSP}: {problem.message} [{label}, {problem.code}]")
        if problem.remedy:
            lines.append(f"    → {problem.remedy}")
    return lines


def check_lines(reading: Reading) -> list[str]:
    """Return what ``placarde check`` says of a campaign folder."""
    lines = problem_lines(reading.problems)
    errors = sum(p.severity is Severity.ERROR for p in reading.problems)
    warnings = len(reading.problems) - errors
    campaign = reading.campaign
    if campaign is not None:
        lines.append(
            f"« {campaign.name} »{NBSP}: "
            + ", ".join(
                (
                    counted(len(campaign.zones), "zone", "zones"),
                    counted(len(campaign.maisons), "Maison", "Maisons"),
                    counted(len(campaign.agents), "agent", "agents"),
                    counted(len(campaign.faces), "face", "faces"),
                    counted(campaign.periods.count, "vague", "vagues"),
                )
            )
            + "."
        )
    if reading.rejects:
        lines.append(counted(len(reading.rejects), "ligne écartée", "lignes écartées") + ".")
    lines.append(
        f"{counted(errors, 'erreur', 'erreurs')}, "
        f"{counted(warnings, 'avertissement', 'avertissements')}."
    )
    return lines


def system_line(error: OSError) -> str:
    """Return what the system refused, and why."""
    name = error.filename or "Le système"
    return f"{name}{NBSP}: {system_reason(error.errno, otherwise=error.strerror or str(error))}."


def plan_lines(planned: Planned) -> list[str]:
    """Return what ``placarde plan`` says of the plan it made."""
    plan = planned.plan
    lines = [*_allocation_lines(plan), *summary_lines(plan.tour)]
    if plan.shortfalls:
        lines.append("")
        lines.append("Ce qui n’a pas pu être fait" + NBSP + ":")
        lines.extend(f"  – {shortfall.message}" for shortfall in plan.shortfalls)
    lines.append("")
    lines.append(f"Plan écrit dans {planned.folder}")
    return lines


def _allocation_lines(plan: Plan) -> list[str]:
    allocation = plan.allocation
    lines = [f"Affichage{NBSP}: {STATUS_NAMES[allocation.status]}"]
    if allocation.status is Status.INFEASIBLE:
        return lines
    faces = len({posting.face_id for posting in allocation.postings})
    agents = len({posting.agent_id for posting in allocation.postings})
    lines.append(
        f"  {counted(len(allocation.postings), 'affichage', 'affichages')} sur "
        f"{counted(faces, 'face', 'faces')} pour {counted(agents, 'portrait', 'portraits')}, "
        f"{number(allocation.cost_cents / 100, 2)}{NBSP}€ HT"
    )
    lines.append(
        f"  objectif {number(allocation.objective, 4)}, borne {number(allocation.bound, 4)}"
    )
    if allocation.exposure > 0:  # nothing is a percentage better than nothing
        better = 100 * (allocation.exposure_bound / allocation.exposure - 1)
        lines.append(
            f"  exposition équivalente {number(allocation.exposure, 4)} "
            f"(au mieux {number(allocation.exposure_bound, 4)}){NBSP}: "
            f"le meilleur plan possible fait au plus {number(better, 2)}{NBSP}% de mieux"
        )
    return lines


def verify_lines(verified: Verified) -> list[str]:
    """Return what ``placarde verify`` says of a plan folder."""
    lines = [f"{v.rule} {v.subject}{NBSP}: {v.message}" for v in verified.violations]
    if verified.violations:
        lines.append(counted(len(verified.violations), "règle violée", "règles violées") + ".")
    else:
        postings = counted(len(verified.plan.allocation.postings), "affichage", "affichages")
        stops = counted(len(verified.plan.tour.stops), "étape", "étapes")
        lines.append(f"Toutes les règles sont respectées{NBSP}: {postings}, {stops}.")
    return lines


def export_lines(exported: Exported) -> list[str]:
    """Return what ``placarde export`` says."""
    lines = [
        f"{counted(n, 'portrait', 'portraits')} sans accord «{NBSP}{medium}{NBSP}»{NBSP}: "
        f"{noun(n, 'il n’y figure', 'ils n’y figurent')} pas."
        for medium, n in exported.without_consent.items()
        if n
    ]
    return [*lines, *(str(exported.folder / name) for name in exported.files)]


def export_json(exported: Exported) -> dict[str, Any]:
    """Return what ``placarde export --json`` prints."""
    return {
        "ok": True,
        "folder": str(exported.folder),
        "files": list(exported.files),
        "without_consent": exported.without_consent,
    }


def problems_json(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Return problems as JSON objects, the place spread out."""
    return [problem_json(problem) for problem in problems]


def fixed_lines(folder: Path | None, written: Sequence[str]) -> list[str]:
    """Return what ``placarde check --fix`` says of what it wrote in a folder; nothing without."""
    if folder is None:
        return []
    if not written:
        return [f"Rien n’a été écrit{NBSP}: aucun fichier ne peut être lu."]
    tables = [name for name in written if name.endswith(".csv")]
    return [f"Campagne nettoyée dans {folder}{NBSP}: {', '.join(tables)}."]


def check_json(reading: Reading, written: Sequence[str] = ()) -> dict[str, Any]:
    """Return what ``placarde check --json`` prints; `written` are the files of ``--fix``."""
    campaign = reading.campaign
    counts = (
        None
        if campaign is None
        else {
            "zones": len(campaign.zones),
            "maisons": len(campaign.maisons),
            "agents": len(campaign.agents),
            "faces": len(campaign.faces),
            "periods": campaign.periods.count,
        }
    )
    return {
        "ok": campaign is not None,
        "campaign": None if campaign is None else campaign.name,
        "counts": counts,
        "rejected_rows": len(reading.rejects),
        "problems": problems_json(reading.problems),
        **({"written": list(written)} if written else {}),
    }


def plan_json(planned: Planned) -> dict[str, Any]:
    """Return what ``placarde plan --json`` prints."""
    allocation, tour = planned.plan.allocation, planned.plan.tour
    return {
        "ok": not planned.plan.shortfalls,
        "plan": str(planned.folder),
        "seed": planned.plan.seed,
        "allocation": {
            "status": allocation.status.value,
            "objective": _measure(allocation.objective),
            "bound": _measure(allocation.bound),
            "gap": _measure(allocation.gap),
            "postings": len(allocation.postings),
            "cost_eur": allocation.cost_cents / 100,
        },
        "tour": {
            "status": tour.status.value,
            "drive_s": tour.drive_s,
            "bound_s": tour.bound_s,
            "stops": len(tour.stops),
            **spread_json(tour),
        },
        "shortfalls": [shortfall_json(shortfall) for shortfall in planned.plan.shortfalls],
        "problems": problems_json(planned.reading.problems),
    }


def _measure(value: float) -> float | None:
    """Return a number as JSON can say it: null where it is not known or has no end."""
    return value if math.isfinite(value) else None
