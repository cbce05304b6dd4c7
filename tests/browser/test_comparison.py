"""The page of two plans: what differs stands on it, as text, and works without a network."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from geo.both import united
from geo.compare import compare
from geo.model import Campaign, Faces
from geo.plan import Plan, Posting
from geo.targeting import target
from maps.comparison import PlanSide, render_comparison
from tests.browser.conftest import Open
from tests.browser.plans import hand_made_plan
from tests.builders import tiny_campaign

pytestmark = pytest.mark.browser

HOSTILE = "</script><script>window.ran='script'</script><img src=x onerror=\"window.ran='img'\">"


def _with(plan: Plan, postings: list[Posting]) -> Plan:
    return replace(plan, allocation=replace(plan.allocation, postings=tuple(sorted(postings))))


def _page(a: PlanSide, b: PlanSide) -> str:
    both = united(a.campaign, b.campaign)
    return render_comparison(
        a,
        b,
        compare(a.plan.allocation, b.plan.allocation),
        united=both,
        eligibility=target(both),
        measures=[["Coût", "1", "2", "+1"]],
        cautions=[HOSTILE],
    )


def _sides() -> tuple[PlanSide, PlanSide]:
    campaign = tiny_campaign()
    plan = hand_made_plan(campaign)
    first, second, *rest = plan.allocation.postings
    other = "A1" if second.agent_id != "A1" else "A2"
    later = [replace(second, agent_id=other), *rest]
    b = _with(plan, [*later, replace(first, period=3 - first.period)])
    agents = tuple(replace(agent, job=f"{HOSTILE} {agent.agent_id}") for agent in campaign.agents)
    hostile = replace(campaign, agents=agents, name=HOSTILE)
    return PlanSide(HOSTILE, hostile, plan), PlanSide("b", hostile, b)


def test_the_page_tells_what_was_added_removed_and_changed(open_page: Open) -> None:
    visit = open_page(_page(*_sides()))
    rows = visit.table("Affichages qui changent")
    said = " ".join(" ".join(row) for row in rows)
    assert len(rows) == 3
    assert all(word in said for word in ("Ajouté dans B", "Retiré de A", "Autre portrait"))
    assert visit.page.locator("#etat").inner_text() == "3\u00a0changements sur 2\u00a0faces"
    assert visit.table("Ce que valent les deux plans")[0] == ["Coût", "1", "2", "+1"]
    assert visit.page.locator("h1").inner_text() == HOSTILE
    assert visit.page.evaluate("window.ran") is None
    assert visit.page.evaluate("window.violations") == []
    assert visit.errors == []


def test_two_plans_alike_are_said_to_be_so(open_page: Open) -> None:
    a, _ = _sides()
    visit = open_page(_page(a, a))
    assert "Les deux plans affichent la même chose" in visit.page.locator("body").inner_text()
    assert visit.table("Affichages qui changent") == []
    assert visit.errors == []


def test_a_face_and_an_agent_that_only_the_first_plan_knows_are_shown(open_page: Open) -> None:
    a, b = _sides()
    lost = a.plan.allocation.postings[0]
    agents = tuple(x for x in b.campaign.agents if x.agent_id != lost.agent_id)
    fewer = replace(b.campaign, agents=agents, faces=_without(b.campaign, lost.face_id))
    kept = [
        p
        for p in a.plan.allocation.postings
        if p.face_id != lost.face_id and p.agent_id != lost.agent_id
    ]
    both = united(a.campaign, fewer)
    assert sorted(both.faces.face_id) == sorted(a.campaign.faces.face_id)
    visit = open_page(_page(a, PlanSide("b", fewer, _with(b.plan, kept))))
    rows = visit.table("Affichages qui changent")
    assert lost.face_id in {row[0] for row in rows}
    assert visit.errors == []


def _without(campaign: Campaign, face_id: str) -> Faces:
    keep = campaign.faces.face_id != face_id
    columns = {each.name: getattr(campaign.faces, each.name)[keep] for each in fields(Faces)}
    return Faces(**columns)
