"""From a plan to pages: layers, then a Folium map, then one self-contained HTML file."""

from maps.pages import render_pages

__all__ = ["render_pages"]
