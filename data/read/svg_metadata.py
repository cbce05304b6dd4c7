"""Drawings (SVG) without their metadata, comments and the notes that drawing programs leave.

What is left out is cut from the text, which is otherwise kept as it is: a drawing written again by
an XML library would come out with other prefixes and other bytes.
"""

from __future__ import annotations

import re
from xml.parsers import expat

# `sodipodi:docname`, `inkscape:export-filename` and their like hold names of people and folders.
_NOTES = re.compile(rb"""\s(?:sodipodi|inkscape):[\w.-]+\s*=\s*(?:"[^"]*"|'[^']*')""")
_START_TAG = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""")
_LEFT_OUT = frozenset({"metadata", "sodipodi:namedview"})


def plain_svg(content: bytes) -> bytes:
    """Return a drawing with nothing in it but the drawing.

    Raises
    ------
    ValueError
        If it is not well-formed XML, which no browser would show.
    """
    cuts: list[tuple[int, int]] = []
    open_since: list[tuple[str, int]] = []
    parser = expat.ParserCreate()

    def start(name: str, _attributes: dict[str, str]) -> None:
        at = parser.CurrentByteIndex
        open_since.append((name, at))
        tag = _START_TAG.match(content, at)
        if tag:
            cuts.extend(note.span() for note in _NOTES.finditer(content, at, tag.end()))

    def end(name: str) -> None:
        _, begun = open_since.pop()
        if _is_left_out(name):
            at = parser.CurrentByteIndex
            # The end of an empty element, `<metadata/>`, has no tag of its own.
            at = content.index(b">", at) + 1 if content.startswith(b"</", at) else at
            cuts.append((begun, at))

    def instruction(_target: str, _data: str) -> None:
        at = parser.CurrentByteIndex
        cuts.append((at, content.index(b"?>", at) + 2))

    def comment(_text: str) -> None:
        at = parser.CurrentByteIndex
        cuts.append((at, content.index(b"-->", at) + 3))

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.ProcessingInstructionHandler, parser.CommentHandler = instruction, comment
    try:
        parser.Parse(content, True)  # noqa: FBT003 - the C function takes it by place alone
    except expat.ExpatError as error:
        raise ValueError(str(error)) from error
    return _without(content, cuts)


def _is_left_out(name: str) -> bool:
    return name in _LEFT_OUT or name.endswith(":metadata")


def _without(content: bytes, cuts: list[tuple[int, int]]) -> bytes:
    """Return the text without these stretches, of which one may lie in another."""
    kept, at = [], 0
    for first, last in sorted(cuts):
        if first > at:
            kept.append(content[at:first])
        at = max(at, last)
    return b"".join([*kept, content[at:]])
