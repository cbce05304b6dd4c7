"""How long the body of a request may be: counted while it comes in, whatever it says of itself."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.service.errors import ApiError, problem_response

FORM = "multipart/form-data"
FORM_OVERHEAD = 64 << 10
"""Bytes of a form beside its file: boundaries, headings, fields."""
MOST_ELSE = 4 << 20
"""Bytes of a body that is no form."""


class BodyTooLongError(HTTPException):
    """A body longer than is taken; raised to whoever reads it."""

    def __init__(self) -> None:
        super().__init__(413, "The request is longer than this service takes.")


class BodyLimitMiddleware:
    """Answers 413 to a body that is too long, before it is read to its end.

    Plain ASGI: what is read is passed on as it comes.
    """

    def __init__(self, app: ASGIApp, upload_limit: int) -> None:
        self._app = app
        self._upload_limit = upload_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count what is read of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_form = headers.get("content-type", "").lower().startswith(FORM)
        limit = self._upload_limit + FORM_OVERHEAD if is_form else MOST_ELSE
        said = headers.get("content-length", "")
        if said.isascii() and said.isdigit() and int(said) > limit:
            await _refuse(scope, receive, send)
            return
        await self._counted(limit, scope, receive, send)

    async def _counted(self, limit: int, scope: Scope, receive: Receive, send: Send) -> None:
        size, started = 0, False

        async def receive_counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > limit:
                raise BodyTooLongError
            return message

        async def send_noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive_counted, send_noted)
        except BodyTooLongError:
            if started:
                raise
            await _refuse(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    detail = "The request is longer than this service takes."
    error = ApiError(413, "content-too-large", detail, headers={"Connection": "close"})
    await problem_response(error)(scope, receive, send)
