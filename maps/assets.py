"""The closed list of what a page is made of besides its data, read from this package.

Folium names scripts and style sheets on public servers. A page keeps none of those links: what it
needs is vendored here, what it does not need is dropped, and a name that this list does not know
stops the page from being built (`UnknownAssetError`), so that an upgrade of Folium cannot slip a
request into a file that goes out by mail.
"""

from __future__ import annotations

import base64
import re
from importlib.resources import files

from geo.errors import PlacardeError


class UnknownAssetError(PlacardeError):
    """A script, a style sheet or a file that is not on the closed list."""


# What Folium 0.20 links to, by file name, and what stands in for it here. None is left out: jQuery,
# Bootstrap, Font Awesome and the awesome markers serve Folium's own icons, which no page uses.
FOLIUM_ASSETS: dict[str, str | None] = {
    "leaflet.js": "leaflet/leaflet.js",
    "leaflet.css": "leaflet/leaflet.css",
    "jquery-3.7.1.min.js": None,
    "bootstrap.bundle.min.js": None,
    "bootstrap.min.css": None,
    "bootstrap-glyphicons.css": None,
    "all.min.css": None,
    "leaflet.awesome-markers.js": None,
    "leaflet.awesome-markers.css": None,
    "leaflet.awesome.rotate.min.css": None,
}

# Our own script, in the order in which its parts build on each other.
PAGE_SCRIPTS = (
    "dom.js",
    "words.js",
    "theme.js",
    "model.js",
    "layers.js",
    "zones.js",
    "names.js",
    "quadtree.js",
    "signs.js",
    "faces.js",
    "tour.js",
    "reasons.js",
    "card.js",
    "controls.js",
    "search.js",
    "csv.js",
    "tables.js",
    "calendar.js",
    "review.js",
    "hash.js",
    "print.js",
    "page.js",
)

_MEDIA_TYPES = {".png": "image/png"}
_URL = re.compile(r"""url\(\s*['"]?([^'")]*)['"]?\s*\)""")
_SOURCE_MAP = re.compile(r"(//[#@] ?sourceMappingURL=\S*)|(/\*[#@] ?sourceMappingURL=.*?\*/)")


def asset_text(name: str) -> str:
    """Return the text of a file under ``maps/assets``."""
    return _SOURCE_MAP.sub("", files("maps").joinpath("assets", name).read_text("utf-8"))


def vendored(link: str) -> str | None:
    """Return the asset that stands in for a link of Folium's, or None where it is left out.

    Raises
    ------
    UnknownAssetError
        If the link is not on the closed list.
    """
    name = link.partition("?")[0].rpartition("/")[2]
    if name not in FOLIUM_ASSETS:
        raise UnknownAssetError(f"this page would need {link}, which is not a vendored asset")
    return FOLIUM_ASSETS[name]


def data_uri(content: bytes, media_type: str) -> str:
    """Return the bytes as a ``data:`` address."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


def style_sheet(name: str) -> str:
    """Return a style sheet with the files that it names put into it.

    Raises
    ------
    UnknownAssetError
        If it names a file that is not vendored.
    """
    folder = name.rpartition("/")[0]
    return _URL.sub(lambda match: _inlined(folder, match.group(1)), asset_text(name))


def _inlined(folder: str, address: str) -> str:
    if address.startswith(("data:", "#")):
        return f'url("{address}")'
    path = files("maps").joinpath("assets", folder, address)
    media_type = _MEDIA_TYPES.get(f".{address.rpartition('.')[2]}")
    if media_type is None or not path.is_file():
        raise UnknownAssetError(f"a style sheet needs {address}, which is not a vendored asset")
    return f'url("{data_uri(path.read_bytes(), media_type)}")'


def page_script() -> str:
    """Return our own script: its parts in one function, so that only ``placarde`` is global."""
    parts = "\n".join(asset_text(f"placarde/{name}") for name in PAGE_SCRIPTS)
    return f'const placarde = (function () {{\n"use strict";\n{parts}\nreturn api;\n}})();\n'
