"""The map as Folium builds it: frame, background tiles, and the call that starts our own script.

Nothing that anyone typed goes in here: Folium does not escape what it is given.
"""

from __future__ import annotations

from branca.element import MacroElement
from folium import FitBounds, Map, TileLayer
from folium.template import Template

from geo.crs import Bounds
from geo.french import typeset

TILE_HOST = "https://data.geopf.fr"
TILES = (
    f"{TILE_HOST}/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
    "&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2&STYLE=normal&FORMAT=image/png"
    "&TILEMATRIXSET=PM&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
)
TILE_CREDIT = typeset("Fond de carte : © IGN – Plan IGN v2 (Géoplateforme)")

# OpenStreetMap's own servers refuse a page without a referrer, which a file opened from a disk is.
# OpenStreetMap France documents three hosts, a, b and c: one is enough, and all that a page allows.
OSM_HOST = "https://a.tile.openstreetmap.fr"
OSM_TILES = f"{OSM_HOST}/osmfr/{{z}}/{{x}}/{{y}}.png"
OSM_CREDIT = typeset("Fond de carte : © les contributeurs d’OpenStreetMap (ODbL), rendu OSM France")

TILE_HOSTS = (TILE_HOST, OSM_HOST)

# One transparent pixel: what a tile that cannot be had looks like.
_BLANK = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"

MAP_ID = "map_placarde"


class Start(MacroElement):
    """Hands the map and its tiles over to our own script."""

    _template = Template(
        "{% macro script(this, kwargs) %}\n"
        "placarde.start({{ this._parent.get_name() }}, "
        "{ign: tile_layer_placarde_ign, osm: tile_layer_placarde_osm});\n"
        "{% endmacro %}"
    )


def folium_page(bounds: Bounds) -> str:
    """Return the page that Folium renders for a map of these bounds, the same one every time."""
    map_ = Map(
        location=[(bounds.south + bounds.north) / 2, (bounds.west + bounds.east) / 2],
        tiles=None,
        zoom_start=9,
        min_zoom=6,
        max_zoom=18,
        zoom_snap=0.25,
        zoom_control=False,
        attribution_control=False,
        prefer_canvas=True,
    )
    map_._id = "placarde"  # noqa: SLF001 - Folium draws a new id each time and offers no option
    ign = TileLayer(TILES, attr=TILE_CREDIT, max_native_zoom=18, error_tile_url=_BLANK)
    osm = TileLayer(
        OSM_TILES, attr=OSM_CREDIT, max_native_zoom=18, error_tile_url=_BLANK, show=False
    )
    fit = FitBounds([[bounds.south, bounds.west], [bounds.north, bounds.east]], padding=(16, 16))
    # A link may ask for another view at once, and Leaflet ignores it while it moves to this one.
    fit.options["animate"] = False
    start = Start()  # type: ignore[no-untyped-call]  # branca has no types
    named = ((ign, "placarde_ign"), (osm, "placarde_osm"), (fit, "placarde"), (start, "placarde"))
    for element, name in named:
        element._id = name  # noqa: SLF001 - as above
        element.add_to(map_)
    return str(map_.get_root().render())
