"""The API for planners: the plans of one folder, to read.

It listens on this machine only unless it is told otherwise, and knows no users yet: it serves what
a plan folder gives out, never the inputs with their consents.
"""

from __future__ import annotations

import json
import logging
import uuid
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel

from app.settings import Settings

logger = logging.getLogger("placarde.api")

MEDIA_TYPES = {
    "plan.json": "application/json",
    "affichage.csv": "text/csv; charset=utf-8",
    "tournee.csv": "text/csv; charset=utf-8",
    "tournee.ics": "text/calendar; charset=utf-8",
    "tournee.gpx": "application/gpx+xml",
    "carte-interne.html": "text/html; charset=utf-8",
    "carte-regie.html": "text/html; charset=utf-8",
    "carte-elus.html": "text/html; charset=utf-8",
}
"""The files of a plan that leave by the API; the list is closed."""

PROBLEM_JSON = "application/problem+json"
Name = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class Health(BaseModel):
    """That the service is up, and its version."""

    status: str
    version: str


class PlanSummary(BaseModel):
    """A plan in a list."""

    name: str
    allocation_status: str
    tour_status: str
    gap: float
    postings: int
    files: list[str]


class NotFoundError(Exception):
    """There is no such plan or file."""


def create_app(settings: Settings) -> FastAPI:
    """Return the API on the plans of ``settings.plans``."""
    app = FastAPI(
        title="Placarde",
        version=metadata.version("placarde"),
        summary="Plans of territorial poster campaigns.",
    )
    app.state.settings = settings
    app.add_exception_handler(NotFoundError, _not_found)
    app.add_exception_handler(Exception, _unknown_error)
    app.get("/health", tags=["service"])(health)
    app.get("/plans", tags=["plans"])(list_plans)
    app.get("/plans/{name}", tags=["plans"], responses=_PROBLEM_404)(read_plan)
    app.get("/plans/{name}/{file}", tags=["plans"], responses=_PROBLEM_404)(read_file)
    return app


_PROBLEM_404: dict[int | str, dict[str, Any]] = {
    404: {"description": "No such plan or file", "content": {PROBLEM_JSON: {}}}
}


def plans_folder(request: Request) -> Path:
    """Return the folder that holds the plans."""
    settings: Settings = request.app.state.settings
    return settings.plans


PlansFolder = Annotated[Path, Depends(plans_folder)]


def health() -> Health:
    """Tell that the service is up."""
    return Health(status="ok", version=metadata.version("placarde"))


def list_plans(folder: PlansFolder) -> list[PlanSummary]:
    """List the plans, by name."""
    return [_summary(path.parent) for path in sorted(folder.glob("*/plan.json"))]


def read_plan(name: Name, folder: PlansFolder) -> PlanSummary:
    """Read the summary of one plan."""
    if not (folder / name / "plan.json").is_file():
        raise NotFoundError(f"no plan is named {name}")
    return _summary(folder / name)


def read_file(name: Name, file: Name, folder: PlansFolder) -> FileResponse:
    """Read one file of a plan: the order, the tour, a map or the plan itself."""
    path = folder / name / file
    if file not in MEDIA_TYPES or not path.is_file():
        raise NotFoundError(f"plan {name} gives out no file {file}")
    return FileResponse(path, media_type=MEDIA_TYPES[file])


def _summary(folder: Path) -> PlanSummary:
    document = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    allocation = document["allocation"]
    return PlanSummary(
        name=folder.name,
        allocation_status=allocation["status"],
        tour_status=document["tour"]["status"],
        gap=allocation["gap"],
        postings=len(allocation["postings"]),
        files=[file for file in MEDIA_TYPES if (folder / file).is_file()],
    )


def _not_found(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse(
        {"type": "about:blank", "title": "Not Found", "status": 404, "detail": str(error)},
        status_code=404,
        media_type=PROBLEM_JSON,
    )


def _unknown_error(_request: Request, error: Exception) -> JSONResponse:
    """Answer a plain 500 with an id; the details go to the log."""
    error_id = uuid.uuid4().hex
    logger.error("unexpected error %s", error_id, exc_info=error)
    return JSONResponse(
        {
            "type": "about:blank",
            "title": "Internal Server Error",
            "status": 500,
            "instance": f"urn:uuid:{error_id}",
        },
        status_code=500,
        media_type=PROBLEM_JSON,
    )
