"""A correct order is broken in every way, and each way is found as what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from geo.model import Campaign
from geo.order import OrderLine
from geo.plan import Posting
from geo.verify import Rule, verify
from tests.honest_plan import Case, honest_case, honest_order, rich_campaign

Break = Callable[[], Case]


def with_line(**changes: Any) -> Break:
    """Return what makes the case whose first line says something else."""

    def make() -> Case:
        case = honest_case()
        first, *others = case.order
        return replace(case, order=(replace(first, **changes), *others))

    return make


def with_lines(alter: Callable[[tuple[OrderLine, ...]], tuple[OrderLine, ...]]) -> Break:
    def make() -> Case:
        case = honest_case()
        return replace(case, order=alter(case.order))

    return make


def line_of(*posting: Any) -> OrderLine:
    return honest_order(rich_campaign(), [Posting(*posting)])[0]


BREAKS: dict[str, tuple[Break, set[Rule]]] = {
    "a line missing": (with_lines(lambda o: o[1:]), {Rule.ORDER_MISSING_LINE}),
    "no line at all": (with_lines(lambda _: ()), {Rule.ORDER_MISSING_LINE}),
    "a line twice": (with_lines(lambda o: (o[0], *o)), {Rule.ORDER_EXTRA_LINE}),
    "a line that nobody planned": (
        with_lines(lambda o: (*o, line_of(2, "f56", "A3"))),
        {Rule.ORDER_EXTRA_LINE},
    ),
    "a line of no face": (
        with_lines(lambda o: (*o, replace(o[-1], face_id="f99"))),
        {Rule.ORDER_EXTRA_LINE},
    ),
    "a line of no period": (
        with_lines(lambda o: (*o, replace(o[-1], period=3))),
        {Rule.ORDER_EXTRA_LINE},
    ),
    "a line of another period": (
        with_lines(lambda o: (*o[:-1], replace(o[-1], period=1))),
        {Rule.ORDER_MISSING_LINE, Rule.ORDER_EXTRA_LINE, Rule.ORDER_DATES, Rule.ORDER_UNSORTED},
    ),
    "a first day too late": (with_line(start=date(2017, 10, 18)), {Rule.ORDER_DATES}),
    "a last day too early": (with_line(end=date(2017, 10, 22)), {Rule.ORDER_DATES}),
    "another visual": (with_line(visual="P3"), {Rule.ORDER_VISUAL}),
    "another price": (with_line(price_cents=5001), {Rule.ORDER_PRICE}),
    "another operator": (with_line(operator="Une autre"), {Rule.ORDER_FACE}),
    "another city": (with_line(city=""), {Rule.ORDER_FACE}),
    "another INSEE code": (with_line(insee="38421"), {Rule.ORDER_FACE}),
    "another address": (with_line(address="1 rue Neuve"), {Rule.ORDER_FACE}),
    "another support": (with_line(support="abribus"), {Rule.ORDER_FACE}),
    "another format": (with_line(format="2 m²"), {Rule.ORDER_FACE}),
    "another latitude": (with_line(lat=45.0), {Rule.ORDER_FACE}),
    "a longitude that is none": (with_line(lon=float("nan")), {Rule.ORDER_FACE}),
    "another surface": (with_line(surface_m2=12.02), {Rule.ORDER_FACE}),
    "no surface": (with_line(surface_m2=None), {Rule.ORDER_FACE}),
    "a light that nobody knows of": (with_line(lit=True), {Rule.ORDER_FACE}),
    "a zone elsewhere": (with_line(zone="T4"), {Rule.ORDER_ZONE}),
    "lines out of order": (
        with_lines(lambda o: (o[1], o[0], *o[2:])),
        {Rule.ORDER_UNSORTED},
    ),
    "an agent's id": (with_line(state="proposée pour A1"), {Rule.ORDER_PERSONAL}),
    "an agent's name in other letters": (
        with_line(state="ROSE  exemple"),
        {Rule.ORDER_PERSONAL},
    ),
    "an agent's name in the address": (
        with_line(address="chez Rose Exemple"),
        {Rule.ORDER_FACE, Rule.ORDER_PERSONAL},
    ),
    "an agent's id for the visual": (
        with_line(visual="A1"),
        {Rule.ORDER_VISUAL, Rule.ORDER_PERSONAL},
    ),
    "an agent's id for the zone": (
        with_line(zone="A1"),
        {Rule.ORDER_ZONE, Rule.ORDER_PERSONAL},
    ),
    "an agent's id for the face": (
        with_lines(lambda o: (replace(o[0], face_id="A1"), *o[1:])),
        {Rule.ORDER_MISSING_LINE, Rule.ORDER_EXTRA_LINE, Rule.ORDER_PERSONAL},
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_order_is_found_as_what_it_is(name: str) -> None:
    make, rules = BREAKS[name]
    case = make()
    assert {v.rule for v in verify(case.campaign, case.plan, case.order)} == rules


def campaign_whose_faces_say(**texts: str) -> Campaign:
    campaign = rich_campaign()
    changed = {}
    for name, text in texts.items():
        column = getattr(campaign.faces, name).copy()
        column[:] = text
        changed[name] = column
    return replace(campaign, faces=replace(campaign.faces, **changed))


def test_a_street_that_bears_the_name_of_an_agent_is_no_secret() -> None:
    case = honest_case(campaign_whose_faces_say(address="2 rue Rose Exemple, bâtiment A1"))
    assert verify(case.campaign, case.plan, case.order) == ()


def test_a_portrait_may_be_numbered_like_its_agent() -> None:
    agents = tuple(replace(a, portrait_id=f"portrait-{a.agent_id}") for a in rich_campaign().agents)
    case = honest_case(rich_campaign(agents=agents))
    assert verify(case.campaign, case.plan, case.order) == ()


def test_white_space_that_a_table_file_loses_is_no_difference() -> None:
    case = honest_case(campaign_whose_faces_say(address=" 2  rue\nNeuve "))
    order = tuple(replace(line, address="2 rue Neuve") for line in case.order)
    assert verify(case.campaign, case.plan, order) == ()


def test_a_line_may_leave_the_zone_out_or_name_a_larger_one() -> None:
    case = honest_case()
    order = (replace(case.order[0], zone=""), replace(case.order[1], zone="SUD"), *case.order[2:])
    assert verify(case.campaign, case.plan, order) == ()
