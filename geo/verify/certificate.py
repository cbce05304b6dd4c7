"""What the allocation owes each agent, and the arithmetic of its certificate."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

import numpy as np

from geo.french import euros
from geo.model import Campaign
from geo.plan import AgentExposure, Allocation, Status
from geo.verify import worth
from geo.verify.ledger import Ledger
from geo.verify.postings import cost_of
from geo.verify.violation import Rule, Violation, breach
from geo.verify.wording import number

NO_ANSWER = (Status.INFEASIBLE, Status.UNKNOWN)
"""Of an allocation or a tour that is not there: it owes a reason and nothing else."""

Rows = dict[str, AgentExposure]

TOLERANCE = 1e-9
"""Two computations of one number may differ by this, relative to it (or to 1 below 1)."""

ROUNDINGS = 64
"""How many roundings of a utility its equivalent exposure is allowed to carry."""


def check_certificate(ledger: Ledger, allocation: Allocation) -> Iterator[Violation]:
    """Yield what is owed and not given, and every number that does not follow from the postings."""
    yield from _cost(ledger, allocation)
    if allocation.status in NO_ANSWER:
        yield from _no_answer(allocation)
        return
    yield from _made(ledger.campaign, allocation)
    yield from _quotas(ledger, allocation)
    rows = expected_rows(ledger)
    yield from _agents(rows, allocation)
    yield from _objective(ledger.campaign, rows, allocation)
    yield from _equivalents(ledger.campaign, allocation)
    yield from _unused(ledger, allocation)


def same(found: float, right: float, tolerance: float = TOLERANCE) -> bool:
    """Return whether two numbers are one, give or take the tolerance; NaN is nothing's twin."""
    return found == right or abs(found - right) <= tolerance * max(1.0, abs(right))


def _cost(ledger: Ledger, allocation: Allocation) -> Iterator[Violation]:
    cost = cost_of(ledger)
    if allocation.cost_cents != cost:
        told = euros(allocation.cost_cents)
        message = f"Le plan annonce un coût de {told}, ses poses coûtent {euros(cost)}."
        yield breach(Rule.COST, "", message)


def _no_answer(allocation: Allocation) -> Iterator[Violation]:
    if allocation.postings:
        message = (
            f"Le plan dit n’affecter aucune face, et porte {len(allocation.postings)} pose(s)."
        )
        yield breach(Rule.NO_ANSWER_WITH_POSTINGS, "", message)
    if not allocation.shortfalls:
        message = "Le plan n’affecte aucune face, et ne dit pas pourquoi."
        yield breach(Rule.NO_ANSWER_WITHOUT_REASON, "", message)


def _made(campaign: Campaign, allocation: Allocation) -> Iterator[Violation]:
    if allocation.status is Status.NOT_ASKED and campaign.agents and len(campaign.faces):
        message = "La campagne a des agents et des faces, le plan ne les a pas affectés."
        yield breach(Rule.ALLOCATION_NOT_MADE, "", message)


def _quotas(ledger: Ledger, allocation: Allocation) -> Iterator[Violation]:
    counts = Counter(entry.agent.agent_id for entry in ledger.entries)
    wanted = ledger.campaign.matching.min_faces
    named = {shortfall.subject for shortfall in allocation.shortfalls}
    for agent_id in sorted(set(allocation.quota) | set(ledger.agents)):
        quota, got = allocation.quota.get(agent_id, 0), counts[agent_id]
        if quota > wanted or (quota and agent_id not in ledger.agents):
            message = f"Agent {agent_id} : le plan lui promet {quota} poses, on en veut {wanted}."
            yield breach(Rule.QUOTA_TOO_HIGH, agent_id, message)
        if got < quota:
            message = f"Agent {agent_id} : {got} pose(s), le plan lui en promet {quota}."
            yield breach(Rule.QUOTA_MISSED, agent_id, message)
        if agent_id in ledger.agents and got < wanted and agent_id not in named:
            message = f"Agent {agent_id} : {got} pose(s) sur {wanted}, et rien ne dit pourquoi."
            yield breach(Rule.SHORTFALL_UNNAMED, agent_id, message)


def expected_rows(ledger: Ledger) -> Rows:
    """Return what each agent gets, recomputed from the postings, by agent id.

    The ratio of an agent whose target is zero is zero.
    """
    campaign = ledger.campaign
    faces: dict[str, list[int]] = {agent.agent_id: [] for agent in campaign.agents}
    for entry in ledger.entries:
        faces[entry.agent.agent_id].append(entry.face)
    targets = worth.targets(campaign)
    rows = {}
    for agent in campaign.agents:
        mine = np.array(faces[agent.agent_id], dtype=np.int64)
        contacts = campaign.faces.contacts[mine]
        fit = worth.relevance(campaign, agent, mine)
        exposure, target = math.fsum((fit * contacts).tolist()), targets[agent.agent_id]
        rows[agent.agent_id] = AgentExposure(
            agent_id=agent.agent_id,
            target=target,
            exposure=exposure,
            ratio=exposure / target if target > 0 else 0.0,
            contacts=math.fsum(contacts.tolist()),
            postings=len(mine),
        )
    return rows


def _agents(right: Rows, allocation: Allocation) -> Iterator[Violation]:
    told = [row.agent_id for row in allocation.agents]
    for agent_id in sorted(set(told) | set(right)):
        expected = 1 if agent_id in right else 0
        if told.count(agent_id) != expected:
            message = f"Agent {agent_id} : {told.count(agent_id)} ligne(s) au lieu de {expected}."
            yield breach(Rule.AGENT_ROWS, agent_id, message)
    for row in allocation.agents:
        if row.agent_id in right:
            yield from _agent(row, right[row.agent_id])


def _agent(row: AgentExposure, right: AgentExposure) -> Iterator[Violation]:
    columns = (
        (Rule.TARGET, "objectif d’exposition", row.target, right.target),
        (Rule.EXPOSURE, "exposition", row.exposure, right.exposure),
        (Rule.RATIO, "rapport à l’objectif", row.ratio, right.ratio),
        (Rule.CONTACTS, "contacts", row.contacts, right.contacts),
        (Rule.POSTING_COUNT, "nombre de poses", row.postings, right.postings),
    )
    for rule, name, found, expected in columns:
        if not same(found, expected):
            message = (
                f"Agent {row.agent_id}, {name} : le plan dit {number(found, 12)}, "
                f"le calcul donne {number(expected, 12)}."
            )
            yield breach(rule, row.agent_id, message)


def _objective(campaign: Campaign, rows: Rows, allocation: Allocation) -> Iterator[Violation]:
    alpha = campaign.matching.fairness
    ratios = {agent_id: row.ratio for agent_id, row in rows.items()}
    agents = campaign.agents
    right = worth.total_utility(agents, ratios, alpha)
    if not same(allocation.objective, right):
        yield _wrong(Rule.OBJECTIVE, "utilité totale", allocation.objective, right)
    if not allocation.bound >= right - TOLERANCE * max(1.0, abs(right)):
        message = (
            f"Le plan vaut {number(right, 12)} et dit que rien ne vaut plus de "
            f"{number(allocation.bound, 12)}."
        )
        yield breach(Rule.BOUND_BELOW_OBJECTIVE, "", message)
    exposure = worth.equivalent_of_ratios(agents, ratios, alpha)
    if not same(allocation.exposure, exposure, _slack(exposure, alpha)):
        yield _wrong(
            Rule.EQUIVALENT_EXPOSURE, "exposition équivalente", allocation.exposure, exposure
        )


def _slack(exposure: float, alpha: float) -> float:
    return TOLERANCE + ROUNDINGS * worth.digits_lost(exposure, alpha)


def _equivalents(campaign: Campaign, allocation: Allocation) -> Iterator[Violation]:
    alpha = campaign.matching.fairness
    shares = math.fsum(agent.share for agent in campaign.agents)
    bound = worth.equivalent_of_utility(allocation.bound, shares=shares, alpha=alpha)
    slack = _slack(min(bound, allocation.exposure_bound), alpha)
    if not same(allocation.exposure_bound, bound, slack):
        told = allocation.exposure_bound
        yield _wrong(Rule.EQUIVALENT_BOUND, "borne de l’exposition équivalente", told, bound)
    most = allocation.exposure_bound
    gap = 1 - allocation.exposure / most if most > 0 else 0.0
    if not same(allocation.gap, gap):
        yield _wrong(Rule.GAP, "écart à la borne", allocation.gap, gap)


def _wrong(rule: Rule, name: str, found: float, right: float) -> Violation:
    told, computed = number(found, 12), number(right, 12)
    return breach(rule, "", f"Certificat, {name} : le plan dit {told}, le calcul donne {computed}.")


def _unused(ledger: Ledger, allocation: Allocation) -> Iterator[Violation]:
    empty = len(ledger.campaign.faces) - len({entry.face for entry in ledger.entries})
    told = sum(allocation.unused.values())
    if told != empty:
        message = f"Le plan compte {told} face(s) sans affiche, il y en a {empty}."
        yield breach(Rule.UNUSED_COUNT, "", message)
