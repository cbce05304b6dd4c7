"""How well a point is known: as it was given, or as an address was found."""

from __future__ import annotations

from math import isfinite
from typing import NamedTuple

from geo.french import number
from geo.model import BoolArray, Faces, TextArray

GIVEN = ""
PRECISIONS = ("housenumber", "street", "locality", "commune")
"""From fine to coarse, in the words of the French geocoders; what was given is finer than all."""

FRENCH = {
    "housenumber": "numéro",
    "street": "rue",
    "locality": "lieu-dit",
    "commune": "centre de la commune",
}


def is_coarser(precision: TextArray, than: str) -> BoolArray:
    """Return which points ``(n,)`` are known less well than `than`, one of `PRECISIONS`.

    A word that is none of them says nothing and passes.
    """
    coarser = PRECISIONS[PRECISIONS.index(than) + 1 :]
    result: BoolArray = (precision[:, None] == list(coarser)).any(axis=1)
    return result


def in_french(precision: str) -> str:
    """Return the words for a precision; a word that is none of ours comes back as it is."""
    return FRENCH.get(precision, precision)


class FacePosition(NamedTuple):
    """How the point of a face is known: how well, who says so, the score from 0 to 1 or NaN."""

    precision: str
    source: str
    score: float

    @property
    def words(self) -> str:
        """Return it in French: ``rue (data.geopf.fr, score 0,81)``."""
        score = f"score {number(self.score, 2)}" if isfinite(self.score) else ""
        said = "" if self.source == self.precision else self.source
        details = ", ".join(part for part in (said, score) if part)
        return f"{in_french(self.precision)} ({details})" if details else in_french(self.precision)


def found_positions(faces: Faces) -> dict[str, FacePosition]:
    """Return the faces whose point is not simply given, by id, in the order of the inventory."""
    columns = faces.face_id, faces.precision, faces.position_source, faces.position_score.tolist()
    return {
        face_id: FacePosition(precision, source, score)
        for face_id, precision, source, score in zip(*columns, strict=True)
        if precision
    }
