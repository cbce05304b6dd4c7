"""Every error of the service as a problem (RFC 9457), with the problems of the inputs inside."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from app import wording
from data.store import StoreUnavailableError
from data.store.plans import WithheldError
from geo.errors import CampaignError, Problem

logger = logging.getLogger("placarde.service")

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_S = 5
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


class ProblemItem(BaseModel):
    """One problem of an input: where it is, what was found, and what to do about it."""

    code: str
    severity: str
    file: str
    row: int | None = None
    column: str | None = None
    found: str | None = None
    message: str
    remedy: str | None = None


class ProblemDetails(BaseModel):
    """An error (RFC 9457). `code` is stable; `detail` is for people."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str = ""
    instance: str | None = None
    problems: list[dict[str, Any]] = Field(default_factory=list)


class ApiError(Exception):
    """An answer that is an error.

    Parameters
    ----------
    status
        Of HTTP.
    code
        Stable kebab-case name of the cause.
    detail
        One sentence for people.
    problems
        Of the inputs, as they are told everywhere else.
    headers, extra
        More headers, and more members of the answer.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        problems: Iterable[Problem] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.problems = tuple(problems)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


def not_found(what: str) -> ApiError:
    """Return the error of what is not there, or not the caller's to see: the two look alike."""
    return ApiError(404, "not-found", f"There is no such {what}.")


TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    409: "Conflict",
    410: "Gone",
    412: "Precondition Failed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    428: "Precondition Required",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
    507: "Insufficient Storage",
}


def problem_response(error: ApiError) -> JSONResponse:
    """Return the answer that tells an error."""
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(error.status, "Error"),
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        "problems": wording.problems_json(error.problems),
        **error.extra,
    }
    return JSONResponse(
        content, status_code=error.status, headers=error.headers, media_type=PROBLEM_JSON
    )


def add_error_handlers(app: FastAPI) -> None:
    """Let every error of the service leave as a problem."""
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(CampaignError, _campaign_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(StoreUnavailableError, _unavailable)
    app.add_exception_handler(WithheldError, _withheld)
    app.add_exception_handler(OSError, _system_error)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what the OpenAPI document says of these errors, for a route."""
    schema = {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
    return {
        status: {"description": TITLES[status], "content": {PROBLEM_JSON: schema}}
        for status in statuses
    }


async def _api_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)  # noqa: S101 -- the handler is registered for it alone
    return problem_response(error)


async def _campaign_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CampaignError)  # noqa: S101 -- the handler is registered for it alone
    detail = "The inputs have problems."
    return problem_response(ApiError(422, "input-problems", detail, problems=error.problems))


async def _validation_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for it alone
    faults = [
        {"location": [str(part) for part in fault["loc"]], "message": fault["msg"]}
        for fault in error.errors()
    ]
    detail = "The request is not as the API describes it."
    return problem_response(ApiError(422, "invalid-request", detail, extra={"errors": faults}))


async def _http_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 -- the handler is registered for it alone
    code = TITLES.get(error.status_code, "error").lower().replace(" ", "-")
    headers = dict(error.headers or {})
    return problem_response(ApiError(error.status_code, code, str(error.detail), headers=headers))


async def _withheld(_request: Request, _error: Exception) -> JSONResponse:
    detail = "A portrait was withdrawn; the files of this plan are being made again without it."
    wait = {"Retry-After": str(RETRY_AFTER_S)}
    return problem_response(ApiError(503, "withheld", detail, headers=wait))


async def _unavailable(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StoreUnavailableError)  # noqa: S101 -- registered for it alone
    return problem_response(unavailable_error(error))


async def _system_error(_request: Request, error: Exception) -> JSONResponse:
    """Tell that a disk is full, that of temporary files too; whatever else is a defect of ours."""
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        logger.warning("no room left for temporary files")
        return problem_response(no_room())
    raise error


def no_room() -> ApiError:
    """Return what is answered where a disk is full."""
    return ApiError(507, "disk-full", "There is no room left; nothing was written.")


def unavailable_error(error: StoreUnavailableError) -> ApiError:
    """Return what is answered where the store cannot be written: 507 without room, else 503."""
    logger.warning("store unavailable: %s", error)
    if error.full:
        return no_room()
    return ApiError(
        503,
        "store-unavailable",
        "The database does not answer; nothing was written. Try again.",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )
