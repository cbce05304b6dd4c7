"""The EPSG code of a CRS that a file defines in full, as a Shapefile's ``.prj`` does."""

from __future__ import annotations

import json
import re

_CODE = re.compile(r"[A-Za-z]{2,8}:[A-Za-z0-9]{1,10}")
_UNDEFINED = re.compile(
    r'\s*(?:LOCAL_CS|ENGCRS|ENGINEERINGCRS)\s*\[\s*"[^"]*(?:unknown|undefined)', re.IGNORECASE
)


def code_of_definition(definition: object) -> str | None:
    """Return ``EPSG:2154`` for a code, a WKT or a PROJJSON that means it, as GDAL found it.

    A definition that is no known system comes back as its own name, for a person to read. None is
    no definition at all.
    """
    if definition is None or definition == "":
        return None
    text = json.dumps(definition) if isinstance(definition, dict) else str(definition)
    if _CODE.fullmatch(text):
        return text
    if _UNDEFINED.match(text):
        return None
    from pyproj import CRS  # noqa: PLC0415 - most files name a code
    from pyproj.exceptions import CRSError  # noqa: PLC0415 - goes with it

    try:
        crs = CRS.from_user_input(text)
        authority = crs.to_authority(min_confidence=70)
    except CRSError:
        return text[:80]
    return ":".join(authority) if authority else f"« {crs.name} »"
