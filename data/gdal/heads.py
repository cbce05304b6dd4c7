"""Whether a file begins as its name promises; what does not is never given to GDAL at all.

GDAL would take it for whatever it looks like: a VRT that reads other files, say.
"""

from __future__ import annotations

from data.gdal.answer import Refused

_SQLITE = b"SQLite format 3\0"
_GEOPACKAGE_IDS = (b"GPKG", b"GP10", b"GP11")
_ZIP = ("zip", b"PK\x03\x04")
_STARTS = {
    ".shp": ("Shapefile", b"\0\0\x27\x0a"),
    ".fgb": ("FlatGeobuf", b"fgb"),
    ".zip": _ZIP,
    ".kmz": ("KMZ", _ZIP[1]),
    ".parquet": ("GeoParquet", b"PAR1"),
    ".geoparquet": ("GeoParquet", b"PAR1"),
}
_KML_WITHIN = 4096


def check_head(suffix: str, content: bytes) -> None:
    """Refuse a file whose first bytes (4,096 are enough) are not of the format of its suffix.

    Raises
    ------
    Refused
        ``wrong-content``.
    """
    if suffix == ".gpkg":
        name = "GeoPackage"
        fits = content.startswith(_SQLITE) and content[68:72] in _GEOPACKAGE_IDS
    elif suffix == ".kml":
        name = "KML"
        fits = b"<kml" in content[:_KML_WITHIN].replace(b"\0", b"")
    else:
        name, start = _STARTS[suffix]
        fits = content.startswith(start)
    if not fits:
        raise Refused("wrong-content", expected=name, looks_like="")
