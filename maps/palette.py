"""Colours of the portraits: each dark enough to carry a white number."""

from __future__ import annotations

# Eighteen hues in OKLCH, neighbours far apart in hue and in lightness; white on each of them has a
# contrast of at least 4.5 (a test measures it). Nobody has to tell them apart by colour: each disc
# carries the number of its portrait too.
_COLOURS = (
    "#0b5fa5",
    "#b3341f",
    "#1f7a3d",
    "#6b3fa0",
    "#8a5a00",
    "#007a7a",
    "#b02070",
    "#3d4f5c",
    "#556b00",
    "#2f3fb3",
    "#9c2f4b",
    "#006b9c",
    "#a8480a",
    "#0d5c4d",
    "#7d2fb0",
    "#6e4a2a",
    "#1c3d6e",
    "#8c1d1d",
)


# Names of the signs that `faces.js` and `page.css` draw. With eighteen colours, no two of the first
# 54 portraits share both, and neighbours in number differ in shape.
SHAPES = ("round", "square", "diamond")


def colour(rank: int) -> str:
    """Return the colour of the portrait of this rank, counted from 0; colours come round again."""
    return _COLOURS[rank % len(_COLOURS)]


def shape(rank: int) -> str:
    """Return the shape of the portrait of this rank, counted from 0."""
    return SHAPES[(rank + rank // len(_COLOURS)) % len(SHAPES)]
