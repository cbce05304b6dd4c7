"""Tokens of the organisation's own sign-on (OpenID Connect), checked by its published keys."""

from __future__ import annotations

import hashlib
import logging
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from app.service.access import EVERYWHERE, Role
from app.service.context import Clock
from app.service.errors import RETRY_AFTER_S, ApiError
from data.sign_on import SignOnError, fetch_keys

logger = logging.getLogger("placarde.service")

ALGORITHMS = ("RS256", "ES256", "PS256")
"""Signatures by a private key alone: neither ``none`` nor a secret that both sides have."""
LEEWAY_S = 30
LONGEST_TOKEN = 16_384
FRESH = timedelta(minutes=10)
AGAIN_AFTER = timedelta(seconds=30)
"""Keys that are not known are asked for again this often, and no oftener whoever sends what."""
SUBJECT_PREFIX = "oidc:"
ROLE_PREFIX = "placarde"
_LEAST_RSA_LETTERS = 342
"""Of the modulus of 2048 bits, in base64."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_PLAIN_SUBJECT = re.compile(r"[A-Za-z0-9._@+|-]{1,150}")

Keys = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class SignedOn:
    """Who a token says somebody is: the subject, and pairs of campaign id and role."""

    subject: str
    roles: frozenset[tuple[str, str]]


@dataclass(slots=True)
class SignOn:
    """An issuer of tokens, and what it is known to sign with.

    Parameters
    ----------
    issuer, audience
        Who signs, and for whom: a token for somebody else is none.
    roles_claim
        Where the token lists roles; dots lead into objects (``realm_access.roles``).
    clock
        Of the service.
    fetch
        Returns the public keys of the issuer.
    """

    issuer: str
    audience: str
    roles_claim: str
    clock: Clock
    fetch: Callable[[str], Keys] = fetch_keys
    _keys: KeySet | None = None
    _fetched_at: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def recognise(self, token: str) -> SignedOn | None:
        """Return whom a token is of; None if it is not one that holds now.

        Raises
        ------
        ApiError
            503 if the issuer does not tell its keys and none are known.
        """
        if len(token) > LONGEST_TOKEN or not _TOKEN.fullmatch(token):
            return None
        claims = self._claims(token, self._known(FRESH))
        if claims is None:
            claims = self._claims(token, self._known(AGAIN_AFTER))
        return None if claims is None else self._told(claims)

    def _claims(self, token: str, keys: KeySet) -> dict[str, Any] | None:
        try:
            found = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
            registry = jwt.JWTClaimsRegistry(
                now=int(self.clock().timestamp()),
                leeway=LEEWAY_S,
                iss={"essential": True, "value": self.issuer},
                aud={"essential": True, "value": self.audience},
                exp={"essential": True},
                sub={"essential": True},
                azp={"essential": False, "value": self.audience},
            )
            registry.validate(found.claims)
        except (JoseError, ValueError, TypeError, KeyError):
            return None
        return found.claims

    def _known(self, fresh: timedelta) -> KeySet:
        """Return the keys of the issuer, asked for again if they are older than that.

        Those that are known stay good while the issuer does not answer.
        """
        with self._lock:
            now = self.clock()
            fresh = AGAIN_AFTER if self._keys is None else fresh
            if self._fetched_at is None or not timedelta(0) <= now - self._fetched_at < fresh:
                self._fetch(now)
            if self._keys is None:
                wait = {"Retry-After": str(RETRY_AFTER_S)}
                detail = "The sign-on server does not answer."
                raise ApiError(503, "sign-on-unavailable", detail, headers=wait)
            return self._keys

    def _fetch(self, now: datetime) -> None:
        try:
            self._keys = KeySet(list(_usable(self.fetch(self.issuer))))
        except SignOnError as error:
            logger.warning("sign-on: %s", error)
        self._fetched_at = now

    def _told(self, claims: Mapping[str, Any]) -> SignedOn | None:
        subject = claims.get("sub")
        if not isinstance(subject, str) or not subject:
            return None
        if not _PLAIN_SUBJECT.fullmatch(subject):
            subject = "sha256:" + hashlib.sha256(subject.encode()).hexdigest()
        return SignedOn(SUBJECT_PREFIX + subject, frozenset(_roles(self._listed(claims))))

    def _listed(self, claims: Mapping[str, Any]) -> list[str]:
        found: Any = claims
        for name in self.roles_claim.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        return [role for role in found if isinstance(role, str)] if isinstance(found, list) else []


def _usable(keys: Keys) -> Iterable[RSAKey | ECKey]:
    """Yield the keys that signatures may be checked by; a secret or a weak key is none."""
    for key in keys:
        if key.get("use", "sig") != "sig" or key.get("kty") not in {"RSA", "EC"}:
            continue
        if key["kty"] == "RSA" and len(str(key.get("n", ""))) < _LEAST_RSA_LETTERS:
            continue
        try:
            yield (RSAKey if key["kty"] == "RSA" else ECKey).import_key(key)
        except (JoseError, ValueError, TypeError, KeyError):
            continue


def _roles(listed: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Yield pairs of campaign id and role of ``placarde:planner`` or ``placarde:planner:c_…``."""
    for text in listed:
        parts = text.split(":")
        if parts[0] != ROLE_PREFIX or len(parts) not in {2, 3} or parts[1] not in set(Role):
            continue
        campaign_id = parts[2] if len(parts) == 3 else EVERYWHERE
        if len(parts) == 2 or campaign_id not in {"", EVERYWHERE}:
            yield campaign_id, parts[1]
