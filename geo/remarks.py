"""Remarks that readers left on a page of a plan, and the faces and zones that they are about.

A page for elected officials shows no id: a remark on one of its faces tells where the face stands,
in hundred-thousandths of a degree, and is found again by that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
import shapely

from geo.crs import LngLat
from geo.model import Campaign
from geo.plan import Plan

_DEGREE = 100_000  # what a page knows of a place: about a metre


class Subject(StrEnum):
    """What a remark is about."""

    FACE = "face"
    ZONE = "zone"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Remark:
    """One remark as its reader left it.

    Parameters
    ----------
    subject, label
        What it is about, and how the page named it.
    text, author, at
        What is said, by whom (empty where nobody said) and when, with an offset from UTC.
    face_id
        The id of the face, where the page shows ids; else empty.
    level
        What the page calls the level of the zone.
    lnglat
        Where the face stands.
    page
        The page it was left on: a file name without ``.html``.
    of_this_plan
        Whether the page is one of the plan at hand.
    """

    subject: Subject
    label: str
    text: str
    author: str
    at: datetime
    face_id: str = ""
    level: str = ""
    lnglat: LngLat | None = None
    page: str = ""
    of_this_plan: bool = True


@dataclass(frozen=True, slots=True)
class FoundRemark:
    """A remark and what it is about in the campaign.

    Parameters
    ----------
    face_ids, zone_ids
        The faces at its place, the zones of its name; both sorted, both empty for the whole plan
        and where the campaign has no such thing.
    postings
        Period and portrait of what the plan puts up on the faces, sorted.
    x, y
        Where it stands in the campaign's CRS; None for the whole plan or a zone not found.
    """

    remark: Remark
    face_ids: tuple[str, ...] = ()
    zone_ids: tuple[str, ...] = ()
    postings: tuple[tuple[int, str], ...] = ()
    x: float | None = None
    y: float | None = None

    @property
    def is_found(self) -> bool:
        """Return whether what the remark is about is in the campaign."""
        return self.remark.subject is Subject.PLAN or bool(self.face_ids or self.zone_ids)


def distinct(remarks: Sequence[Remark]) -> tuple[Remark, ...]:
    """Return the remarks in the order of their moments, each once.

    A page saves all its remarks each time, so that files saved one after the other overlap.
    """
    return tuple(sorted(set(remarks), key=_order))


def _order(remark: Remark) -> tuple[str, ...]:
    place = "" if remark.lnglat is None else f"{remark.lnglat.lat:.5f} {remark.lnglat.lng:.5f}"
    return (
        f"{remark.at.timestamp():020.6f}",
        remark.page,
        remark.subject,
        remark.label,
        remark.text,
        remark.author,
        remark.face_id,
        remark.level,
        place,
        remark.at.isoformat(),
        str(remark.of_this_plan),
    )


def find_subjects(
    campaign: Campaign,
    plan: Plan,
    remarks: Sequence[Remark],
    *,
    level_name: Callable[[str], str],
    to_xy: Callable[[LngLat], tuple[float, float]],
) -> tuple[FoundRemark, ...]:
    """Return the remarks, in their order, with what they are about.

    Parameters
    ----------
    level_name
        What the pages call a level of zones.
    to_xy
        From WGS84 to the campaign's CRS.
    """
    faces = campaign.faces
    at: dict[tuple[int, int], list[str]] = defaultdict(list)
    for lng, lat, face_id in zip(faces.lng, faces.lat, faces.face_id, strict=True):
        at[_grid(LngLat(float(lng), float(lat)))].append(str(face_id))
    known = {str(face_id) for face_id in faces.face_id}
    posted = _posted(campaign, plan)

    def on_face(remark: Remark) -> FoundRemark:
        ids = [remark.face_id] if remark.face_id in known else []
        if not ids and not remark.face_id and remark.lnglat is not None:
            ids = sorted(at.get(_grid(remark.lnglat), []))
        x, y = _finite(remark.lnglat, to_xy)
        carried = sorted({posting for face_id in ids for posting in posted.get(face_id, ())})
        return FoundRemark(remark, face_ids=tuple(ids), postings=tuple(carried), x=x, y=y)

    def on_zone(remark: Remark) -> FoundRemark:
        zones = [
            zone
            for zone in campaign.zones
            if zone.name == remark.label and level_name(zone.level) == remark.level
        ]
        if not zones:
            return FoundRemark(remark)
        point = shapely.point_on_surface(shapely.union_all([zone.area for zone in zones]))
        ids = tuple(sorted(zone.zone_id for zone in zones))
        return FoundRemark(remark, zone_ids=ids, x=float(point.x), y=float(point.y))

    find = {Subject.FACE: on_face, Subject.ZONE: on_zone, Subject.PLAN: FoundRemark}
    return tuple(find[remark.subject](remark) for remark in remarks)


def _finite(
    place: LngLat | None, to_xy: Callable[[LngLat], tuple[float, float]]
) -> tuple[float, float] | tuple[None, None]:
    """Return where a place stands, nowhere if it lies where the CRS does not reach."""
    if place is None:
        return None, None
    x, y = to_xy(place)
    return (x, y) if np.isfinite(x) and np.isfinite(y) else (None, None)


def _grid(place: LngLat) -> tuple[int, int]:
    return int(np.rint(place.lng * _DEGREE)), int(np.rint(place.lat * _DEGREE))


def _posted(campaign: Campaign, plan: Plan) -> Mapping[str, list[tuple[int, str]]]:
    portraits = {agent.agent_id: agent.portrait_id for agent in campaign.agents}
    posted: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for posting in plan.allocation.postings:
        posted[posting.face_id].append((posting.period, portraits[posting.agent_id]))
    return posted
