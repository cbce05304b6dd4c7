"""Reads the features of a service as GDAL does, in a process of its own: GDAL is confined in ours.

Run as ``python gdal_client.py ADDRESS``; the key is in the file that
``GDAL_HTTP_HEADER_FILE`` names.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import pyogrio

BOX = (5.7, 45.1, 5.8, 45.25)
ASKED: list[tuple[str, dict[str, Any]]] = [
    ("zones", {}),
    ("maisons", {}),
    ("faces", {}),
    ("postings", {}),
    ("tour", {}),
    ("tour-stops", {}),
    ("tour-legs", {}),
    ("faces", {"bbox": BOX}),
    ("zones", {"bbox": BOX, "where": "level = 'territoire'"}),
    ("faces", {"where": "city = 'Grenoble'"}),
    ("postings", {"where": "period = 2"}),
    ("postings", {"where": "starts >= '2017-10-24'"}),
    ("tour-legs", {"CRS": "EPSG:2154"}),
]


def main(address: str) -> None:
    """Print what each question gives, a line of JSON each."""
    source = f"OAPIF:{address}"
    for layer, options in ASKED:
        frame = pyogrio.read_dataframe(source, layer=layer, **options)
        told = {
            "layer": layer,
            "options": options,
            "n": len(frame),
            "crs": list(frame.crs.to_authority()),
            "types": sorted(set(frame.geom_type)),
            "columns": {name: str(kind) for name, kind in frame.dtypes.items()},
        }
        print(json.dumps(told))  # noqa: T201 -- the answer


if __name__ == "__main__":
    main(sys.argv[1])
