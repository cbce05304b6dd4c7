"""The pictures of the portraits: ``portraits/<portrait_id>.svg``, ``.png``, ``.jpg``, ``.webp``.

A file's content tells what it is; its name tells only whose portrait. No path is ever made from an
identifier. What a file says beside its picture (place, date, device, author) stays at the door.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from data.read.codes import Code
from data.read.folder import PORTRAIT_LIMIT, Folder
from data.read.log import ProblemLog
from data.read.metadata import without_metadata
from data.read.text import normal
from geo.errors import Where
from geo.model import PortraitImage

FOLDER = "portraits"
_SUFFIXES = frozenset({".svg", ".png", ".jpg", ".jpeg", ".webp"})
_PROLOGUE = (("<?xml", "?>"), ("<!--", "-->"), ("<!DOCTYPE svg", ">"))


def read_portraits(
    folder: Folder, portrait_ids: frozenset[str] | None, log: ProblemLog
) -> dict[str, PortraitImage]:
    """Return the pictures by portrait id, sorted; a campaign without the folder has none.

    Once there is a folder, a portrait without a picture and a picture without an agent are noted;
    not if `portrait_ids` is None: the agents could not all be read.
    """
    names = [name for name in _listed(folder, log) if _suffix(name) in _SUFFIXES]
    if not names:
        return {}
    if portrait_ids is None:
        return {}
    chosen: dict[str, str] = {}
    pictures: dict[str, PortraitImage] = {}
    for name in names:
        portrait = normal(PurePosixPath(name).stem)
        if portrait not in portrait_ids:
            log.add(Code.UNUSED_PORTRAIT, Where(name))
        elif portrait in chosen:
            other = chosen[portrait]
            log.add(Code.DUPLICATE_PORTRAIT_FILE, Where(name), portrait=portrait, other=other)
        else:
            chosen[portrait] = name
            picture = _picture(folder, name, log)
            pictures.update({portrait: picture} if picture else {})
    for portrait in sorted(portrait_ids - set(chosen)):
        log.add(Code.MISSING_PORTRAIT, Where(FOLDER), found=portrait, portrait=portrait)
    return dict(sorted(pictures.items()))


def media_type(content: bytes) -> str | None:
    """Return the media type of a picture by its content, or None where it is no picture."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return "image/svg+xml" if _is_svg(content) else None


def _is_svg(content: bytes) -> bool:
    """Return whether the root element is ``svg``, after declaration, comments and DOCTYPE."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    place, skipped = 0, True
    while skipped:
        place += len(text[place : place + 1000]) - len(text[place : place + 1000].lstrip())
        skipped = False
        for opening, closing in _PROLOGUE:
            if text.startswith(opening, place):
                end = text.find(closing, place + len(opening))
                place, skipped = (end + len(closing), True) if end >= 0 else (place, False)
                break
    return re.match(r"<(?:svg:)?svg[\s>]", text[place : place + 10]) is not None


def _listed(folder: Folder, log: ProblemLog) -> list[str]:
    try:
        return [
            name for name in folder.names(FOLDER) if not PurePosixPath(name).name.startswith(".")
        ]
    except OSError:
        log.add(Code.UNREADABLE_FILE, Where(FOLDER))
        return []


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.casefold()


def _picture(folder: Folder, name: str, log: ProblemLog) -> PortraitImage | None:
    content = folder.read(name, limit=PORTRAIT_LIMIT, asked_at=Where(name))
    kind = None if content is None else media_type(content)
    if content is None or kind is None:
        if content is not None:
            log.add(Code.BAD_PORTRAIT, Where(name))
        return None
    plain = without_metadata(content, kind)
    if plain is None:
        log.add(Code.BAD_PORTRAIT, Where(name))
        return None
    return PortraitImage(kind, plain)
