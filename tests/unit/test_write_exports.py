"""The purchase order, and where portraits may be promoted and printed."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from pypdf import PdfReader

from app.cli import EXPORT_FORMATS
from data.write.exports import EXPORTS
from data.write.order import order_lines
from data.write.press import press_csv, press_lines
from data.write.promotion import (
    NOTE,
    promotion_csv,
    promotion_json,
    promotion_places,
)
from data.write.purchase_order import purchase_order_pdf
from geo.consent import consent_days
from geo.model import Campaign
from geo.order import OrderLine
from geo.targeting import target
from tests.golden.tiny_plan import plan_campaign, plan_eligibility, tiny_plan


def tiny_lines(campaign: Campaign | None = None) -> tuple[OrderLine, ...]:
    campaign = campaign or plan_campaign()
    return order_lines(campaign, eligibility=plan_eligibility(campaign), plan=tiny_plan())


def squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def text_of(content: bytes) -> str:
    return squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages))


def rows_of(content: bytes) -> list[dict[str, str]]:
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(text, delimiter=";"))


def test_the_command_offers_every_export_there_is() -> None:
    assert set(EXPORT_FORMATS) == set(EXPORTS)


# The purchase order


def test_the_purchase_order_is_tagged_french_archivable_and_titled() -> None:
    reader = PdfReader(io.BytesIO(purchase_order_pdf(plan_campaign(), tiny_lines())))
    root, metadata, xmp = reader.root_object, reader.metadata, reader.xmp_metadata
    assert "/StructTreeRoot" in root
    assert "'/Marked': True" in str(root["/MarkInfo"].get_object())
    assert str(root["/Lang"]) == "fr-FR"
    assert metadata is not None
    assert metadata.title == "Bon de commande – Carré"
    assert xmp is not None
    assert (xmp.pdfaid_part, xmp.pdfaid_conformance) == ("2", "A")
    assert b"<pdfuaid:part>1</pdfuaid:part>" in xmp.stream.get_data()


def test_the_purchase_order_tells_sums_and_lists_every_line() -> None:
    text = text_of(purchase_order_pdf(plan_campaign(), tiny_lines()))
    for told in (
        "3 affichages de 2 visuels sur 3 faces, en 2 vagues de 7 jours",
        "du 17 au 30 octobre 2017",
        "Espace d’affichage 223,50 €",
        "1 du 17 au 23 octobre 2017 2 2 223,45 €",
        "2 du 24 au 30 octobre 2017 1 1 0,05 €",
        "Régie fictive 2 2 100,05 €",
        "P1 2 2 123,50 €",
        "f00",
        "f09",
        "f63",
    ):
        assert squeezed(told) in text, told


def test_names_stand_where_they_are_given_and_blanks_where_not() -> None:
    blank = text_of(purchase_order_pdf(plan_campaign(), tiny_lines()))
    assert blank.count(squeezed("Nom :")) == 2
    named = text_of(
        purchase_order_pdf(
            plan_campaign(), tiny_lines(), advertiser="Le Département", buyer="#panic() & Cie"
        )
    )
    assert squeezed("Le Département") in named
    assert squeezed("#panic() & Cie") in named
    assert squeezed("Nom :") not in named


def test_the_names_of_the_campaign_stand_where_no_others_are_given() -> None:
    campaign = replace(plan_campaign(), advertiser="Le Département", buyer="Agence Une")
    named = text_of(purchase_order_pdf(campaign, tiny_lines(), buyer="Agence Deux"))
    assert squeezed("Le Département") in named
    assert squeezed("Agence Deux") in named
    assert squeezed("Agence Une") not in named


def test_text_from_files_is_printed_and_never_run() -> None:
    campaign = replace(plan_campaign(), name='#read("/etc/passwd") *Carré*')
    hostile = replace(tiny_lines()[0], address="#panic() $x$ [", operator="= Titre @x <y>")
    text = text_of(purchase_order_pdf(campaign, (hostile,)))
    for told in ('#read("/etc/passwd") *Carré*', "#panic() $x$ [", "= Titre @x <y>"):
        assert squeezed(told) in text


def test_a_place_that_was_only_found_by_its_address_asks_to_be_confirmed() -> None:
    campaign = plan_campaign()
    precision = campaign.faces.precision.copy()
    precision[0] = "street"
    campaign = replace(campaign, faces=replace(campaign.faces, precision=precision))
    text = text_of(purchase_order_pdf(campaign, tiny_lines()))
    assert text.count(squeezed("à confirmer : rue")) == 1


def test_an_order_of_nothing_is_still_a_document() -> None:
    assert squeezed("aucun affichage") in text_of(purchase_order_pdf(plan_campaign(), ()))


def test_the_same_order_is_the_same_document() -> None:
    one = purchase_order_pdf(plan_campaign(), tiny_lines())
    assert one == purchase_order_pdf(plan_campaign(), tiny_lines())


# Promotion and press


def consenting(*media: frozenset[str] | None, **changes: Any) -> Campaign:
    campaign = plan_campaign()
    agents = tuple(
        replace(agent, consent_media=each, name="Camille Secret", job="métier secret", **changes)
        for agent, each in zip(campaign.agents, media, strict=True)
    )
    postcode = campaign.faces.postcode.copy()
    postcode[:32] = "01000"  # the southern half
    postcode[3] = "inconnu"
    return replace(campaign, agents=agents, faces=replace(campaign.faces, postcode=postcode))


WEB, PRESS = frozenset({"web"}), frozenset({"presse"})
MIXED = (WEB, PRESS, frozenset({"tous"}), frozenset[str]())


def test_only_portraits_whose_consent_covers_the_web_are_promoted() -> None:
    campaign = consenting(*MIXED)
    places = promotion_places(campaign, target(campaign))
    assert {place.visual for place in places} == {"P1", "P3"}


def test_a_portrait_is_promoted_where_its_faces_and_maisons_are() -> None:
    campaign = consenting(*MIXED)
    rows = rows_of(promotion_csv(promotion_places(campaign, target(campaign))))
    mine = [row for row in rows if row["visuel_ref"] == "P1"]
    codes = [row["cle"] for row in mine if row["type"] == "code postal"]
    assert codes == ["FR:01000", "FR:38000"]  # its faces, and the Maison of its zone
    (point,) = [row for row in mine if row["type"] == "point"]
    assert (point["cle"], point["rayon_km"]) == ("m1", "8")
    assert float(point["lat"].replace(",", ".")) == pytest.approx(45.12, abs=0.02)
    assert {row["avertissement"] for row in rows} == {NOTE}


def test_the_json_is_what_the_network_takes_and_carries_the_warning() -> None:
    campaign = consenting(*MIXED)
    document = json.loads(promotion_json(promotion_places(campaign, target(campaign))))
    assert "octobre 2025" in document["note"]
    first = document["visuels"][0]
    assert first["visuel_ref"] == "P1"
    assert first["geo_locations"]["zips"] == [{"key": "FR:01000"}, {"key": "FR:38000"}]
    (place,) = first["geo_locations"]["custom_locations"]
    assert (place["radius"], place["distance_unit"]) == (8, "kilometer")


@pytest.mark.parametrize(("distance_km", "radius"), [(0.0, 10), (0.2, 1), (200.0, 80), (12.4, 12)])
def test_the_radius_is_one_that_the_network_takes(distance_km: float, radius: int) -> None:
    campaign = consenting(*MIXED)
    rules = replace(campaign.matching, distance_km=distance_km)
    campaign = replace(campaign, matching=rules)
    places = promotion_places(campaign, target(campaign))
    assert {p.radius_km for p in places if p.radius_km is not None} == {radius}


def test_where_an_agent_works_is_not_told_to_the_network() -> None:
    campaign = consenting(*MIXED)
    near = campaign.agents[0].workplace
    assert near is not None
    elsewhere = replace(campaign.agents[0], workplace=near._replace(lat=near.lat + 0.01))
    moved = replace(campaign, agents=(elsewhere, *campaign.agents[1:]))
    assert promotion_places(moved, target(moved)) == promotion_places(campaign, target(campaign))


def test_the_press_table_holds_each_portrait_in_the_editions_of_its_zones() -> None:
    campaign = consenting(*MIXED)
    lines = press_lines(campaign, eligibility=plan_eligibility(campaign), plan=tiny_plan())
    rows = [
        (row["niveau"], row["zone_edition"], row["visuel_ref"]) for row in rows_of(press_csv(lines))
    ]
    assert rows == [
        ("departement", "DEP", "P2"),
        ("departement", "DEP", "P3"),
        ("secteur", "NORD", "P3"),
        ("secteur", "SUD", "P2"),
        ("territoire", "T2", "P2"),
        ("territoire", "T3", "P3"),
    ]


def test_the_press_table_counts_the_posters_of_the_zone() -> None:
    campaign = consenting(PRESS, PRESS, PRESS, PRESS)
    lines = press_lines(campaign, eligibility=plan_eligibility(campaign), plan=tiny_plan())
    counts = {(line.zone_id, line.visual): line.postings for line in lines}
    assert (counts["dep", "P1"], counts["t1", "P1"], counts["t2", "P2"]) == (2, 2, 0)


def test_no_agent_is_named_in_either() -> None:
    campaign = consenting(None, None, None, None)
    lines = press_lines(campaign, eligibility=plan_eligibility(campaign), plan=tiny_plan())
    places = promotion_places(campaign, target(campaign))
    text = press_csv(lines) + promotion_csv(places) + promotion_json(places)
    assert b"ecret" not in text
    assert not any(agent.agent_id.encode() in text for agent in campaign.agents)


@pytest.mark.parametrize(
    ("media", "until", "days"),
    [
        (None, None, (17, 30)),
        ({"tous"}, None, (17, 30)),
        ({"web"}, date(2017, 10, 20), (17, 20)),
        ({"web"}, date(2017, 10, 16), None),
        ({"web"}, date(2018, 1, 1), (17, 30)),
        ({"presse"}, None, None),
        (set(), None, None),
    ],
)
def test_a_consent_covers_its_media_up_to_its_last_day(
    media: set[str] | None, until: date | None, days: tuple[int, int] | None
) -> None:
    campaign = plan_campaign()
    consent = None if media is None else frozenset(media)
    agent = replace(campaign.agents[0], consent_media=consent, consent_until=until)
    found = consent_days(agent, "web", campaign.periods)
    assert (None if found is None else (found[0].day, found[1].day)) == days


def test_the_faces_of_the_tiny_campaign_are_where_the_test_thinks() -> None:
    faces = plan_campaign().faces
    assert np.all(faces.y[:32] < faces.y[32])
