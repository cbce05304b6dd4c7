"""A collection as it is described: with its extent, which is kept as long as it holds."""

from __future__ import annotations

from app.service.features.caches import Caches
from app.service.features.documents import Document, Site, collection
from app.service.features.sources import Source


def description(
    source: Source,
    site: Site,
    *,
    campaign_id: str,
    kept: Caches,
    plan_id: str | None = None,
    own: bool = False,
) -> Document:
    """Return the document of a collection; see `app.service.features.documents.collection`."""
    of = source.collection
    key = (campaign_id, of.collection_id, source.state)
    extent = kept.extents.get_or_make(key, source.extent)
    return collection(site, of, extent=extent, remark=source.remark, plan_id=plan_id, own=own)
