"""A page of a collection: at once where it is kept and still holds, else read from the store."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from fastapi import Response

from app.service.context import Services
from app.service.features.answers import features_answer, not_modified
from app.service.features.caches import Caches
from app.service.features.collections import Collection
from app.service.features.documents import GEOJSON, HTML, Site, collection_link
from app.service.features.pages import EncodedPage
from app.service.features.query import ItemsQuery
from app.service.features.sources import open_source
from app.service.pages import cursor_of
from data.store.marks import Mark


@dataclass(frozen=True, slots=True)
class Asked:
    """A page that somebody asks for.

    Parameters
    ----------
    prices
        Whether they may see prices.
    if_none_match
        The state that they have already, if any.
    """

    campaign_id: str
    of: Collection
    query: ItemsQuery
    site: Site
    prices: bool
    if_none_match: str | None

    @property
    def source(self) -> Hashable:
        """Return what tells this collection, as this caller sees it, from others."""
        return (self.campaign_id, self.of.collection_id, self.query.plan_id, self.prices)

    def page_at(self, state: str) -> Hashable:
        """Return what tells this page of one state from all others."""
        return (self.campaign_id, self.of.collection_id, state, self.query)


def page_at_once(
    asked: Asked, service: Services, kept: Caches, mark: Mark | None
) -> Response | None:
    """Return a page that is kept and was made since the store last changed; else None.

    Nothing here waits, so that no thread is needed. A page to read on the screen takes a while to
    be laid out, and is not made here.

    Parameters
    ----------
    mark
        Of the store, at this moment.
    """
    known = kept.states.get(asked.source)
    if mark is None or known is None or known[0] != mark or asked.site.format != "json":
        return None
    state = known[1]
    if (answer := not_modified(asked.if_none_match, state, asked.site)) is not None:
        return answer
    page = kept.pages.get(asked.page_at(state))
    return None if page is None else _answer(asked, page, state, service)


def page_read(asked: Asked, service: Services, kept: Caches, mark: Mark | None) -> Response:
    """Return a page, read unless it is kept.

    Parameters
    ----------
    mark
        Of the store, at a moment before.

    Raises
    ------
    ApiError
        404 if there is no such campaign, 400 if it has no such plan.
    """
    with service.store.read() as tx:
        source = open_source(
            tx,
            asked.campaign_id,
            asked.of,
            plan_id=asked.query.plan_id,
            prices=asked.prices,
            caches=kept,
        )
        state = source.state
        if mark is not None:
            kept.states.put(asked.source, (mark, state))
        if (answer := not_modified(asked.if_none_match, state, asked.site)) is not None:
            return answer
        page = kept.pages.get_or_make(
            asked.page_at(state), lambda: _with_cursor(service, source.page(asked.query))
        )
    return _answer(asked, page, state, service)


def _with_cursor(service: Services, page: EncodedPage) -> EncodedPage:
    if page.following is None:
        return page
    return page._replace(cursor=cursor_of(service, page.following))


def _answer(asked: Asked, page: EncodedPage, state: str, service: Services) -> Response:
    site, of, query = asked.site, asked.of, asked.query
    links = site.own_links(GEOJSON)
    if page.cursor is not None:
        after = site.with_query(cursor=page.cursor, f=site.format)
        type_ = GEOJSON if site.format == "json" else HTML
        links.append({"href": after, "rel": "next", "type": type_, "title": "Next page"})
    links.append(collection_link(site, of, query.plan_id))
    return features_answer(
        page,
        site,
        title=of.title,
        links=links,
        now=service.clock(),
        state=state,
        crs=query.crs,
    )
