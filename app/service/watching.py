"""Watches requests go by: who counts them and who logs them are told once each has ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that has ended.

    Parameters
    ----------
    route
        The pattern of the path (``/plans/{plan_id}``): the ids in it are not told.
    seconds
        From the request to the end of its answer.
    """

    request_id: str
    method: str
    route: str
    status: int
    seconds: float


class WatchMiddleware:
    """Tells of each request when its answer has ended."""

    def __init__(self, app: ASGIApp, tell: tuple[Callable[[Seen], None], ...]) -> None:
        self._app = app
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and tell of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def watching(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watching)
        finally:
            seen = Seen(
                request_id=scope["state"]["request_id"],
                method=scope["method"],
                route=getattr(scope.get("route"), "path", "none"),
                status=status,
                seconds=time.perf_counter() - started,
            )
            for tell in self._tell:
                tell(seen)
