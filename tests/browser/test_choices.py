"""What a reader chooses: links, periods, formats, backgrounds, tables, remarks, paper."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from unicodedata import normalize

import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from pypdf import PdfReader

from geo import matching
from geo.crs import LngLat
from geo.errors import Problem, Severity, Where
from geo.matching.explained.explain import standing_of
from geo.matching.explained.glance import glance
from geo.model import Campaign
from geo.targeting import target
from maps import plan_digest, render_pages
from maps.foliummap import OSM_HOST
from tests.browser.conftest import Look, Open, Visit, renewed
from tests.browser.plans import hand_made_plan, pages_of, with_sequences, with_zone_names
from tests.builders import tiny_campaign

pytestmark = pytest.mark.browser

INTERNAL, BUYER, OFFICIALS = "carte-interne.html", "carte-regie.html", "carte-elus.html"
POSTINGS = 20
A4_WIDTH = 703  # pixels: 186 mm, what the margins leave
NAMES = {"t1": "Vœuil", "t2": "Le Bourg-d’Oisans", "t3": "Trièves", "t4": "Crémieu"}


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    base = with_sequences(with_zone_names(tiny_campaign(), NAMES))
    formats = np.array(["=2 m²" if i % 2 else "4x3" for i in range(64)], dtype=object)
    maison = replace(base.maisons[0], precision="commune")
    return replace(
        base,
        faces=replace(base.faces, format=formats),
        maisons=(maison, *base.maisons[1:]),
    )


@pytest.fixture(scope="module")
def pages(campaign: Campaign) -> dict[str, str]:
    """The pages with all that the program gives them: reasons, problems, a road."""
    plan, eligibility = hand_made_plan(campaign), target(campaign)
    road = (LngLat(5.5, 45.1), LngLat(5.6, 45.3), LngLat(5.7, 45.2))
    first, *legs = plan.tour.legs
    plan = replace(plan, tour=replace(plan.tour, legs=(replace(first, path=road), *legs)))
    standing = standing_of(matching.build_problem(campaign, eligibility), plan.allocation)
    problem = Problem(
        Where("inventaire.csv", 7, "lat"), "odd", "Un point étrange.", severity=Severity.WARNING
    )
    return render_pages(campaign, plan, eligibility, glances=glance(standing), problems=[problem])


def status(visit: Visit) -> str:
    return visit.page.locator("#etat").inner_text()


@pytest.mark.parametrize(
    ("link", "faces"),
    [
        ("#territoire=le-bourg-d-oisans", 5),
        ("#territoire=Le%20Bourg-d%E2%80%99Oisans", 5),
        ("#secteur=sud", 10),
        ("#territoire=voeuil&vague=2", 2),
        ("#portraits=1,3&vue=45.2,5.6,10", 10),
        ("#format=4x3", 12),
        ("#territoire=nulle-part", POSTINGS),
        ("#vague=99&portraits=zz&format=%ZZ", POSTINGS),
        ("#__proto__=1&vague=-1", POSTINGS),
        ("#contenu", POSTINGS),
    ],
)
def test_a_link_opens_on_what_it_names(
    link: str, faces: int, pages: dict[str, str], shared: Look
) -> None:
    visit = renewed(shared(pages[OFFICIALS]), link=link)
    assert visit.drawn()["faces"] == faces
    assert visit.errors == []


def test_a_link_to_a_territoire_shows_it_even_on_a_phone(
    pages: dict[str, str], open_page: Open
) -> None:
    visit = open_page(pages[OFFICIALS], width=390, height=800, link="#territoire=cremieu")
    page = visit.page
    assert page.locator("#fiche h3").inner_text() == "Crémieu"
    assert page.locator("#choix-zone").evaluate("s => s.selectedOptions[0].text") == "Crémieu"
    assert page.evaluate("map_placarde.getZoom()") >= 10


@pytest.mark.parametrize("width", [390, 1280])
def test_the_card_does_not_cover_what_it_tells_of(
    width: int, pages: dict[str, str], open_page: Open
) -> None:
    visit = open_page(pages[OFFICIALS], width=width, height=800, link="#territoire=cremieu")
    page = visit.page
    outline = page.locator("path.chosen").bounding_box()
    card = page.locator("#fiche").bounding_box()
    assert not meet(outline, card)
    page.locator("table", has_text="Affichages montrés").locator("tbody button").first.click()
    assert not meet(page.locator("path.ring").bounding_box(), page.locator("#fiche").bounding_box())


def meet(a: Any, b: Any) -> bool:
    """Return whether two boxes of Playwright's have a point in common."""
    return bool(
        a["x"] < b["x"] + b["width"]
        and b["x"] < a["x"] + a["width"]
        and a["y"] < b["y"] + b["height"]
        and b["y"] < a["y"] + a["height"]
    )


def test_what_is_chosen_stands_in_the_address(pages: dict[str, str], shared: Look) -> None:
    visit = renewed(shared(pages[INTERNAL]))
    page = visit.page
    visit.choose_period(1)
    page.get_by_label("Zone", exact=True).select_option(label="NORD")
    page.get_by_label("Format", exact=True).select_option(label="4x3")
    page.locator("button.series").nth(2).click()
    page.get_by_label("Toutes", exact=True).check(force=True)
    link = page.evaluate("location.hash")
    assert link == "#secteur=nord&vague=1&portraits=3&format=4x3&faces=toutes"
    drawn = visit.drawn()
    assert renewed(visit, link=link).drawn() == drawn
    page.evaluate("location.hash = '#vague=2'")
    expect(page.get_by_role("slider", name="Vague")).to_have_value("2")
    assert visit.drawn()["faces"] > drawn["faces"]


def test_the_slider_shows_one_period_and_what_is_closed_then(
    pages: dict[str, str], shared: Look
) -> None:
    visit = renewed(shared(pages[OFFICIALS]))
    slider = visit.page.get_by_role("slider", name="Vague")
    assert slider.get_attribute("aria-valuetext") == "Toutes les vagues"
    assert visit.page.locator(".sequence-closed").count() == 0
    visit.choose_period(1)
    assert "du 17 au 23\u00a0octobre 2017" in (slider.get_attribute("aria-valuetext") or "")
    assert visit.page.locator(".sequence-closed").count() == 1
    assert status(visit).endswith("rien dans cette vague\u00a0: SUD")
    legend = visit.page.locator("#legende").inner_text()
    assert "NORD\u00a0: vague\u00a01" in legend
    assert "SUD\u00a0: vague\u00a02" in legend


def test_the_periods_play_and_stop_at_the_last_one(pages: dict[str, str], shared: Look) -> None:
    visit = renewed(shared(pages[BUYER]))
    visit.page.get_by_role("button", name="Faire défiler").click()
    assert visit.page.get_by_role("button", name="Arrêter").is_visible()
    expect(visit.page.get_by_role("slider", name="Vague")).to_have_value("2")
    visit.page.get_by_role("button", name="Faire défiler").wait_for()


def test_another_background_is_asked_for_when_it_is_chosen(
    pages: dict[str, str], open_page: Open
) -> None:
    visit = open_page(pages[BUYER])
    assert not any(url.startswith(OSM_HOST) for url in visit.requests)
    visit.page.get_by_label("OpenStreetMap").check(force=True)
    visit.page.wait_for_timeout(200)
    assert any(url.startswith(OSM_HOST) for url in visit.requests)
    assert "OpenStreetMap" in visit.page.locator(".leaflet-control-attribution").inner_text()
    visit.page.get_by_label("Zones seules").check(force=True)
    assert visit.page.locator("img.leaflet-tile").count() == 0
    assert "IGN" in visit.page.locator(".leaflet-control-attribution").inner_text()
    assert visit.errors == []


def test_the_planner_reads_why_a_portrait_is_there(pages: dict[str, str], shared: Look) -> None:
    visit = renewed(shared(pages[INTERNAL]))
    visit.page.locator("table", has_text="Affichages montrés").locator("tbody button").first.click()
    visit.page.get_by_text("Pourquoi ce portrait ici").click()
    text = visit.page.locator("#fiche").inner_text()
    assert "Nécessaire aux affichages voulus" in text or "Aucun autre portrait permis" in text
    assert "Aucun autre agent ne travaille ici." in text


def test_the_planner_reads_problems_and_points_that_are_badly_known(
    pages: dict[str, str], shared: Look
) -> None:
    visit = renewed(shared(pages[INTERNAL]))
    (row,) = visit.table("Problèmes trouvés")
    assert row[0].startswith("inventaire.csv")
    assert row[1] == "Un point étrange."
    (point,) = visit.table("Points mal connus")
    assert point[:2] == ["Maison 1", "connue au niveau\u00a0: commune"]


def test_a_known_road_is_drawn_as_it_runs(pages: dict[str, str], shared: Look) -> None:
    visit = renewed(shared(pages[BUYER]))
    shapes = visit.page.locator("path.leg").evaluate_all(
        "paths => paths.map((path) => (path.getAttribute('d').match(/[ML]/g) || []).length)"
    )
    assert shapes[0] == shapes[1] == 3, "the road has three points, an arc many"
    assert min(shapes[2:]) > 3


def test_the_calendar_holds_periods_and_stops(pages: dict[str, str], shared: Look) -> None:
    visit = renewed(shared(pages[OFFICIALS]))
    october = visit.page.locator("table.month").first
    day = october.locator("td", has=visit.page.locator(".day", has_text="17"))
    assert "Ville 1" in day.inner_text()
    assert "V1" in day.inner_text()
    day.get_by_role("button").click()
    assert visit.page.locator("#fiche h3").inner_text() == "Maison 1"


def test_a_table_is_sorted_narrowed_and_saved(pages: dict[str, str], shared: Look) -> None:
    visit = renewed(shared(pages[BUYER]))
    page = visit.page
    head = page.locator("table", has_text="Faces à poser").get_by_role("columnheader", name="Face")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    faces = [row[0] for row in visit.table("Faces à poser")]
    assert faces == sorted(faces, reverse=True)
    page.get_by_label("Filtrer le tableau : Faces à poser").fill("bourg oisans")
    assert len(visit.table("Faces à poser")) == 5
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Télécharger (CSV) : Faces à poser").click()
    download = waiting.value
    assert download.suggested_filename == "faces-a-poser.csv"
    content = Path(download.path()).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == 6
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert [row["Face"] for row in rows] == [face for face in faces if face in set(column(rows))]
    assert {row["Format"] for row in rows} == {"4x3", "'=2 m²"}, "a formula is inert"
    assert {row["Prix HT par vague"] for row in rows} == {"100"}
    assert visit.errors == []


def column(rows: list[dict[str, str]]) -> list[str]:
    return [row["Face"] for row in rows]


def test_remarks_stay_in_the_browser_and_leave_as_a_file(
    campaign: Campaign, pages: dict[str, str], shared: Look
) -> None:
    visit = renewed(shared(pages[OFFICIALS]))
    page = visit.page
    page.locator("table", has_text="Affichages montrés").locator("tbody button").first.click()
    leave_remark(visit, page.locator("#fiche").get_by_role("button", name="Laisser une remarque"))
    page.get_by_label("Zone", exact=True).select_option(label="NORD")
    leave_remark(visit, page.locator("#fiche").get_by_role("button", name="Laisser une remarque"))
    leave_remark(visit, page.get_by_role("button", name="Laisser une remarque sur le plan"))
    renewed(visit)
    assert page.locator(".remarks li").count() == 3
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Enregistrer le fichier des remarques").click()
    assert waiting.value.suggested_filename == "remarques-carte-elus.json"
    document: dict[str, Any] = json.loads(Path(waiting.value.path()).read_text("utf-8"))
    assert document["schema"] == "placarde/remarques/1"
    assert document["plan"] == plan_digest(hand_made_plan(campaign))
    assert document["page"] == "carte-elus"
    face, zone, whole = (remark["target"] for remark in document["remarks"])
    assert set(face) == {"kind", "lat", "lng", "label"}, "no id that the page does not show"
    assert zone == {"kind": "zone", "level": "Secteur", "label": "NORD"}
    assert whole["kind"] == "plan"
    assert {r["text"] for r in document["remarks"]} == {"<b>À revoir</b> & vite"}
    mail = page.get_by_role("link", name="Écrire un courriel").get_attribute("href") or ""
    assert mail.startswith("mailto:?subject=Remarques")
    assert "%3Cb%3E" in mail
    for _ in range(3):
        page.get_by_role("button", name="Supprimer cette remarque").first.click()
    assert renewed(visit).page.locator(".remarks li").count() == 0
    assert not any(url.startswith("mailto") for url in visit.requests), "nothing is sent"
    assert visit.errors == []


def leave_remark(visit: Visit, button: Any) -> None:
    button.click()
    visit.page.get_by_role("button", name="Garder la remarque").click()
    assert visit.page.get_by_role("dialog").is_visible(), "an empty remark is none"
    visit.page.get_by_label("Votre remarque").fill("<b>À revoir</b> & vite")
    visit.page.get_by_label("Votre nom").fill("Élue")
    visit.page.get_by_role("button", name="Garder la remarque").click()


def test_remarks_work_where_the_browser_keeps_nothing(
    pages: dict[str, str], chromium: Browser, tmp_path: Path
) -> None:
    context = chromium.new_context(locale="fr-FR")
    page = context.new_page()
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied'); } })"
    )
    page.route("http*://**", lambda route: route.abort())
    path = tmp_path / "page.html"
    path.write_text(pages[BUYER], encoding="utf-8")
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]")
    page.get_by_role("button", name="Laisser une remarque sur le plan").click()
    page.get_by_label("Votre remarque").fill("Oui")
    page.get_by_role("button", name="Garder la remarque").click()
    assert page.locator(".remarks li").count() == 1
    assert "ne garde rien" in page.locator("#tableaux").inner_text()
    context.close()


def test_a_hint_follows_the_pointer(pages: dict[str, str], shared: Look) -> None:
    visit = renewed(shared(pages[OFFICIALS]))
    page = visit.page
    page.get_by_label("Exposition itinérante").uncheck()
    page.locator("#map_placarde").scroll_into_view_if_needed()
    box, at = page.locator("#map_placarde").bounding_box(), page.evaluate("placarde.pixelOf(0)")
    assert box is not None
    page.mouse.move(box["x"] + at["x"] + 2, box["y"] + at["y"] - 2)
    assert "agent des routes" in page.locator(".leaflet-tooltip").inner_text()
    page.mouse.move(box["x"] + at["x"] + 30, box["y"] + at["y"] - 30)
    page.locator(".leaflet-tooltip").wait_for(state="detached")


def test_the_dark_page_is_dark_and_paper_is_not(pages: dict[str, str], shared: Look) -> None:
    visit = renewed(shared(pages[OFFICIALS]))
    page = visit.page
    page.emulate_media(color_scheme="dark")
    assert brightness(visit) < 100
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert brightness(visit) > 200
    finer = "(canvas) => canvas.width / parseFloat(canvas.style.width)"
    assert page.locator(".leaflet-faces-pane canvas").evaluate(finer) > 2, "paper is finer"
    assert "Imprimé le " in page.locator("#feuille").text_content()  # type: ignore[operator]
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert brightness(visit) < 100
    page.emulate_media(color_scheme="light")


def brightness(visit: Visit) -> float:
    """Return the mean light of what is painted of the zones, from 0 to 255."""
    script = """() => {
      const canvas = document.querySelector(".leaflet-zones-pane canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const lights = [];
      for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 250) lights.push(data[i + 1]);
      return lights.reduce((a, b) => a + b, 0) / lights.length;
    }"""
    visit.page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    return float(visit.page.evaluate(script))


@pytest.mark.parametrize(("paper", "size"), [("a4", (595, 842)), ("a3", (1191, 842))])
def test_paper_is_a4_or_a3_with_the_map_on_the_first_sheet(
    paper: str, size: tuple[int, int], pages: dict[str, str], shared: Look, tmp_path: Path
) -> None:
    visit = renewed(shared(pages[OFFICIALS]))
    visit.page.evaluate("paper => { document.documentElement.dataset.paper = paper; }", paper)
    visit.page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    sheet = PdfReader(tmp_path / "page.pdf").pages[0]
    assert (round(sheet.mediabox.width), round(sheet.mediabox.height)) == size
    text = normalize("NFKC", sheet.extract_text())
    for said in ("Carré", "Imprimé le", "km", "IGN", "Face affichée"):
        assert said in text
    # What Chromium cuts out under a canvas that was cleared: the zones would be missing.
    resources: Any = sheet["/Resources"]
    states = [state.get_object() for state in resources["/ExtGState"].values()]
    masks = [s["/SMask"] for s in states if isinstance(s.get("/SMask"), dict)]
    assert [mask for mask in masks if "/TR" in mask] == []


@pytest.mark.parametrize("word", ["Saint-Barthélemy-de-Séchilienne", "x" * 30])
@pytest.mark.parametrize("name", [INTERNAL, BUYER])
def test_the_tables_are_no_wider_than_a_sheet_so_that_the_map_fills_it(
    name: str, word: str, campaign: Campaign, open_page: Open
) -> None:
    long = "Bibliothécaire de la médiathèque départementale"
    agents = tuple(replace(agent, job=long) for agent in campaign.agents)
    texts = np.full(len(campaign.faces), word * 3, dtype=object)
    faces = replace(campaign.faces, city=texts, address=texts, operator=texts, panel_id=texts)
    visit = open_page(pages_of(replace(campaign, agents=agents, faces=faces))[name], width=A4_WIDTH)
    visit.page.emulate_media(media="print")
    visit.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    # Chromium would shrink the sheet by what is wider; the frame has borders of a pixel.
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= A4_WIDTH + 2


def test_every_sheet_that_a_table_goes_over_repeats_its_heading(
    pages: dict[str, str], shared: Look, tmp_path: Path
) -> None:
    visit = renewed(shared(pages[INTERNAL]))
    # Large print, so that the tables of a small plan go over several sheets.
    visit.page.pdf(path=tmp_path / "page.pdf", format="A4", scale=2)
    sheets = [normalize("NFKC", p.extract_text()) for p in PdfReader(tmp_path / "page.pdf").pages]
    with_rows = [sheet for sheet in sheets if "disponible, non retenue" in sheet]
    assert len(with_rows) > 1
    assert all("Raison" in sheet for sheet in with_rows)
