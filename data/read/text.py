"""Bytes into text: strict UTF-8, else what is named below, and nothing is ever guessed beyond that.

A charset detector is not to be trusted with short French texts (the same bytes are words in
Windows-1252 and in Mac Latin 2). So there is an order: UTF-16 if the file says so or cannot be
anything else, strict UTF-8, strict Windows-1252; and every choice but UTF-8 is shown.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.messages import typeset
from geo.errors import Where

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_CONTROL_BYTES = bytes(sorted({*range(32), 127} - set(b"\t\n\r")))
_NON_CHARACTERS = "\uffff".encode()[:2]
_UTF16_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UTF8, _SURROGATES = "utf-8", "utf-8 with surrogates"
_SAMPLE = 4096
_MOSTLY = 0.8


class _Decoded(NamedTuple):
    text: str
    encoding: str


def decode(content: bytes, file: str, log: ProblemLog, *, tolerant: bool = False) -> str | None:
    """Return the text of a file in normal form C without its byte-order mark, or None.

    Control characters are refused: no later reader of the text (XML, CSV, a terminal) is safe with
    them. `tolerant` also takes UTF-16 and Windows-1252, which is noted.
    """
    utf8 = decode_to_utf8(content, file, log, tolerant=tolerant)
    return None if utf8 is None else utf8.decode()


def decode_to_utf8(
    content: bytes, file: str, log: ProblemLog, *, tolerant: bool = False
) -> bytes | None:
    """Return what `decode` does as UTF-8, without a byte-order mark: large files stay bytes."""
    decoded = _decoded(content, file, log, tolerant=tolerant)
    if decoded is None:
        return None
    text, encoding = decoded
    is_utf8 = encoding == _UTF8
    if (found := _first_control_of(content, is_utf8=is_utf8, text=text)) is not None:
        place, character = found
        row = text.count("\n", 0, place) + 1
        log.add(Code.CONTROL_CHARACTER, Where(file, row), character=character)
        return None
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        return normal(text).encode()
    return content.removeprefix(codecs.BOM_UTF8) if is_utf8 else text.encode()


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


def _first_control_of(content: bytes, *, is_utf8: bool, text: str) -> tuple[int, str] | None:
    """Return what `first_control` does; bytes are searched ten times faster than a text."""
    if is_utf8 and _NON_CHARACTERS not in content:
        clean = len(content.translate(None, _CONTROL_BYTES)) == len(content)
        return None if clean else first_control(text)
    return first_control(text)


def _decoded(content: bytes, file: str, log: ProblemLog, *, tolerant: bool) -> _Decoded | None:
    if (utf16 := _utf16(content)) is not None:
        return _from_utf16(content, utf16, file, log, tolerant=tolerant)
    try:
        return _Decoded(content.decode("utf-8-sig"), _UTF8)
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
    try:  # a lone surrogate is a fault of the text, and no sign of another encoding
        return _Decoded(content.decode(_UTF8, "surrogatepass"), _SURROGATES)
    except UnicodeDecodeError:
        pass
    if tolerant and _is_mostly_utf8(content):
        detail = " : presque tout y est en UTF-8, mais pas cette ligne"
        _refuse(Where(file, row), log, tolerant=tolerant, detail=detail)
        return None
    try:
        if tolerant:
            text = content.decode("cp1252")
            log.add(Code.READ_AS_CP1252, Where(file))
            return _Decoded(text, "cp1252")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
    _refuse(Where(file, row), log, tolerant=tolerant)
    return None


def _from_utf16(
    content: bytes, encoding: str, file: str, log: ProblemLog, *, tolerant: bool
) -> _Decoded | None:
    if not tolerant:
        _refuse(Where(file), log, tolerant=False, detail=" (il semble être en UTF-16)")
        return None
    try:
        text = content.decode(encoding, "surrogatepass").removeprefix("\ufeff")
    except UnicodeDecodeError:
        _refuse(Where(file), log, tolerant=True, detail=" (un UTF-16 tronqué)")
        return None
    log.add(Code.READ_AS_UTF16, Where(file))
    return _Decoded(text, encoding)


def _utf16(content: bytes) -> str | None:
    """Return the UTF-16 that a file is in: by its mark, or since every other byte is zero."""
    for mark, encoding in _UTF16_MARKS:
        if content.startswith(mark):
            return encoding
    sample = content[:_SAMPLE]
    even, odd = sample[::2], sample[1::2]
    if len(content) % 2 or len(odd) < 2:
        return None
    for zeros, letters, encoding in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if zeros.count(0) > _MOSTLY * len(zeros) and not letters.count(0):
            return encoding
    return None


def _is_mostly_utf8(content: bytes) -> bool:
    """Return whether more of what is not ASCII fits UTF-8 than does not."""
    text = content.decode(_UTF8, "replace")
    broken = text.count("\ufffd")
    letters = len(text) - len(text.encode("ascii", "ignore")) - broken
    return letters > broken


def _refuse(where: Where, log: ProblemLog, *, tolerant: bool, detail: str = "") -> None:
    encodings = "UTF-8 ni en Windows-1252" if tolerant else "UTF-8"
    log.add(Code.UNDECODABLE_TEXT, where, encodings=encodings, detail=typeset(detail))
