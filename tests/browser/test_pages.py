"""The three pages, opened from a file with the network closed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geo.model import Campaign, PortraitImage
from maps.foliummap import TILE_HOST
from tests.browser.conftest import Look, Open, Visit, renewed
from tests.browser.plans import SHORTFALL, pages_of, with_zone_names
from tests.builders import tiny_campaign

pytestmark = pytest.mark.browser

INTERNAL, BUYER, OFFICIALS = "carte-interne.html", "carte-regie.html", "carte-elus.html"
PAGES = (INTERNAL, BUYER, OFFICIALS)
POSTINGS = 20  # 4 agents, 5 faces each


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    names = {
        "t1": "Saint-Martin-d’Hères",
        "t2": "Le Bourg-d’Oisans",
        "t3": "Vœuil",
        "t4": "Crémieu",
    }
    base = with_zone_names(tiny_campaign(), names)
    picture = PortraitImage("image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg"/>')
    return replace(base, portraits={"P1": picture})


@pytest.fixture(scope="module")
def pages(campaign: Campaign) -> dict[str, str]:
    return pages_of(campaign)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_zones_faces_and_tour_without_the_network(
    name: str, pages: dict[str, str], shared: Look
) -> None:
    visit = renewed(shared(pages[name]))
    drawn = visit.drawn()
    assert drawn["zones"] == 7
    assert drawn["faces"] == POSTINGS
    assert drawn["stops"] == 4
    assert drawn["legs"] == (4 if name == INTERNAL else 3 + 1)
    assert painted(visit, "zones")
    assert painted(visit, "faces")
    assert visit.page.locator("path.leg").count() == 2 * drawn["legs"]
    assert visit.page.locator(".leaflet-marker-icon .stop").all_inner_texts() == list("1234")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_nothing_but_tiles_and_logs_no_error(
    name: str, pages: dict[str, str], shared: Look
) -> None:
    visit = renewed(shared(pages[name]))
    visit.page.wait_for_timeout(300)  # time for a late request to be made
    assert visit.requests, "the background is asked for"
    assert all(url.startswith(TILE_HOST) for url in visit.requests)
    assert visit.errors == []
    assert visit.page.evaluate("window.violations") == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_it_is_in_french(name: str, pages: dict[str, str], shared: Look) -> None:
    page = renewed(shared(pages[name])).page
    assert page.evaluate("document.documentElement.lang") == "fr"
    assert page.title().startswith("Carré – Carte ")
    assert page.locator("h1").inner_text() == "Carré"
    assert "Données fictives" in page.locator(".notice").inner_text()
    assert "IGN" in page.locator("footer").inner_text()
    assert "INSEE" in page.locator("footer").inner_text()


@pytest.mark.parametrize("name", PAGES)
def test_the_table_of_faces_follows_the_map(name: str, pages: dict[str, str], shared: Look) -> None:
    visit = renewed(shared(pages[name]))
    visit.show_all_rows()
    assert len(faces_table(visit, name)) == POSTINGS
    visit.choose_period(2)
    assert visit.drawn()["faces"] == 8
    assert len(faces_table(visit, name)) == 8
    assert "8\u00a0affichages sur 8\u00a0faces" in visit.page.locator("#etat").inner_text()


@pytest.mark.parametrize("name", PAGES)
def test_choosing_a_portrait_leaves_its_faces_alone(
    name: str, pages: dict[str, str], shared: Look
) -> None:
    visit = renewed(shared(pages[name]))
    first = visit.page.locator("button.series").first
    first.click()
    assert first.get_attribute("aria-pressed") == "true"
    assert visit.drawn()["faces"] == 5
    visit.page.locator("button.series").nth(1).click()
    assert visit.drawn()["faces"] == 10
    visit.page.get_by_role("button", name="Tout montrer").click()
    assert visit.drawn()["faces"] == POSTINGS


@pytest.mark.parametrize("name", PAGES)
def test_choosing_a_zone_leaves_its_faces_alone(
    name: str, pages: dict[str, str], shared: Look
) -> None:
    visit = renewed(shared(pages[name]))
    visit.page.get_by_label("Zone", exact=True).select_option(label="SUD")
    assert visit.drawn()["faces"] == 10
    assert visit.page.locator("#fiche h3").inner_text() == "SUD"
    visit.page.get_by_label("Zone", exact=True).select_option(label="Tout le territoire")
    assert visit.drawn()["faces"] == POSTINGS


SEARCHES = {
    "saint martin d'heres": ["Saint-Martin-d’Hères"],
    "ST MARTIN": ["Saint-Martin-d’Hères"],
    "bourg d’oisans": ["Le Bourg-d’Oisans"],
    "VOEUIL": ["Vœuil"],
    "maison 3": ["Maison 3"],
    "cremieu": ["Crémieu"],
    "bourg martin": [],
}


@pytest.mark.parametrize("name", PAGES)
def test_search_ignores_case_accents_and_punctuation(
    name: str, pages: dict[str, str], shared: Look
) -> None:
    visit = renewed(shared(pages[name]))
    found = {}
    for typed in SEARCHES:
        visit.page.get_by_role("combobox", name="Rechercher").fill(typed)
        found[typed] = visit.page.get_by_role("option").locator("bdi").all_inner_texts()
    assert found == SEARCHES


def test_search_finds_agents_and_faces_and_goes_to_them(
    pages: dict[str, str], shared: Look
) -> None:
    visit = renewed(shared(pages[INTERNAL]))
    box = visit.page.get_by_role("combobox", name="Rechercher")
    box.fill("AGENT DES ROUTES")
    options = visit.page.locator("#recherche-liste").get_by_role("option")
    assert options.all_inner_texts()[0].startswith("agent des routes")
    box.press("Enter")
    assert visit.drawn()["faces"] == 5
    box.fill("f17")
    (option,) = options.all_inner_texts()
    assert option.split() == ["f17", "Face"]
    box.press("Enter")
    assert "f17" in visit.page.locator("#fiche").inner_text()


def test_search_works_from_the_keyboard(pages: dict[str, str], shared: Look) -> None:
    visit = renewed(shared(pages[OFFICIALS]))
    box = visit.page.get_by_role("combobox", name="Rechercher")
    box.press_sequentially("maison")
    box.press("ArrowDown")
    box.press("ArrowDown")
    active = box.get_attribute("aria-activedescendant")
    assert active is not None
    box.press("Enter")
    assert visit.page.locator("#fiche h3").inner_text() == "Maison 2"
    assert "mercredi 18\u00a0octobre 2017" in visit.page.locator("#fiche").inner_text()
    visit.page.keyboard.press("Tab")
    visit.page.get_by_role("button", name="Fermer le détail").focus()
    visit.page.keyboard.press("Escape")
    assert visit.page.locator("#fiche").is_hidden()


def test_every_face_and_stop_can_be_reached_without_a_mouse(
    pages: dict[str, str], shared: Look
) -> None:
    visit = renewed(shared(pages[BUYER]))
    button = visit.page.locator("table", has_text="Faces à poser").locator("tbody th button").first
    button.focus()
    visit.page.keyboard.press("Enter")
    assert "Régie fictive" in visit.page.locator("#fiche").inner_text()
    visit.page.locator(".leaflet-marker-icon").nth(2).focus()
    visit.page.keyboard.press("Enter")
    assert visit.page.locator("#fiche h3").inner_text() == "Maison 3"


def test_a_click_on_a_face_opens_its_card(pages: dict[str, str], shared: Look) -> None:
    visit = renewed(shared(pages[INTERNAL]))
    visit.page.get_by_label("Exposition itinérante").uncheck()
    at = visit.page.evaluate("placarde.pixelOf(0)")
    visit.page.locator("#map_placarde").click(position={"x": at["x"], "y": at["y"]})
    card = visit.page.locator("#fiche").inner_text()
    assert "f00" in card
    assert "agent des routes" in card
    assert "Prix HT par vague" in card
    assert visit.page.locator("path.ring").count() == 1
    visit.page.get_by_role("button", name="Fermer le détail").click()
    assert visit.page.locator("path.ring").count() == 0


def test_a_click_beside_the_faces_names_the_zone(pages: dict[str, str], shared: Look) -> None:
    visit = renewed(shared(pages[INTERNAL]))
    middle = visit.page.evaluate("placarde.pixelOf(0)")
    visit.page.locator("#map_placarde").click(
        position={"x": middle["x"] + 18, "y": middle["y"] - 18}
    )
    assert visit.page.locator("#fiche h3").inner_text() == "Saint-Martin-d’Hères"


def test_the_planner_sees_unused_faces_and_why(pages: dict[str, str], shared: Look) -> None:
    visit = renewed(shared(pages[INTERNAL]))
    states = visit.page.get_by_role("group", name="Faces")
    states.get_by_label("Non utilisées").check(force=True)
    assert visit.drawn()["signs"] == 64 - POSTINGS
    states.get_by_label("Toutes").check(force=True)
    assert visit.drawn()["signs"] == 64
    visit.show_all_rows()
    rows = visit.table("Faces non utilisées")
    assert len(rows) == 64 - POSTINGS
    assert {row[-1] for row in rows} == {"Non utilisée\u00a0: disponible, non retenue"}


def test_the_planner_reads_budget_quality_shortfalls_and_exposure(
    pages: dict[str, str], shared: Look
) -> None:
    visit = renewed(shared(pages[INTERNAL]))
    text = visit.page.locator("body").inner_text()
    assert "2\u202f000\u00a0€ HT sur 2\u202f000\u00a0€ HT, soit 100,0\u00a0%" in text
    assert "aucun plan ne fait mieux que celui-ci de plus de 1,00\u00a0%" in text
    assert SHORTFALL.message in text
    exposure = visit.table("Exposition obtenue")
    assert [row[0] for row in exposure] == ["1 – A1", "2 – A2", "3 – A3", "4 – A4"]
    assert exposure[0][2:] == ["5", "5\u202f000", "900", "1\u202f000", "90,0\u00a0%"]


def test_an_estimated_drive_is_called_one(pages: dict[str, str], shared: Look) -> None:
    rows = renewed(shared(pages[INTERNAL])).table("Étapes et trajets")
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "Retour"]
    assert rows[1][2] == "1\u00a0h\u00a005, 42\u00a0km (estimation)"
    assert rows[4][2] == "1\u00a0h\u00a005, 42\u00a0km"


@pytest.mark.parametrize("name", [BUYER, OFFICIALS])
def test_the_tour_table_gives_the_dates(name: str, pages: dict[str, str], shared: Look) -> None:
    rows = renewed(shared(pages[name])).table("Étapes de l’exposition")
    assert rows[0] == ["1", "Maison 1", "Ville 1", "mardi 17\u00a0octobre 2017"]
    assert [row[1] for row in rows] == ["Maison 1", "Maison 2", "Maison 3", "Maison 4"]


def test_officials_see_portraits_and_what_is_in_their_territoire(
    pages: dict[str, str], shared: Look
) -> None:
    visit = renewed(shared(pages[OFFICIALS]))
    assert visit.page.locator(".portrait").count() == 4
    assert visit.page.locator(".portrait img").evaluate_all(
        "images => images.map((image) => image.src.slice(0, 19))"
    ) == ["data:image/svg+xml;"]
    rows = visit.table("Portraits, affichages et exposition")
    assert ["Crémieu", "4", "5", "1\u202f000", "Ville 4, vendredi 20\u00a0octobre 2017"] in rows
    visit.page.locator(".portrait").nth(2).click()
    assert visit.drawn()["faces"] == 5


def test_both_sides_of_a_panel_are_one_sign_and_one_card(
    campaign: Campaign, open_page: Open
) -> None:
    faces = campaign.faces
    lng, lat = faces.lng.copy(), faces.lat.copy()
    lng[1], lat[1] = lng[0], lat[0]
    visit = open_page(pages_of(replace(campaign, faces=replace(faces, lng=lng, lat=lat)))[INTERNAL])
    assert visit.drawn()["signs"] == visit.drawn()["faces"] - 1
    visit.page.locator("table", has_text="Affichages montrés").locator("tbody button").first.click()
    assert visit.page.locator("#fiche details").count() == 1


@pytest.mark.parametrize("name", PAGES)
def test_nothing_overflows_a_narrow_screen_or_one_at_twice_the_size(
    name: str, pages: dict[str, str], shared: Look
) -> None:
    """WCAG 2.1, 1.4.4 and 1.4.10: 1280 pixels at 200 % are 640, at 400 % 320."""
    visit = renewed(shared(pages[name]))
    for width in (820, 640, 320):
        visit.page.set_viewport_size({"width": width, "height": 740})
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    assert visit.drawn()["faces"] == POSTINGS


@pytest.mark.parametrize("name", PAGES)
def test_tables_and_controls_have_names(name: str, pages: dict[str, str], shared: Look) -> None:
    page = renewed(shared(pages[name])).page
    assert page.locator("table").count() == page.locator("table > caption").count() > 0
    assert page.locator("thead th").count() == page.locator("thead th[scope=col]").count()
    rows = page.locator("table:not(.month) tbody tr").count()
    assert rows == page.locator("tbody th[scope=row]").count()
    assert page.evaluate(_NAMELESS) == []


@pytest.mark.parametrize("name", PAGES)
def test_words_stand_out_from_their_ground(name: str, pages: dict[str, str], shared: Look) -> None:
    """WCAG 2.1, 1.4.3: contrast of at least 4.5 on every text outside the map itself."""
    page = renewed(shared(pages[name])).page
    assert page.evaluate(_CONTRASTS) == []


def test_no_face_is_drawn_twice_while_the_page_opens(
    pages: dict[str, str], open_page: Open
) -> None:
    """Twenty thousand of them are what the first picture waits for."""
    visit = open_page(pages[INTERNAL])
    visit.page.add_init_script(_COUNT_DRAWN)
    renewed(visit)
    visit.page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    assert visit.page.evaluate("window.drawnSigns") == visit.drawn()["signs"]


@pytest.mark.parametrize("width", [390, 1280])
def test_the_longest_names_are_read_whole_on_the_map(width: int, open_page: Open) -> None:
    long = "Communauté de communes des Hautes Vallées, des Plateaux et des Gorges du Vercors"
    names = {"t1": long, "t2": "X" * 70, "t3": long.upper(), "t4": "Saint-" * 12}
    campaign = with_zone_names(tiny_campaign(), names)
    page = open_page(pages_of(campaign)[OFFICIALS], width=width, height=800).page
    page.get_by_label("Exposition itinérante").uncheck()
    shown: set[str] = set()
    for way in (0, 1, -1, -1, 1):
        # Towards one edge of the map and then towards the other.
        page.evaluate(
            "way => void map_placarde.panBy([way * map_placarde.getSize().x / 3, 0],"
            " { animate: false })",
            way,
        )
        shown |= set(page.locator(".name").all_inner_texts())
        assert page.evaluate(_CUT_NAMES) == []
    assert len(shown & set(names.values())) >= 2


_CUT_NAMES = """() => {
  const frame = document.querySelector(".map").getBoundingClientRect();
  return [...document.querySelectorAll(".name")].filter((name) => {
    const { left, right, top, bottom } = name.getBoundingClientRect();
    return left < frame.left || right > frame.right || top < frame.top || bottom > frame.bottom;
  }).map((name) => name.textContent);
}"""


def test_a_plan_without_anything_still_opens(campaign: Campaign, open_page: Open) -> None:
    bare = replace(campaign, agents=(), maisons=(), tour=None)
    for html in pages_of(bare).values():
        visit = open_page(html)
        assert visit.drawn()["faces"] == 0
        assert visit.errors == []


def faces_table(visit: Visit, name: str) -> list[list[str]]:
    captions = {BUYER: "Faces à poser, par vague puis par face"}
    return visit.table(captions.get(name, "Affichages montrés sur la carte"))


def painted(visit: Visit, pane: str) -> bool:
    """Return whether the canvas of a pane holds anything but transparency."""
    script = """(pane) => {
      const canvas = document.querySelector(`.leaflet-${pane}-pane canvas`);
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value) => value > 0);
    }"""
    return bool(np.bool_(visit.page.evaluate(script, pane)))


_COUNT_DRAWN = """
window.drawnSigns = 0;
const drawImage = CanvasRenderingContext2D.prototype.drawImage;
CanvasRenderingContext2D.prototype.drawImage = function (image, ...rest) {
  // The zones come from a canvas of the page, a sign from one of its own.
  if (!image.isConnected) window.drawnSigns += 1;
  return drawImage.call(this, image, ...rest);
};
"""

_NAMELESS = """() => {
  const name = (node) => node.getAttribute("aria-label")
    || node.textContent || node.labels?.[0]?.textContent || "";
  const controls = [...document.querySelectorAll("a, button, input, select, [tabindex='0']")];
  return controls.filter((node) => !name(node).trim()).map((node) => node.outerHTML);
}"""

_CONTRASTS = """() => {
  const part = (value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) =>
    0.2126 * part(r / 255) + 0.7152 * part(g / 255) + 0.0722 * part(b / 255);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.85) return colour;
    }
    return [255, 255, 255];
  };
  const faults = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!own || node.closest("script, noscript, .names")) continue;
    const [a, b] = [light(numbers(getComputedStyle(node).color)), light(ground(node))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faults.push(`${node.className || node.tagName}: ${contrast.toFixed(2)}`);
  }
  return faults;
}"""
