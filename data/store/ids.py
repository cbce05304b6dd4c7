"""Ids that tell nothing and are never guessed."""

from __future__ import annotations

import secrets

_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"


def new_id(kind: str) -> str:
    """Return a new id: a letter or two for its kind, and 100 random bits (``c_7hx…``)."""
    return f"{kind}_{''.join(secrets.choice(_ALPHABET) for _ in range(21))}"
