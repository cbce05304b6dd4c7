"""From a plan to pages: layers, then a Folium map, then one self-contained HTML file."""
