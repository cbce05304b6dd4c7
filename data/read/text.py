"""Bytes into text: strict UTF-8, else Windows-1252, and nothing is ever guessed beyond that."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Sequence

from data.read.codes import Code
from data.read.log import ProblemLog
from geo.errors import Where

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decode(content: bytes, file: str, log: ProblemLog, *, cp1252: bool = False) -> str | None:
    """Return the text of a file in normal form C without its byte-order mark, or None.

    Strict UTF-8 first; then, if `cp1252` says so, strict Windows-1252, which is noted. Control
    characters are refused: no later reader of the text (XML, CSV, a terminal) is safe with them.
    """
    text = _decoded(content, file, log, cp1252=cp1252)
    if text is None:
        return None
    if found := first_control(text):
        place, character = found
        row = text.count("\n", 0, place) + 1
        log.add(Code.CONTROL_CHARACTER, Where(file, row), character=character)
        return None
    return normal(text)


def first_control(text: str) -> tuple[int, str] | None:
    """Return place and name (``U+0000``) of the first character that no text should hold."""
    found = _CONTROL.search(text)
    return (found.start(), f"U+{ord(found.group()):04X}") if found else None


def note_controls(
    headings: Sequence[str], columns: Sequence[Sequence[str]], *, file: str, log: ProblemLog
) -> None:
    """Note every cell that holds a character that no text should hold; rows count from 1."""
    for heading, column in zip(headings, columns, strict=True):
        if first_control(heading + "".join(column)) is None:
            continue
        for row, text in enumerate((heading, *column)):
            if found := first_control(text):
                log.add(Code.CONTROL_CHARACTER, Where(file, row, heading), character=found[1])


def normal(text: str) -> str:
    """Return the text in Unicode normal form C: one spelling for each accented letter."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _decoded(content: bytes, file: str, log: ProblemLog, *, cp1252: bool) -> str | None:
    encodings = "UTF-8 ni en Windows-1252" if cp1252 else "UTF-8"
    if content.startswith(_UTF16):
        detail = " (il semble être en UTF-16)"
        log.add(Code.UNDECODABLE_TEXT, Where(file), encodings=encodings, detail=detail)
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
    try:
        if cp1252:
            text = content.decode("cp1252")
            log.add(Code.READ_AS_CP1252, Where(file))
            return text
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
    log.add(Code.UNDECODABLE_TEXT, Where(file, row), encodings=encodings, detail="")
    return None
