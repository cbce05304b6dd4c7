"""The planner's page: everything that the plan says, and how good it is."""

from __future__ import annotations

import math

import numpy as np

from geo import french
from geo.model import Agent
from geo.plan import Status, Tour
from maps import blocks, tour_blocks
from maps.calendar import calendar_section
from maps.columns import Json, packed
from maps.planner_tables import exposure_section, points_section, problems_section, stops_section
from maps.reasons import why_columns
from maps.scene import IntArray, Scene, fictitious_notice, portrait_series

(
    POSTED,
    FREE,
    NOBODY,
    CLOSED,
    EXCLUDED,
    TOO_CLOSE,
    TOO_DEAR,
    LOCKED,
    NO_CONSENT,
    BUDGET_SPENT,
    NOT_FOR_SALE,
) = range(11)
_STATES = (
    "Affichée",
    "Non utilisée : disponible, non retenue",
    "Non utilisée : dans aucune zone d’un agent à afficher",
    "Non utilisée : fermée ou non disponible à toutes les vagues",
    "Non utilisée : dans un secteur interdit",
    "Non utilisée : trop proche d’une face du même portrait",
    "Non utilisée : plus chère que ce qu’elle vaut ici",
    "Non utilisée : laissée libre par un verrou",
    "Non utilisée : aucun accord des agents d’ici pour ces vagues",
    "Non utilisée : elle vaut son prix, mais le reste du budget ne la paie pas",
    "Non utilisée : à vendre dans aucune vague",
)
_TOLD = {
    "spacing": TOO_CLOSE,
    "not-worth-its-price": TOO_DEAR,
    "locked-empty": LOCKED,
    "budget-spent": BUDGET_SPENT,
}
"""What the matching says of an idle face that the eligible pairs alone do not."""


def planner_payload(scene: Scene, zones: Json) -> Json:
    """Return what ``carte-interne.html`` shows."""
    faces = np.arange(len(scene.campaign.faces), dtype=np.int64)
    states = face_states(scene)
    places = blocks.places_block(scene, faces, _facts(scene))
    places["state"] = packed(states)
    return {
        "head": _head(scene, states),
        "words": blocks.words(
            "Agents", "Agent", key="Face affichée ; son numéro est celui de l’agent"
        ),
        "series": [_series(scene, agent) for agent in scene.campaign.agents],
        "periods": blocks.periods_block(scene),
        "states": [french.typeset(words) for words in _STATES],
        "zones": zones,
        "places": places,
        "postings": {**blocks.postings_block(scene, faces, scene.agent), **why_columns(scene)},
        "tour": tour_blocks.tour_block(scene, with_times=True),
        "sections": [
            _quality_section(scene),
            exposure_section(scene),
            stops_section(scene),
            calendar_section(scene),
            {
                "kind": "postings",
                "title": "Affichages",
                "caption": "Affichages montrés sur la carte",
                "columns": [
                    "fact:Face",
                    "period",
                    "dates",
                    "series",
                    "fact:Format",
                    "fact:Adresse",
                    "fact:Commune",
                    "zone",
                    "fact:Contacts par vague",
                    "fact:Prix HT par vague",
                ],
            },
            {
                "kind": "unused",
                "title": "Faces non utilisées",
                "caption": "Faces non utilisées et raison",
                "columns": ["fact:Face", "fact:Format", "fact:Commune", "zone", "state"],
            },
            points_section(scene),
            problems_section(scene),
        ],
        "sources": list(blocks.SOURCES),
    }


def face_states(scene: Scene) -> IntArray:
    """Return the state of each face ``(n_faces,)``: posted, or why it is not.

    The first of these that holds: posted, excluded, never for sale, open in no period, with no
    agent there or none whose consent covers an open period, left out by the matching for the
    reason that it tells.
    """
    eligibility, n = scene.eligibility, len(scene.campaign.faces)
    wanted = np.zeros(n, dtype=np.bool_)
    wanted[eligibility.edge_face[eligibility.edge_open.any(axis=1)]] = True
    told = scene.plan.allocation.idle
    free = [_TOLD.get(told.get(str(face_id), ""), FREE) for face_id in scene.campaign.faces.face_id]
    states = np.where(wanted, np.array(free, dtype=np.int64), NOBODY)
    agreed = np.zeros(n, dtype=np.bool_)
    agreed[eligibility.edge_face] = True
    states[agreed & ~wanted] = NO_CONSENT
    states[~eligibility.open.any(axis=1)] = CLOSED
    states[~scene.campaign.faces.available.any(axis=1)] = NOT_FOR_SALE
    states[eligibility.excluded >= 0] = EXCLUDED
    states[scene.face] = POSTED
    return states.astype(np.int64)


def _series(scene: Scene, agent: Agent) -> Json:
    number = scene.number_of(agent.portrait_id)
    same = [a.agent_id for a in scene.campaign.agents if a.portrait_id == agent.portrait_id]
    # Two agents on one portrait share its number and its colour; a letter tells them apart.
    letter = chr(ord("a") + same.index(agent.agent_id) % 26) if len(same) > 1 else ""
    parts = [agent.name, agent.agent_id, f"portrait {agent.portrait_id}", agent.headline]
    return portrait_series(
        number, agent.job, detail=" · ".join(filter(None, parts)), mark=f"{number}{letter}"
    )


def _head(scene: Scene, states: IntArray) -> Json:
    allocation, budget = scene.plan.allocation, scene.campaign.matching.budget_cents
    posted = int((states == POSTED).sum())
    money = french.euros(allocation.cost_cents)
    label = "engagés, sans plafond"
    if budget is not None:
        label = f"engagés sur {french.euros(budget)} HT"
    lead = (
        f"{french.counted(len(scene.face), 'affichage', 'affichages')} sur "
        f"{french.counted(posted, 'face', 'faces')} ; "
        f"{french.counted(len(states) - posted, 'face reste libre', 'faces restent libres')}."
    )
    return {
        "kicker": "Carte interne",
        "title": scene.campaign.name,
        "lead": [lead, gap_sentence(scene)],
        "figures": [
            {
                "value": french.number(len(scene.face)),
                "label": french.noun(len(scene.face), "affichage", "affichages"),
            },
            {
                "value": french.number(scene.communes_reached()),
                "label": french.noun(scene.communes_reached(), "commune", "communes"),
            },
            {"value": money, "label": label},
            {
                "value": french.number(len(scene.plan.shortfalls)),
                "label": french.noun(
                    len(scene.plan.shortfalls), "point à traiter", "points à traiter"
                ),
            },
        ],
        "notice": fictitious_notice(scene.campaign),
    }


def gap_sentence(scene: Scene) -> str:
    """Return how near the allocation is to the best possible one, in words."""
    allocation = scene.plan.allocation
    if allocation.status is Status.INFEASIBLE:
        return "Aucun affichage ne respecte toutes les règles demandées."
    if allocation.status is Status.NOT_ASKED or not math.isfinite(allocation.gap):
        return "La qualité de ce plan n’a pas été mesurée."
    if allocation.gap <= 0:
        return "C’est prouvé : aucun plan ne fait mieux."
    if allocation.gap >= 1:
        return "La borne ne dit pas de combien un autre plan pourrait faire mieux."
    better = 1 / (1 - allocation.gap) - 1
    return (
        "C’est prouvé : aucun plan ne fait mieux que celui-ci de plus de "
        f"{french.percent(better, 2)}."
    )


def _facts(scene: Scene) -> list[Json]:
    inventory = scene.campaign.faces
    lit = {1: "Oui", 0: "Non", -1: ""}
    return [
        blocks.text_fact("Face", inventory.face_id),
        blocks.text_fact("Panneau", inventory.panel_id),
        blocks.text_fact("Afficheur", inventory.operator),
        blocks.text_fact("Format", inventory.format),
        blocks.text_fact("Support", inventory.support),
        blocks.number_fact("Surface (m²)", inventory.surface_m2),
        blocks.text_fact("Éclairée", [lit[int(v)] for v in inventory.lit]),
        blocks.text_fact("Adresse", inventory.address),
        blocks.text_fact("Code postal", inventory.postcode),
        blocks.text_fact("Commune", inventory.city),
        *blocks.position_fact(inventory),
        blocks.number_fact("Contacts par vague", inventory.contacts),
        blocks.number_fact("Prix HT par vague", inventory.price_cents, kind="euros"),
    ]


def _quality_section(scene: Scene) -> Json:
    allocation, tour = scene.plan.allocation, scene.plan.tour
    budget = scene.campaign.matching.budget_cents
    items = [gap_sentence(scene)]
    if math.isfinite(allocation.exposure) and math.isfinite(allocation.exposure_bound):
        items.append(
            f"Exposition équivalente : {french.number(allocation.exposure, 4)} ; aucun plan ne "
            f"peut dépasser {french.number(allocation.exposure_bound, 4)} "
            f"(objectif {french.number(allocation.objective, 4)}, borne "
            f"{french.number(allocation.bound, 4)})."
        )
    if budget:
        used = french.percent(allocation.cost_cents / budget)
        items.append(
            f"Budget engagé : {french.euros(allocation.cost_cents)} HT sur "
            f"{french.euros(budget)} HT, soit {used}."
        )
    if tour.stops:
        items.append(
            f"Itinérance : {french.duration(tour.drive_s)} de route, "
            f"{french.number(tour.distance_m / 1000)}{french.NBSP}km ; aucun ordre ne fait moins "
            f"de {french.duration(tour.bound_s)}."
        )
    items += _road_items(tour)
    return {
        "kind": "list",
        "title": "Qualité du plan",
        "items": [french.typeset(item) for item in items],
        "alert_title": "Ce qui manque",
        "alerts": [shortfall.message for shortfall in scene.plan.shortfalls],
        "none": "Tout ce qui était demandé est tenu.",
    }


def _road_items(tour: Tour) -> list[str]:
    """Return how sure the driving times are, and what was found of the roads."""
    items = []
    if tour.spread is not None:
        low, high = french.duration(tour.spread.low_s), french.duration(tour.spread.high_s)
        holds = tour.spread.holds
        verdict = "les étapes gardent leurs jours" if holds else "la tournée ne tient plus"
        items.append(
            french.typeset(
                f"Temps de route estimés : de {low} à {high} en tout ; au plus long, {verdict}."
            )
        )
        items += [shortfall.message for shortfall in tour.spread.breaks]
    return items + [remark.message for remark in tour.remarks]
