"""Answers: a document as JSON or as a page, a page of features, their headers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from fastapi import Response
from fastapi.responses import StreamingResponse

from app.service.etag import etag, is_known
from app.service.features import html
from app.service.features.collections import Collection
from app.service.features.documents import GEOJSON, JSON, Site, collection_link, moment_text
from app.service.features.encoding import to_json
from app.service.features.pages import EncodedPage
from app.service.features.reference import Crs

_CACHE = {"Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}


def not_modified(given: str | None, state: str, site: Site) -> Response | None:
    """Return the answer to somebody who has this state already; None if they have not."""
    if not is_known(given, etag(site.format, state)):
        return None
    return Response(status_code=304, headers={**_CACHE, "ETag": _tag(site, state)})


def answer(
    document: dict[str, Any],
    site: Site,
    *,
    title: str,
    trail: Sequence[tuple[str, str]] = (),
    media_type: str = JSON,
    state: str | None = None,
    crs: Crs | None = None,
) -> Response:
    """Return a document in the format that was asked for.

    Parameters
    ----------
    trail
        The pages above it, as paths and titles.
    state
        What its ETag tells; none without.
    crs
        Of its coordinates, if it has any.
    """
    headers = _headers(site, state, crs)
    if site.format == "html":
        above = [(site.to(path, f="html"), name) for path, name in trail]
        text = html.page(document, title=title, trail=above)
        headers["Content-Security-Policy"] = html.content_security_policy()
        return Response(text, media_type="text/html; charset=utf-8", headers=headers)
    return Response(to_json(document), media_type=media_type, headers=headers)


def features_answer(
    page: EncodedPage,
    site: Site,
    *,
    title: str,
    links: list[dict[str, str]],
    now: datetime,
    state: str,
    crs: Crs,
) -> Response:
    """Return a page of features."""
    around = {
        "type": "FeatureCollection",
        "links": links,
        "timeStamp": moment_text(now),
        "numberMatched": page.matched,
        "numberReturned": page.returned,
    }
    content = to_json(around)[:-1].encode() + b',"features":[\n' + page.features + b"\n]}\n"
    if site.format == "html":
        trail = [("", "Landing page"), ("/collections", "Collections")]
        return answer(json.loads(content), site, title=title, trail=trail, state=state, crs=crs)
    return Response(content, media_type=GEOJSON, headers=_headers(site, state, crs))


def feature_answer(
    feature: bytes, site: Site, *, of: Collection, plan_id: str | None, state: str, crs: Crs
) -> Response:
    """Return one feature, with links to itself and to its collection."""
    links = [*site.own_links(GEOJSON), collection_link(site, of, plan_id)]
    document = {**json.loads(feature), "links": links}
    path = f"/collections/{of.collection_id}"
    return answer(
        document,
        site,
        title=f"{of.title}: {document['id']}",
        trail=[("", "Landing page"), (path, of.title), (f"{path}/items", "Features")],
        media_type=GEOJSON,
        state=state,
        crs=crs,
    )


def streamed(parts: Iterator[bytes], site: Site, *, state: str) -> StreamingResponse:
    """Return features that are sent while they are read."""
    return StreamingResponse(parts, media_type=GEOJSON, headers=_headers(site, state, None))


def _headers(site: Site, state: str | None, crs: Crs | None) -> dict[str, str]:
    headers = dict(_CACHE)
    if state is not None:
        headers["ETag"] = _tag(site, state)
    if crs is not None:
        headers["Content-Crs"] = f"<{crs.uri}>"
    return headers


def _tag(site: Site, state: str) -> str:
    """Return a weak ETag: the time stamp and the addresses of an answer may differ."""
    return f"W/{etag(site.format, state)}"
