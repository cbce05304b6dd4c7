"""Text of a Shapefile, whose encoding is told by a second file or by nothing at all."""

from __future__ import annotations

import codecs
import re

AS_CP1252 = "read-as-cp1252"
NEUTRAL = b"ISO-8859-1"
"""What GDAL is told, so that each byte comes back as one character and nothing is lost."""


def decode_columns(
    names: list[str], columns: list[list[str]], declared: bytes | None
) -> tuple[list[str], list[list[str]], bool]:
    """Return names and cells in their real encoding, and whether Windows-1252 had to be assumed.

    They come with one character a byte. Strict: what ``.cpg`` says, else UTF-8, else Windows-1252.
    """
    everything = "\n".join([*names, *("\n".join(column) for column in columns)])
    if everything.isascii():
        return names, columns, False
    encoding = _first_that_fits(everything.encode("latin-1", "replace"), declared)

    def decoded(text: str) -> str:
        return text if text.isascii() else text.encode("latin-1").decode(encoding, "replace")

    said = _codec(declared)
    assumed = encoding == "cp1252" and said != "cp1252"
    return [decoded(n) for n in names], [[decoded(c) for c in col] for col in columns], assumed


def _first_that_fits(content: bytes, declared: bytes | None) -> str:
    for encoding in (_codec(declared), "utf-8"):
        if encoding is None:
            continue
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "cp1252"


def _codec(declared: bytes | None) -> str | None:
    """Return the codec that the content of a ``.cpg`` names, as ``UTF-8`` or ``1252``."""
    if declared is None:
        return None
    name = declared.decode("ascii", "replace").strip().casefold()
    if code := re.fullmatch(r"(?:ansi|oem|cp|windows)?[ _-]*(\d{3,5})", name):
        name = "utf-8" if code[1] == "65001" else f"cp{code[1]}"
    name = re.sub(r"^(?:iso[ _-]*)?8859[ _-]*(\d+)$", r"iso8859-\1", name.removeprefix("cp"))
    for candidate in (name, f"cp{name}"):
        try:
            found = codecs.lookup(candidate)
        except (LookupError, ValueError):
            continue
        return found.name if found._is_text_encoding else None  # noqa: SLF001 - no public way
    return None
