"""Whether the consents of today still cover the postings of a plan made before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.service.plan_reading import OpenPlan
from data.read.cells import CellFault, day, media
from data.store import Tx, inputs
from geo.model import Agent
from geo.verify import Rule, Violation
from geo.verify.ledger import Ledger
from geo.verify.postings import check_postings
from geo.verify.violation import breach

_OF_CONSENT = frozenset({Rule.CONSENT_MEDIUM, Rule.CONSENT_EXPIRED, Rule.UNKNOWN_AGENT})


def lapsed_consents(tx: Tx, found: OpenPlan) -> tuple[Violation, ...]:
    """Return the postings that no consent covers any more, sorted; those of withdrawn agents too.

    An agent who is no longer in the campaign consents to nothing. A cell that cannot be read is no
    consent either.
    """
    campaign_id = found.record.campaign_id
    record = inputs.get(tx, campaign_id, "agents")
    headings: Sequence[str] = () if record is None else record.headings
    cells = {row.row_id: row.cells for row in inputs.every(tx, campaign_id, "agents")}
    agents = tuple(
        _as_now(agent, cells[agent.agent_id], headings)
        for agent in found.campaign.agents
        if agent.agent_id in cells
    )
    ledger = Ledger(replace(found.campaign, agents=agents), found.plan.allocation.postings)
    broken = [v for v in check_postings(ledger) if v.rule in _OF_CONSENT]
    gone = {p.agent_id for p in found.plan.allocation.postings} & set(found.record.withdrawn)
    told = [
        breach(Rule.CONSENT_MEDIUM, agent_id, f"L’agent {agent_id} a retiré son accord.")
        for agent_id in sorted(gone)
    ]
    return tuple(sorted({*broken, *told}))


def _as_now(agent: Agent, cells: Mapping[str, str], headings: Sequence[str]) -> Agent:
    if "consent_media" not in headings and "consent_until" not in headings:
        return replace(agent, consent_media=None, consent_until=None)
    try:
        covered = media(cells.get("consent_media", "")) if cells.get("consent_media") else None
        until = day(cells["consent_until"]) if cells.get("consent_until") else None
    except CellFault:
        return replace(agent, consent_media=frozenset(), consent_until=None)
    if covered is None:
        covered = frozenset() if "consent_media" in headings else None
    return replace(agent, consent_media=covered, consent_until=until)
