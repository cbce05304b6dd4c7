"""A campaign and its plan as indices: what the three pages are told from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import french
from geo.crs import WGS84, Bounds, reproject_points
from geo.errors import Problem
from geo.matching.explained.glance import Glances
from geo.model import Area, Campaign, Faces
from geo.plan import Plan, Stop
from geo.targeting import Eligibility
from maps.columns import Json
from maps.geometry import TOLERANCE_M, bounds_of, drawn_shapes
from maps.palette import colour, shape

IntArray = NDArray[np.int64]

# The column of the tables and the tables by zone speak of this level where the campaign has it.
MAIN_LEVEL = "territoire"


@dataclass(frozen=True, slots=True)
class Scene:
    """The plan in indices of the campaign.

    Parameters
    ----------
    shapes
        What is drawn of each zone, WGS84, shape ``(n_zones,)``.
    face, agent, period
        One entry a posting, sorted by period then face; periods count from 1.
    portraits
        The portrait ids of the campaign, sorted; the number of a portrait is its rank from 1.
    zones, venues
        The zones and the Maisons that are shown, as places in the campaign.
    focus
        The zone that a page for one zone is about, -1 for the whole.
    glances
        Why each posting is there, in the same order; None where nobody worked it out.
    problems
        What the doors had to say of the inputs.
    """

    campaign: Campaign
    plan: Plan
    eligibility: Eligibility
    shapes: NDArray[np.object_]
    face: IntArray
    agent: IntArray
    period: IntArray
    portraits: tuple[str, ...]
    zones: tuple[int, ...]
    venues: tuple[int, ...]
    focus: int = -1
    glances: Glances | None = None
    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(
        cls,
        campaign: Campaign,
        plan: Plan,
        eligibility: Eligibility,
        *,
        glances: Glances | None = None,
        problems: Sequence[Problem] = (),
        tolerance_m: float = TOLERANCE_M,
    ) -> Self:
        """Return the scene of a plan that was made from this campaign."""
        face_at = {str(face_id): i for i, face_id in enumerate(campaign.faces.face_id)}
        agent_at = {agent.agent_id: i for i, agent in enumerate(campaign.agents)}
        postings = sorted(plan.allocation.postings)
        return cls(
            campaign=campaign,
            plan=plan,
            eligibility=eligibility,
            shapes=drawn_shapes(
                campaign.zones, eligibility.levels, crs=campaign.crs, tolerance_m=tolerance_m
            ),
            face=np.array([face_at[p.face_id] for p in postings], dtype=np.int64),
            agent=np.array([agent_at[p.agent_id] for p in postings], dtype=np.int64),
            period=np.array([p.period for p in postings], dtype=np.int64),
            portraits=tuple(sorted({agent.portrait_id for agent in campaign.agents})),
            zones=tuple(range(len(campaign.zones))),
            venues=tuple(range(len(campaign.maisons))),
            glances=glances,
            problems=tuple(problems),
        )

    def within(self, zone: int) -> Self:
        """Return the scene of one zone: its faces, its Maisons and the zones inside it."""
        at = {each.zone_id: i for i, each in enumerate(self.campaign.zones)}
        inside = {zone}
        for level in self.eligibility.levels:
            inside |= {
                i
                for i, each in enumerate(self.campaign.zones)
                if each.level == level and at.get(each.parent_id or "", -1) in inside
            }
        here = np.isin(self.eligibility.face_zone[self.face], sorted(inside)).any(axis=1)
        area = self.campaign.zones[zone].area
        return replace(
            self,
            face=self.face[here],
            agent=self.agent[here],
            period=self.period[here],
            zones=tuple(sorted(inside)),
            venues=tuple(i for i in self.venues if self._stands_in(i, inside=inside, area=area)),
            focus=zone,
        )

    def venues_in(self, zone: int) -> list[int]:
        """Return the Maisons shown that belong to a zone of their own level, or stand in another.

        A Maison belongs to the zone that its row names; at every other level it is where it stands.
        """
        at = {each.zone_id: each for each in self.campaign.zones}
        there = self.campaign.zones[zone]
        found = []
        for i in self.venues:
            own = at.get(self.campaign.maisons[i].zone_id or "")
            if own is not None and own.level == there.level:
                belongs = own.zone_id == there.zone_id
            else:
                belongs = self._lies_in(i, there.area)
            found += [i] if belongs else []
        return found

    def _stands_in(self, venue: int, *, inside: set[int], area: Area) -> bool:
        maison = self.campaign.maisons[venue]
        if maison.zone_id is not None:
            return maison.zone_id in {self.campaign.zones[i].zone_id for i in inside}
        return self._lies_in(venue, area)

    def _lies_in(self, venue: int, area: Area) -> bool:
        maison = self.campaign.maisons[venue]
        x, y = reproject_points(
            np.array([maison.lnglat.lng]),
            np.array([maison.lnglat.lat]),
            source=WGS84,
            target=self.campaign.crs,
        )
        return bool(shapely.intersects_xy(area, x[0], y[0]))

    def stops(self) -> list[Stop]:
        """Return the stops at the Maisons shown, kit by kit, in the order in which they happen."""
        shown = {self.campaign.maisons[i].maison_id for i in self.venues}
        stops = [stop for stop in self.plan.tour.stops if stop.maison_id in shown]
        return sorted(stops, key=lambda stop: (stop.kit, stop.arrive))

    def periods(self) -> list[int]:
        """Return the periods that are shown: all; of one zone those that something is posted in."""
        if self.focus < 0:
            return list(self.campaign.periods.numbers())
        return [int(n) for n in np.unique(self.period)]

    def residents(self) -> int:
        """Return how many live in a finest zone in which something is posted, where it is known."""
        if not self.eligibility.levels:
            return 0
        finest = self.zone_of_faces(len(self.eligibility.levels) - 1)[np.unique(self.face)]
        reached = [self.campaign.zones[int(i)] for i in np.unique(finest[finest >= 0])]
        return sum(zone.population or 0 for zone in reached)

    @property
    def main_level(self) -> int:
        """Return the column of `Eligibility.levels` that tables by zone speak of.

        The level named ``territoire``, else the one above the finest, else the only one.
        """
        levels = self.eligibility.levels
        return levels.index(MAIN_LEVEL) if MAIN_LEVEL in levels else max(len(levels) - 2, 0)

    def number_of(self, portrait_id: str) -> int:
        """Return the number of a portrait, the same on all three pages."""
        return self.portraits.index(portrait_id) + 1

    def portrait_of_posting(self) -> IntArray:
        """Return the rank of the portrait of each posting, from 0."""
        ranks = [self.portraits.index(agent.portrait_id) for agent in self.campaign.agents]
        return np.array(ranks, dtype=np.int64)[self.agent]

    def zone_of_faces(self, level: int) -> IntArray:
        """Return the zone of each face at a level, -1 where none, shape ``(n_faces,)``."""
        zones = self.eligibility.face_zone
        if zones.shape[1] == 0:
            return np.full(len(self.campaign.faces), -1, dtype=np.int64)
        return np.asarray(zones[:, level], dtype=np.int64)

    def communes_reached(self) -> int:
        """Return in how many communes something is posted: by zone, else by name of the town."""
        used = np.unique(self.face)
        if "commune" in self.eligibility.levels:
            zones = self.zone_of_faces(self.eligibility.levels.index("commune"))[used]
            return len(np.unique(zones[zones >= 0]))
        return len({str(city).casefold() for city in self.campaign.faces.city[used] if city})

    def bounds(self) -> Bounds:
        """Return the box of what is drawn, WGS84: the zones, else the faces."""
        if self.zones:
            return bounds_of(self.shapes[list(self.zones)])
        faces = self.campaign.faces
        return Bounds(
            west=float(faces.lng.min()),
            south=float(faces.lat.min()),
            east=float(faces.lng.max()),
            north=float(faces.lat.max()),
        )


def portrait_series(number: int, label: str, *, detail: str = "", mark: str = "") -> Json:
    """Return the entry of a portrait in the legend; its mark is its number unless told."""
    return {
        "mark": mark or str(number),
        "colour": colour(number - 1),
        "shape": shape(number - 1),
        "label": label,
        "detail": detail,
    }


def fictitious_notice(campaign: Campaign) -> str | None:
    """Return the notice that data are made up, where their own text says so.

    The rule: some text column of the inventory, or some job or headline, holds ``fictif`` or
    ``fictive`` (in any case, plural included).
    """
    words = {text for agent in campaign.agents for text in (agent.job, agent.headline, agent.name)}
    if not any(_says_fictitious(texts) for texts in [words, *_face_texts(campaign.faces)]):
        return None
    return french.typeset(
        "Données fictives : cette campagne est un exemple, avec des faces ou des agents inventés."
    )


def _face_texts(faces: Faces) -> list[set[str]]:
    columns = (faces.operator, faces.format, faces.support, faces.address, faces.panel_id)
    return [set(map(str, column)) for column in (*columns, faces.face_id)]


def _says_fictitious(words: set[str]) -> bool:
    return any(stem in word.casefold() for word in words for stem in ("fictif", "fictive"))
