"""Pictures enter without what their files say beside the picture."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from data.isere import campaign_folder
from data.read.metadata import without_metadata
from data.read.portraits import media_type

SECRET = b"Jeanne Exemple 45.1885"
ORIENTATION, ARTIST = 0x0112, 0x013B


def picture(kind: str, *, turned: int = 1) -> bytes:
    """Return a small picture whose Exif, comments and trailer hold `SECRET`."""
    image = Image.new("RGB", (8, 6))
    image.putdata([(30 * (i % 8), 40 * (i // 8), 90) for i in range(48)])
    exif = image.getexif()
    exif[ARTIST] = SECRET.decode()
    exif[ORIENTATION] = turned
    out = io.BytesIO()
    extra: dict[str, object] = {"xmp": b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"}
    if kind == "PNG":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Author", SECRET.decode())
        notes.add_itxt("Comment", SECRET.decode(), zip=True)
        extra = {"pnginfo": notes}
    if kind == "JPEG":
        extra |= {"comment": SECRET, "progressive": True}
    image.save(out, kind, exif=exif, **extra)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("turned", [1, 6])
def test_a_photograph_keeps_its_points_and_which_way_up_it_stands_and_nothing_else(
    kind: str, turned: int
) -> None:
    before = picture(kind, turned=turned)
    sort = media_type(before)
    assert sort is not None
    after = without_metadata(before, sort)
    assert SECRET in before
    assert after is not None
    assert SECRET not in after
    assert b"xmpmeta" not in after
    old, new = (Image.open(io.BytesIO(content)) for content in (before, after))
    assert new.tobytes() == old.tobytes()
    assert dict(new.getexif()) == ({} if turned == 1 else {ORIENTATION: turned})
    assert not set(new.info) & {"comment", "xmp", "Author", "Comment"}
    assert without_metadata(after, sort) == after


def test_what_hangs_behind_a_picture_and_its_small_copy_are_left_out() -> None:
    photograph = picture("JPEG")
    thumbnail = b"\xff\xe0" + struct.pack(">H", 16 + 3) + b"JFIF\x00\x01\x02\x00\x00\x01\x00\x01"
    thumbnail += b"\x01\x01" + b"abc"
    hidden = photograph[:2] + thumbnail + photograph[20:] + SECRET
    after = without_metadata(hidden, "image/jpeg")
    assert after is not None
    assert SECRET not in after
    assert b"abc" not in after
    assert Image.open(io.BytesIO(after)).size == (8, 6)
    drawing = picture("PNG")
    assert SECRET not in (without_metadata(drawing + SECRET, "image/png") or SECRET)


def test_the_date_and_private_chunks_of_a_png_are_left_out() -> None:
    plain = without_metadata(picture("PNG"), "image/png")
    assert plain is not None

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    more = chunk(b"tIME", b"\x07\xe1\x0a\x11\x08\x00\x00") + chunk(b"caBX", SECRET)
    assert without_metadata(plain[:33] + more + plain[33:], "image/png") == plain


DRAWING = """<?xml version="1.0"?>
<!-- {secret} -->
<svg xmlns="http://www.w3.org/2000/svg" xmlns:sodipodi="s" xmlns:inkscape="i"
 sodipodi:docname="/home/{secret}/portrait.svg" viewBox="0 0 3 4">
<metadata><a xmlns="x">{secret}</a></metadata><?xpacket {secret}?>
<sodipodi:namedview inkscape:window-width="9"/>
<g inkscape:label='{secret}' id="a"><path d="M0 0h3" /><text>é &lt;1</text></g></svg>
"""


PLAIN = """<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:sodipodi="s" xmlns:inkscape="i" viewBox="0 0 3 4">
<g id="a"><path d="M0 0h3" /><text>é &lt;1</text></g></svg>
"""


def test_a_drawing_keeps_what_draws_as_it_was_written() -> None:
    content = DRAWING.format(secret=SECRET.decode()).encode()
    after = without_metadata(content, "image/svg+xml")
    assert after is not None
    assert after.decode().split() == PLAIN.split()


def test_the_drawings_of_the_example_are_left_as_they_are() -> None:
    for path in sorted(Path(campaign_folder(), "portraits").glob("*.svg")):
        assert without_metadata(path.read_bytes(), "image/svg+xml") == path.read_bytes()


@pytest.mark.parametrize(
    ("sort", "content"),
    [
        ("image/jpeg", b"\xff\xd8\xff\xe1\xff\xff" + SECRET),
        ("image/jpeg", b"\xff\xd8\xff\xe1\x00"),
        ("image/png", b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfftEXt"),
        ("image/png", b"\x89PNG\r\n\x1a\n"),
        ("image/webp", b"RIFF\x00\x00\x00\x00WEBPVP8 \xff\xff\x00\x00"),
        ("image/svg+xml", b"<svg><metadata></svg>"),
    ],
)
def test_a_damaged_picture_is_refused(sort: str, content: bytes) -> None:
    assert without_metadata(content, sort) is None


@given(st.sampled_from(["JPEG", "PNG", "WEBP"]), st.data())
def test_a_cut_or_garbled_picture_is_refused_or_stripped(kind: str, data: st.DataObject) -> None:
    content = bytearray(picture(kind))
    place = data.draw(st.integers(12, len(content) - 1))
    content[place] = data.draw(st.integers(0, 255))
    garbled = bytes(content[: data.draw(st.integers(12, len(content)))])
    result = without_metadata(garbled, f"image/{kind.lower()}")
    assert result is None or len(result) <= len(garbled) + 64
