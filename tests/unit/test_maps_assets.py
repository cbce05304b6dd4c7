"""The closed list of assets, and the one file that leaves."""

from __future__ import annotations

import base64
import hashlib
import html as html_module
import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

import maps.onefile
from geo.crs import Bounds
from maps.assets import UnknownAssetError, asset_text, page_script, style_sheet, vendored
from maps.foliummap import TILE_HOSTS, folium_page
from maps.onefile import json_block, one_file, read_folium_page
from tests.browser.plans import pages_of
from tests.builders import tiny_campaign

BOX = Bounds(5.0, 45.0, 6.0, 46.0)
PAYLOAD = {"head": {"title": "Titre", "kicker": "Carte"}}


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return pages_of(tiny_campaign())


def test_vendored_files_are_those_that_the_notice_names() -> None:
    folder = Path(str(files("maps").joinpath("assets")))
    notice = (folder / "VENDORED.md").read_text("utf-8")
    named = dict(re.findall(r"\| `(leaflet/[^`]+)` \| `([0-9a-f]{64})` \|", notice))
    present = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((folder / "leaflet").rglob("*"))
        if path.is_file()
    }
    assert present == named


def test_everything_that_folium_links_to_is_on_the_closed_list() -> None:
    links = read_folium_page(folium_page(BOX)).links
    assert len(links) > 5
    assert [link for link in links if vendored(link)] == [
        link for link in links if link.endswith(("leaflet.js", "leaflet.css"))
    ]


@pytest.mark.parametrize(
    "tag",
    [
        '<script src="https://example.org/leaflet.heat.js"></script>',
        '<link rel="stylesheet" href="https://example.org/fonts.css"/>',
        '<link rel="preconnect" href="https://example.org"/>',
        '<img src="https://example.org/pixel.png">',
        "<SCRIPT SRC=//example.org/x.js></SCRIPT>",
    ],
)
def test_an_asset_that_nobody_vendored_fails_the_page(tag: str) -> None:
    with pytest.raises(UnknownAssetError, match=r"example\.org"):
        one_file(folium_page(BOX).replace("</head>", f"{tag}</head>"), PAYLOAD)


def test_a_folium_that_builds_its_map_otherwise_fails_the_page() -> None:
    with pytest.raises(UnknownAssetError, match="where Folium"):
        one_file(folium_page(BOX).replace("L.map(", "L.Map("), PAYLOAD)


def test_an_asset_that_closes_its_own_tag_fails_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps.onefile, "page_script", lambda: "const a = '</SCRIPT>';")
    with pytest.raises(UnknownAssetError, match="<script>"):
        one_file(folium_page(BOX), PAYLOAD)


def test_style_sheets_name_no_file_any_more() -> None:
    addresses = re.findall(r"url\(([^)]*)\)", style_sheet("leaflet/leaflet.css"))
    assert any(address.startswith('"data:image/png;base64,') for address in addresses)
    assert all(address.startswith(('"data:', '"#')) for address in addresses)


def test_the_same_plan_gives_the_same_bytes(pages: dict[str, str]) -> None:
    assert pages_of(tiny_campaign()) == pages
    assert list(pages) == ["carte-interne.html", "carte-regie.html", "carte-elus.html"]


def test_a_page_names_no_address_but_the_tiles(pages: dict[str, str]) -> None:
    # Leaflet's files name some in notes and in a credit line that no page of ours shows.
    leaflet = (asset_text("leaflet/leaflet.js"), style_sheet("leaflet/leaflet.css"))
    for html in pages.values():
        assert all(text in html for text in leaflet)
        own = html.replace(leaflet[0], "").replace(leaflet[1], "")
        addresses = re.findall(r"\b(?:https?|ftp|wss?):[^\s\"'`<>;)]*", own)
        assert addresses
        assert [address for address in addresses if not address.startswith(TILE_HOSTS)] == []
        assert read_folium_page(html).links == ["#contenu", "#tableaux"]


def test_the_policy_allows_exactly_the_scripts_and_styles_of_the_page(
    pages: dict[str, str],
) -> None:
    for html in pages.values():
        content = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)
        assert content is not None
        rules = dict(
            rule.strip().split(" ", 1) for rule in html_module.unescape(content.group(1)).split(";")
        )
        assert rules["default-src"] == "'none'"
        assert rules["img-src"] == f"data: {' '.join(TILE_HOSTS)}"
        assert rules["base-uri"] == rules["form-action"] == "'none'"
        assert rules["script-src"].split() == hashes(html, "script")
        assert rules["style-src"].split() == hashes(html, "style")
        assert "unsafe" not in content.group(1)


def hashes(html: str, tag: str) -> list[str]:
    found = re.findall(rf"<{tag}>(.*?)</{tag}>", html, flags=re.DOTALL)
    digests = [hashlib.sha256(text.encode()).digest() for text in found]
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


def test_data_cannot_leave_their_block() -> None:
    hostile = "</script><!--<b>&amp;\u2028\u2029 é"
    block = json_block({"a": hostile})
    assert not set("<>&\u2028\u2029") & set(block)
    assert json.loads(block) == {"a": hostile}


def test_the_name_of_the_campaign_is_escaped_in_the_title() -> None:
    page = one_file(folium_page(BOX), {"head": {"title": "</title><b>", "kicker": "Carte"}})
    assert "<title>&lt;/title&gt;&lt;b&gt; – Carte</title>" in page


def test_no_script_of_ours_parses_text_as_markup_or_code() -> None:
    words = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(")
    assert [word for word in words if word in page_script()] == []
