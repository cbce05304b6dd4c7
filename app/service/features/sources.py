"""Where features come from: rows of the inputs in the store, or a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import shapely

from app.service.errors import not_found
from app.service.features.caches import Caches
from app.service.features.collections import Collection
from app.service.features.encoding import encoded, to_json, writer_of
from app.service.features.intervals import Interval
from app.service.features.pages import EncodedPage, Extent
from app.service.features.plan_layers import Layer, PlanLayers, no_layers, plan_layers
from app.service.features.query import ItemsQuery, bad_query
from app.service.features.reference import Crs, meets
from data.plan_features import FEATURE_FILES, plan_features
from data.store import Tx, features
from data.store.features import CampaignState, Found, PlanVersion
from data.store.tables import PlanState
from geo.crs import Bounds

_SETTLED = frozenset({PlanState.APPROVED, PlanState.SENT, PlanState.RECONCILED})


class Source(Protocol):
    """A collection of one campaign, as somebody sees it.

    `state` changes whenever anything in it may have.
    """

    @property
    def collection(self) -> Collection:
        """Return what features it has."""
        ...

    @property
    def state(self) -> str:
        """Return what tells this state from others."""
        ...

    @property
    def remark(self) -> str:
        """Return what there is to say beyond the description of the collection."""
        ...

    def page(self, query: ItemsQuery) -> EncodedPage:
        """Return a page."""
        ...

    def feature(self, feature_id: str, crs: Crs) -> bytes | None:
        """Return a feature; None if there is no such feature."""
        ...

    def extent(self) -> Extent:
        """Return where and when the features are."""
        ...


@dataclass(frozen=True)
class InputSource:
    """Rows of an input."""

    tx: Tx
    campaign_id: str
    collection: Collection
    campaign: CampaignState
    prices: bool
    remark: str = ""

    @property
    def state(self) -> str:
        """Return the count of the changes of inputs."""
        return f"r{self.campaign.rows_version}{'p' if self.prices else ''}"

    def page(self, query: ItemsQuery) -> EncodedPage:
        """Return a page; one row more than it holds is read, to know whether there is a next."""
        if query.box is not None and not self._bounds_decide(query):
            return self._page_by_shape(query)
        bounds = None if query.box is None else query.box.lnglat
        where = dict(self._where(query))
        kind = self.collection.collection_id
        found = features.page(
            self.tx,
            self.campaign_id,
            kind,
            after=query.after,
            limit=query.limit + 1,
            bounds=bounds,
            where=where,
        )
        first = query.after is None
        whole = first and len(found.rows) <= query.limit
        matched = len(found.rows) if whole else self._count(bounds, where)
        return self._page(found, query, matched, more=len(found.rows) > query.limit)

    def feature(self, feature_id: str, crs: Crs) -> bytes | None:
        """Return a feature; None if there is no such feature."""
        kind = self.collection.collection_id
        found = features.with_ids(self.tx, self.campaign_id, kind, [feature_id])
        return self._encoded(found, crs) if found.rows else None

    def extent(self) -> Extent:
        """Return where the features are."""
        return Extent(features.extent(self.tx, self.campaign_id, self.collection.collection_id))

    def _bounds_decide(self, query: ItemsQuery) -> bool:
        """Return whether bounds that meet say that shapes do: those of points."""
        assert query.box is not None  # noqa: S101 -- asked for queries with a box only
        return query.box.is_rectangle and self.collection.geometry == ("Point",)

    def _page_by_shape(self, query: ItemsQuery) -> EncodedPage:
        box = query.box
        assert box is not None  # noqa: S101 -- asked for queries with a box only
        kind = self.collection.collection_id
        simple = box.is_rectangle and box.lnglat.west <= box.lnglat.east
        near = features.candidates(
            self.tx,
            self.campaign_id,
            kind,
            bounds=box.lnglat,
            inside=box.lnglat if simple else None,
            where=dict(self._where(query)),
        )
        shapes = shapely.from_wkb(np.array([each.wkb for each in near], dtype=object))
        met = meets(np.asarray(shapes, dtype=object), box)
        matching = [each for each, is_met in zip(near, met.tolist(), strict=True) if is_met]
        after = -1 if query.after is None else query.after
        rest = [each.row_id for each in matching if each.position > after]
        found = features.with_ids(self.tx, self.campaign_id, kind, rest[: query.limit])
        return self._page(found, query, len(matching), more=len(rest) > query.limit)

    def _page(self, found: Found, query: ItemsQuery, matched: int, *, more: bool) -> EncodedPage:
        rows, shapes = found.rows[: query.limit], found.shapes[: query.limit]
        following = rows[-1].position if more else None
        content = self._encoded(Found(rows, shapes), query.crs)
        return EncodedPage(content, matched, len(rows), following)

    def _encoded(self, found: Found, crs: Crs) -> bytes:
        write = writer_of(self.collection.shown(prices=self.prices))
        properties = [write(row.cells) for row in found.rows]
        return encoded([row.row_id for row in found.rows], properties, found.shapes, crs)

    def _where(self, query: ItemsQuery) -> Sequence[tuple[str, str]]:
        return [(name, str(value)) for name, value in query.where]

    def _count(self, bounds: Bounds | None, where: dict[str, str]) -> int:
        kind = self.collection.collection_id
        return features.count(self.tx, self.campaign_id, kind, bounds=bounds, where=where)


@dataclass(frozen=True)
class PlanSource:
    """The postings or the tour of a plan, or of none where the campaign has no plan yet."""

    collection: Collection
    layer: Layer
    plan: PlanVersion | None
    prices: bool

    @property
    def state(self) -> str:
        """Return which plan it is, and its version."""
        return f"{_version(self.plan)}{'p' if self.prices else ''}"

    @property
    def remark(self) -> str:
        """Return which plan it is."""
        if self.plan is None:
            return "There is no plan yet."
        return f"Of plan {self.plan.number} ({self.plan.plan_id}), which is {self.plan.state}."

    def page(self, query: ItemsQuery) -> EncodedPage:
        """Return a page."""
        matching = self._matching(query)
        after = -1 if query.after is None else query.after
        rest = matching[matching > after]
        here = rest[: query.limit].tolist()
        following = here[-1] if len(rest) > query.limit else None
        return EncodedPage(self._encoded(here, query.crs), len(matching), len(here), following)

    def feature(self, feature_id: str, crs: Crs) -> bytes | None:
        """Return a feature; None if there is no such feature."""
        found = [i for i, known in enumerate(self.layer.ids) if known == feature_id]
        return self._encoded(found, crs) if found else None

    def extent(self) -> Extent:
        """Return where and when the features are."""
        if not self.layer.ids:
            return Extent()
        bounds = shapely.total_bounds(self.layer.shapes).tolist()
        begins = [each.begins for each in self.layer.intervals if each.begins]
        ends = [each.ends for each in self.layer.intervals if each.ends]
        known = bool(np.isfinite(bounds).all())
        return Extent(Bounds(*bounds) if known else None, Interval(min(begins), max(ends)))

    def _matching(self, query: ItemsQuery) -> Any:  # noqa: ANN401 -- an array of places
        layer = self.layer
        chosen = np.ones(len(layer.ids), dtype=np.bool_)
        if query.box is not None:
            chosen &= meets(layer.shapes, query.box)
        if (interval := query.interval) is not None:
            chosen &= np.array([each.meets(interval) for each in layer.intervals], dtype=np.bool_)
        for name, value in query.where:
            wanted = [
                (each[name] if each[name] is not None else "") == value for each in layer.properties
            ]
            chosen &= np.array(wanted, dtype=np.bool_)
        return np.flatnonzero(chosen)

    def _encoded(self, places: Sequence[int], crs: Crs) -> bytes:
        names = [prop.name for prop in self.collection.shown(prices=self.prices)]
        properties = [to_json({n: self.layer.properties[i][n] for n in names}) for i in places]
        ids = [self.layer.ids[i] for i in places]
        return encoded(ids, properties, self.layer.shapes[list(places)], crs)


def open_source(
    tx: Tx,
    campaign_id: str,
    collection: Collection,
    *,
    plan_id: str | None,
    prices: bool,
    caches: Caches,
) -> Source:
    """Return a collection of a campaign.

    Parameters
    ----------
    plan_id
        The plan that was asked for; else the latest that is approved or further, else the latest.

    Raises
    ------
    ApiError
        404 if there is no such campaign, 400 if it has no such plan.
    """
    if not collection.is_of_plan:
        campaign = features.campaign_state(tx, campaign_id)
        if campaign is None:
            raise not_found("campaign")
        return InputSource(tx, campaign_id, collection, campaign, prices)
    plan = _chosen(features.plan_states(tx, campaign_id), plan_id)
    layers = caches.layers.get_or_make((campaign_id, _version(plan)), lambda: _layers(tx, plan))
    return PlanSource(collection, layers.by_id[collection.collection_id], plan, prices)


def _version(plan: PlanVersion | None) -> str:
    return "none" if plan is None else f"{plan.plan_id}.{plan.revision}.{plan.version}"


def _layers(tx: Tx, plan: PlanVersion | None) -> PlanLayers:
    if plan is None:
        return no_layers()
    files = features.plan_files(tx, plan, FEATURE_FILES)
    return plan_layers(plan_features(files), withdrawn=frozenset(plan.withdrawn))


def _chosen(plans: Sequence[PlanVersion], plan_id: str | None) -> PlanVersion | None:
    if plan_id is not None:
        for plan in plans:
            if plan.plan_id == plan_id:
                return plan
        raise bad_query({"plan": "there is no such plan in this campaign"})
    settled = [plan for plan in plans if plan.state in _SETTLED]
    return next(iter([*settled, *plans]), None)
