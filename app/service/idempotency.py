"""``Idempotency-Key``: a POST that is repeated is done once, and answered alike.

The key belongs to the caller's credential. A first request claims it; its change notes so in its
own transaction (`app.service.acts`); its answer is kept. A repetition gets that answer. One that
comes while the first still runs is told to wait; one whose first died after its change, before its
answer, is told that the change stands. Refusals of rights, of rate and of the server are not kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.service.context import Services
from app.service.errors import RETRY_AFTER_S, ApiError, problem_response, unavailable_error
from data.store import StoreUnavailableError, Tx, idempotency
from data.store.idempotency import Claim
from data.store.tables import IdempotencyRecord

HEADER = "Idempotency-Key"
REPLAY_HEADER = "Idempotent-Replay"
LONGEST_KEY = 100
KEPT_BYTES = 4 << 20
"""A longer answer is not kept: whoever repeats is told that the change stands."""

NOT_KEPT = frozenset({401, 403, 429})
SECRET_PATHS = ("/keys", "/links")
"""POSTs whose answer shows a secret once, and never again."""

_KEPT_HEADERS = ("content-type", "location", "etag")


class IdempotencyMiddleware:
    """Lets a POST with a key that was used before have the answer of the one before."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer as the one before it was answered."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        key = headers.get(HEADER)
        if key is None or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
            detail = f"Idempotency-Key is 1 to {LONGEST_KEY} printable ASCII characters."
            await problem_response(ApiError(400, "bad-idempotency-key", detail))(
                scope, receive, send
            )
            return
        request_id: str = scope["state"]["request_id"]
        who = Claim(_credential(headers), key)
        body = _Fingerprint(scope, headers, receive)
        try:
            before = await run_sync(partial(self._claim, who, request_id))
        except StoreUnavailableError as error:
            await problem_response(unavailable_error(error))(scope, receive, send)
            return
        if before is not None:
            fingerprint = await body.of_all()
            await _repeat(before, fingerprint)(scope, receive, send)
            return
        await self._first(scope, body, send, request_id=request_id)

    async def _first(
        self, scope: Scope, body: _Fingerprint, send: Send, *, request_id: str
    ) -> None:
        answer = _Answer(send)
        try:
            await self._app(scope, body.receive, answer.send)
        except BaseException:
            await run_sync(partial(self._note, lambda tx: idempotency.let_go(tx, request_id)))
            raise
        await run_sync(partial(self._keep, scope["path"], request_id, answer, body))

    def _claim(self, who: Claim, request_id: str) -> IdempotencyRecord | None:
        with self._services.store.write() as tx:
            return idempotency.claim(tx, who, request_id=request_id, at=self._services.clock())

    def _keep(self, path: str, request_id: str, answer: _Answer, body: _Fingerprint) -> None:
        def note(tx: Tx) -> None:
            if answer.status in NOT_KEPT or answer.status >= 500 or not body.is_whole:
                idempotency.let_go(tx, request_id)
            elif len(answer.body) <= KEPT_BYTES and not path.endswith(SECRET_PATHS):
                idempotency.answer(
                    tx,
                    request_id,
                    fingerprint=body.so_far(),
                    status=answer.status,
                    headers=answer.headers,
                    body=bytes(answer.body),
                )

        self._note(note)

    def _note(self, note: Callable[[Tx], None]) -> None:
        """Write; where the store does not answer, what was noted with the change still holds."""
        try:
            with self._services.store.write() as tx:
                note(tx)
        except StoreUnavailableError:
            return


def _credential(headers: Headers) -> str:
    """Return what stands for a caller: a hash of what they show."""
    shown = headers.get("authorization") or headers.get("x-api-key") or ""
    return hashlib.sha256(shown.encode()).hexdigest()


def _repeat(before: IdempotencyRecord, fingerprint: str) -> Response:
    """Return the answer to a request whose key was used before."""
    if before.status is None:
        if before.is_applied:
            detail = "This was done; its answer was lost. Read the resource."
            return problem_response(ApiError(409, "already-applied", detail))
        detail = "The first request with this key is still at work."
        wait = {"Retry-After": str(RETRY_AFTER_S)}
        return problem_response(ApiError(409, "in-progress", detail, headers=wait))
    if before.fingerprint != fingerprint:
        detail = "This key was used for another request."
        return problem_response(ApiError(422, "idempotency-key-reused", detail))
    return Response(before.body, before.status, {**before.headers, REPLAY_HEADER: "true"})


class _Answer:
    """Passes an answer on and keeps a copy of it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 500
        self.headers: dict[str, str] = {}
        self.body = bytearray()

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = Headers(raw=message["headers"])
            self.headers = {name: given[name] for name in _KEPT_HEADERS if name in given}
        elif message["type"] == "http.response.body" and len(self.body) <= KEPT_BYTES:
            self.body += message.get("body", b"")
        await self._send(message)


class _Fingerprint:
    """Hashes a request while it is read; the random boundary of a form does not count."""

    def __init__(self, scope: Scope, headers: Headers, receive: Receive) -> None:
        kind, _, rest = headers.get("content-type", "").partition(";")
        _, found, boundary = rest.partition("boundary=")
        self._boundary = boundary.strip('" ').encode() if found else b""
        self._receive = receive
        self._left = b""
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        self.is_whole = not has_body
        path = scope["path"].encode() + b"?" + scope.get("query_string", b"")
        self._hash = hashlib.sha256(b"\0".join((scope["method"].encode(), path, kind.encode())))

    async def receive(self) -> Message:
        """Return the next part of the request."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._add(message.get("body", b""))
            self.is_whole = not message.get("more_body", False)
        return message

    async def of_all(self) -> str:
        """Read what is left of the request, and return its fingerprint."""
        while not self.is_whole:
            message = await self.receive()
            if message["type"] != "http.request":
                break
        return self.so_far()

    def so_far(self) -> str:
        """Return the fingerprint of what was read."""
        whole = self._hash.copy()
        whole.update(self._left)
        return whole.hexdigest()

    def _add(self, content: bytes) -> None:
        if not self._boundary:
            self._hash.update(content)
            return
        text = (self._left + content).replace(self._boundary, b"")
        keep = len(self._boundary) - 1
        self._hash.update(text[:-keep] if keep else text)
        self._left = text[-keep:] if keep else b""
