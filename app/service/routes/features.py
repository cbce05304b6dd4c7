"""OGC API – Features: a campaign for GIS programs, under ``/campaigns/{campaign_id}/ogc``."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from app.service.access import Action, Granted, needs
from app.service.context import Services, ServicesDep
from app.service.errors import not_found, responses
from app.service.etag import IfNoneMatch
from app.service.features import documents
from app.service.features.answers import (
    answer,
    feature_answer,
    not_modified,
    streamed,
)
from app.service.features.caches import caches
from app.service.features.collections import COLLECTIONS, FACES, Collection
from app.service.features.described import description
from app.service.features.documents import GEOJSON, JSON, OPENAPI, SCHEMA, Site, site_of
from app.service.features.openapi import openapi
from app.service.features.paging import Asked, page_at_once, page_read
from app.service.features.parameters import answers, parameters
from app.service.features.query import check_known, item_query, items_query, wanted_format
from app.service.features.sources import Source, open_source
from app.service.features.streaming import stream
from app.service.threads import in_a_few
from data.store import Tx
from data.store import features as feature_store

router = APIRouter(tags=["features"])

ROOT = "/campaigns/{campaign_id}/ogc"
Reader = Annotated[Granted, needs(Action.FEATURES_READ)]
_TRAIL = (("", "Landing page"),)
_COLLECTIONS_TRAIL = (*_TRAIL, ("/collections", "Collections"))


@router.get(
    ROOT,
    operation_id="readFeaturesLanding",
    summary="Landing page of a campaign for GIS programs",
    response_class=Response,
    responses=answers(JSON),
    openapi_extra=parameters(),
)
def landing(request: Request, granted: Reader, service: ServicesDep) -> Response:
    """Link to the collections, to the conformance and to the description of this part."""
    check_known(request.query_params)
    site = _site(request, granted, service)
    with service.store.read() as tx:
        campaign = feature_store.campaign_state(tx, _campaign_id(granted))
    if campaign is None:
        raise not_found("campaign")
    return answer(documents.landing(site, campaign.name), site, title=campaign.name)


@router.get(
    f"{ROOT}/conformance",
    operation_id="readFeaturesConformance",
    summary="Classes of OGC API – Features that are conformed to",
    response_class=Response,
    responses=answers(JSON),
    openapi_extra=parameters(),
)
def conformance(request: Request, granted: Reader, service: ServicesDep) -> Response:
    """Name the classes of Part 1 and Part 2."""
    check_known(request.query_params)
    site = _site(request, granted, service)
    return answer(documents.conformance(site), site, title="Conformance", trail=_TRAIL)


@router.get(
    f"{ROOT}/api",
    operation_id="readFeaturesApi",
    summary="OpenAPI 3.0 document of this part",
    response_class=Response,
    responses=answers(OPENAPI),
    openapi_extra=parameters(),
)
def api(request: Request, granted: Reader, service: ServicesDep) -> Response:
    """Describe every collection, with the properties that it may be asked for by."""
    check_known(request.query_params)
    site = _site(request, granted, service)
    document = openapi(site, documents.all_collections(), prices=_prices(granted))
    return answer(document, site, title="API", trail=_TRAIL, media_type=OPENAPI)


@router.get(
    f"{ROOT}/collections",
    operation_id="listFeatureCollections",
    summary="Collections of a campaign",
    response_class=Response,
    responses=answers(JSON),
    openapi_extra=parameters(),
)
def collections(
    request: Request, granted: Reader, service: ServicesDep, if_none_match: IfNoneMatch = None
) -> Response:
    """Describe zones, Maisons, faces, postings and tour."""
    check_known(request.query_params)
    site = _site(request, granted, service)
    with service.store.read() as tx:
        sources = [
            _source(tx, request, granted, each, None) for each in documents.all_collections()
        ]
        state = "_".join(dict.fromkeys(source.state for source in sources))
        if (known := not_modified(if_none_match, state, site)) is not None:
            return known
        kept = caches(request)
        described = [
            description(source, site, campaign_id=_campaign_id(granted), kept=kept)
            for source in sources
        ]
    document = documents.collections(site, described)
    return answer(document, site, title="Collections", trail=_TRAIL, state=state)


@router.get(
    f"{ROOT}/collections/{{collection_id}}",
    operation_id="readFeatureCollection",
    summary="One collection",
    response_class=Response,
    responses=answers(JSON),
    openapi_extra=parameters("plan"),
)
def collection(
    collection_id: str,
    request: Request,
    granted: Reader,
    service: ServicesDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Describe a collection: where and when its features are, and of which plan."""
    of = _collection(collection_id)
    site = _site(request, granted, service)
    plan_id = item_query(of, request.query_params, crs=False).plan_id
    with service.store.read() as tx:
        source = _source(tx, request, granted, of, plan_id)
        if (known := not_modified(if_none_match, source.state, site)) is not None:
            return known
        document = description(
            source,
            site,
            campaign_id=_campaign_id(granted),
            kept=caches(request),
            plan_id=plan_id,
            own=True,
        )
    return answer(document, site, title=of.title, trail=_COLLECTIONS_TRAIL, state=source.state)


@router.get(
    f"{ROOT}/collections/{{collection_id}}/schema",
    operation_id="readFeatureSchema",
    summary="JSON Schema of the features of a collection",
    response_class=Response,
    responses=answers(SCHEMA),
    openapi_extra=parameters(),
)
def schema(collection_id: str, request: Request, granted: Reader, service: ServicesDep) -> Response:
    """Name the properties and their types, so that a program need not guess them."""
    of = _collection(collection_id)
    check_known(request.query_params)
    site = _site(request, granted, service)
    document = documents.schema(of, site=site, prices=_prices(granted))
    trail = (*_COLLECTIONS_TRAIL, (f"/collections/{collection_id}", of.title))
    return answer(document, site, title="Schema", trail=trail, media_type=SCHEMA)


@router.get(
    f"{ROOT}/collections/{{collection_id}}/items",
    operation_id="listFeatures",
    summary="Features of a collection",
    response_class=Response,
    responses=answers(GEOJSON),
    openapi_extra=parameters("limit", "bbox", "bbox-crs", "datetime", "crs", "cursor", "plan"),
)
async def items(
    collection_id: str,
    request: Request,
    granted: Reader,
    service: ServicesDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Return a page of features.

    More parameters ask for features by the values of their properties; ``/ogc/api`` names those of
    each collection. An unknown parameter is refused.
    """
    of = _collection(collection_id)
    site = _site(request, granted, service)
    query = items_query(service, of, request.query_params)
    asked = Asked(_campaign_id(granted), of, query, site, _prices(granted), if_none_match)
    kept, mark = caches(request), service.store.mark()
    known = page_at_once(asked, service, kept, mark)
    if known is not None:
        return known
    return await in_a_few(partial(page_read, asked, service, kept, mark))


@router.get(
    f"{ROOT}/collections/{{collection_id}}/items/{{feature_id:path}}",
    operation_id="readFeature",
    summary="One feature",
    response_class=Response,
    responses=answers(GEOJSON),
    openapi_extra=parameters("crs", "plan"),
)
def item(
    *,
    collection_id: str,
    feature_id: str,
    request: Request,
    granted: Reader,
    service: ServicesDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Return a feature by its id."""
    of = _collection(collection_id)
    site = _site(request, granted, service)
    query = item_query(of, request.query_params)
    with service.store.read() as tx:
        source = _source(tx, request, granted, of, query.plan_id)
        if (known := not_modified(if_none_match, source.state, site)) is not None:
            return known
        feature = source.feature(feature_id, query.crs)
    if feature is None:
        raise not_found("feature")
    return feature_answer(
        feature, site, of=of, plan_id=query.plan_id, state=source.state, crs=query.crs
    )


@router.get(
    "/campaigns/{campaign_id}/faces.geojson",
    operation_id="readAllFaces",
    summary="The whole inventory as one GeoJSON file",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "A FeatureCollection, streamed",
            "content": {GEOJSON: {"schema": {"type": "object"}}},
        },
        304: {"description": "As the ETag in If-None-Match says"},
        **responses(400, 401, 403, 404, 429, 503),
    },
)
def all_faces(
    request: Request, granted: Reader, service: ServicesDep, if_none_match: IfNoneMatch = None
) -> Response:
    """Stream every face, however many there are; pages hold 10,000 at the most."""
    check_known(request.query_params)
    site = site_of(request, service, _campaign_id(granted), "json")
    with service.store.read() as tx:
        source = _source(tx, request, granted, FACES, None)
    if (known := not_modified(if_none_match, source.state, site)) is not None:
        return known
    parts = stream(
        service.store,
        _campaign_id(granted),
        FACES,
        prices=_prices(granted),
        places=caches(request).streams,
    )
    return streamed(parts, site, state=source.state)


def _campaign_id(granted: Granted) -> str:
    assert granted.campaign_id is not None  # noqa: S101 -- every path here has one
    return granted.campaign_id


def _prices(granted: Granted) -> bool:
    return granted.may(Action.ORDER_READ)


def _site(request: Request, granted: Granted, service: Services) -> Site:
    return site_of(request, service, _campaign_id(granted), wanted_format(request))


def _collection(collection_id: str) -> Collection:
    if collection_id not in COLLECTIONS:
        raise not_found("collection")
    return COLLECTIONS[collection_id]


def _source(
    tx: Tx, request: Request, granted: Granted, of: Collection, plan_id: str | None
) -> Source:
    return open_source(
        tx,
        _campaign_id(granted),
        of,
        plan_id=plan_id,
        prices=_prices(granted),
        caches=caches(request),
    )
