"""OGC API – Features: what a campaign has on the map, for GIS programs.

Part 1 (OGC 17-069r4: core, GeoJSON, HTML, OpenAPI 3.0) and Part 2 (OGC 18-058r1: coordinate
reference systems). `collections` says what there is, `query` what may be asked, `sources` finds it,
`encoding` writes it down; `documents`, `openapi` and `html` are the pages around it.
"""
