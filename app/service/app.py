"""The service put together: its routes, what surrounds them, and how it begins and ends."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from importlib import metadata

from fastapi import APIRouter, FastAPI

from app.service.bodies import BodyLimitMiddleware
from app.service.context import Services
from app.service.errors import add_error_handlers
from app.service.idempotency import IdempotencyMiddleware
from app.service.logs import log_request
from app.service.metrics import count_request
from app.service.openapi import add_openapi
from app.service.requests import RequestMiddleware
from app.service.routes import (
    audit,
    campaigns,
    features,
    inputs,
    jobs,
    keys,
    links,
    members,
    new_campaigns,
    plan_files,
    plan_studies,
    plans,
    portraits,
    postings,
    privacy,
    returns,
    rows,
    service,
    swaps,
    workflow,
)
from app.service.watching import WatchMiddleware

ROUTERS: tuple[APIRouter, ...] = (
    service.router,
    features.router,  # asked for most often: routes are tried in this order
    new_campaigns.router,
    campaigns.router,
    inputs.router,
    rows.router,
    portraits.router,
    jobs.router,
    plans.router,
    plan_studies.router,
    postings.router,
    plan_files.router,
    swaps.router,
    workflow.router,
    returns.router,
    links.router,
    audit.router,
    privacy.router,
    members.router,
    keys.router,
)
"""The routers of `app.service.routes`, in the order of the OpenAPI document."""


Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_service(services: Services, *, lifespan: Lifespan | None = None) -> FastAPI:
    """Return the service over a store; `lifespan` surrounds the time in which it answers."""
    app = FastAPI(
        title="Placarde",
        version=metadata.version("placarde"),
        summary="Plans territorial poster campaigns: campaigns, jobs, plans, maps.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.services = services
    for router in ROUTERS:
        app.include_router(router)
    add_error_handlers(app)
    add_openapi(app)
    # The one added last is the outermost.
    app.add_middleware(IdempotencyMiddleware, services=services)
    app.add_middleware(BodyLimitMiddleware, upload_limit=services.settings.upload_limit)
    app.add_middleware(WatchMiddleware, tell=(count_request, log_request))
    app.add_middleware(RequestMiddleware)
    return app
