from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from data.write.order import ORDER_COLUMNS, order_lines, order_zone_names
from data.write.sheet import read_sheet, write_sheet
from geo.model import Campaign
from geo.order import OrderLine
from geo.targeting import Eligibility
from tests.golden.tiny_plan import plan_campaign, plan_eligibility, tiny_plan

HEADING = (
    "ref_face;afficheur;commune;code_insee;adresse;lat;lon;support;format;surface_m2;eclaire;zone;"
    "vague;date_debut;date_fin;visuel_ref;prix_espace_ht;statut"
)


def tiny_order(campaign: Campaign | None = None) -> tuple[OrderLine, ...]:
    campaign = campaign or plan_campaign()
    return order_lines(campaign, eligibility=plan_eligibility(campaign), plan=tiny_plan())


def rows_of(content: bytes) -> list[dict[str, str]]:
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(text, delimiter=";"))


def test_the_heading_is_the_one_that_was_agreed() -> None:
    assert ";".join(column.heading for column in ORDER_COLUMNS) == HEADING


def test_lines_are_sorted_by_period_then_face() -> None:
    plan = tiny_plan()
    backwards = replace(plan.allocation, postings=plan.allocation.postings[::-1])
    campaign = plan_campaign()
    lines = order_lines(
        campaign,
        eligibility=plan_eligibility(campaign),
        plan=replace(plan, allocation=backwards),
    )
    assert lines == tiny_order()
    assert [(line.period, line.face_id) for line in lines] == [(1, "f00"), (1, "f63"), (2, "f09")]


def test_the_last_day_of_posting_is_the_last_day_of_its_period() -> None:
    days = {line.period: (line.start, line.end) for line in tiny_order()}
    assert days[1] == (date(2017, 10, 17), date(2017, 10, 23))
    assert days[2] == (date(2017, 10, 24), date(2017, 10, 30))


def test_the_file_reads_back_as_the_lines_it_was_written_from() -> None:
    lines = tiny_order()
    content = write_sheet(ORDER_COLUMNS, lines)
    read = read_sheet(content, columns=ORDER_COLUMNS, make=OrderLine, file="affichage.csv")
    assert read == lines


def test_a_spreadsheet_sees_codes_prices_and_unknowns_as_they_are_meant() -> None:
    first, second, third = rows_of(write_sheet(ORDER_COLUMNS, tiny_order()))
    assert first["afficheur"] == '\'=HYPERLINK("http://exemple.invalid")'
    assert first["code_insee"] == "01004"
    assert (first["surface_m2"], first["eclaire"]) == ("8,50", "oui")
    assert (second["surface_m2"], second["eclaire"]) == ("12,00", "")
    assert (third["surface_m2"], third["eclaire"]) == ("", "non")
    assert [row["prix_espace_ht"] for row in (first, second, third)] == ["123,45", "100,00", "0,05"]
    assert first["visuel_ref"] == "P1"
    assert first["statut"] == "proposée"


def test_no_agent_is_named_in_the_order() -> None:
    campaign = plan_campaign()
    agents = tuple(
        replace(agent, name=f"Camille Secret{i}", job="métier secret", headline="titre secret")
        for i, agent in enumerate(campaign.agents)
    )
    text = write_sheet(ORDER_COLUMNS, tiny_order(replace(campaign, agents=agents))).decode()
    assert "ecret" not in text
    assert not any(agent.agent_id in text for agent in agents)


@pytest.mark.parametrize(
    ("levels", "face_zone", "name"),
    [
        (("departement", "secteur", "territoire"), (0, 2, 3), "T1"),
        (("secteur", "territoire", "commune"), (2, 3, 5), "T1"),
        (("secteur", "territoire", "Commune"), (2, -1, 5), "SUD"),
        (("secteur", "commune", "quartier"), (2, 3, 5), "SUD"),
        (("secteur", "commune", "quartier"), (-1, 3, 5), "T3"),
        (("commune",), (3,), "T1"),
        (("secteur", "territoire"), (-1, -1), ""),
    ],
)
def test_the_zone_is_the_finest_one_above_the_commune(
    levels: tuple[str, ...], face_zone: tuple[int, ...], name: str
) -> None:
    campaign = plan_campaign()
    eligibility: Eligibility = replace(
        plan_eligibility(campaign),
        levels=levels,
        face_zone=np.array([face_zone] * len(campaign.faces), dtype=np.int64),
    )
    assert order_zone_names(campaign, eligibility=eligibility, faces=[5]) == (name,)
