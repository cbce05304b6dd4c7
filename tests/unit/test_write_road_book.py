from __future__ import annotations

import io
import unicodedata
from dataclasses import replace

import pytest
from pypdf import PdfReader

from data.write.road_book import opening_in_french, qr_svg, road_book, road_book_data
from geo.crs import LngLat
from geo.model import Campaign
from geo.plan import Shortfall, Spread, Status, Tour, TravelSource
from geo.tour import build_problem, solve, with_spread
from tests.builders import tiny_campaign
from tests.golden.tiny_plan import plan_campaign, tiny_plan

HOSTILE = '#panic() $x$ *gras* [crochet \\ "fin" <a> @b // c'


def planned(campaign: Campaign) -> Tour:
    problem = build_problem(campaign)
    return with_spread(problem, solve(problem))


def read(content: bytes) -> str:
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    return "".join(unicodedata.normalize("NFKC", text).split())


def test_every_stop_has_its_place_hours_next_drive_and_code() -> None:
    campaign = tiny_campaign()
    tour = planned(campaign)
    kits = road_book_data(campaign, tour)["kits"]

    assert isinstance(kits, list)
    stops = kits[0]["stops"]
    assert [s["heading"] for s in stops] == [
        "1. Maison 3",
        "2. Maison 4",
        "3. Maison 2",
        "4. Maison 1",
    ]
    labels = [label for label, _ in stops[0]["rows"]]
    assert labels == [
        "Adresse",
        "Contact sur place",
        "Arrivée du kit",
        "Installation",
        "Ouvert au public",
        "Démontage",
        "Départ du kit",
    ]
    assert [d["to"] for s in stops for d in s["onward"]] == [
        "Vers Maison 4, Ville 4",
        "Vers Maison 2, Ville 2",
        "Vers Maison 1, Ville 1",
    ]
    assert all(d["estimated"] for s in stops for d in s["onward"])
    assert kits[0]["start"][0]["to"] == "Vers Maison 3, Ville 3"


def test_a_driver_who_returns_has_the_empty_drives_beside_the_full_one() -> None:
    campaign = tiny_campaign()
    assert campaign.tour is not None
    back = replace(campaign, tour=replace(campaign.tour, driver_returns=True))
    kits = road_book_data(back, planned(back))["kits"]

    assert isinstance(kits, list)
    onward = [d["to"] for d in kits[0]["stops"][0]["onward"]]
    assert onward == [
        "À vide vers Maison 3, Ville 3",
        "Vers Maison 4, Ville 4",
        "À vide vers Maison 1, Ville 1",
    ]


def test_estimates_are_marked_with_their_interval_and_their_verdict() -> None:
    campaign = tiny_campaign()
    tour = planned(campaign)
    text = read(road_book(campaign, tour))

    assert text.count("estimation") >= len(tour.legs)
    assert "mêmeaupluslong,lesétapesgardentleursjours" in text


def test_what_breaks_at_the_worst_and_what_the_roads_say_is_told_first() -> None:
    campaign = tiny_campaign()
    broken = (Shortfall("leg-breaks-at-worst", "m1", "Ce trajet casse."),)
    tour = replace(
        planned(campaign),
        spread=Spread(1, 2, holds=False, breaks=broken),
        remarks=(Shortfall("no-road", "m2", "Pas de route vers là."),),
    )
    notices = road_book_data(campaign, tour)["notices"]

    assert isinstance(notices, list)
    assert notices[-2:] == ["Ce trajet casse.", "Pas de route vers là."]
    assert "ne tient plus" in str(notices[-3])


def test_known_roads_bear_no_mark_of_an_estimate() -> None:
    campaign = plan_campaign()
    tour = tiny_plan().tour
    legs = tuple(replace(leg, source=TravelSource.ROADS) for leg in tour.legs)
    text = read(road_book(campaign, replace(tour, legs=legs)))

    assert "estimation" not in text
    assert "itinéraireparlaroute" in text


def test_text_from_files_is_printed_as_it_was_typed() -> None:
    campaign = tiny_campaign()
    maisons = tuple(
        replace(m, name=HOSTILE, city=HOSTILE, address=HOSTILE, postcode="#1")
        for m in campaign.maisons
    )
    hostile = replace(campaign, name=HOSTILE, maisons=maisons)
    text = read(road_book(hostile, planned(hostile)))

    assert text.count("".join(HOSTILE.split())) >= 12


def test_the_same_tour_is_the_same_bytes() -> None:
    campaign = tiny_campaign()
    tour = planned(campaign)

    assert road_book(campaign, tour) == road_book(campaign, tour)


def test_without_a_tour_it_says_so() -> None:
    nothing = Tour(Status.NOT_ASKED, 0, 0, 0)

    assert "iln’yapasdetournée" in read(road_book(tiny_campaign(), nothing))


@pytest.mark.parametrize(
    ("osm", "french"),
    [
        (
            "Mo-Fr 08:30-12:00,13:30-17:00",
            "lun.–ven. 8\u00a0h\u00a030–12\u00a0h\u00a000, 13\u00a0h\u00a030–17\u00a0h\u00a000",
        ),
        ("Sa off; PH off", "sam. fermé; jours fériés fermé"),
        ("Mo 14:00+", "lun. 14\u00a0h\u00a000+"),
    ],
)
def test_opening_hours_read_as_french(osm: str, french: str) -> None:
    assert opening_in_french(osm) == french


def test_the_code_is_a_picture_without_a_service_behind_it() -> None:
    code = qr_svg(LngLat(5.73631, 45.18663))

    assert code.startswith("<svg")
    assert "http" not in code.replace("http://www.w3.org/2000/svg", "")
    assert code == qr_svg(LngLat(5.73631, 45.18663))
    assert code != qr_svg(LngLat(5.73632, 45.18663))
