"""Makes PDF documents: one of our typst templates, filled with data.

What people typed reaches a document as JSON values and never as markup: a template prints it with
``#data.name``, which sets text as it stands, and never hands it to ``eval``.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from importlib.resources import files
from typing import Final

STANDARDS: Final = ("a-2a", "ua-1")
"""An archive that a screen reader can read: PDF/A-2a (ISO 19005-2) and PDF/UA-1 (ISO 14289-1)."""

MISSING = "□"
"""Stands for a character that none of the fonts has."""

Data = str | int | float | bool | None | Sequence["Data"] | Mapping[str, "Data"]

# What the fonts that come with typst show in full: Latin, Greek, Cyrillic, punctuation, currencies,
# arrows, mathematics, shapes, ligatures. PDF/A refuses a document with any other character.
_SHOWN = (
    (0x20, 0x7E),
    (0xA0, 0x4FF),
    (0x1E00, 0x1FFF),
    (0x2000, 0x2040),
    (0x2070, 0x20CF),
    (0x2190, 0x22FF),
    (0x2500, 0x25FF),
    (0xFB00, 0xFB06),
)


def compile_pdf(template: str, data: Mapping[str, Data], *, day: date) -> bytes:
    """Return a tagged PDF/A: the same template, data and day give the same bytes.

    Parameters
    ----------
    template
        The name of a file of ``data/write/templates`` without its ``.typ``.
    data
        Every text goes through `showable`. ``title`` is required: it names the document.
    day
        Written into the document as the day on which it was made, at noon UTC.

    Raises
    ------
    typst.TypstError
        If the template is wrong.
    """
    source = (files("data.write") / "templates" / f"{template}.typ").read_text("utf-8")
    return compile_source(source, data, day=day)


def compile_source(source: str, data: Mapping[str, Data], *, day: date) -> bytes:
    """Return what `compile_pdf` does for a template that is at hand.

    It is put behind ``page.typ``, which names the fonts and reads `data`.
    """
    import typst  # noqa: PLC0415 - a whole compiler, for those who want a document

    page = (files("data.write") / "templates" / "page.typ").read_text("utf-8")
    content = typst.compile(
        f"{page}\n{source}".encode(),
        format="pdf",
        pdf_standards=list(STANDARDS),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(_showable_data(data), ensure_ascii=False)},
        timestamp=int(datetime.combine(day, time(12), UTC).timestamp()),
    )
    if not isinstance(content, bytes):
        raise TypeError("typst gave no PDF")
    return content


def showable(text: str) -> str:
    """Return the text with `MISSING` for what no font shows.

    Marks that cannot be joined to their letter, and the invisible characters that would turn the
    reading direction (Unicode Bidirectional Algorithm, UAX #9), are dropped; tabs and line breaks
    become spaces.
    """
    return "".join(map(_shown, unicodedata.normalize("NFC", text)))


def _shown(character: str) -> str:
    if character.isspace() and unicodedata.category(character) != "Zs":
        return " "
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Mn", "Mc", "Me"}:
        return ""
    fits = unicodedata.category(character) != "Cn" and any(
        first <= ord(character) <= last for first, last in _SHOWN
    )
    return character if fits else MISSING


def _showable_data(data: Data) -> Data:
    if isinstance(data, str):
        return showable(data)
    if isinstance(data, Mapping):
        return {key: _showable_data(value) for key, value in data.items()}
    if isinstance(data, Sequence):
        return [_showable_data(value) for value in data]
    return data
