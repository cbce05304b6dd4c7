"""XML that we did not write: none that declares entities is ever parsed."""

from __future__ import annotations

from data.gdal.answer import Refused

_DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")


def check_markup(content: bytes) -> None:
    """Refuse XML with a document type: a few lines of entities unpack to gigabytes.

    UTF-16 and UTF-32 are looked through as well. No file of this kind needs a document type.

    Raises
    ------
    Refused
        ``hostile-archive``.
    """
    plain = content.replace(b"\0", b"")
    if any(declaration in plain for declaration in _DECLARATIONS):
        raise Refused("hostile-markup")
