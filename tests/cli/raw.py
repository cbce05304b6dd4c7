"""A campaign and its plan as their files tell them: json, csv and shapely, nothing of Placarde."""

from __future__ import annotations

import csv
import json
import random
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from shapely import Point, prepare
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

TILES = ("https://data.geopf.fr", "https://a.tile.openstreetmap.fr")

_ASKING = {"src", "srcset", "href", "data", "poster", "action", "formaction", "background"}
_FOLLOWED_BY_A_CLICK = {"a"}


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV with ``;``, by heading."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


def polygons(path: Path) -> dict[str, BaseGeometry]:
    """Return the zones of a GeoJSON in WGS84, by id."""
    features = json.loads(path.read_bytes())["features"]
    found = {item["properties"]["zone_id"]: shape(item["geometry"]) for item in features}
    for polygon in found.values():
        prepare(polygon)
    return found


def parents(path: Path) -> dict[str, str | None]:
    """Return the parent of each zone of a GeoJSON."""
    features = json.loads(path.read_bytes())["features"]
    return {f["properties"]["zone_id"]: f["properties"]["parent_id"] for f in features}


def points(path: Path) -> dict[str, Point]:
    """Return where each face of an inventory is, in WGS84."""
    return {row["face_id"]: Point(float(row["lon"]), float(row["lat"])) for row in rows(path)}


def shuffle_inputs(campaign: Path, *, seed: int) -> None:
    """Put the rows of every CSV and the features of every GeoJSON into another order."""
    order = random.Random(seed)  # noqa: S311 - no secret, a shuffle that can be told again
    for path in sorted(campaign.glob("*.csv")):
        heading, *lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text(heading + "".join(_shuffled(lines, order)), encoding="utf-8")
    for path in sorted(campaign.glob("*.geojson")):
        layer = json.loads(path.read_bytes())
        layer["features"] = _shuffled(layer["features"], order)
        path.write_text(json.dumps(layer), encoding="utf-8")


def _shuffled(items: list[Any], order: random.Random) -> list[Any]:
    """Return the items in another order; in the same one only if there are fewer than two."""
    mixed = items
    while len(items) > 1 and mixed == items:
        mixed = order.sample(items, len(items))
    return mixed


@dataclass(slots=True)
class PageText:
    """What a page asks the network for, what it may ask, and what it tells."""

    asked: list[str] = field(default_factory=list)
    policy: str = ""
    text: str = ""


def read_page(path: Path) -> PageText:
    """Return the requests, the content security policy, and the text and data of a page."""
    reader = _PageReader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    return reader.found


class _PageReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found = PageText()
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._inside = "data" if values.get("type") == "application/json" else tag
        if values.get("http-equiv", "").lower() == "content-security-policy":
            self.found.policy = values["content"]
        if tag not in _FOLLOWED_BY_A_CLICK:
            self.found.asked += [values[name] for name in sorted(_ASKING & values.keys())]
        self.found.asked += _styled(values.get("style", ""))

    def handle_endtag(self, tag: str) -> None:
        del tag
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.found.asked += _styled(data)
        elif self._inside != "script":
            self.found.text += data


def _styled(style: str) -> list[str]:
    """Return what a style sheet asks for."""
    return re.findall(r"url\(\s*[\"']?([^\"')]+)", style) + re.findall(r"@import\s+(\S+)", style)
