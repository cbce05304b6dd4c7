"""How many requests somebody may make, whichever process answers them.

A process draws tokens from the shared bucket by the handful and spends them by itself, so that a
request seldom costs a write. Where the store cannot be asked nobody is refused: what the request
needs of the store tells better what is wrong.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import Request

from app.service.context import Services
from app.service.errors import ApiError
from data.store import StoreUnavailableError, allowances
from data.store.allowances import Rate

MOST_AT_ONCE = 50
FAILURES_A_MINUTE = 30
"""How many times a minute one address may fail to be recognised before it is told to wait."""
KEPT = timedelta(minutes=1)
"""Tokens that a process drew and did not spend within this time are let go."""
_MOST_CALLERS = 10_000


@dataclass(slots=True)
class _Handful:
    tokens: int
    drawn_at: datetime
    refused_until: datetime | None = None


class Limiter:
    """The tokens that this process has drawn, by caller.

    Parameters
    ----------
    service
        Its store holds the buckets; its settings say how much flows into one.
    """

    def __init__(self, service: Services) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._held: OrderedDict[str, _Handful] = OrderedDict()

    def spend(self, caller: str, *, rate: Rate | None = None) -> float | None:
        """Spend a token; return None, or in how many seconds there may be one."""
        a_minute = self._service.settings.requests_a_minute
        if not a_minute:
            return None
        now = self._service.clock()
        wait_s = self._spend_here(caller, now)
        if wait_s is not None:
            return wait_s or None
        return self._draw(caller, rate or Rate(a_minute), now)

    def spend_at_once(self, caller: str) -> bool:
        """Spend a token that this process holds; return False if the store must be asked first."""
        if not self._service.settings.requests_a_minute:
            return True
        return self._spend_here(caller, self._service.clock()) == 0.0

    def _spend_here(self, caller: str, now: datetime) -> float | None:
        """Return 0 if a token was there, how long none will be, or None if that must be asked."""
        with self._lock:
            held = self._held.get(caller)
            if held is None:
                return None
            self._held.move_to_end(caller)
            if held.refused_until is not None and now < held.refused_until:
                return (held.refused_until - now).total_seconds()
            if held.tokens < 1 or not timedelta(0) <= now - held.drawn_at < KEPT:
                return None
            held.tokens -= 1
            return 0.0

    def _draw(self, caller: str, rate: Rate, now: datetime) -> float | None:
        most = max(1, min(MOST_AT_ONCE, rate.a_minute // 60))
        try:
            with self._service.store.write() as tx:
                drawn = allowances.draw(tx, caller, most=most, rate=rate, at=now)
        except StoreUnavailableError:
            return None
        refused = None if drawn.tokens else now + timedelta(seconds=drawn.wait_s)
        with self._lock:
            self._held[caller] = _Handful(max(0, drawn.tokens - 1), now, refused)
            while len(self._held) > _MOST_CALLERS:
                self._held.popitem(last=False)
        return None if drawn.tokens else drawn.wait_s


def spend(request: Request, caller: str) -> None:
    """Count a request of a caller who was recognised.

    Raises
    ------
    ApiError
        429 if there are too many.
    """
    _refuse(limiter_of(request).spend(f"caller:{caller}"))


def spend_at_once(request: Request, caller: str) -> bool:
    """Count a request of a caller who was recognised; False where only `spend` can tell."""
    return limiter_of(request).spend_at_once(f"caller:{caller}")


def spend_by_address(request: Request) -> None:
    """Count a request of somebody without a key.

    Raises
    ------
    ApiError
        429 if there are too many from that address.
    """
    _refuse(limiter_of(request).spend(f"from:{_place(request)}"))


def count_failure(request: Request) -> None:
    """Count that somebody was not recognised.

    Raises
    ------
    ApiError
        429 if it happens too often from that address.
    """
    rate = Rate(FAILURES_A_MINUTE)
    _refuse(limiter_of(request).spend(f"failed:{_place(request)}", rate=rate))


def limiter_of(request: Request) -> Limiter:
    """Return the limiter of this process."""
    state = request.app.state
    found: Limiter | None = getattr(state, "limiter", None)
    if found is None:
        found = state.limiter = Limiter(state.services)
    return found


def _refuse(wait_s: float | None) -> None:
    if wait_s is None:
        return
    seconds = max(1, math.ceil(wait_s))
    headers = {"Retry-After": str(seconds)}
    raise ApiError(429, "too-many-requests", f"Wait {seconds} seconds.", headers=headers)


def _place(request: Request) -> str:
    """Return what stands for an address: a keyed hash, so that none is kept.

    Of IPv6 the network counts: whoever has one address has all of its.
    """
    service: Services = request.app.state.services
    text = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        address = None
    if isinstance(address, ipaddress.IPv6Address):
        text = str(ipaddress.ip_network((address, 64), strict=False))
    digest = hmac.digest(service.settings.secret, b"address:" + text.encode(), hashlib.sha256)
    return digest[:12].hex()
