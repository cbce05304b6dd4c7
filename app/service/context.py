"""What every route is given: the store, the settings, the clock, and the act to note.

The dependencies are coroutines though they wait for nothing: FastAPI would give them threads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

from app.service.settings import ServiceSettings
from data.store import Store

Clock = Callable[[], datetime]


def machine_clock() -> datetime:
    """Return the moment that this machine believes it is, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Services:
    """What the service is made of; one for each process."""

    store: Store
    settings: ServiceSettings
    clock: Clock = machine_clock


async def services(request: Request) -> Services:
    """Return the parts of the service that answers a request."""
    found: Services = request.app.state.services
    return found


async def request_id(request: Request) -> str:
    """Return the id of a request, which `app.service.requests` gave it."""
    found: str = request.state.request_id
    return found


async def only_head(request: Request) -> bool:
    """Return whether the headers of an answer are asked for alone (HEAD)."""
    found: bool = request.state.only_head
    return found


ServicesDep = Annotated[Services, Depends(services)]
RequestId = Annotated[str, Depends(request_id)]
OnlyHead = Annotated[bool, Depends(only_head)]
