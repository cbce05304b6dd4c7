"""The seven hard rules of the matching, each read again from the campaign."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import groupby

import numpy as np
import shapely

from geo.french import euros, quoted
from geo.model import POSTER_MEDIUM, Campaign
from geo.verify.consent import covers_period, covers_posters
from geo.verify.ledger import Entry, Ledger
from geo.verify.places import (
    ZoneTree,
    holding_pairs,
    open_periods_near,
    points_of,
    with_parents,
    zones_near,
)
from geo.verify.violation import Rule, Violation, breach
from geo.verify.wording import day, number

SPACING_TOLERANCE_M = 0.01
"""Two faces are too close only if they are so by more than this: coordinates are rounded."""


def check_postings(ledger: Ledger) -> Iterator[Violation]:
    """Yield every breach of a hard rule but the locks, and what does not exist."""
    yield from ledger.unknown()
    yield from _one_portrait_a_face(ledger)
    yield from _inside_open_zones(ledger)
    yield from _under_consent(ledger)
    yield from _on_available_faces(ledger)
    yield from _outside_exclusions(ledger)
    yield from _within_budget(ledger)
    yield from _far_enough_apart(ledger)
    yield from _rotating(ledger)


def _one_portrait_a_face(ledger: Ledger) -> Iterator[Violation]:
    for posting, count in Counter(ledger.postings).items():
        if count > 1:
            yield breach(
                Rule.DUPLICATE_POSTING,
                posting.face_id,
                f"Face {posting.face_id}, vague {posting.period}, agent {posting.agent_id} : "
                f"la même pose figure {count} fois.",
            )
    slots: dict[tuple[int, str], set[str]] = defaultdict(set)
    for posting in ledger.postings:
        slots[posting.period, posting.face_id].add(posting.agent_id)
    for (period, face_id), agent_ids in slots.items():
        if len(agent_ids) > 1:
            yield breach(
                Rule.FACE_SHARED,
                face_id,
                f"Face {face_id}, vague {period} : {len(agent_ids)} portraits à la fois, "
                f"ceux des agents {', '.join(sorted(agent_ids))}.",
            )


def _inside_open_zones(ledger: Ledger) -> Iterator[Violation]:
    campaign = ledger.campaign
    tree = ZoneTree(campaign.zones)
    used = sorted({entry.face for entry in ledger.entries})
    near = dict(zip(used, zones_near(tree, points_of(campaign.faces, used)), strict=True))
    inside = {face: with_parents(tree, near[face]) for face in used}
    open_periods = {face: open_periods_near(campaign, tree, near[face]) for face in used}
    for entry in ledger.entries:
        zone_ids = {tree.zones[zone].zone_id for zone in inside[entry.face]}
        if zone_ids.isdisjoint(entry.agent.zones):
            yield breach(
                Rule.OUTSIDE_ZONE,
                entry.posting.face_id,
                f"{entry.where} : la face n’est dans aucune des zones où l’agent travaille "
                f"({', '.join(sorted(entry.agent.zones))}), "
                f"mais dans {', '.join(sorted(zone_ids)) or 'aucune zone'}.",
            )
        if entry.posting.period not in open_periods[entry.face]:
            told = ", ".join(str(period) for period in sorted(open_periods[entry.face]))
            yield breach(
                Rule.PERIOD_CLOSED,
                entry.posting.face_id,
                f"{entry.where} : là où est la face, on n’affiche que dans les vagues "
                f"{told or '(aucune)'}.",
            )


def _under_consent(ledger: Ledger) -> Iterator[Violation]:
    periods = ledger.campaign.periods
    for entry in ledger.entries:
        agent, period = entry.agent, entry.posting.period
        if not covers_posters(agent):
            told = ", ".join(sorted(agent.consent_media or ())) or "rien"
            yield breach(
                Rule.CONSENT_MEDIUM,
                agent.agent_id,
                f"{entry.where} : l’accord de l’agent couvre {told}, "
                f"et pas {quoted(POSTER_MEDIUM)}.",
            )
        if agent.consent_until is not None and not covers_period(agent, periods, period):
            yield breach(
                Rule.CONSENT_EXPIRED,
                agent.agent_id,
                f"{entry.where} : l’accord de l’agent finit le {day(agent.consent_until)}, "
                f"la vague le {day(periods.last_day(period))}.",
            )


def _on_available_faces(ledger: Ledger) -> Iterator[Violation]:
    available = ledger.campaign.faces.available
    for entry in ledger.entries:
        if not available[entry.face, entry.posting.period - 1]:
            message = f"{entry.where} : la face n’est pas à vendre dans cette vague."
            yield breach(Rule.FACE_UNAVAILABLE, entry.posting.face_id, message)


def _outside_exclusions(ledger: Ledger) -> Iterator[Violation]:
    exclusions = ledger.campaign.exclusions
    areas = [exclusion.area for exclusion in exclusions]
    pairs = holding_pairs(areas, points_of(ledger.campaign.faces), within_m=0)
    reasons: dict[int, set[str]] = defaultdict(set)
    for area, face in zip(*pairs.tolist(), strict=True):
        reasons[face].add(exclusions[area].reason)
    for entry in ledger.entries:
        if entry.face in reasons:
            told = " ; ".join(sorted(reasons[entry.face]))
            message = f"{entry.where} : la face est dans un lieu interdit ({told})."
            yield breach(Rule.FACE_EXCLUDED, entry.posting.face_id, message)


def cost_of(ledger: Ledger) -> int:
    """Return what all postings on known faces cost together, in euro cents."""
    prices = ledger.campaign.faces.price_cents.tolist()
    faces = (ledger.face_index.get(posting.face_id) for posting in ledger.postings)
    return sum(int(prices[face]) for face in faces if face is not None)


def _within_budget(ledger: Ledger) -> Iterator[Violation]:
    budget = ledger.campaign.matching.budget_cents
    cost = cost_of(ledger)
    if budget is not None and cost > budget:
        message = f"Les poses coûtent {euros(cost)}, le budget est de {euros(budget)}."
        yield breach(Rule.OVER_BUDGET, "", message)


def _far_enough_apart(ledger: Ledger) -> Iterator[Violation]:
    reach = ledger.campaign.matching.spacing_m - SPACING_TOLERANCE_M
    if reach < 0:
        return

    def portrait_in_period(entry: Entry) -> tuple[int, str]:
        return entry.posting.period, entry.agent.portrait_id

    together = sorted(ledger.entries, key=lambda e: (portrait_in_period(e), e.face))
    for (period, portrait_id), entries in groupby(together, key=portrait_in_period):
        faces = sorted({entry.face for entry in entries})
        for one, other, apart_m in _close_pairs(ledger.campaign, faces, reach):
            yield breach(
                Rule.SPACING,
                one,
                f"Faces {one} et {other}, vague {period} : le portrait {portrait_id} est deux fois "
                f"à {number(apart_m)} m de distance, au lieu de "
                f"{number(ledger.campaign.matching.spacing_m)} m au moins.",
            )


def _close_pairs(
    campaign: Campaign, faces: list[int], reach: float
) -> Iterator[tuple[str, str, float]]:
    points = points_of(campaign.faces, faces)
    found = shapely.STRtree(points).query(points, predicate="dwithin", distance=reach)
    first, second = found[:, found[0] < found[1]]
    apart = shapely.distance(points[first], points[second])
    names = campaign.faces.face_id[faces]
    for i in np.lexsort((second, first)).tolist():
        yield str(names[first[i]]), str(names[second[i]]), float(apart[i])


def _rotating(ledger: Ledger) -> Iterator[Violation]:
    most = ledger.campaign.matching.max_periods_per_face
    stays: dict[tuple[str, str], set[int]] = defaultdict(set)
    for entry in ledger.entries:
        stays[entry.posting.face_id, entry.agent.portrait_id].add(entry.posting.period)
    for (face_id, portrait_id), periods in stays.items():
        if len(periods) > most:
            told = ", ".join(str(period) for period in sorted(periods))
            yield breach(
                Rule.ROTATION,
                face_id,
                f"Face {face_id} : le portrait {portrait_id} y reste {len(periods)} vagues "
                f"({told}), au lieu de {most} au plus.",
            )


def check_locks(ledger: Ledger) -> Iterator[Violation]:
    """Yield every lock that the plan does not keep."""
    there: dict[tuple[str, int], set[str]] = defaultdict(set)
    for posting in ledger.postings:
        there[posting.face_id, posting.period].add(posting.agent_id)
    for lock in sorted(set(ledger.campaign.locks), key=lambda k: (k.face_id, k.period, str(k))):
        agent_ids = there.get((lock.face_id, lock.period), set())
        told = ", ".join(sorted(agent_ids)) or "personne"
        if lock.agent_id is None and agent_ids:
            message = (
                f"Face {lock.face_id}, vague {lock.period} : le verrou la garde libre, "
                f"le plan y met {told}."
            )
            yield breach(Rule.LOCKED_FREE, lock.face_id, message)
        if lock.agent_id is not None and lock.agent_id not in agent_ids:
            message = (
                f"Face {lock.face_id}, vague {lock.period} : le verrou y met l’agent "
                f"{lock.agent_id}, le plan y met {told}."
            )
            yield breach(Rule.LOCK_NOT_KEPT, lock.face_id, message)
