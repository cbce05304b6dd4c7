"""Columns as short JSON: whole numbers packed into text, texts as a dictionary and its indices.

Whole numbers are written in the letters of Google's encoded polyline format: five bits a letter,
the sign last. A column takes the shortest of three forms, told by its first letter: ``r`` the
numbers, ``d`` their differences, ``l`` pairs of a number and how often it stands in a row.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Json = dict[str, Any]
IntArray = NDArray[np.int64]

DEGREE = 100_000  # five decimals: about a metre

_FORMS = "rdl"
_NUMBERED = re.compile(r"(.*?)(\d+)", re.ASCII | re.DOTALL)


def letters(values: IntArray) -> str:
    """Return whole numbers below 2³⁰ in size as letters, one to six each."""
    left = np.where(values < 0, ~(values << 1), values << 1)
    count = np.ones(len(left), dtype=np.int64)
    for shift in range(5, 35, 5):
        count += (left >> shift) > 0
    first = np.concatenate(([0], np.cumsum(count)))
    text = np.zeros(int(first[-1]), dtype=np.uint8)
    for step in range(int(count.max(initial=0))):
        here = count > step
        bits = (left[here] >> (5 * step)) & 31
        more = np.where(count[here] > step + 1, 32, 0)
        text[first[:-1][here] + step] = bits + more + 63
    return text.tobytes().decode("ascii")


def packed(values: Sequence[int] | IntArray) -> str:
    """Return a column of whole numbers, in the shortest of its forms."""
    column = np.asarray(values, dtype=np.int64)
    if len(column) == 0:
        return "r"
    starts = np.flatnonzero(np.diff(column, prepend=column[0] - 1))
    runs = np.column_stack((column[starts], np.diff(starts, append=len(column)))).ravel()
    forms = (column, np.diff(column, prepend=0), runs)
    return min((f + letters(form) for f, form in zip(_FORMS, forms, strict=True)), key=len)


def grid(degrees: Sequence[float] | NDArray[np.float64]) -> IntArray:
    """Return degrees as whole hundred-thousandths."""
    return np.rint(np.asarray(degrees, dtype=np.float64) * DEGREE).astype(np.int64)


def text_column(values: Iterable[str]) -> Json:
    """Return a column of text in the shortest of three forms.

    ``{"d": words, "i": indices}`` where words repeat, the most frequent first, ties by word;
    ``{"p": prefix, "w": digits, "n": numbers}`` where they are numbered; else ``{"v": values}``.
    """
    texts = [str(v) for v in values]
    counts = Counter(texts)
    if len(counts) * 2 <= len(texts):
        words = sorted(counts, key=lambda word: (-counts[word], word))
        place = {word: i for i, word in enumerate(words)}
        return {"d": words, "i": packed([place[v] for v in texts])}
    return _numbered(texts) or {"v": texts}


def _numbered(texts: Sequence[str]) -> Json | None:
    """Return texts such as ``F0001``, ``F0002`` as their numbers; None where they are others."""
    first = _NUMBERED.fullmatch(texts[0]) if texts else None
    if first is None or len(first[2]) > 8:
        return None
    prefix, width = first[1], len(first[2])
    tails = [v[len(prefix) :] for v in texts if v.startswith(prefix)]
    alike = len(tails) == len(texts) and all(
        len(tail) == width and tail.isascii() and tail.isdigit() for tail in tails
    )
    return {"p": prefix, "w": width, "n": packed([int(t) for t in tails])} if alike else None


def number_column(values: Iterable[float]) -> Json:
    """Return ``{"d": numbers, "i": indices}``: whole numbers as such, null for what is not finite.

    Where few repeat, ``{"v": numbers}``, or ``{"n": numbers}`` packed if all are whole.
    """
    numbers = [_short(float(v)) for v in values]
    counts = Counter(numbers)
    if len(counts) * 2 <= len(numbers):
        words = sorted(counts, key=lambda n: (-counts[n], n is not None, n or 0))
        place = {number: i for i, number in enumerate(words)}
        return {"d": words, "i": packed([place[n] for n in numbers])}
    whole = [n for n in numbers if isinstance(n, int) and abs(n) < 1 << 29]
    return {"n": packed(whole)} if len(whole) == len(numbers) else {"v": numbers}


def _short(value: float) -> int | float | None:
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() else round(value, 2)
