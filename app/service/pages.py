"""Lists in pages: a cursor that cannot be forged, and links to follow."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Annotated, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Query, Request
from pydantic import BaseModel

from app.service.context import Services
from app.service.errors import ApiError

Item = TypeVar("Item")
Limit = Annotated[int, Query(ge=1, le=1000, description="Most items of one page.")]
Cursor = Annotated[
    str | None, Query(max_length=500, description="Where to go on: from the link `next` of a page.")
]
DEFAULT_LIMIT = 100
_TAG_BYTES = 9


class Link(BaseModel):
    """A link to follow (RFC 8288)."""

    href: str
    rel: str
    type: str = "application/json"


class Page(BaseModel, Generic[Item]):
    """A page of a list."""

    items: list[Item]
    links: list[Link]


def cursor_of(service: Services, key: object, *, of: str = "features") -> str:
    """Return the cursor of a place in a list.

    Parameters
    ----------
    key
        Anything that JSON holds.
    of
        The list: what is a place in one of them is none in another.
    """
    text = json.dumps(key, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_tag(service, of, text) + text).decode().rstrip("=")


def place_of(service: Services, cursor: str | None, *, of: str = "features") -> object | None:
    """Return the place that a cursor of the list `of` tells; None without one.

    Raises
    ------
    ApiError
        400 if it is not one of ours, or of another list.
    """
    if cursor is None:
        return None
    try:
        content = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError as error:
        raise _not_ours() from error
    tag, text = content[:_TAG_BYTES], content[_TAG_BYTES:]
    if not hmac.compare_digest(tag, _tag(service, of, text)):
        raise _not_ours()
    found: object = json.loads(text)
    return found


def page_links(request: Request, *, following: str | None) -> list[Link]:
    """Return the links of a page: itself, and the next one where there is one."""
    url = request.url
    links = [Link(href=_relative(url.path, url.query), rel="self")]
    if following is not None:
        query = [(k, v) for k, v in request.query_params.multi_items() if k != "cursor"]
        links.append(
            Link(href=_relative(url.path, urlencode([*query, ("cursor", following)])), rel="next")
        )
    return links


def _relative(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _tag(service: Services, of: str, text: bytes) -> bytes:
    signed = f"cursor:{of}:".encode() + text
    return hmac.digest(service.settings.secret, signed, hashlib.sha256)[:_TAG_BYTES]


def _not_ours() -> ApiError:
    return ApiError(400, "bad-cursor", "This cursor is not from a page of this list.")
