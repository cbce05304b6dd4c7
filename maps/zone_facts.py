"""What the officials are told of one zone: portraits, communes, faces, residents, exhibition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo import french
from maps.scene import Scene

NONE = "–"
RESIDENTS_NOTE = french.typeset(
    "Habitants à proximité : ceux des communes où un portrait est affiché."
)


@dataclass(frozen=True, slots=True)
class ZoneFacts:
    """What stands in a zone.

    Parameters
    ----------
    portraits
        The numbers of the portraits that are posted there.
    communes, faces
        How many finest zones and how many faces carry one.
    residents
        How many live in those finest zones, 0 where it is not known.
    exhibition
        Where and when the exhibition stands there; empty for nowhere.
    """

    portraits: tuple[int, ...]
    communes: int
    faces: int
    residents: int
    exhibition: str

    def nothing(self) -> bool:
        """Return whether nothing happens there."""
        return not self.faces and not self.exhibition


def facts_of_zone(scene: Scene, zone: int, *, column: int) -> ZoneFacts:
    """Return the facts of a zone of the level ``Eligibility.levels[column]``."""
    here = scene.zone_of_faces(column)[scene.face] == zone
    finest = scene.zone_of_faces(len(scene.eligibility.levels) - 1)[scene.face[here]]
    communes = [int(i) for i in np.unique(finest)]
    zones = scene.campaign.zones
    return ZoneFacts(
        portraits=tuple(int(rank) + 1 for rank in np.unique(scene.portrait_of_posting()[here])),
        communes=len(communes),
        faces=len(np.unique(scene.face[here])),
        residents=sum(zones[i].population or 0 for i in communes if i >= 0),
        exhibition=_exhibition_in(scene, zone),
    )


def _exhibition_in(scene: Scene, zone: int) -> str:
    """Return where and when the exhibition stands in a zone."""
    there = [scene.campaign.maisons[i] for i in scene.venues_in(zone)]
    city = {maison.maison_id: maison.city for maison in there}
    texts = [
        f"{city[stop.maison_id]}, {french.opening_days(stop.open_on)}"
        for stop in scene.stops()
        if stop.maison_id in city
    ]
    return f"{french.NBSP}; ".join(texts)
