"""The documents around features: the landing page, the conformance, the collections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request

from app.service.context import Services
from app.service.features.collections import COLLECTIONS, Collection, Property
from app.service.features.intervals import Interval
from app.service.features.pages import Extent
from app.service.features.reference import CRS84, SYSTEMS

JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
SCHEMA = "application/schema+json"
CONFORMS_TO = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
)
"""The classes that are held; a test for each."""

Document = dict[str, Any]
_NAMES = {JSON: "JSON", GEOJSON: "GeoJSON", HTML: "HTML", OPENAPI: "OpenAPI", SCHEMA: "JSON Schema"}
_GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"


@dataclass(frozen=True, slots=True)
class Site:
    """Where a document stands.

    Parameters
    ----------
    root
        The address of the landing page.
    here
        The address that was asked for, without its query.
    query
        What was asked there, without ``f``.
    format
        ``json`` or ``html``.
    """

    root: str
    here: str
    query: tuple[tuple[str, str], ...]
    format: str

    def own_links(self, json_type: str = JSON) -> list[dict[str, str]]:
        """Return the links of a document to itself, and to the other ways to show it."""
        types = {"json": json_type, "html": HTML}
        return [
            {
                "href": self._as(format_),
                "rel": "self" if format_ == self.format else "alternate",
                "type": types[format_],
                "title": f"This document as {_NAMES[types[format_]]}",
            }
            for format_ in sorted(types, key=lambda name: name != self.format)
        ]

    def to(self, path: str, **query: str) -> str:
        """Return the address of a page of this part, asked for with some parameters."""
        return f"{self.root}{path}" + (f"?{urlencode(query)}" if query else "")

    def with_query(self, **more: str) -> str:
        """Return the address that was asked for with other parameters."""
        kept = [(name, value) for name, value in self.query if name not in more]
        return f"{self.here}?{urlencode([*kept, *more.items()])}"

    def _as(self, format_: str) -> str:
        return self.with_query(f=format_)


def site_of(request: Request, service: Services, campaign_id: str, format_: str) -> Site:
    """Return where the answer to a request stands."""
    origin = service.settings.public_url or str(request.base_url).rstrip("/")
    root = f"{origin}/campaigns/{quote(campaign_id, safe='')}/ogc"
    below = request.scope["path"].partition(f"/campaigns/{campaign_id}/ogc")[2]
    query = tuple((n, v) for n, v in request.query_params.multi_items() if n != "f")
    return Site(root, f"{root}{quote(below)}", query, format_)


def landing(site: Site, name: str) -> Document:
    """Return the landing page of a campaign."""
    return {
        "title": name,
        "description": "Zones, Maisons, faces, postings and tour of a poster campaign.",
        "links": [
            *site.own_links(),
            _link(site.to("/api", f="json"), "service-desc", OPENAPI, "API of this part"),
            _link(site.to("/api", f="html"), "service-doc", HTML, "API of this part, to read"),
            _link(site.to("/conformance"), "conformance", JSON, "Classes conformed to"),
            _link(site.to("/collections"), "data", JSON, "Collections"),
        ],
    }


def conformance(site: Site) -> Document:
    """Return the classes that are conformed to."""
    return {"conformsTo": list(CONFORMS_TO), "links": site.own_links()}


def collections(site: Site, described: Sequence[Document]) -> Document:
    """Return the list of collections."""
    return {
        "links": site.own_links(),
        "crs": [crs.uri for crs in SYSTEMS],
        "collections": list(described),
    }


def collection(
    site: Site, of: Collection, *, extent: Extent, remark: str, plan_id: str | None, own: bool
) -> Document:
    """Return what there is to know of a collection.

    Parameters
    ----------
    plan_id
        Of the plan that was asked for, if any: its features are those of that plan.
    own
        Whether this is a document by itself, with links to its other formats.
    """
    path = f"/collections/{of.collection_id}"
    chosen = {"plan": plan_id} if plan_id else {}
    itself = _link(site.to(path, **chosen), "self", JSON, of.title)
    document: Document = {
        "id": of.collection_id,
        "title": of.title,
        "description": f"{of.description} {remark}".strip(),
        "itemType": "feature",
        "links": [
            *(site.own_links() if own else [itself]),
            _link(site.to(f"{path}/items", **chosen, f="json"), "items", GEOJSON, of.title),
            _link(site.to(f"{path}/items", **chosen, f="html"), "items", HTML, of.title),
            _link(site.to(f"{path}/schema"), "describedby", SCHEMA, "What a feature has"),
        ],
        "crs": [crs.uri for crs in SYSTEMS],
        "storageCrs": CRS84.uri,
    }
    if told := _extent(extent):
        document["extent"] = told
    return document


def collection_link(site: Site, of: Collection, plan_id: str | None) -> dict[str, str]:
    """Return the link of features to their collection."""
    chosen = {"plan": plan_id} if plan_id else {}
    path = f"/collections/{of.collection_id}"
    return _link(site.to(path, **chosen), "collection", JSON, of.title)


def schema(of: Collection, *, site: Site, prices: bool) -> Document:
    """Return the JSON Schema of a feature."""
    shapes = [{"$ref": f"https://geojson.org/schema/{name}.json"} for name in of.geometry]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": site.here,
        "title": of.title,
        "type": "object",
        "properties": {
            "type": {"const": "Feature"},
            "id": {"type": "string"},
            "geometry": {"oneOf": [{"type": "null"}, *shapes]},
            "properties": {
                "type": "object",
                "properties": {p.name: property_schema(p) for p in of.shown(prices=prices)},
                "additionalProperties": False,
            },
        },
        "required": ["type", "geometry", "properties"],
    }


def property_schema(prop: Property) -> Document:
    """Return the JSON Schema of a property, which may be null."""
    told: Document = {"title": prop.title, "type": [prop.type, "null"]}
    return told | {"format": prop.format} if prop.format else told


def all_collections() -> Sequence[Collection]:
    """Return the collections in their order."""
    return tuple(COLLECTIONS.values())


def moment_text(moment: datetime) -> str:
    """Return e.g. ``2017-10-17T08:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _link(href: str, rel: str, type_: str, title: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": type_, "title": title}


def _extent(extent: Extent) -> Document:
    told: Document = {}
    if extent.bounds is not None:
        told["spatial"] = {"bbox": [list(extent.bounds)], "crs": CRS84.uri}
    if extent.interval is not None:
        told["temporal"] = {"interval": [_ends(extent.interval)], "trs": _GREGORIAN}
    return told


def _ends(interval: Interval) -> list[str | None]:
    return [
        None if moment is None else moment_text(moment)
        for moment in (interval.begins, interval.ends)
    ]
