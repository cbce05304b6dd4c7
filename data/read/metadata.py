"""Pictures without what their files say beside the picture: who, where, when, with which device.

A photograph carries its place, its date and often a name and a small copy of what was cropped. None
of it belongs in a page that leaves by mail. Only what draws the picture is kept, byte by byte: its
points, its colours (ICC) and which way up it stands. Nothing is decoded or compressed again.

Sources: JPEG, ITU-T T.81, annex B; Exif 2.32, 4.5 and 4.6; PNG, third edition, clause 5; WebP
container specification (RFC 9649).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from data.read.svg_metadata import plain_svg

_UPRIGHT, _ORIENTATION, _SHORT = 1, 0x0112, 3
_EXIF = b"Exif\x00\x00"
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# What draws: the critical chunks begin with a capital letter, of the others these.
_PNG_KEPT = frozenset(
    b"tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD pHYs hIST sPLT acTL fcTL fdAT".split()
)
_WEBP_KEPT = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
_WEBP_EXIF, _WEBP_XMP = 0x08, 0x04


def without_metadata(content: bytes, media_type: str) -> bytes | None:
    """Return the file of a picture with nothing in it but the picture, None where it is damaged."""
    strip = {
        "image/jpeg": _plain_jpeg,
        "image/png": _plain_png,
        "image/webp": _plain_webp,
        "image/svg+xml": plain_svg,
    }[media_type]
    try:
        return strip(content)
    except (ValueError, struct.error):
        return None


def _plain_jpeg(content: bytes) -> bytes:
    kept, turned = [], _UPRIGHT
    for marker, segment in _jpeg_segments(content):
        body = segment[4:]
        if marker == 0xE1 and body.startswith(_EXIF):
            turned = _orientation(body[len(_EXIF) :])
        elif marker == 0xE0 and body.startswith(b"JFIF\x00") and len(body) >= 14:
            # Its last two bytes are the size of a small copy, which is left out.
            kept.append(b"\xff\xe0\x00\x10" + body[:12] + b"\x00\x00")
        elif _draws(marker, body):
            kept.append(segment)
    exif = _jpeg_exif(turned)
    at = 1 if kept and kept[0].startswith(b"\xff\xe0") else 0
    return b"".join([b"\xff\xd8", *kept[:at], exif, *kept[at:], b"\xff\xd9"])


def _draws(marker: int, body: bytes) -> bool:
    """Return whether a segment of a JPEG draws: of the applications', colours alone."""
    if marker == 0xE2:
        return body.startswith(b"ICC_PROFILE\x00")
    if marker == 0xEE:
        return body.startswith(b"Adobe")
    return marker != 0xFE and not 0xE0 <= marker <= 0xEF


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each marker with its bytes, points included, up to the end of the picture."""
    at = 2
    while at < len(content):
        if content[at] != 0xFF:
            raise ValueError("a marker is expected")
        marker = content[at + 1] if at + 1 < len(content) else 0xD9
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xD9:
            return
        (length,) = struct.unpack_from(">H", content, at + 2)
        end = at + 2 + length
        if length < 2 or end > len(content):
            raise ValueError("a segment is cut")
        if marker == 0xDA:
            end = _end_of_points(content, end)
        yield marker, content[at:end]
        at = end


def _end_of_points(content: bytes, at: int) -> int:
    """Return where the next marker stands after compressed points; restarts are points."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 1 == len(content):
            return len(content)
        if content[at + 1] not in (0x00, 0xFF, *range(0xD0, 0xD8)):
            return at
        at += 1 if content[at + 1] == 0xFF else 2


def _plain_png(content: bytes) -> bytes:
    kept, turned, at = [_PNG_SIGNATURE], _UPRIGHT, len(_PNG_SIGNATURE)
    while at < len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content):
            raise ValueError("a chunk is cut")
        if kind == b"eXIf":
            turned = _orientation(content[at + 8 : end - 4])
        elif kind in _PNG_KEPT or kind[:1].isupper():
            kept.append(content[at:end])
        at = end
        if kind == b"IEND":
            break
    else:
        raise ValueError("the end is missing")
    # After IHDR, which comes first.
    return b"".join([*kept[:2], _png_exif(turned), *kept[2:]])


def _plain_webp(content: bytes) -> bytes:
    kept, turned, at = [], _UPRIGHT, 12
    while at + 8 <= len(content):
        kind, length = struct.unpack_from("<4sI", content, at)
        end = at + 8 + length + length % 2
        if at + 8 + length > len(content):
            raise ValueError("a chunk is cut")
        body = content[at + 8 : at + 8 + length]
        if kind == b"EXIF":
            turned = _orientation(body.removeprefix(_EXIF))
        elif kind in _WEBP_KEPT:
            kept.append((kind, body))
        at = end
    if turned != _UPRIGHT:
        kept.append((b"EXIF", _tiff(turned)))
    chunks = b"".join(_webp_chunk(kind, body, turned=turned) for kind, body in kept)
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def _webp_chunk(kind: bytes, body: bytes, *, turned: int) -> bytes:
    if kind == b"VP8X" and body:
        flags = body[0] & ~(_WEBP_EXIF | _WEBP_XMP)
        body = bytes([flags | (_WEBP_EXIF if turned != _UPRIGHT else 0)]) + body[1:]
    return kind + struct.pack("<I", len(body)) + body + b"\x00" * (len(body) % 2)


def _orientation(tiff: bytes) -> int:
    """Return which way up a picture stands, 1 to 8; 1 where its Exif does not say or is damaged."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return _UPRIGHT
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for i in range(count):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * i)
            if tag == _ORIENTATION and kind == _SHORT and _UPRIGHT <= value <= 8:
                return int(value)
    except struct.error:
        return _UPRIGHT
    return _UPRIGHT


def _tiff(turned: int) -> bytes:
    """Return an Exif of one fact: which way up the picture stands."""
    entry = struct.pack("<HHIHH", _ORIENTATION, _SHORT, 1, turned, 0)
    return b"II*\x00" + struct.pack("<IH", 8, 1) + entry + b"\x00" * 4


def _jpeg_exif(turned: int) -> bytes:
    if turned == _UPRIGHT:
        return b""
    body = _EXIF + _tiff(turned)
    return b"\xff\xe1" + struct.pack(">H", 2 + len(body)) + body


def _png_exif(turned: int) -> bytes:
    if turned == _UPRIGHT:
        return b""
    body = b"eXIf" + _tiff(turned)
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
