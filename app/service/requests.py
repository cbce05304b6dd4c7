"""What surrounds every request: its id, the headers of every answer, and the last resort.

Plain ASGI: it costs a request next to nothing, and lets answers stream.
"""

from __future__ import annotations

import logging
import re
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.service.errors import ApiError, not_found, problem_response

logger = logging.getLogger("placarde.service")

REQUEST_ID_HEADER = "X-Request-Id"
_OURS = re.compile(r"[A-Za-z0-9_-]{8,40}")
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""Set where the route did not say otherwise."""


class RequestMiddleware:
    """Gives each request an id, and each answer the headers that no route should forget."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and give its answer what it lacks."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        request_id = given if _OURS.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        only_head = scope["method"] == "HEAD"
        if only_head:  # whatever may be read may be asked for its headers (RFC 9110, 9.3.2)
            scope = {**scope, "method": "GET"}
        scope["state"]["only_head"] = only_head
        answering = _Answering(send, request_id, only_head=only_head)
        if "\0" in scope["path"]:  # no id of ours; no database takes it in a text
            await problem_response(not_found("resource"))(scope, receive, answering.send)
            return
        try:
            await self._app(scope, receive, answering.send)
        except Exception:
            logger.exception("unexpected error", extra={"facts": {"request_id": request_id}})
            if not answering.began:
                detail = f"Something went wrong; the log tells what under {request_id}."
                answer = problem_response(ApiError(500, "unexpected", detail))
                await answer(scope, receive, answering.send)


class _Answering:
    """Sends an answer with the headers that it lacks; of a HEAD, nothing but these."""

    def __init__(self, send: Send, request_id: str, *, only_head: bool) -> None:
        self._send = send
        self._request_id = request_id
        self._only_head = only_head
        self.began = False

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] != "http.response.start":
            if not self._only_head:
                await self._send(message)
            return
        self.began = True
        headers = MutableHeaders(scope=message)
        headers[REQUEST_ID_HEADER] = self._request_id
        for name, value in SECURITY_HEADERS.items():
            headers.setdefault(name, value)
        await self._send(message)
        if self._only_head:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
