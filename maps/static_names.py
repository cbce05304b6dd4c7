"""Where the names of zones stand on the map for paper, and how they are written there."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

SIZE = 18.0
_LINE = 1.05 * SIZE
_LONGEST = 24  # letters in a line, of which a name has two at most
_LONGEST_WORD = 40
_HALF_LETTER = 0.23 * SIZE
_STEP = 11.0
_ROOM = 24.0  # more than this from stops and other names is no better
_SHIFTS = (0.0, 24.0, -24.0, 44.0, -44.0, 64.0, -64.0)


@dataclass(frozen=True, slots=True)
class Name:
    """A name on the drawing: the middle of its first base line, and its one or two lines."""

    x: float
    y: float
    lines: tuple[str, ...]

    def spine(self) -> FloatArray:
        """Return points along the middle of each line, closer to each other than a sign is wide."""
        return np.vstack([self._spine(i, line) for i, line in enumerate(self.lines)])

    def _spine(self, i: int, line: str) -> FloatArray:
        half = _HALF_LETTER * len(line)
        xs = np.linspace(self.x - half, self.x + half, max(2, int(2 * half / _STEP) + 1))
        return np.column_stack((xs, np.full(len(xs), self.y + i * _LINE - 0.3 * SIZE)))

    def svg(self) -> str:
        """Return the name as elements of the drawing, on a light ground.

        The ground is a thick line, not an outline of the letters: typst writes the letters of an
        outline as text once more, and who copies or searches the sheet would find each name twice.
        """
        return "".join(self._line_svg(i, line) for i, line in enumerate(self.lines))

    def _line_svg(self, i: int, line: str) -> str:
        y = self.y + i * _LINE
        (left, middle), *_, (right, _) = self._spine(i, line)
        left, right = min(left + SIZE / 2, self.x), max(right - SIZE / 2, self.x)
        return (
            f'<path d="M{plain(left)} {plain(middle)}H{plain(right)}" stroke="#f8f7f2" '
            f'stroke-opacity="0.85" stroke-width="{SIZE}" stroke-linecap="round"/>'
            f'<text x="{plain(self.x)}" y="{plain(y)}" font-size="{SIZE}" font-style="italic" '
            f'text-anchor="middle" fill="#33332f">{as_text(line)}</text>'
        )


def place_names(
    names: Sequence[str], points: FloatArray, stops: FloatArray, *, width: float
) -> list[Name]:
    """Return the names that have room, in their order: within the drawing, moved off the stops.

    Of the tries, which go up and down from its point, the one farthest from stops and from the
    names before it; a name that would stand on another one even there is left out.
    """
    placed: list[Name] = []
    for name, (x, y) in zip(names, points, strict=True):
        lines = in_lines(name)
        half = _HALF_LETTER * max(map(len, lines))
        inside = float(np.clip(x, half, max(half, width - half)))
        tries = [Name(inside, float(y + shift), lines) for shift in _SHIFTS]
        others = np.vstack([np.empty((0, 2)), *(each.spine() for each in placed)])
        taken = np.vstack([stops, others])
        best = max(tries, key=lambda each: min(_room(each.spine(), taken), _ROOM))
        if _room(best.spine(), others) >= _STEP:
            placed.append(best)
    return placed


def in_lines(name: str) -> tuple[str, ...]:
    """Return a name in one line, or in two that share it at a space, cut where it is too long."""
    if len(name) <= _LONGEST:
        return (name,)
    spaces = [i for i, letter in enumerate(name) if letter == " " and 0 < i <= _LONGEST]
    if not spaces:
        return (name if len(name) <= _LONGEST_WORD else f"{name[: _LONGEST_WORD - 1]}…",)
    middle = min(spaces, key=lambda i: abs(2 * i - len(name)))
    first, rest = name[:middle], name[middle + 1 :]
    return (first, rest if len(rest) <= _LONGEST else f"{rest[: _LONGEST - 1].rstrip()}…")


def _room(points: FloatArray, taken: FloatArray) -> float:
    """Return the distance from the nearest of `points` to the nearest of `taken`."""
    if not len(taken):
        return float("inf")
    return float(np.min(np.hypot(*(points[:, None, :] - taken[None, :, :]).transpose(2, 0, 1))))


def as_text(typed: str) -> str:
    """Return what was typed as text of the drawing: no markup, no control."""
    kept = (" " if unicodedata.category(c) in {"Cc", "Cs", "Cn"} else c for c in typed)
    return escape("".join(kept))


def plain(value: float) -> str:
    """Return a number as the drawing has it, with one decimal at most."""
    return f"{value:.1f}".removesuffix(".0")
