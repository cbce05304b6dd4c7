"""The files of a plan, each under its own name and its own right."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Response

from app.service.access import Action, Granted, needs
from app.service.context import ServicesDep
from app.service.errors import responses
from app.service.etag import IfNoneMatch, etag, is_known
from app.service.plan_files import PLAN_FILES, PlanFile, content_of, page_policy

router = APIRouter(tags=["plan files"])


def _reader_of(file: PlanFile) -> Callable[..., Response]:
    def read_file(
        plan_id: str,
        service: ServicesDep,
        granted: Granted = needs(file.action),  # noqa: B008 -- of this file
        if_none_match: IfNoneMatch = None,
    ) -> Response:
        known = if_none_match.removeprefix("W/").strip('"') if if_none_match else None
        names = granted.may(Action.PRIVATE_READ)
        found = content_of(service, plan_id, file, names=names, known=known)
        tag = etag(found.sha256)
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if is_known(if_none_match, tag):
            return Response(status_code=304, headers=headers)
        disposition = "inline" if file.is_page else "attachment"
        headers["Content-Disposition"] = f'{disposition}; filename="{file.name}"'
        if file.is_page:
            headers["Content-Security-Policy"] = page_policy(found.content)
        return Response(found.content, media_type=file.media_type, headers=headers)

    return read_file


def _operation_id(file: PlanFile) -> str:
    parts = file.name.replace(".", "-").split("-")
    return "read" + "".join(part.capitalize() for part in parts)


for _file in PLAN_FILES:
    router.add_api_route(
        f"/plans/{{plan_id}}/{_file.name}",
        _reader_of(_file),
        methods=["GET"],
        operation_id=_operation_id(_file),
        summary=_file.summary,
        response_class=Response,
        responses={
            200: {
                "description": _file.summary,
                "content": {
                    _file.media_type.partition(";")[0]: {
                        "schema": {"type": "object"}
                        if _file.media_type == "application/json"
                        else {"type": "string", "format": "binary"}
                    }
                },
            },
            **responses(401, 403, 404, 410, 422),
            304: {"description": "As it is known."},
        },
    )
