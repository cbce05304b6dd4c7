"""The data of a page, read back by code that shares nothing with what wrote them."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np

PACKED = re.compile(r"[rdl][?-~]*")


def payload_of(html: str) -> Any:
    """Return the JSON block of a page."""
    found = re.search(r'<script type="application/json" id="donnees">(.*?)</script>', html)
    assert found is not None
    return json.loads(found.group(1))


def numbers_in(text: str) -> list[int]:
    """Read letters of five bits, after Google's description of the encoded polyline format."""
    numbers, value, shift = [], 0, 0
    for letter in text:
        bits = ord(letter) - 63
        value |= (bits & 31) << shift
        shift += 5
        if bits < 32:
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    return numbers


def unpacked(text: str) -> list[int]:
    """Return a packed column of whole numbers."""
    numbers = numbers_in(text[1:])
    if text[0] == "d":
        return [int(v) for v in np.cumsum(numbers)]
    if text[0] == "r":
        return numbers
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    return [value for value, count in pairs for _ in range(count)]


def column_values(column: Any) -> list[Any]:
    """Return the values of a column of text or of numbers."""
    if "v" in column:
        return list(column["v"])
    if "d" in column:
        return [column["d"][i] for i in unpacked(column["i"])]
    numbers = unpacked(column["n"])
    return [f"{column['p']}{n:0{column['w']}}" for n in numbers] if "p" in column else numbers


def all_values(part: Any) -> list[str]:
    """Return every value in a payload as text, with packed columns read."""
    if isinstance(part, dict):
        columns = column_values(part) if {"v", "d", "n"} & set(part) and _is_column(part) else []
        return [str(v) for v in columns] + [v for each in part.values() for v in all_values(each)]
    if isinstance(part, list):
        return [v for each in part for v in all_values(each)]
    if isinstance(part, str) and PACKED.fullmatch(part):
        return [part, *map(str, unpacked(part))]
    return [str(part)]


def _is_column(part: dict[str, Any]) -> bool:
    return set(part) in ({"v"}, {"d", "i"}, {"n"}, {"p", "w", "n"})
