"""Recognises who calls: an API key, or a token of the organisation's own sign-on."""

from __future__ import annotations

from fastapi import Request

from app.service.access import Principal
from app.service.errors import ApiError


def recognise(request: Request) -> Principal:
    """Return who calls.

    Raises
    ------
    ApiError
        401 if nobody is recognised.
    """
    del request
    raise ApiError(
        401, "unauthorized", "A key or a token is needed.", headers={"WWW-Authenticate": "Bearer"}
    )
