"""``Idempotency-Key``: a POST that is repeated is done once, and answered alike.

The key belongs to the caller's credential. A first request claims it; its change notes so in its
own transaction (`app.service.acts`); its answer is kept. A repetition gets that answer. One that
comes while the first still runs is told to wait; one whose first died after its change, before its
answer, is told that the change stands. Refusals of rights, of rate and of the server are not kept.

A key is claimed only once the caller was found to have the right (`app.service.access.needs`):
nobody whose key was revoked, or whose role was taken, is given an old answer again.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial

from anyio.to_thread import run_sync
from fastapi import Request
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.service.context import Services
from app.service.errors import RETRY_AFTER_S, ApiError, problem_response
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

_ATTEMPT: ContextVar[str | None] = ContextVar("attempt", default=None)
"""The claim of the request at work. Not its request id, which a client may choose, and repeat."""


async def claim_key(request: Request) -> None:
    """Claim the idempotency key of a request, if it has one, for a caller who has the right."""
    claim: _Claim | None = getattr(request.state, "claim", None)
    if claim is not None:
        await claim.make()


def note_applied(tx: Tx) -> None:
    """Note in the transaction of a change that the request at work has made it."""
    attempt = _ATTEMPT.get()
    if attempt is not None:
        idempotency.mark_applied(tx, attempt)


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
        claim = _Claim(self._services, Claim(_credential(headers), key))
        body = _Fingerprint(scope, headers, receive)
        scope.setdefault("state", {})["claim"] = claim
        token = _ATTEMPT.set(claim.attempt)
        try:
            await self._first(scope, body, send, claim=claim)
        except _RepeatedError as repeated:
            await _repeat(repeated.before, await body.of_all())(scope, receive, send)
        finally:
            _ATTEMPT.reset(token)

    async def _first(self, scope: Scope, body: _Fingerprint, send: Send, *, claim: _Claim) -> None:
        answer = _Answer(send)
        try:
            await self._app(scope, body.receive, answer.send)
        except _RepeatedError:
            raise
        except BaseException:
            if claim.is_made:
                await run_sync(
                    partial(self._note, lambda tx: idempotency.let_go(tx, claim.attempt))
                )
            raise
        if claim.is_made:
            await run_sync(partial(self._keep, scope["path"], claim.attempt, answer, body))

    def _keep(self, path: str, attempt: str, answer: _Answer, body: _Fingerprint) -> None:
        def note(tx: Tx) -> None:
            if answer.status in NOT_KEPT or answer.status >= 500 or not body.is_whole:
                idempotency.let_go(tx, attempt)
            elif len(answer.body) <= KEPT_BYTES and not path.endswith(SECRET_PATHS):
                idempotency.answer(
                    tx,
                    attempt,
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


class _RepeatedError(Exception):
    """A request that was made before, by a caller who may make it."""

    def __init__(self, before: IdempotencyRecord) -> None:
        super().__init__("made before")
        self.before = before


class _Claim:
    """Claims the key of one request, once."""

    def __init__(self, services: Services, who: Claim) -> None:
        self._services = services
        self._who = who
        self.attempt = uuid.uuid4().hex
        self.is_made = False

    async def make(self) -> None:
        """Claim the key.

        Raises
        ------
        _RepeatedError
            If it was claimed before.
        """
        if self.is_made:
            return
        before = await run_sync(self._claim)
        if before is not None:
            raise _RepeatedError(before)
        self.is_made = True

    def _claim(self) -> IdempotencyRecord | None:
        services = self._services
        with services.store.write() as tx:
            return idempotency.claim(tx, self._who, request_id=self.attempt, at=services.clock())


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
