"""A campaign and its plan as indices: what the three pages are told from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from geo.crs import Bounds
from geo.model import Campaign, Faces
from geo.plan import Plan
from geo.targeting import Eligibility
from maps.columns import Json
from maps.geometry import bounds_of, drawn_shapes
from maps.palette import SHAPES, colour

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
    """

    campaign: Campaign
    plan: Plan
    eligibility: Eligibility
    shapes: NDArray[np.object_]
    face: IntArray
    agent: IntArray
    period: IntArray
    portraits: tuple[str, ...]

    @classmethod
    def of(cls, campaign: Campaign, plan: Plan, eligibility: Eligibility) -> Self:
        """Return the scene of a plan that was made from this campaign."""
        face_at = {str(face_id): i for i, face_id in enumerate(campaign.faces.face_id)}
        agent_at = {agent.agent_id: i for i, agent in enumerate(campaign.agents)}
        postings = sorted(plan.allocation.postings)
        return cls(
            campaign=campaign,
            plan=plan,
            eligibility=eligibility,
            shapes=drawn_shapes(campaign.zones, eligibility.levels, crs=campaign.crs),
            face=np.array([face_at[p.face_id] for p in postings], dtype=np.int64),
            agent=np.array([agent_at[p.agent_id] for p in postings], dtype=np.int64),
            period=np.array([p.period for p in postings], dtype=np.int64),
            portraits=tuple(sorted({agent.portrait_id for agent in campaign.agents})),
        )

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
        if len(self.shapes):
            return bounds_of(self.shapes)
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
        "shape": SHAPES[(number - 1) % len(SHAPES)],
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
    return (
        "Données fictives : cette campagne est un exemple, avec des faces ou des agents inventés."
    )


def _face_texts(faces: Faces) -> list[set[str]]:
    columns = (faces.operator, faces.format, faces.support, faces.address, faces.panel_id)
    return [set(map(str, column)) for column in (*columns, faces.face_id)]


def _says_fictitious(words: set[str]) -> bool:
    return any(stem in word.casefold() for word in words for stem in ("fictif", "fictive"))
