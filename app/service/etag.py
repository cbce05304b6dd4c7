"""ETags: what somebody changes must be what they have seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Header

from app.service.errors import ApiError

IfMatch = Annotated[str | None, Header(alias="If-Match", description="The ETag of what was read.")]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match")]


def etag(*versions: object) -> str:
    """Return the strong ETag of a state that these versions tell."""
    return '"' + ".".join(str(version) for version in versions) + '"'


def check_if_match(given: str | None, current: str, *, now: Mapping[str, Any]) -> None:
    """Refuse a change of what has changed meanwhile.

    Parameters
    ----------
    given, current
        The ``If-Match`` of the request, and the ETag of what is there.
    now
        What is there, for the answer: the caller sees what changed.

    Raises
    ------
    ApiError
        428 without ``If-Match``, 412 on a stale one.
    """
    if given is None:
        detail = "A change needs If-Match with the ETag of what was read."
        raise ApiError(428, "if-match-required", detail)
    tags = [tag.strip() for tag in given.split(",")]
    if current not in tags and tags != ["*"]:
        raise ApiError(
            412,
            "stale",
            "It was changed meanwhile; `current` is what it is now.",
            headers={"ETag": current},
            extra={"current": dict(now)},
        )


def is_known(given: str | None, current: str) -> bool:
    """Return whether the caller has the current state already (``If-None-Match``; weak compare)."""
    if given is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in given.split(",")]
    return current in tags or tags == ["*"]
