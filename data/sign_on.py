"""Fetches what a sign-on server publishes of itself: its configuration, and its public keys."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

LARGEST_BYTES = 1 << 20
TIMEOUT_S = 5.0
CONFIGURATION = "/.well-known/openid-configuration"
_OWN = frozenset({"127.0.0.1", "::1", "localhost"})


class SignOnError(Exception):
    """The sign-on server does not answer, or not with what it has to publish."""


def fetch_keys(issuer: str) -> list[dict[str, Any]]:
    """Return the public keys of an issuer, as its discovery document (OpenID Connect) leads there.

    Nothing but the issuer itself is asked: a document that names keys elsewhere, or another issuer,
    is refused, and no redirection is followed.

    Raises
    ------
    SignOnError
        If the issuer is not reached by HTTPS (on this machine: HTTP will do), does not answer, or
        answers something else.
    """
    document = _object(issuer.rstrip("/") + CONFIGURATION)
    if document.get("issuer") != issuer:
        raise SignOnError("the discovery document is of another issuer")
    address = document.get("jwks_uri")
    if not isinstance(address, str) or _origin(address) != _origin(issuer):
        raise SignOnError("the keys are not at the issuer")
    found = _object(address).get("keys")
    if not isinstance(found, list):
        raise SignOnError("the keys are no list")
    return [key for key in found if isinstance(key, dict)]


def _object(address: str) -> dict[str, Any]:
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _OWN):
        raise SignOnError("the sign-on server is not reached by HTTPS")
    with urllib3.PoolManager(num_pools=1, retries=False) as pool:
        try:
            answer = pool.request(
                "GET", address, timeout=TIMEOUT_S, redirect=False, preload_content=False
            )
            content = answer.read(LARGEST_BYTES + 1)
            answer.release_conn()
        except HTTPError as error:
            raise SignOnError(
                f"the sign-on server does not answer: {type(error).__name__}"
            ) from error
    if answer.status != 200 or len(content) > LARGEST_BYTES:
        raise SignOnError(f"the sign-on server answers {answer.status}")
    try:
        found = json.loads(content)
    except ValueError as error:
        raise SignOnError("the sign-on server does not answer JSON") from error
    if not isinstance(found, dict):
        raise SignOnError("the sign-on server does not answer an object")
    return found


def _origin(address: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port
