"""What comes out of the printer: the first sheet, the lists, the names of sequences."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from unicodedata import normalize

import numpy as np
import pytest
from pypdf import PdfReader

from geo.model import Campaign
from geo.targeting import target
from maps import render_pages
from tests.browser.conftest import Look, Open, Visit, renewed
from tests.browser.plans import hand_made_plan, with_sequences
from tests.builders import faces_at, lnglat_at, tiny_campaign

pytestmark = pytest.mark.browser

INTERNAL, BUYER, OFFICIALS = "carte-interne.html", "carte-regie.html", "carte-elus.html"
FACES = [f"f{i:02}" for i in range(64)]
ON_SCREEN = 40
MOST = 5000


def pages_of_all_faces(campaign: Campaign) -> dict[str, str]:
    """Return the pages of a plan that posts something on every face."""
    plan = hand_made_plan(campaign, each=len(campaign.faces))
    return render_pages(campaign, plan, target(campaign))


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return pages_of_all_faces(with_sequences(tiny_campaign()))


def sheets(visit: Visit, folder: Path, *, paper: str = "a4") -> list[str]:
    """Return the text of each sheet that Chromium prints."""
    if paper == "a3":
        visit.page.evaluate("document.documentElement.dataset.paper = 'a3'")
    visit.page.pdf(path=folder / "page.pdf", prefer_css_page_size=True)
    return [normalize("NFKC", p.extract_text()) for p in PdfReader(folder / "page.pdf").pages]


def rows_on_screen(visit: Visit, caption: str) -> int:
    table = visit.page.locator("table", has=visit.page.locator("caption", has_text=caption))
    return table.locator("tbody tr").count()


def test_the_buyers_paper_holds_every_row_and_the_screen_is_as_before(
    pages: dict[str, str], shared: Look, tmp_path: Path
) -> None:
    visit = renewed(shared(pages[BUYER]))
    assert rows_on_screen(visit, "Faces à poser") == ON_SCREEN
    first, *lists = sheets(visit, tmp_path)
    text = " ".join(lists)
    assert [face for face in FACES if text.split().count(face) != 1] == []
    with_rows = [sheet for sheet in lists if any(face in sheet.split() for face in FACES)]
    assert len(with_rows) > 1
    assert all("Afficheur" in sheet for sheet in with_rows), "headings stand on each sheet"
    assert "Vague 2 : du 24 au 30 octobre 2017" in text, "dates stand once, above the list"
    assert not any(face in first.split() for face in FACES), "the list begins on its own sheet"
    assert rows_on_screen(visit, "Faces à poser") == ON_SCREEN
    assert visit.errors == []


def test_ids_are_printed_whole_beside_long_addresses(open_page: Open, tmp_path: Path) -> None:
    campaign = with_sequences(tiny_campaign())

    def text(value: str) -> Any:
        return np.array([value] * len(campaign.faces), dtype=object)

    ids = [f"REG-{i:06}" for i in range(len(campaign.faces))]
    faces = replace(
        campaign.faces,
        face_id=np.array(ids, dtype=object),
        address=text("Avenue de la Résistance et des Combattants, face au gymnase"),
        city=text("Saint-Martin-d’Uriage-le-Haut"),
        operator=text("Régie départementale de publicité"),
    )
    visit = open_page(pages_of_all_faces(replace(campaign, faces=faces))[BUYER])
    _, *lists = sheets(visit, tmp_path)
    words = " ".join(lists).split()
    assert [face_id for face_id in ids if words.count(face_id) != 1] == []


def test_a_reader_prints_one_list_alone_and_whole(
    pages: dict[str, str], shared: Look, tmp_path: Path
) -> None:
    visit = renewed(shared(pages[OFFICIALS]))
    page = visit.page
    assert "40 lignes sur 64" in " ".join(sheets(visit, tmp_path)), "paper says that it goes on"
    page.evaluate("window.print = () => {}")
    page.get_by_role("button", name="Imprimer la liste complète : Affichages montrés").click()
    text = " ".join(sheets(visit, tmp_path))
    assert "64 lignes" in text
    assert text.count("agent des routes") == len(FACES)
    assert "Carré" in text, "whose list it is"
    assert "Les portraits" not in text
    assert "Ordre de passage" not in text, "no map"
    whole = " ".join(sheets(visit, tmp_path))
    assert "Les portraits" in whole
    assert "40 lignes sur 64" in whole


def test_a_list_of_thousands_says_how_to_have_the_rest(open_page: Open) -> None:
    grid = [(2.5 + 5 * (i % 8), 2.5 + 5 * (i // 8 % 8)) for i in range(MOST + 200)]
    pages = pages_of_all_faces(replace(tiny_campaign(), faces=faces_at(grid)))
    visit = open_page(pages[BUYER])
    # Nobody looks at the rows here: no need to lay them out.
    visit.page.evaluate("document.querySelector('#tableaux').style.display = 'none'")
    visit.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert visit.page.locator("table.with-period tbody tr").count() == MOST
    said = visit.page.locator(".section.whole > .paper-only").last.text_content() or ""
    assert normalize("NFKC", said).startswith("Ici, 5 000 lignes sur 5 200. Choisissez une vague")
    visit.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert visit.page.locator("table.with-period tbody tr").count() == ON_SCREEN


@pytest.mark.parametrize("paper", ["a4", "a3"])
def test_the_first_sheet_holds_the_map_and_the_legend_of_its_signs(
    paper: str, pages: dict[str, str], shared: Look, tmp_path: Path
) -> None:
    visit = renewed(shared(pages[INTERNAL]))
    first, *_ = sheets(visit, tmp_path, paper=paper)
    assert first.count("agent des routes") == 4, "the four portraits"
    for said in ("Agents", "Face non utilisée", "km", "NORD : vague 1"):
        assert said in first
    # A name on the map is printed several times, for the halo around it.
    assert first.count("NORD : vague 1") == first.count("SUD : vague 2") > 1, "key and map"


@pytest.mark.parametrize("width", [390, 1280])
def test_the_map_takes_what_the_sheet_leaves_whatever_the_screen_was(
    width: int, pages: dict[str, str], shared: Look
) -> None:
    visit = renewed(shared(pages[OFFICIALS]))
    visit.page.set_viewport_size({"width": width, "height": 800})
    before = visit.page.evaluate(_SIZE)
    visit.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    wide, high = visit.page.evaluate(_SIZE)
    assert 120 <= wide <= 186
    assert 100 <= high <= 200
    visit.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert visit.page.evaluate(_SIZE) == before


def test_the_name_of_a_sequence_moves_off_a_stop_and_never_drops_out(open_page: Open) -> None:
    base = with_sequences(tiny_campaign())
    # In a column through the middle of both sequences, where their names would stand.
    maisons = tuple(
        replace(maison, lnglat=lnglat_at(20.0, north))
        for maison, north in zip(base.maisons, (12.0, 8.0, 32.0, 28.0), strict=True)
    )
    campaign = replace(base, maisons=maisons)
    visit = open_page(pages_of_all_faces(campaign)[OFFICIALS])
    visit.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    names = visit.page.locator(".name-sequence").all_inner_texts()
    assert [normalize("NFKC", name) for name in names] == ["NORD : vague 1", "SUD : vague 2"]
    assert visit.page.evaluate(_COVERED) == []


_SIZE = """() => {
  const { width, height } = document.querySelector("#map_placarde").getBoundingClientRect();
  return [width / 96 * 25.4, height / 96 * 25.4].map(Math.round);
}"""

# Names of sequences that a stop stands on.
_COVERED = """() => {
  const box = (node) => node.getBoundingClientRect();
  const meet = (a, b) =>
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const stops = [...document.querySelectorAll(".leaflet-marker-icon .stop")].map(box);
  return [...document.querySelectorAll(".name-sequence")]
    .filter((name) => stops.some((stop) => meet(box(name), stop)))
    .map((name) => name.textContent);
}"""
