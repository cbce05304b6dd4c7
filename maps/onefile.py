"""From Folium's page and a payload to the one file that leaves.

Of Folium's page only the script that builds the map is kept; markup, styles and head are ours. The
page names no address but the tiles', and a Content-Security-Policy of hashes says so to the
browser: nothing else can load, and no script that is not in this file as we wrote it can run.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files

from jinja2 import Environment, Template
from markupsafe import Markup

from maps.assets import UnknownAssetError, asset_text, page_script, style_sheet, vendored
from maps.columns import Json
from maps.foliummap import MAP_ID, TILE_HOSTS

_UNSAFE = re.compile("[<>&\u2028\u2029]")


@dataclass(slots=True)
class FoliumParts:
    """What a page of Folium's holds: links to other files, and scripts of its own."""

    links: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collects the links and the scripts of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts = FoliumParts()
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get("src") or dict(attrs).get("href")
        if address is not None:
            self.parts.links.append(address)
        self._in_script = tag == "script" and address is None
        if self._in_script:
            self.parts.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.parts.scripts[-1] += data


def read_folium_page(html: str) -> FoliumParts:
    """Return the addresses that a page names, in any tag, and the scripts written in it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.parts


def one_file(folium_html: str, payload: Json) -> str:
    """Return the self-contained page: Folium's map, our own frame, and the data that it shows.

    Raises
    ------
    UnknownAssetError
        If Folium asks for anything that is not on the closed list.
    """
    parts = read_folium_page(folium_html)
    kept = [name for name in map(vendored, parts.links) if name is not None]
    scripts = [asset_text(name) for name in kept if name.endswith(".js")]
    styles = [style_sheet(name) for name in kept if name.endswith(".css")]
    scripts += [page_script(), _map_script(parts.scripts)]
    styles.append(style_sheet("placarde/page.css"))
    return template("page.html").render(
        title=payload["head"]["title"],
        page_name=payload["head"]["kicker"],
        policy=policy(
            script_src=" ".join(map(hash_of, scripts)),
            style_src=" ".join(map(hash_of, styles)),
            img_src=f"data: {' '.join(TILE_HOSTS)}",
        ),
        styles=[_raw(text, "style") for text in styles],
        scripts=[_raw(text, "script") for text in scripts],
        data=Markup(json_block(payload)),  # noqa: S704 - escaped by json_block
        map_id=MAP_ID,
    )


def json_block(payload: Json) -> str:
    """Return JSON that is safe inside ``<script type="application/json">``: no markup in it."""
    text = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _map_script(scripts: list[str]) -> str:
    """Return the script that builds the map, among those of Folium's page.

    The other one sets two switches that Leaflet has not read since version 1.0.
    """
    building = [text for text in scripts if f"var {MAP_ID} = L.map(" in text]
    if len(building) != 1:
        raise UnknownAssetError("the script that builds the map is not where Folium 0.20 puts it")
    return "\n".join(line.rstrip() for line in building[0].splitlines() if line.strip())


def _raw(text: str, tag: str) -> Markup:
    """Return text of ours to stand inside a tag, which it must not be able to close."""
    if f"</{tag}" in text.lower() or "<!--" in text:
        raise UnknownAssetError(f"an asset would end the <{tag}> that it stands in")
    return Markup(text)  # noqa: S704 - a file of this package or Folium's constants


def policy(**sources: str) -> str:
    """Return a Content-Security-Policy that allows these sources and nothing else."""
    allowed = [f"{kind.replace('_', '-')} {source}" for kind, source in sources.items()]
    return "; ".join(["default-src 'none'", *allowed, "base-uri 'none'", "form-action 'none'"])


def hash_of(text: str) -> str:
    """Return how a policy names a script or a style that stands in the page."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@cache
def template(name: str) -> Template:
    """Return a template of this package; what it is given is escaped."""
    environment = Environment(autoescape=True, keep_trailing_newline=True)
    source = files("maps").joinpath("templates", name).read_text("utf-8")
    return environment.from_string(source)
