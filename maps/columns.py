"""Columns as short JSON: whole numbers as differences, texts as a dictionary and its indices."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Json = dict[str, Any]

DEGREE = 100_000  # five decimals: about a metre


def grid(degrees: Sequence[float] | NDArray[np.float64]) -> list[int]:
    """Return degrees as whole hundred-thousandths."""
    rounded = np.rint(np.asarray(degrees, dtype=np.float64) * DEGREE)
    return [int(v) for v in rounded]


def differences(values: Sequence[int]) -> list[int]:
    """Return the first value, then each one less the one before it."""
    return [v - before for v, before in zip(values, [0, *values], strict=False)]


def text_column(values: Iterable[str]) -> Json:
    """Return ``{"d": words, "i": indices}`` where words repeat, else ``{"v": values}``."""
    texts = [str(v) for v in values]
    words = sorted(set(texts))
    if len(words) * 2 > len(texts):
        return {"v": texts}
    place = {word: i for i, word in enumerate(words)}
    return {"d": words, "i": [place[v] for v in texts]}


def number_column(values: Iterable[float]) -> Json:
    """Return ``{"v": values}`` with whole numbers as such and null for what is not finite."""
    return {"v": [_short(float(v)) for v in values]}


def _short(value: float) -> int | float | None:
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() else round(value, 2)
