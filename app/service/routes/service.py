"""Whether the service is up, ready, and how it fares."""

from __future__ import annotations

from functools import cache
from importlib import metadata
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict

from app.service.context import Services, ServicesDep
from app.service.errors import RETRY_AFTER_S, ApiError, responses
from app.service.metrics import CONTENT_TYPE, exposition
from data.store import schema

router = APIRouter(tags=["service"])
_needed = cache(schema.latest)


class Health(BaseModel):
    """That the process answers, and its version."""

    model_config = ConfigDict(json_schema_extra={"example": {"status": "ok", "version": "0.1.0"}})
    status: str
    version: str


class Readiness(BaseModel):
    """That requests can be served: the store answers and has the tables of this version."""

    model_config = ConfigDict(json_schema_extra={"example": {"status": "ready"}})
    status: str


@router.get("/health", operation_id="readHealth", summary="Tell that the process is alive")
def health() -> Health:
    """Answer without asking the store: a process that does is not to be restarted."""
    return Health(status="ok", version=metadata.version("placarde"))


def ready_store(service: ServicesDep) -> Services:
    """Return the service if its store can be used.

    Raises
    ------
    ApiError
        503 if its tables are not those of this version.
    StoreUnavailableError
        If it does not answer.
    """
    if schema.current(service.store) != _needed():
        wait = {"Retry-After": str(RETRY_AFTER_S)}
        raise ApiError(503, "old-schema", "Run `placarde db upgrade`.", headers=wait)
    return service


@router.get(
    "/ready",
    operation_id="readReadiness",
    summary="Tell that requests can be served",
    responses=responses(503),
)
def ready(_service: Annotated[Services, Depends(ready_store)]) -> Readiness:
    """Answer 503 while the store does not answer, or has the tables of another version."""
    return Readiness(status="ready")


@router.get(
    "/metrics",
    operation_id="readMetrics",
    summary="Tell Prometheus how the service fares",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "Prometheus text format"}},
)
def metrics(service: ServicesDep) -> Response:
    """Tell requests by route, jobs by status, whether the store answers; nobody's data."""
    return Response(exposition(service), media_type=CONTENT_TYPE)
