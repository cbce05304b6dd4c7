"""The service put together: its routes, what surrounds them, and how it begins and ends."""

from __future__ import annotations

from importlib import metadata

from fastapi import APIRouter, FastAPI

from app.service.context import Services
from app.service.errors import add_error_handlers
from app.service.requests import RequestMiddleware

ROUTERS: tuple[APIRouter, ...] = ()
"""The routers of `app.service.routes`, in the order of the OpenAPI document."""


def create_service(services: Services) -> FastAPI:
    """Return the service over a store."""
    app = FastAPI(
        title="Placarde",
        version=metadata.version("placarde"),
        summary="Plans territorial poster campaigns: campaigns, jobs, plans, maps.",
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    for router in ROUTERS:
        app.include_router(router)
    add_error_handlers(app)
    app.add_middleware(RequestMiddleware)
    return app
