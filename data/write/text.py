"""Distances and plain text, as calendars and GPS files want them."""

from __future__ import annotations

import unicodedata

from geo.french import NBSP


def kilometres_in_words(distance_m: int) -> str:
    """Return a distance to the nearest 100 m, e.g. ``12,3 km``."""
    return f"{distance_m / 1000:.1f}{NBSP}km".replace(".", ",")


def plain(text: str) -> str:
    """Return one line of text that calendars and XML allow.

    Control characters, line breaks, lone surrogates and U+FFFE, U+FFFF become spaces (RFC 5545
    § 3.1, XML 1.0 § 2.2).
    """
    allowed = (" " if _is_forbidden(character) else character for character in text)
    return "".join(allowed).strip()


def _is_forbidden(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs"} or character in "\ufffe\uffff"
