"""Everybody can read and work the pages: axe-core, keyboard, focus, light and dark, phone."""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from geo.targeting import target
from maps import render_by_zone, render_zone_index
from tests.browser.conftest import Look, Visit, new_context, renewed
from tests.browser.plans import comparison_page, hand_made_plan, pages_of, with_sequences
from tests.builders import tiny_campaign

pytestmark = pytest.mark.browser

INTERNAL, BUYER, OFFICIALS = "carte-interne.html", "carte-regie.html", "carte-elus.html"
COMPARISON, ZONE = "comparaison.html", "carte-elus-t1.html"
PAGES = (INTERNAL, BUYER, OFFICIALS, COMPARISON, ZONE)
AXE = Path(__file__).parent / "assets" / "axe-core"


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    campaign = with_sequences(tiny_campaign())
    zones = render_by_zone(campaign, hand_made_plan(campaign), target(campaign), level="territoire")
    return pages_of(campaign) | {COMPARISON: comparison_page(campaign), ZONE: zones[ZONE]}


LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


def violations(visit: Visit, *, among: list[str] = LEVELS) -> Any:
    """Return what axe-core finds against WCAG 2.1, levels A and AA: rule, places, reasons."""
    return visit.page.evaluate(_RUN, among)


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_any_state(name: str, pages: dict[str, str], shared: Look) -> None:
    visit = renewed(shared(pages[name]))
    page = visit.page
    # What is dark differs in its colours alone.
    for scheme, among in (("light", LEVELS), ("dark", ["color-contrast"])):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        renewed(visit)
        page.evaluate((AXE / "axe.min.js").read_text("utf-8"))
        assert violations(visit, among=among) == []
        visit.choose_period(1)
        page.locator("table:not(.month) tbody th button").last.click()
        page.set_viewport_size({"width": 390, "height": 800})
        page.get_by_role("button", name="Laisser une remarque sur le plan").click()
        assert violations(visit, among=among) == []
        page.get_by_label("Votre remarque").fill("À revoir")
        page.get_by_role("button", name="Garder la remarque").click()
        page.get_by_role("combobox", name="Rechercher").fill("ville")
        assert page.locator("#recherche-liste li").count() > 0
        assert page.locator(".remarks li").count() > 0
        assert page.locator("#fiche").is_visible()
        assert violations(visit, among=among) == []
    page.emulate_media(color_scheme="light")


def test_the_comparison_fits_a_phone(pages: dict[str, str], shared: Look) -> None:
    visit = renewed(shared(pages[COMPARISON]))
    visit.page.set_viewport_size({"width": 320, "height": 700})
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 320
    box = visit.page.locator(".map").bounding_box()
    assert box is not None
    assert box["width"] >= 300
    assert visit.errors == []


def test_everybody_can_read_the_list_of_the_zones(chromium: Browser, tmp_path: Path) -> None:
    campaign = tiny_campaign()
    plan, eligibility = hand_made_plan(campaign), target(campaign)
    path = tmp_path / "index.html"
    path.write_text(render_zone_index(campaign, plan, eligibility, level="territoire"), "utf-8")
    context = new_context(chromium)
    page = context.new_page()
    visit = Visit(page, path.as_uri())
    page.on("console", lambda message: visit.errors.append(message.text))
    page.on("request", lambda request: visit.requests.append(request.url))
    for scheme, width in (("light", 1280), ("dark", 320)):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(visit.address)
        page.evaluate((AXE / "axe.min.js").read_text("utf-8"))
        assert violations(visit) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "carte-elus-t1.html"
    assert set(visit.requests) == {visit.address}
    assert visit.errors == []
    context.close()


def test_axe_would_find_a_fault(pages: dict[str, str], shared: Look) -> None:
    visit = renewed(shared(pages[BUYER]))
    visit.page.evaluate((AXE / "axe.min.js").read_text("utf-8"))
    visit.page.evaluate("document.querySelector('.key-list').append('un texte')")
    visit.page.evaluate("document.querySelector('.lead').style.color = '#bbb'")
    assert {rule for rule, *_ in violations(visit)} == {"color-contrast", "list"}


def test_axe_is_the_one_that_the_notice_names() -> None:
    notice = (AXE.parent / "VENDORED.md").read_text("utf-8")
    named = dict(re.findall(r"\| `axe-core/([^`]+)` \| `([0-9a-f]{64})` \|", notice))
    present = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(AXE.iterdir())}
    assert present == named


EARLY_STOPS = [
    "Aller au contenu",
    "Aller aux tableaux",
    "Rechercher",
    "Vague",
    "Faire défiler",
    "Zone",
    "1n° 1, agent des routes5 affichages",
]


def test_the_keyboard_goes_through_the_page_in_its_order(
    pages: dict[str, str], shared: Look
) -> None:
    visit = renewed(shared(pages[OFFICIALS]))
    page = visit.page
    reached: list[dict[str, Any]] = []
    for _ in range(160):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(_FOCUSED))
        if reached[-1]["name"].startswith("Laisser une remarque"):
            break
    names = [each["name"] for each in reached]
    assert [name.split("\n")[0] for name in names[: len(EARLY_STOPS)]] == EARLY_STOPS
    assert "Carte interactive" in " ".join(names)
    assert names[-1] == "Laisser une remarque sur le plan", "the page has no trap"
    assert [each["name"] for each in reached if not each["outlined"]] == [], "focus is seen"
    tops = [each["top"] for each in reached if each["part"] == "tableaux"]
    assert tops == sorted(tops), "tables are reached from the top down"


@pytest.mark.parametrize("name", [INTERNAL, BUYER, COMPARISON, ZONE])
def test_the_keyboard_reaches_all_that_can_be_worked_in_the_order_of_the_page(
    name: str, pages: dict[str, str], shared: Look
) -> None:
    page = renewed(shared(pages[name])).page
    expected = page.evaluate(_WORKABLE)
    reached = []
    for _ in range(expected):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("window.workable.indexOf(document.activeElement)"))
    assert reached == list(range(expected))
    assert expected > 20


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [390, 640])
def test_on_a_narrow_screen_the_keyboard_goes_from_the_top_down(
    name: str, width: int, pages: dict[str, str], shared: Look
) -> None:
    """WCAG 2.1, 2.4.3; 640 is a screen of 1280 at 200 %."""
    page = renewed(shared(pages[name])).page
    page.set_viewport_size({"width": width, "height": 800})
    page.locator(".stage + .side").wait_for()
    page.evaluate(_WORKABLE)
    rows = page.evaluate(_ROWS)
    parts = [part for _, _, part in rows]
    assert parts.index("stage") < parts.index("side") < parts.index("sections")
    back = [
        (a, b)
        for a, b in pairwise(row for row in rows if row[2] != "map")
        if b[1] < a[1] - SAME_ROW
    ]
    assert back == []
    page.set_viewport_size({"width": 1280, "height": 800})
    page.locator(".side + .stage").wait_for()


SAME_ROW = 30  # pixels by which what stands beside each other may differ


def test_the_focus_stays_when_the_screen_is_turned(pages: dict[str, str], shared: Look) -> None:
    page = renewed(shared(pages[OFFICIALS])).page
    search = page.get_by_role("combobox", name="Rechercher")
    search.focus()
    page.set_viewport_size({"width": 600, "height": 800})
    page.locator(".stage + .side").wait_for()
    assert search.evaluate("node => node === document.activeElement")


def test_the_map_is_read_from_the_keyboard(pages: dict[str, str], shared: Look) -> None:
    visit = renewed(shared(pages[INTERNAL]))
    page = visit.page
    place = "document.querySelector('#map_placarde')"
    page.evaluate("map_placarde.setView([45.2, 5.6], 12, {animate: false})")
    at = page.evaluate("(() => { const p = placarde.pixelOf(0); return [p.x, p.y]; })()")
    size = page.evaluate("(() => { const s = map_placarde.getSize(); return [s.x, s.y]; })()")
    page.evaluate(
        "([x, y]) => map_placarde.panBy([x, y], {animate: false})",
        [at[0] - size[0] / 2, at[1] - size[1] / 2],
    )
    page.get_by_role("button", name="Imprimer en A3").focus()
    while page.evaluate(f"document.activeElement !== {place}"):
        page.keyboard.press("Tab")
    assert page.locator(".aim").is_visible()
    assert "agent des routes" in page.locator("#sous-la-croix").inner_text()
    assert "agent des routes" in page.locator(".leaflet-tooltip").inner_text()
    page.keyboard.press("Enter")
    assert "f00" in page.locator("#fiche").inner_text()


def test_a_remark_can_be_left_and_given_up_from_the_keyboard(
    pages: dict[str, str], shared: Look
) -> None:
    page = renewed(shared(pages[OFFICIALS])).page
    button = page.get_by_role("button", name="Laisser une remarque sur le plan")
    button.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "remarque-texte"
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0
    assert button.evaluate("node => node === document.activeElement")


_RUN = """async (among) => {
  // axe gives up its rule of contrast where a picture blends as Leaflet's tiles do.
  const tiles = document.querySelector(".leaflet-tile-pane");
  if (tiles) tiles.hidden = true;
  const { violations, incomplete } = await axe.run(document, { runOnly: among });
  return [...violations, ...incomplete.filter(({ error }) => error)].map(({ id, nodes }) => [
    id, ...nodes.slice(0, 5).map((node) => `${node.target.join(" ")} ${node.failureSummary}`)]);
}"""

# All that takes the keyboard, in the order of the document; of a group of radios the chosen one.
_WORKABLE = """() => {
  const kinds = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  window.workable = [...document.querySelectorAll(kinds)].filter((node) =>
    !node.disabled && node.tabIndex >= 0 && !node.closest("dialog")
    && node.checkVisibility({ visibilityProperty: true })
    && (node.type !== "radio" || node.checked));
  return window.workable.length;
}"""

# Name, top in the document and part of the page of each.
_ROWS = """() => window.workable.map((node) => [
  node.getAttribute("aria-label") || node.textContent.slice(0, 40) || node.id,
  node.getBoundingClientRect().top + window.scrollY,
  node.closest(".map") ? "map" : node.closest(".stage, .side, .sections")?.classList[0] || "",
])"""

_FOCUSED = """() => {
  const node = document.activeElement;
  const style = getComputedStyle(node);
  const shown = node.matches("input[type=radio]") ? getComputedStyle(node.nextSibling) : style;
  return {
    name: (node.getAttribute("aria-label") || node.labels?.[0]?.textContent || node.textContent)
      .replace(/\\s+/g, " ").trim(),
    outlined: shown.outlineStyle !== "none" && parseFloat(shown.outlineWidth) >= 1,
    part: node.closest("#tableaux")?.id || "",
    top: node.getBoundingClientRect().top + window.scrollY,
  };
}"""
