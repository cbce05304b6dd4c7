"""From a plan to pages: layers, then a Folium map, then one self-contained HTML file."""

from maps.pages import render_by_zone, render_pages, render_zone, render_zone_index, slug
from maps.review import plan_digest
from maps.zone_index import INDEX_FILE, INDEX_MARK

__all__ = [
    "INDEX_FILE",
    "INDEX_MARK",
    "plan_digest",
    "render_by_zone",
    "render_pages",
    "render_zone",
    "render_zone_index",
    "slug",
]
