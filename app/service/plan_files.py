"""The files of a plan: for whom each is, what it is, and how those are made that are not there."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.service import jobs
from app.service.access import Action, Granted
from app.service.context import Services
from app.service.errors import ApiError
from app.service.plan_changes import without_withdrawn
from app.service.plan_reading import plan_of
from app.service.plan_work import INTERNAL_PAGE, NAMELESS_PAGE
from app.service.zone_pages import page_of
from data.store import plan_extras, plans
from data.write.changes import CHANGES_FILE, PROOFS_FILE

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
HTML = "text/html; charset=utf-8"

_POLICY = re.compile(
    rb'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', re.IGNORECASE
)
_NO_FRAMES = "frame-ancestors 'none'"
_HEAD_BYTES = 8192
SECONDS = 180.0
"""The longest that making a file may take."""


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A file that a plan has.

    Parameters
    ----------
    action
        The right that reading it takes.
    made_by
        The export that makes it when it is asked for; empty for what the plan folder holds.
    zone
        Whose page it is, by the name that links give it; empty for what is of the whole plan.
    is_always
        Whether every plan has it.
    """

    name: str
    action: Action
    media_type: str
    summary: str
    made_by: str = ""
    is_always: bool = True
    zone: str = ""

    @property
    def is_page(self) -> bool:
        """Return whether browsers show it."""
        return self.media_type == HTML


PLAN_FILES: tuple[PlanFile, ...] = (
    PlanFile("affichage.csv", Action.ORDER_READ, CSV, "The order to the media buyer"),
    PlanFile("affichage.xlsx", Action.ORDER_READ, XLSX, "The order, as a workbook"),
    PlanFile("affichage-machine.csv", Action.ORDER_READ, CSV, "The order for machines"),
    PlanFile("bon-de-commande.pdf", Action.ORDER_READ, PDF, "The order, to be signed", "pdf"),
    PlanFile(CHANGES_FILE, Action.ORDER_READ, CSV, "What the order changed", is_always=False),
    PlanFile(PROOFS_FILE, Action.ORDER_READ, CSV, "What went up, and what not", is_always=False),
    PlanFile("tournee.csv", Action.TOUR_READ, CSV, "The tour"),
    PlanFile("tournee.ics", Action.TOUR_READ, "text/calendar; charset=utf-8", "Its calendar"),
    PlanFile("tournee.gpx", Action.TOUR_READ, "application/gpx+xml", "Its places and roads"),
    PlanFile("feuille-de-route.pdf", Action.TOUR_READ, PDF, "The driver's road book"),
    PlanFile("synthese.pdf", Action.VIEW_OFFICIALS, PDF, "One page, without prices"),
    PlanFile("plan.gpkg", Action.PLAN_READ, "application/geopackage+sqlite3", "All layers", "gpkg"),
    PlanFile(
        "plan.json",
        Action.PLAN_READ,
        "application/json",
        "The plan for machines; it holds the ids of agents",
    ),
    PlanFile(INTERNAL_PAGE, Action.VIEW_INTERNAL, HTML, "The planner's map"),
    PlanFile("carte-regie.html", Action.ORDER_READ, HTML, "The buyer's map: prices, no people"),
    PlanFile("carte-elus.html", Action.VIEW_OFFICIALS, HTML, "The officials' map: no prices"),
)
"""Every file that is given out. Not among them: the copy of the inputs, and what was left out."""


def zone_file(name: str) -> PlanFile:
    """Return the officials' page of one zone, whether or not there is such a zone."""
    summary = "The officials' map of one zone"
    return PlanFile(page_of(name), Action.VIEW_OFFICIALS, HTML, summary, "zone", zone=name)


BY_NAME: Mapping[str, PlanFile] = {each.name: each for each in PLAN_FILES}


@dataclass(frozen=True, slots=True)
class Content:
    """A file as it is given out."""

    sha256: str
    content: bytes


def is_for(file: PlanFile, granted: Granted, paths: Mapping[str, str]) -> bool:
    """Return whether a plan with these paths has a file that the caller may read."""
    return granted.may(file.action) and (file.is_always or file.name in paths)


def content_of(
    service: Services, plan_id: str, file: PlanFile, *, names: bool, known: str | None = None
) -> Content:
    """Return a file of a plan as it is now, made if it must be, without whoever has withdrawn.

    Parameters
    ----------
    names
        Whether the names of agents may be in it; they are in the planner's map alone.
    known
        The SHA-256 of what the caller has: the same content is not read again, and comes empty.

    Raises
    ------
    ApiError
        404 if there is no such plan or file.
    """
    without_withdrawn(service, plan_id)
    path, kind = file.name, file.made_by
    if path == INTERNAL_PAGE and not names:
        path, kind = NAMELESS_PAGE, "nameless"
    with service.store.read() as tx:
        plan = plan_of(tx, plan_id)
        revision = plan.revision
        sha256 = plans.paths(tx, plan_id, revision=revision).get(path)
        if sha256 is not None:
            if sha256 == known:
                return Content(sha256, b"")
            content = plans.file(tx, plan_id, path, revision=revision)
            return Content(sha256, content or b"")
        if not kind:
            raise ApiError(404, "not-found", "This plan has no such file.")
        files = plans.files(tx, plan_id, revision=revision)
    wanted = {"kind": kind, **({"name": file.zone} if file.zone else {})}
    content = jobs.run_child("export", files, wanted, seconds=SECONDS)[path]
    with service.store.write() as tx:
        plan = plan_of(tx, plan_id)
        sha256 = plan_extras.keep(tx, plan, path, content, revision=revision)
    return Content(sha256, content)


def page_policy(content: bytes) -> str:
    """Return the Content-Security-Policy of a page: its own, and that nobody frames it."""
    found = _POLICY.search(content[:_HEAD_BYTES])
    if found is None:
        return f"default-src 'none'; {_NO_FRAMES}"
    return f"{html.unescape(found[1].decode('ascii'))}; {_NO_FRAMES}"
