"""The OpenAPI document: what every route shares is added to it here, once."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.service.errors import PROBLEM_JSON, TITLES, ProblemDetails
from app.service.idempotency import HEADER, LONGEST_KEY
from app.service.openapi_links import add_links

DESCRIPTION = """
Campaigns live in a store; a plan is made by a job; files of a plan are read by name.

Every error is a problem (RFC 9457) with a stable `code`. What is changed needs `If-Match` with the
`ETag` of what was read. A POST may carry an `Idempotency-Key`: repeated, it is done once. Lists
come in pages; follow the link `next`. A query parameter that is not described is refused (400,
`unknown-parameter`): no list looks filtered that is not. Times are in UTC (RFC 3339), coordinates
in degrees (WGS84), money in euros without tax.
""".strip()

PUBLIC = frozenset({"/health", "/ready", "/metrics", "/v/{token}"})
"""Paths that ask for no key."""

_IDEMPOTENCY: dict[str, Any] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Repeated with the same key, the request is done once and answered alike.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
    "example": "b1c6e1f0-5f0e-4d7e-9a53-0d6f4f6a2c11",
}
_ALWAYS = (400, 401, 429, 503)
_WRITES = (507,)
_POSTS = (409, 422)


def add_openapi(app: FastAPI) -> None:
    """Let the app tell its document with what all routes share."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own way to extend it


def _document(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=DESCRIPTION,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    components = found.setdefault("components", {})
    components.setdefault("schemas", {})["ProblemDetails"] = ProblemDetails.model_json_schema()
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "An API key or a token."},
        "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    }
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            if path not in PUBLIC:
                _complete(method, operation)
    add_links(found)
    return found


def _complete(method: str, operation: dict[str, Any]) -> None:
    operation["security"] = [{"bearer": []}, {"key": []}]
    statuses = set(_ALWAYS)
    if method == "post":
        operation.setdefault("parameters", []).append(_IDEMPOTENCY)
        statuses |= set(_POSTS)
    if method != "get":
        statuses |= set(_WRITES)
    told = operation.setdefault("responses", {})
    schema = {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
    for status in sorted(statuses):
        content = {PROBLEM_JSON: schema}
        told.setdefault(str(status), {"description": TITLES[status], "content": content})
    if "422" in told:  # FastAPI describes it by a shape of its own, which we do not answer
        told["422"] = {"description": TITLES[422], "content": {PROBLEM_JSON: schema}}
