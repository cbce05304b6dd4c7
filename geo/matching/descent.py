"""Minimising a convex function that has kinks, above lower limits. Compiled.

Projected L-BFGS: where a limit holds and the slope pushes against it, a coordinate stays; all
others take the step of the two-loop recursion (Nocedal 1980), cut off at the limits (two-metric
projection, Bertsekas 1982; with L-BFGS: Schmidt, Kim & Sra 2012). On kinks a quasi-Newton method
does well in practice (Lewis & Overton 2013), with next to no convergence theory behind it: whoever
calls keeps the best point that was seen. Sums run in one order, so the same function gives the same
path.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.compiled import compiled
from geo.model import BoolArray, FloatArray, IntArray

Float32Array = NDArray[np.float32]

MEMORY = 7
"""Steps that are remembered; more hardly help where there are kinks, and cost as much again."""

DECREASE = 1e-4
"""Least part of the decrease that the slope promises (Armijo)."""

FIRST_STEP = 0.1
"""Length of the first step, in units of `scale`."""

CURVATURE = 1e-10
"""A step along which the slope changes less than this part of its size says nothing."""

SHORTEN = (0.1, 0.5)
"""A step that is too long is cut to between these parts of itself."""


def descend(
    function: Callable[[FloatArray], tuple[float, FloatArray]],
    start: FloatArray,
    *,
    least: FloatArray,
    scale: FloatArray,
    go_on: Callable[[], bool],
) -> None:
    """Evaluate `function` at better and better points until `go_on` says no.

    Parameters
    ----------
    function
        Returns the value and the slope (a subgradient) at a point; keeps the best for itself.
    start, least
        Where to begin, and the lower limits; shape ``(n,)``.
    scale
        How far each coordinate is expected to move, 0 where it must not, shape ``(n,)``.
    go_on
        Asked before each evaluation but the first.
    """
    memory = _Memory(scale)
    at = start
    value, slope = function(at)
    step = np.empty_like(at)
    while True:
        free = ((at > least) | (slope < 0)) & (scale > 0)
        promised = memory.direction(slope, free, step)
        if promised >= 0:  # at a kink the remembered steps can lead nowhere
            if memory.empty:
                return
            memory.forget()
            continue
        length = 1.0
        while True:
            if not go_on():
                return
            further = np.maximum(at + length * step, least)
            found, new_slope = function(further)
            promised = float(_dot(slope, further - at))
            if found <= value + DECREASE * promised:
                break
            if length < 1e-9:
                return
            length *= _shorter(promised, found - value)
        memory.learn(further - at, new_slope - slope)
        at, value, slope = further, found, new_slope


def _shorter(promised: float, rise: float) -> float:
    """Return by how much to cut a step: to the lowest point of a parabola, within `SHORTEN`."""
    low, high = SHORTEN
    lowest = promised / (2 * (promised - rise)) if rise > promised else high
    return min(max(lowest, low), high)


class _History(NamedTuple):
    """Steps, how the slope changed along them, in single precision, as advice; and 1 / (s · y)."""

    steps: Float32Array  # (MEMORY, n)
    changes: Float32Array  # (MEMORY, n)
    weight: FloatArray  # (MEMORY,)


class _Memory:
    """The last steps, oldest first, and how large the next is without them."""

    def __init__(self, scale: FloatArray) -> None:
        shape = (MEMORY, len(scale))
        self._scale2 = scale * scale
        self._history = _History(
            np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32), np.zeros(MEMORY)
        )
        self._order: list[int] = []
        self._size = 0.0

    @property
    def empty(self) -> bool:
        """Return whether nothing is remembered."""
        return not self._order

    def forget(self) -> None:
        """Forget every step."""
        self._order.clear()

    def learn(self, step: FloatArray, change: FloatArray) -> None:
        """Remember a step and how the slope changed along it, unless that says nothing."""
        bent = _dot(step, change)
        size = _weighted_square(change, self._scale2)
        if bent <= CURVATURE * size:
            return
        place = len(self._order) if len(self._order) < MEMORY else self._order.pop(0)
        self._order.append(place)
        history = self._history
        history.steps[place], history.changes[place] = step, change
        history.weight[place] = 1 / bent
        self._size = bent / size

    def direction(self, slope: FloatArray, free: BoolArray, step: FloatArray) -> float:
        """Fill `step` with where to go, and return the slope along it."""
        size = self._size
        if self.empty:
            length = _weighted_square(np.where(free, slope, 0.0), self._scale2) ** 0.5
            size = FIRST_STEP / length if length > 0 else 0.0
        order = np.array(self._order, dtype=np.int64)
        step[:] = np.where(free, slope, 0.0)
        _two_loops(self._scale2 * size, self._history, order, step)
        step[:] = np.where(free, -step, 0.0)
        return _dot(slope, step)


@compiled
def _dot(one: FloatArray, other: FloatArray) -> float:
    total = 0.0
    for i in range(len(one)):
        total += one[i] * other[i]
    return total


@compiled
def _weighted_square(one: FloatArray, weight: FloatArray) -> float:
    total = 0.0
    for i in range(len(one)):
        total += weight[i] * one[i] * one[i]
    return total


@compiled
def _two_loops(size: FloatArray, history: _History, order: IntArray, out: FloatArray) -> None:
    """Multiply `out` by the L-BFGS matrix that begins as the diagonal `size`."""
    n, used = len(out), np.empty(len(history.weight))
    for k in order[::-1]:
        step, change, along = history.steps[k], history.changes[k], 0.0
        for i in range(n):
            along += step[i] * out[i]
        used[k] = along * history.weight[k]
        for i in range(n):
            out[i] -= used[k] * change[i]
    for i in range(n):
        out[i] *= size[i]
    for k in order:
        step, change, along = history.steps[k], history.changes[k], 0.0
        for i in range(n):
            along += change[i] * out[i]
        along = used[k] - along * history.weight[k]
        for i in range(n):
            out[i] += along * step[i]
