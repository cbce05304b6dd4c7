"""Query parameters that a route does not know: refused, and never taken for a filter that matched.

The routes of OGC API – Features have filters of their own and check them themselves
(`app.service.features.query`).
"""

from __future__ import annotations

from fastapi import Request, params
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute

from app.service.errors import ApiError


def refuse_unknown_parameters(request: Request) -> None:
    """Refuse query parameters that the route of a request does not declare.

    Raises
    ------
    ApiError
        400 that names each of them, and those that there are.
    """
    if not request.query_params:
        return
    known = _declared(request.scope["route"])
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        taken = f"It takes {', '.join(known)}." if known else "It takes none."
        detail = f"This address does not know the parameter {unknown[0]}. {taken}"
        extra = {"unknown": unknown, "parameters": list(known)}
        raise ApiError(400, "unknown-parameter", detail, extra=extra)


def _declared(route: APIRoute) -> tuple[str, ...]:
    found = get_flat_params(route.dependant)
    return tuple(sorted(each.alias for each in found if isinstance(each.field_info, params.Query)))
