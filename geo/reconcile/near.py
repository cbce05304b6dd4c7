"""Which face of the inventory could be meant by a row that names none."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from geo.crs import WGS84, LngLat, reproject_points
from geo.french import NBSP, number, quoted
from geo.model import Campaign, FloatArray
from geo.reconcile.returned import FaceWords

NEAR_M = 100.0
"""A place and a face that far apart at the most may be one."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A face that could be meant: why (`kind`), and how far it is from the place that is told."""

    face_id: str
    kind: str
    distance_m: float | None = None

    def sentence(self, found: str) -> str:
        """Return the question to the planner."""
        if self.kind == "place" and self.distance_m is not None:
            far = f"{number(self.distance_m)}{NBSP}m"
            reason = f"à {far} de là"
        else:
            reason = {"face-id": "écrite autrement", "address": "à la même adresse"}[self.kind]
        return (
            f"La face {quoted(found)} n’est pas dans l’inventaire{NBSP}; "
            f"est-ce {quoted(self.face_id)}, {reason}{NBSP}?"
        )


class FaceFinder:
    """Finds faces by something less than their id.

    Parameters
    ----------
    campaign
        Its inventory is searched.
    """

    def __init__(self, campaign: Campaign) -> None:
        self._crs = campaign.crs
        self._faces = campaign.faces
        self.index = {str(face_id): i for i, face_id in enumerate(campaign.faces.face_id)}
        self._by_folded = _grouped(self.index, [fold(face_id) for face_id in self.index])
        addresses = [
            fold(f"{address} {city}") if fold(str(address)) else ""
            for address, city in zip(campaign.faces.address, campaign.faces.city, strict=True)
        ]
        self._by_address = _grouped(self.index, addresses)

    def guess(
        self, face_id: str, words: FaceWords, *, ordered: Collection[str] = ()
    ) -> Guess | None:
        """Return the face that is most likely meant, or None if none is likely.

        First the same id but for case, accents and punctuation; then the nearest face within
        `NEAR_M` of the place that is told; then the only face at that address. Faces that are
        `ordered` go before all others; a tie goes to the id that sorts first.
        """
        spelt = self._by_folded.get(fold(face_id), [])
        if len(spelt) == 1:
            return Guess(spelt[0], "face-id")
        near = [guess for guess in self._near(words) if self._is_format(guess, words.format)]
        known = [guess for guess in near if guess.face_id in ordered] or near
        if known:
            return known[0]
        at = self._by_address.get(fold(f"{words.address} {words.city}"), [])
        candidates = [face for face in at if face in ordered] or at
        if fold(words.address) and len(candidates) == 1:
            return Guess(candidates[0], "address")
        return None

    def other_format(self, words: FaceWords) -> Guess | None:
        """Return the nearest face within `NEAR_M` that has another format than the told one."""
        near = (guess for guess in self._near(words) if not self._is_format(guess, words.format))
        return next(near, None)

    def format_of(self, face_id: str) -> str:
        """Return the format of a face of the inventory."""
        return str(self._faces.format[self.index[face_id]])

    def distances_m(self, lnglat: LngLat) -> FloatArray:
        """Return how far each face of the inventory is from a place, ``(n_faces,)``."""
        lng, lat = np.array([lnglat.lng]), np.array([lnglat.lat])
        x, y = reproject_points(lng, lat, source=WGS84, target=self._crs)
        distances: FloatArray = np.hypot(self._faces.x - x[0], self._faces.y - y[0])
        return distances

    def between_m(self, one: str, other: str) -> float:
        """Return how far apart two faces of the inventory are."""
        i, j = self.index[one], self.index[other]
        faces = self._faces
        return math.hypot(faces.x[i] - faces.x[j], faces.y[i] - faces.y[j])

    def _near(self, words: FaceWords) -> list[Guess]:
        """Return the faces within reach of the place that is told, the nearest first."""
        if words.lnglat is None:
            return []
        distances = self.distances_m(words.lnglat)
        close = np.flatnonzero(distances <= NEAR_M).tolist()
        found = [Guess(str(self._faces.face_id[i]), "place", float(distances[i])) for i in close]
        return sorted(found, key=lambda guess: (round(guess.distance_m or 0.0, 2), guess.face_id))

    def _is_format(self, guess: Guess, told: str) -> bool:
        """Return whether a face has the told format; where none is told, every face has."""
        return not told or fold(self.format_of(guess.face_id)) == fold(told)


def fold(text: str) -> str:
    """Return a text without case, accents and punctuation; without leading zeros of its numbers."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    parts = re.findall(r"[a-z]+|\d+", plain.casefold())
    return "-".join(part.lstrip("0") or "0" if part.isdigit() else part for part in parts)


def _grouped(ids: Collection[str], keys: Sequence[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for face_id, key in zip(ids, keys, strict=True):
        if key:
            groups[key].append(face_id)
    return groups
