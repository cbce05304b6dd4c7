"""The one page for those who only print."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from pypdf import PdfReader

from app.synthesis import synthesis_of
from data.write.synthesis import Synthesis, synthesis_pdf
from geo.model import Campaign
from geo.targeting import target
from maps.static import static_map
from tests.browser.plans import hand_made_plan, with_zone_names
from tests.builders import tiny_campaign

SVG = "{http://www.w3.org/2000/svg}"
NASTY = '"><script>alert(1)</script>&amp;${x}`'


def _text(pdf: bytes) -> str:
    reader = PdfReader(BytesIO(pdf))
    assert len(reader.pages) == 1
    return reader.pages[0].extract_text()


def _page(campaign: Campaign) -> Synthesis:
    return synthesis_of(campaign, hand_made_plan(campaign), target(campaign))


def test_the_page_says_in_french_what_is_where_and_when() -> None:
    campaign = tiny_campaign()
    text = _text(synthesis_pdf(_page(campaign)))
    assert campaign.name in text
    assert "Les portraits affichés" in text
    assert "L’exposition des portraits" in text
    assert "mardi 17 octobre 2017" in text.replace("\u00a0", " ")


def test_each_name_on_the_map_is_found_once_by_who_searches_the_page() -> None:
    names = {"t1": "Oisans", "t2": "Agglomération grenobloise", "t3": "Trièves"}
    text = _text(synthesis_pdf(_page(with_zone_names(tiny_campaign(), names))))
    assert [text.count(word) for word in ("Oisans", "grenobloise", "Trièves")] == [1, 1, 1]


def test_no_name_price_or_id_is_on_the_page() -> None:
    campaign = tiny_campaign()
    agents = tuple(replace(a, name=f"Secret{i}") for i, a in enumerate(campaign.agents))
    page = _page(replace(campaign, agents=agents))
    said = repr(page) + _text(synthesis_pdf(page))
    private = {"Secret", "€", *(a.agent_id for a in agents)}
    private |= {str(face_id) for face_id in campaign.faces.face_id}
    private |= {a.portrait_id for a in agents}
    words = set(said.replace(",", " ").replace("'", " ").split())
    assert not words & private
    assert "Secret" not in said


def test_every_portrait_has_a_number_on_the_map_and_no_face_is_left_out() -> None:
    campaign = tiny_campaign()
    plan = hand_made_plan(campaign)
    drawn = static_map(campaign, plan, target(campaign))
    root = ET.fromstring(drawn.svg)  # noqa: S314 - written here
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert {each["mark"] for each in drawn.portraits} <= set(texts)
    assert {mark for mark, _, _ in drawn.stops} <= set(texts)
    dots = [c for c in root.iter(f"{SVG}circle") if float(c.attrib["r"]) < 5]
    portraits = {a.agent_id: a.portrait_id for a in campaign.agents}
    assert len(dots) == len({(p.face_id, portraits[p.agent_id]) for p in plan.allocation.postings})


def test_names_reach_the_drawing_and_the_page_as_text() -> None:
    campaign = with_zone_names(tiny_campaign(), {"t1": f"{NASTY}\x00\ud800"})
    campaign = replace(campaign, name=f"#eval {NASTY}")
    page = _page(campaign)
    root = ET.fromstring(page.svg)  # noqa: S314 - written here
    assert {each.tag for each in root.iter()} <= {
        f"{SVG}{tag}" for tag in ("svg", "path", "rect", "circle", "text")
    }
    assert any((each.text or "").startswith(NASTY) for each in root.iter(f"{SVG}text"))
    assert "#eval" in _text(synthesis_pdf(page))


@pytest.mark.parametrize("count", [0, 200])
def test_it_stays_one_page_and_counts_what_does_not_fit(count: int) -> None:
    long = "Cheffe de projet chargée de la coordination interterritoriale " * 3
    portraits = [(str(i), "#0b5fa5", "diamond", long) for i in range(count)]
    stops = [(str(i), long, long[:60]) for i in range(count)]
    page = replace(_page(tiny_campaign()), portraits=portraits, stops=stops)
    text = _text(synthesis_pdf(page)).replace("\u00a0", " ")
    assert ("170 autres portraits" in text) == (count > 0)
    assert ("176 autres étapes" in text) == (count > 0)


def test_the_same_plan_gives_the_same_page() -> None:
    assert synthesis_pdf(_page(tiny_campaign())) == synthesis_pdf(_page(tiny_campaign()))
