"""The background tiles, from a server that answers and from one that does not; the full screen."""

from __future__ import annotations

import struct
import zlib

import pytest
from playwright.sync_api import Route

from maps.foliummap import OSM_HOST, TILE_HOST
from tests.browser.conftest import Look, Open, Visit, renewed
from tests.browser.plans import pages_of
from tests.builders import tiny_campaign

pytestmark = pytest.mark.browser

BUYER = "carte-regie.html"
TILE = 256


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return pages_of(tiny_campaign())


def png(red: int, green: int, blue: int) -> bytes:
    """Return a tile of one colour."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", TILE, TILE, 8, 2, 0, 0, 0)
    rows = (b"\0" + bytes((red, green, blue)) * TILE) * TILE
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def served(open_page: Open, html: str, *, also: str = "") -> Visit:
    """Return a page whose tiles come, each second one only with `also` as ``half``."""
    visit = open_page(html)
    seen: list[str] = []

    def answer(route: Route) -> None:
        seen.append(route.request.url)
        if also == "half" and len(seen) % 2:
            route.fulfill(status=404, body="nothing here")
        else:
            colour = (200, 30, 30) if route.request.url.startswith(TILE_HOST) else (30, 30, 200)
            route.fulfill(status=200, content_type="image/png", body=png(*colour))

    for host in (TILE_HOST, OSM_HOST):
        visit.page.route(f"{host}/**", answer)
    visit.page.reload()
    visit.page.wait_for_selector("html[data-ready]")
    visit.page.wait_for_function(_ALL_LOADED)
    return visit


def test_tiles_that_come_are_shown_through_the_zones_with_their_credit(
    pages: dict[str, str], open_page: Open
) -> None:
    visit = served(open_page, pages[BUYER])
    tiles = visit.page.locator("img.leaflet-tile-loaded")
    assert tiles.count() > 0
    sizes = tiles.evaluate_all("all => [...new Set(all.map((tile) => tile.naturalWidth))]")
    assert sizes == [TILE]
    assert visit.page.evaluate("window.violations") == []
    assert visit.errors == []
    assert 0.3 < ground_opacity(visit) < 0.4
    credit = visit.page.locator(".leaflet-control-attribution")
    assert credit.is_visible()
    assert "© IGN – Plan IGN" in credit.inner_text()
    visit.page.get_by_label("OpenStreetMap").check(force=True)
    visit.page.wait_for_function(_ALL_LOADED)
    sources = tiles.evaluate_all("all => [...new Set(all.map((tile) => new URL(tile.src).origin))]")
    assert sources == [OSM_HOST]
    assert "OpenStreetMap" in credit.inner_text()
    assert "Plan IGN" not in credit.inner_text()
    visit.page.get_by_label("Zones seules").check(force=True)
    assert ground_opacity(visit) == 1


def test_a_tile_that_does_not_come_is_blank_and_the_others_stay(
    pages: dict[str, str], open_page: Open
) -> None:
    visit = served(open_page, pages[BUYER], also="half")
    sources = visit.page.locator("img.leaflet-tile").evaluate_all(
        "all => all.map((tile) => tile.src.slice(0, 5))"
    )
    assert {"data:", "https"} == set(sources)
    assert visit.drawn()["zones"] == 7
    assert visit.page.evaluate("window.violations") == []


def test_without_tiles_every_one_is_blank_and_the_zones_are_the_ground(
    pages: dict[str, str], shared: Look
) -> None:
    visit = renewed(shared(pages[BUYER]))
    visit.page.wait_for_function(_ALL_LOADED)
    sources = visit.page.locator("img.leaflet-tile").evaluate_all(
        "all => [...new Set(all.map((tile) => tile.src.slice(0, 15)))]"
    )
    assert sources == ["data:image/gif;"]
    assert ground_opacity(visit) == 1


# The page, its frame, the canvas, the drawing over it, three corners of buttons, what holds these;
# one a tile, a name or a stop would be dozens, and dragging the map puts all together.
MOST_LAYERS = 18


def test_the_map_is_few_layers_without_tiles_and_with_them(
    pages: dict[str, str], open_page: Open
) -> None:
    assert layers(open_page(pages[BUYER])) <= MOST_LAYERS
    visit = served(open_page, pages[BUYER])
    assert layers(visit) <= MOST_LAYERS
    assert visit.page.locator("img.leaflet-tile").count() >= 12
    assert visit.page.locator(".name").count() >= 3
    assert visit.page.locator(".leaflet-marker-icon").count() == 4


def layers(visit: Visit) -> int:
    """Return how many layers the compositor puts together when the map has come to rest."""
    session = visit.page.context.new_cdp_session(visit.page)
    told: list[int] = []
    session.on(
        "LayerTree.layerTreeDidChange", lambda event: told.append(len(event.get("layers", [])))
    )
    session.send("DOM.enable")
    session.send("LayerTree.enable")
    visit.page.evaluate("void map_placarde.setZoom(map_placarde.getZoom() + 1, {animate: false})")
    for step in range(60):
        visit.page.evaluate("by => void map_placarde.panBy([by, 0], {animate: false})", step % 2)
        visit.page.wait_for_timeout(50)
        if told and 0 < told[-1] <= MOST_LAYERS:
            break
    session.detach()
    return next(n for n in reversed(told) if n)


def test_the_map_takes_the_whole_screen_and_gives_it_back(
    pages: dict[str, str], shared: Look
) -> None:
    visit = renewed(shared(pages[BUYER]))
    page = visit.page
    button = page.get_by_role("button", name="Plein écran")
    before = page.evaluate("map_placarde.getSize().y")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.fullscreenElement?.matches('.atlas-grid')")
    page.wait_for_function(f"map_placarde.getSize().y > {before}")
    assert button.get_attribute("aria-pressed") == "true"
    assert page.get_by_role("combobox", name="Rechercher").is_visible(), "choices stay at hand"
    assert page.locator("#legende").is_visible()
    button.click()
    page.wait_for_function("!document.fullscreenElement")
    page.wait_for_function(f"map_placarde.getSize().y === {before}")
    assert button.get_attribute("aria-pressed") == "false"
    assert visit.errors == []


def ground_opacity(visit: Visit) -> float:
    """Return how much of what lies under them the zones let through, 1 for nothing."""
    visit.page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    return float(visit.page.evaluate(_OPACITY))


_ALL_LOADED = """() => {
  const tiles = [...document.querySelectorAll("img.leaflet-tile")];
  return tiles.length > 0 && tiles.every((tile) => tile.complete
    && tile.matches(".leaflet-tile-loaded"));
}"""

# The most frequent opacity of what is painted.
_OPACITY = """() => {
  const canvas = document.querySelector(".leaflet-zones-pane canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const counts = new Map();
  for (let i = 3; i < data.length; i += 4) {
    if (data[i]) counts.set(data[i], (counts.get(data[i]) || 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0][0] / 255;
}"""
