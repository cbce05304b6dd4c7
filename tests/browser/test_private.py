"""What must not leave: the bytes of the two pages that go out hold no private value."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from geo.model import Campaign
from geo.targeting import target
from maps import render_by_zone
from tests.browser.payloads import all_values, payload_of
from tests.browser.plans import hand_made_plan, pages_of
from tests.builders import tiny_campaign

# Rare strings, so that none stands in a page by chance.
AGENT_IDS = [f"zqagentid{i}" for i in range(4)]
NAMES = [f"Zqnom Zqprenom{i}" for i in range(4)]
JOBS = [f"zqmetier{i}" for i in range(4)]
HEADLINES = [f"zqaccroche{i}" for i in range(4)]
PORTRAITS = [f"zqvisuel{i}" for i in range(4)]
FACE_IDS = [f"zqface{i:03}" for i in range(64)]
PANEL_IDS = [f"zqpanneau{i:03}" for i in range(64)]
OPERATORS = [f"zqafficheur{i:03}" for i in range(64)]
PRICES = [7_654_300 + i for i in range(64)]
CONSENT = "zqconsentement"
UNTIL = date(2031, 7, 29)
PICTURE = "zqimage"


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return pages_of(private_campaign())


def private_campaign() -> Campaign:
    base = tiny_campaign()
    agents = tuple(
        replace(
            agent,
            agent_id=AGENT_IDS[i],
            portrait_id=PORTRAITS[i],
            name=NAMES[i],
            job=JOBS[i],
            headline=HEADLINES[i] if i % 2 else "",
            consent_media=frozenset({"tous", CONSENT}),
            consent_until=UNTIL,
        )
        for i, agent in enumerate(base.agents)
    )
    faces = replace(
        base.faces,
        face_id=np.array(FACE_IDS, dtype=object),
        panel_id=np.array(PANEL_IDS, dtype=object),
        operator=np.array(OPERATORS, dtype=object),
        price_cents=np.array(PRICES, dtype=np.int64),
    )
    return replace(base, agents=agents, faces=faces)


def leaks(html: str, values: list[str]) -> list[str]:
    """Return which values stand in a page, in any case, as text or in base64."""
    page = html.casefold()
    plain = [value for value in values if value.casefold() in page]
    # The middle of the base64 of a text, at each of its three places in a group of four letters.
    coded = [
        value
        for value in values
        for shift in range(3)
        if len(value) >= 8
        and base64.b64encode(b"-" * shift + value.encode())[4:-4].decode() in html
    ]
    return plain + coded


def prices_in_text() -> list[str]:
    """Return every price in cents and in euros, with each kind of separator."""
    forms = [f"{p}" for p in PRICES] + [f"{p // 100}" for p in PRICES]
    return [*forms, "76\u202f54", "76\u00a054", "76 54", "76.54"]


def test_the_officials_page_holds_no_price_name_consent_or_id(pages: dict[str, str]) -> None:
    html = pages["carte-elus.html"]
    ids = AGENT_IDS + FACE_IDS + PANEL_IDS + OPERATORS + PORTRAITS
    assert leaks(html, ids) == []
    assert leaks(html, [*NAMES, CONSENT, "2031", "29 juillet", "consent"]) == []
    assert leaks(html, prices_in_text()) == []


def test_no_column_of_the_officials_page_holds_a_private_value(pages: dict[str, str]) -> None:
    """The packed columns read back: what is not text in the file's bytes is not there either."""
    values = all_values(payload_of(pages["carte-elus.html"]))
    joined = "\n".join(values).casefold()
    private = AGENT_IDS + FACE_IDS + PANEL_IDS + OPERATORS + PORTRAITS + NAMES
    assert [value for value in private if value in joined] == []
    assert not {str(price) for price in PRICES} & set(values)
    assert not {str(price / 100) for price in PRICES} & set(values)
    assert "zqmetier0" in joined, "the columns were read"


def test_the_pages_by_zone_hold_nothing_private_and_nothing_of_the_others() -> None:
    campaign = private_campaign()
    pages = render_by_zone(campaign, hand_made_plan(campaign), target(campaign), level="territoire")
    assert list(pages) == [f"carte-elus-t{i}.html" for i in (1, 2, 3, 4)]
    for i, html in enumerate(pages.values()):
        values = "\n".join(all_values(payload_of(html)))
        private = AGENT_IDS + FACE_IDS + PANEL_IDS + OPERATORS + PORTRAITS + NAMES
        assert leaks(html, [*private, CONSENT, "2031", "29 juillet", "consent"]) == []
        assert leaks(html, prices_in_text()) == []
        assert [value for value in private if value in values] == []
        assert [job for job in JOBS if job in html] == [JOBS[i]], "only who is posted here"
        others = {f"T{n}" for n in (1, 2, 3, 4)} - {f"T{i + 1}"}
        assert payload_of(html)["zones"]["name"] == [f"T{i + 1}"]
        assert not others & set(all_values(payload_of(html)))


def test_the_officials_page_shows_what_is_theirs(pages: dict[str, str]) -> None:
    assert leaks(pages["carte-elus.html"], JOBS)[:4] == JOBS
    assert HEADLINES[1] in pages["carte-elus.html"]


def test_the_buyers_page_holds_nothing_personal(pages: dict[str, str]) -> None:
    html = pages["carte-regie.html"]
    assert leaks(html, AGENT_IDS + NAMES + JOBS + HEADLINES) == []
    assert leaks(html, [CONSENT, "2031", "29 juillet", "consent"]) == []


def test_the_buyers_page_shows_what_is_theirs(pages: dict[str, str]) -> None:
    html = pages["carte-regie.html"]
    assert all(portrait in html for portrait in PORTRAITS)
    shown = all_values(payload_of(html))
    assert sum(face in shown for face in FACE_IDS) == 20


def test_the_planners_page_holds_no_consent(pages: dict[str, str]) -> None:
    html = pages["carte-interne.html"]
    assert leaks(html, AGENT_IDS)[:4] == AGENT_IDS
    assert leaks(html, [CONSENT, "2031"]) == []


def test_a_portrait_that_is_not_posted_is_not_on_the_officials_page() -> None:
    campaign = private_campaign()
    silent = replace(campaign.agents[0], consent_media=frozenset({"presse"}), zones=())
    html = pages_of(replace(campaign, agents=(silent, *campaign.agents[1:])))["carte-elus.html"]
    assert leaks(html, [JOBS[0]]) == []
    assert leaks(html, [JOBS[2]]) == [JOBS[2]]
