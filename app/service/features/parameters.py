"""The parameters and the answers of requests, as OpenAPI describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.service.errors import responses
from app.service.features.documents import HTML, Document
from app.service.features.query import DEFAULT_LIMIT, FORMATS, MOST
from app.service.features.reference import CRS84, SYSTEMS


def _parameter(name: str, description: str, schema: Any, **more: Any) -> Document:  # noqa: ANN401 -- JSON
    told = {"name": name, "in": "query", "description": description, "required": False}
    return {**told, "schema": schema, **more}


_URIS = {"type": "string", "format": "uri", "enum": [c.uri for c in SYSTEMS], "default": CRS84.uri}
PARAMETERS: Mapping[str, Document] = {
    "f": _parameter(
        "f",
        "The format; else what Accept asks for.",
        {"type": "string", "enum": list(FORMATS)},
    ),
    "limit": _parameter(
        "limit",
        "Most features of one page; a greater number is taken for the most.",
        {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT},
    ),
    "bbox": _parameter(
        "bbox",
        "Only features that meet this box, and those without a place: two corners, in the order of "
        "the axes of bbox-crs, with or without heights. In degrees, a west side greater than the "
        "east one goes over the antimeridian.",
        {
            "type": "array",
            "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
            "items": {"type": "number"},
        },
        style="form",
        explode=False,
    ),
    "bbox-crs": _parameter("bbox-crs", "The system of bbox.", _URIS),
    "datetime": _parameter(
        "datetime",
        "Only features that are at this moment or in this interval (RFC 3339; days too; open ends "
        "as ..), and those without a time.",
        {"type": "string"},
        example="2017-10-17T00:00:00Z/..",
    ),
    "crs": _parameter("crs", "The system of the coordinates in the answer.", _URIS),
    "cursor": _parameter(
        "cursor", "Where to go on: from the link next of a page.", {"type": "string"}
    ),
    "plan": _parameter(
        "plan",
        "The id of a plan; else the latest that is approved or further, else the latest.",
        {"type": "string"},
    ),
}  # fmt: skip
"""Every parameter but those that name a property."""


def answers(media_type: str, schema: dict[str, Any] | None = None) -> dict[int | str, Any]:
    """Return what the document of the service says of a route that answers JSON and HTML."""
    content: dict[str, Any] = {
        media_type: {"schema": schema or {"type": "object"}},
        HTML: {"schema": {"type": "string"}},
    }
    return {
        200: {"description": "As JSON or as a page", "content": content},
        304: {"description": "As the ETag in If-None-Match says"},
        **responses(400, 401, 403, 404, 406, 429, 503),
    }


def parameters(*names: str) -> dict[str, Any]:
    """Return what the document of the service says of the parameters of a route."""
    return {"parameters": [PARAMETERS[name] for name in ("f", *names)]}
