"""From a plan to pages: layers, then a Folium map, then one self-contained HTML file."""

from maps.pages import render_by_zone, render_pages, render_zone, slug
from maps.review import plan_digest

__all__ = ["plan_digest", "render_by_zone", "render_pages", "render_zone", "slug"]
