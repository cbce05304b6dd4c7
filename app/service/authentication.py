"""Recognises who calls: an API key, or a token of the organisation's own sign-on."""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from app.service import limits
from app.service.access import Action, Principal, Role
from app.service.caches import Cache
from app.service.context import Services
from app.service.errors import ApiError
from app.service.sign_on import SignOn
from data.store import StoreUnavailableError, clock, keys, members
from data.store.keys import KnownKey
from data.store.marks import Mark

logger = logging.getLogger("placarde.service")

KEY_HEADER = "X-Api-Key"
MOST_KEPT = 1000
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="placarde"'}


@dataclass(frozen=True, slots=True)
class _Recognised:
    """Whom a key stood for at a mark of the store."""

    mark: Mark
    key: KnownKey
    principal: Principal


def recognise_at_once(request: Request) -> Principal | None:
    """Return who calls if that can be told without waiting for the store; None if it cannot.

    A key that was recognised is not looked up again while nothing in the store has changed: one
    that is revoked changes it. Whether it has expired meanwhile is asked each time.

    Raises
    ------
    ApiError
        400 if a key stands in the URL, or more than one is given.
    """
    service: Services = request.app.state.services
    mark, credential = service.store.mark(), _credential(request)
    kept = _kept(request).get(_digest(credential))
    if kept is None or kept.mark != mark:
        return None
    now = service.clock()
    if not kept.key.holds_at(now) or kept.key.use_is_due_at(now):
        return None
    return kept.principal if limits.spend_at_once(request, kept.key.key_id) else None


def recognise(request: Request) -> Principal:
    """Return who calls.

    Raises
    ------
    ApiError
        400 if a key stands in the URL, or more than one is given; 401 if nobody is recognised,
        whatever the reason; 429 if that happens too often, or there are too many requests.
    """
    service: Services = request.app.state.services
    credential = _credential(request)
    found = _recognised(request, service, credential) if credential else None
    if found is None:
        if credential:
            limits.count_failure(request)
        raise _unrecognised()
    caller, principal = found
    limits.spend(request, caller)
    return principal


def roles_from(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[Role]]:
    """Return roles by campaign id; a role that is none of ours grants nothing."""
    found: dict[str, set[Role]] = {}
    for campaign_id, role in pairs:
        if role in set(Role):
            found.setdefault(campaign_id, set()).add(Role(role))
    return {campaign_id: frozenset(roles) for campaign_id, roles in sorted(found.items())}


def _recognised(
    request: Request, service: Services, credential: str
) -> tuple[str, Principal] | None:
    """Return what to count the requests of a caller by, and who it is."""
    if credential.startswith(f"{keys.SCHEME}_"):
        return _by_key(request, service, credential)
    sign_on = _sign_on_of(request, service)
    signed_on = sign_on.recognise(credential) if sign_on else None
    if signed_on is None:
        return None
    with service.store.read() as tx:
        given = members.roles_of(tx, signed_on.subject)
    principal = Principal(signed_on.subject, roles_from(signed_on.roles | given))
    return signed_on.subject, principal


def _sign_on_of(request: Request, service: Services) -> SignOn | None:
    """Return the issuer that the settings name, its keys known to this process."""
    state, settings = request.app.state, service.settings
    if not settings.oidc_issuer:
        return None
    found: SignOn | None = getattr(state, "sign_on", None)
    if found is None:
        found = state.sign_on = SignOn(
            settings.oidc_issuer, settings.oidc_audience, settings.oidc_roles_claim, service.clock
        )
    return found


def _by_key(request: Request, service: Services, credential: str) -> tuple[str, Principal] | None:
    """Return the id of a key, and whom it stands for."""
    now, mark = service.clock(), service.store.mark()
    with service.store.read() as tx:
        known = keys.recognise(tx, credential, now)
    if known is None:
        return None
    if known.use_is_due_at(now):
        _note_use(service, known.key_id, now)
    principal = _principal(known)
    if mark is not None:
        found = _Recognised(mark, known, principal)
        _kept(request).put(_digest(credential), found)
    return known.key_id, principal


def _principal(known: KnownKey) -> Principal:
    limited = keys.EVERY_SCOPE not in known.scopes
    scopes = frozenset(action for action in Action if action.value in known.scopes)
    return Principal(known.subject, roles_from(known.roles), scopes if limited else None)


def _kept(request: Request) -> Cache[_Recognised]:
    """Return the keys that were recognised, by the hash of each: nobody's key lies in memory."""
    state = request.app.state
    found: Cache[_Recognised] | None = getattr(state, "recognised", None)
    if found is None:
        found = state.recognised = Cache(MOST_KEPT, lambda _: 1)
    return found


def _digest(credential: str) -> bytes:
    return hashlib.sha256(credential.encode()).digest()


def _note_use(service: Services, key_id: str, now: datetime) -> None:
    """Note that a key was used; who reads does not fail because nothing can be written."""
    try:
        with service.store.write() as tx:
            keys.note_use(tx, key_id, clock.note(tx, now))
    except StoreUnavailableError:
        logger.warning("the use of a key could not be noted")


def _credential(request: Request) -> str:
    if keys.PATTERN.search(request.url.query):
        detail = "A key must never stand in a URL, which is logged and kept: revoke this one."
        raise ApiError(400, "key-in-url", detail)
    bearer = request.headers.get("Authorization")
    key = request.headers.get(KEY_HEADER)
    if bearer is not None and key is not None:
        raise ApiError(400, "two-credentials", f"Give either Authorization or {KEY_HEADER}.")
    return (key or "").strip() if bearer is None else _authorised(bearer)


def _authorised(header: str) -> str:
    """Return the key or token of an ``Authorization`` header.

    The password of HTTP Basic is one too, whatever the user: many GIS programs have no other way.
    """
    scheme, _, told = header.partition(" ")
    if scheme.lower() == "bearer":
        return told.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        pair = base64.b64decode(told.strip(), validate=True).decode()
    except ValueError:  # no base64, or no UTF-8
        return ""
    return pair.partition(":")[2].strip()


def _unrecognised() -> ApiError:
    return ApiError(401, "unauthorized", "A good key or token is needed.", headers=_CHALLENGE)
