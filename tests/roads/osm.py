"""Writes a small OpenStreetMap file (PBF), by hand: its Protocol Buffers are few and simple."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from geo.crs import LngLat


@dataclass(frozen=True)
class Road:
    nodes: Sequence[int]
    tags: Mapping[str, str] = field(default_factory=dict)


def write_pbf(path: Path, nodes: Mapping[int, LngLat], roads: Sequence[Road]) -> None:
    """Write nodes and roads (osmformat.proto: HeaderBlock, PrimitiveBlock)."""
    header = _text(4, "OsmSchema-V0.6") + _text(16, "placarde tests")
    words = sorted({word for road in roads for item in road.tags.items() for word in item})
    index = {word: i for i, word in enumerate(words, start=1)}
    table = b"".join(_bytes(1, word.encode()) for word in ["", *words])
    points = b"".join(_bytes(1, _node(i, point)) for i, point in sorted(nodes.items()))
    ways = b"".join(_bytes(3, _way(i, road, index)) for i, road in enumerate(roads, start=1))
    path.write_bytes(
        _blob("OSMHeader", header)
        + _blob("OSMData", _bytes(1, table) + _bytes(2, points))
        + _blob("OSMData", _bytes(1, table) + _bytes(2, ways))
    )


def _blob(kind: str, content: bytes) -> bytes:
    blob = _number(2, len(content)) + _bytes(3, zlib.compress(content))
    header = _text(1, kind) + _number(3, len(blob))
    return struct.pack(">I", len(header)) + header + blob


def _node(number: int, point: LngLat) -> bytes:
    lat, lng = (round(value * 1e7) for value in (point.lat, point.lng))  # units of 100 nanodegrees
    return _number(1, _zigzag(number)) + _number(8, _zigzag(lat)) + _number(9, _zigzag(lng))


def _way(number: int, road: Road, index: Mapping[str, int]) -> bytes:
    keys = [index[key] for key in road.tags]
    values = [index[value] for value in road.tags.values()]
    steps = [b - a for a, b in zip([0, *road.nodes], road.nodes, strict=False)]
    return (
        _number(1, number) + _packed(2, keys) + _packed(3, values) + _packed(8, map(_zigzag, steps))
    )


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def _number(tag: int, value: int) -> bytes:
    return _varint(tag << 3) + _varint(value)


def _bytes(tag: int, content: bytes) -> bytes:
    return _varint(tag << 3 | 2) + _varint(len(content)) + content


def _text(tag: int, text: str) -> bytes:
    return _bytes(tag, text.encode())


def _packed(tag: int, values: Iterable[int]) -> bytes:
    return _bytes(tag, b"".join(map(_varint, values)))
