"""The API of this part as an OpenAPI 3.0 document: a path and its parameters a collection.

The document of the whole service is OpenAPI 3.1 and names collections by a parameter; GIS programs
read in this one which properties they may ask for.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata

from app.service.errors import PROBLEM_JSON, TITLES
from app.service.features.collections import Collection, Property
from app.service.features.documents import GEOJSON, HTML, JSON, OPENAPI, SCHEMA, Document, Site
from app.service.features.parameters import PARAMETERS


def openapi(site: Site, described: Sequence[Collection], *, prices: bool) -> Document:
    """Return the document."""
    paths: Document = {
        "/": {"get": _operation("landing", "Landing page", "LandingPage", JSON)},
        "/conformance": {"get": _operation("conformance", "Conformance", "Conformance", JSON)},
        "/api": {"get": _operation("api", "This document", "OpenApi", OPENAPI)},
        "/collections": {"get": _operation("collections", "Collections", "Collections", JSON)},
    }
    for each in described:
        paths |= _collection_paths(each)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Placarde: features of a campaign",
            "version": metadata.version("placarde"),
            "description": "OGC API - Features: what a poster campaign has on the map.",
        },
        "servers": [{"url": site.root}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": _SCHEMAS
            | {_name(each): _features(each, prices=prices) for each in described},
            "parameters": dict(PARAMETERS),
            "responses": {f"E{status}": _problem(status) for status in _STATUSES},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _collection_paths(of: Collection) -> Document:
    own, plan = of.collection_id, ["plan"] if of.is_of_plan else []
    base = f"/collections/{own}"
    items = ["limit", "bbox", "bbox-crs", "datetime", "crs", "cursor", *plan]
    feature_id = {
        "name": "featureId", "in": "path", "required": True, "schema": {"type": "string"},
    }  # fmt: skip
    listing = _operation(f"{own}.items", f"{of.title}: features", _name(of), GEOJSON, items)
    listing["parameters"] += [_filter(prop) for prop in of.queryable.values()]
    one = _operation(f"{own}.item", f"{of.title}: one feature", "Feature", GEOJSON, ["crs", *plan])
    one["parameters"].append(feature_id)
    return {
        base: {"get": _operation(own, of.title, "Collection", JSON, plan)},
        f"{base}/schema": {
            "get": _operation(f"{own}.schema", "What a feature has", "Schema", SCHEMA)
        },
        f"{base}/items": {"get": listing},
        f"{base}/items/{{featureId}}": {"get": one},
    }


def _operation(
    operation_id: str,
    summary: str,
    schema: str,
    media_type: str,
    parameters: list[str] | None = None,
) -> Document:
    content = {media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    names = ["f", *(parameters or [])]
    return {
        "operationId": operation_id,
        "summary": summary,
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in names],
        "responses": {
            "200": {
                "description": summary,
                "content": {**content, HTML: {"schema": {"type": "string"}}},
            },
            "304": {"description": "It is as the ETag in If-None-Match says."},
            **{str(s): {"$ref": f"#/components/responses/E{s}"} for s in _STATUSES},
        },
    }


def _filter(prop: Property) -> Document:
    return {
        "name": prop.name,
        "in": "query",
        "description": f"Only features with this value: {prop.title}.",
        "required": False,
        "schema": {"type": prop.type},
    }


def _name(of: Collection) -> str:
    return f"{of.collection_id.title()}Features"


def _features(of: Collection, *, prices: bool) -> Document:
    properties: Document = {}
    for prop in of.shown(prices=prices):
        told: Document = {"title": prop.title, "type": prop.type, "nullable": True}
        properties[prop.name] = told | ({"format": prop.format} if prop.format else {})
    feature = {
        "allOf": [
            {"$ref": "#/components/schemas/Feature"},
            {
                "type": "object",
                "properties": {
                    "properties": {
                        "type": "object",
                        "properties": properties,
                        "additionalProperties": False,
                    }
                },
            },
        ]
    }
    return {
        "type": "object",
        "required": ["type", "features", "links", "timeStamp", "numberMatched", "numberReturned"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": feature},
            "links": _LINKS,
            "timeStamp": {"type": "string", "format": "date-time"},
            "numberMatched": {"type": "integer", "minimum": 0},
            "numberReturned": {"type": "integer", "minimum": 0},
        },
    }


def _problem(status: int) -> Document:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": TITLES[status], "content": {PROBLEM_JSON: {"schema": schema}}}


_STATUSES = (400, 401, 403, 404, 406, 429, 503)
_LINK: Document = {
    "type": "object",
    "required": ["href", "rel"],
    "properties": {
        name: {"type": "string"} for name in ("href", "rel", "type", "title")
    },
}  # fmt: skip
_LINKS: Document = {"type": "array", "items": {"$ref": "#/components/schemas/Link"}}
_OBJECT: Document = {"type": "object"}
_SCHEMAS: Document = {
    "Link": _LINK,
    "LandingPage": {
        "type": "object",
        "required": ["links"],
        "properties": {
            "title": {"type": "string"},
            "description": {"type": "string"},
            "links": _LINKS,
        },
    },
    "Conformance": {
        "type": "object",
        "required": ["conformsTo"],
        "properties": {
            "conformsTo": {"type": "array", "items": {"type": "string", "format": "uri"}},
            "links": _LINKS,
        },
    },
    "OpenApi": _OBJECT,
    "Schema": _OBJECT,
    "Collections": {
        "type": "object",
        "required": ["links", "collections"],
        "properties": {
            "links": _LINKS,
            "crs": {"type": "array", "items": {"type": "string"}},
            "collections": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/Collection"},
            },
        },
    },
    "Collection": {
        "type": "object",
        "required": ["id", "links"],
        "properties": {
            "id": {"type": "string"},
            "title": {"type": "string"},
            "description": {"type": "string"},
            "itemType": {"type": "string"},
            "links": _LINKS,
            "extent": _OBJECT,
            "crs": {"type": "array", "items": {"type": "string"}},
            "storageCrs": {"type": "string", "format": "uri"},
        },
    },
    "Feature": {
        "type": "object",
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "string"},
            "geometry": {"type": "object", "nullable": True},
            "properties": {"type": "object", "nullable": True},
            "links": _LINKS,
        },
    },
    "Problem": {
        "type": "object",
        "required": ["title", "status", "code"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "code": {"type": "string"},
            "detail": {"type": "string"},
        },
    },
}
