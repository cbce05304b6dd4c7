"""How well a point is known: as it was given, or as an address was found."""

from __future__ import annotations

from geo.model import BoolArray, TextArray

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
