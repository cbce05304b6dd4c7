"""Whatever was typed into whatever column: it is shown as typed, and nothing of it runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geo.errors import Problem, Where
from geo.model import Agent, Campaign, Faces, Maison, Zone
from geo.targeting import target
from maps import render_pages
from tests.browser.conftest import Open, Visit
from tests.browser.plans import SHORTFALL, hand_made_plan, pages_of
from tests.builders import tiny_campaign

pytestmark = pytest.mark.browser

HOSTILE = (
    "<img src=x onerror=\"window.ran='img'\">",
    "</script><script>window.ran='script'</script>",
    "</title><svg onload=\"window.ran='title'\">",
    "${window.ran='dollar'}",
    "`;window.ran='backtick';`",
    '"><svg onload="window.ran=\'svg\'">',
    "'\"--><!--<script>window.ran='comment'",
    "javascript:window.ran='link'",
    "line\u2028window.ran='separator'\u2029",
    "\u202egauche\u202c \u200fdroite\u200e",
    "{{7*7}}{% raw %}&lt;b&gt;&amp;",
    "__proto__",
)


def hostile_campaign(text: str) -> Campaign:
    """Return a campaign with this text in every column that takes any, made different by column."""
    base = tiny_campaign()

    def agent(i: int, a: Agent) -> Agent:
        return replace(
            a,
            agent_id=f"{text}AGENT{i}",
            portrait_id=f"{text}PORTRAIT{i}",
            job=f"{text}JOB{i}",
            headline=f"{text}HEADLINE{i}",
            name=f"{text}NAME{i}",
        )

    def maison(i: int, m: Maison) -> Maison:
        texts: dict[str, Any] = {
            "name": f"{text}MAISON{i}",
            "city": f"{text}CITY{i}",
            "address": f"{text}STREET{i}",
        }
        return replace(m, **texts, postcode=f"{text}CODE{i}", precision=f"{text}PRECISION{i}")

    def zone(z: Zone) -> Zone:
        parent = f"{text}{z.parent_id}" if z.parent_id else None
        names: dict[str, Any] = {"zone_id": f"{text}{z.zone_id}", "name": f"{text}ZONE-{z.zone_id}"}
        return replace(z, **names, level=f"{text}{z.level}", parent_id=parent)

    return replace(
        base,
        name=f"{text}CAMPAIGN",
        sequences={f"{text}nord": frozenset({1}), f"{text}sud": frozenset({2})},
        zones=tuple(map(zone, base.zones)),
        maisons=tuple(maison(i, replace(m, zone_id=None)) for i, m in enumerate(base.maisons)),
        agents=tuple(
            replace(agent(i, a), zones=tuple(f"{text}{z}" for z in a.zones))
            for i, a in enumerate(base.agents)
        ),
        faces=_hostile_faces(base.faces, text),
    )


def _hostile_faces(faces: Faces, text: str) -> Faces:
    def column(name: str) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
        return np.array([f"{text}{name}{i:02}" for i in range(len(faces))], dtype=object)

    names = ("panel_id", "operator", "format", "support", "address", "postcode", "city", "insee")
    columns: dict[str, Any] = {name: column(name) for name in ("face_id", *names)}
    return replace(faces, **columns)


EVERYWHERE = (
    "CAMPAIGN",
    "MAISON0",
    "STREET0",
    "PRECISION0",
    "ZONE-t1",
    "city00",
    "address00",
    "format00",
)

BOUGHT = ("face_id00", "operator00", "support00", "postcode00")
SHOWN_ON = {
    "carte-interne.html": (
        *(*EVERYWHERE, *BOUGHT, "panel_id00", "JOB0", "AGENT0", "NAME0"),
        *("SHORTFALL", "PROBLEM", "REMEDY", "FILE", "COLUMN"),
    ),
    "carte-regie.html": (*EVERYWHERE, *BOUGHT, "PORTRAIT0"),
    "carte-elus.html": (*EVERYWHERE, "JOB0", "HEADLINE0"),
}


# All in one text, so that few pages hold all: what breaks out of one keeps the others from being
# shown as they were typed. Each page begins with another one.
TOGETHER = tuple("".join((*HOSTILE[i:], *HOSTILE[:i])) for i in (0, 1))


@pytest.mark.parametrize("text", TOGETHER)
def test_hostile_text_is_shown_as_typed_and_nothing_of_it_runs(text: str, open_page: Open) -> None:
    for name, html in hostile_pages(text).items():
        visit = open_page(html)
        content = _look_everywhere(visit)
        assert [part for part in SHOWN_ON[name] if f"{text}{part}" not in content] == []
        assert f"{text}CAMPAIGN".split("\u2028")[0] in visit.page.title()
        assert visit.page.evaluate("window.ran === undefined")
        assert visit.page.evaluate("window.violations") == []
        assert visit.page.evaluate(_FOREIGN_ELEMENTS) == 0
        assert visit.errors == []
        visit.page.close()


def hostile_pages(text: str) -> dict[str, str]:
    """Return the pages of the hostile campaign, its sequences and its problems hostile too."""
    campaign = hostile_campaign(text)
    plan = hand_made_plan(campaign)
    shortfall = replace(SHORTFALL, message=f"{text}SHORTFALL")
    plan = replace(plan, allocation=replace(plan.allocation, shortfalls=(shortfall,)))
    where = Where(f"{text}FILE", 3, f"{text}COLUMN")
    problem = Problem(where, "odd", f"{text}PROBLEM", found="", remedy=f"{text}REMEDY")
    return render_pages(campaign, plan, target(campaign), problems=[problem])


def test_the_watch_would_see_text_that_runs(open_page: Open) -> None:
    html = pages_of(tiny_campaign())["carte-elus.html"]
    visit = open_page(html.replace("<main", "<img src='x' onerror='window.ran = 1'><main", 1))
    visit.page.wait_for_function("window.violations.length > 0")
    assert visit.page.evaluate("window.ran === undefined"), "the policy stops what slipped in"
    assert visit.errors


def _look_everywhere(visit: Visit) -> str:
    """Open every kind of card, hint and list that shows text; return all that was to be read."""
    page = visit.page
    seen = [page.evaluate(_READ)]
    page.get_by_role("combobox", name="Rechercher").fill("e")
    seen.append(page.evaluate(_READ))
    page.locator(".leaflet-marker-icon").first.evaluate("marker => marker.focus()")
    page.keyboard.press("Enter")
    seen.append(page.evaluate(_READ))
    seen += page.evaluate(_READ_CARDS)
    page.evaluate("document.querySelector('.legend > .link').click()")
    page.get_by_role("slider").press("ArrowRight")
    page.locator("#choix-format").select_option(index=2)
    seen.append(page.evaluate(_READ))
    page.locator("#choix-format").select_option(index=0)
    page.get_by_role("slider").press("Home")
    page.locator("#choix-zone").select_option(index=1)
    seen.append(page.evaluate(_READ))
    page.locator("#choix-zone").select_option(index=0)
    page.get_by_label("Exposition itinérante").uncheck()
    page.locator("#map_placarde").scroll_into_view_if_needed()
    box, at = page.locator("#map_placarde").bounding_box(), page.evaluate("placarde.pixelOf(0)")
    assert box is not None
    page.mouse.move(box["x"] + at["x"], box["y"] + at["y"])
    page.locator(".leaflet-tooltip").last.wait_for()
    page.mouse.click(box["x"] + at["x"], box["y"] + at["y"])
    seen.append(page.evaluate(_READ))
    page.locator("#fiche").get_by_role("button", name="Laisser une remarque").click()
    page.get_by_label("Votre remarque").fill("<img src=x onerror=\"window.ran='remark'\">")
    page.get_by_role("button", name="Garder la remarque").click()
    seen.append(page.evaluate(_READ))
    return "\n".join(seen)


# Without the scripts, one of which is the data.
_READ = "['tete', 'contenu', 'pied'].map((id) => document.getElementById(id).textContent).join()"

# What stands on the page after each row that leads to the map is followed: the first of each table
# and the last one.
_READ_CARDS = f"""() => [...document.querySelectorAll("table")].flatMap((table) => {{
  const rows = [...table.querySelectorAll("tbody th button")];
  return [rows[0], rows.at(-1)].filter(Boolean).map((row) => {{
    row.click();
    return {_READ};
  }});
}})"""

# Nothing on a page of ours is one of these but the portraits, which this campaign has none of, the
# tiles, and the two drawings of Leaflet.
_FOREIGN_ELEMENTS = """document.querySelectorAll(
  "img:not(.leaflet-tile), iframe, object, embed, a[href^='javascript'], [onerror], [onload], b"
).length + document.querySelectorAll("svg:not(.leaflet-pane > svg)").length"""
