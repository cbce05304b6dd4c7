"""Explanations of agents, shortfalls and the whole plan, in French for a planner."""

from __future__ import annotations

from geo.french import counted, euros, listed, number, percent, typeset
from geo.matching.explained.causes import Cause, Input, ShortfallStory
from geo.matching.explained.explain import PlanStory
from geo.matching.explained.face_words import Context, face_lines
from geo.matching.explained.limits import AgentStory, Extra, Held, Limit, Margin
from geo.matching.explained.unused import Unused
from geo.plan import Status

__all__ = [
    "Context",
    "agent_lines",
    "face_lines",
    "margin_sentence",
    "plan_lines",
    "shortfall_lines",
]

LIMITS = {
    Limit.NOTHING_LEFT: "plus rien n’est à vendre dans ses zones",
    Limit.BUDGET: "le budget",
    Limit.WORTHLESS: "des faces sans contacts, ou une part nulle",
    Limit.SPACING: "l’espacement entre deux faces d’un même portrait",
    Limit.ROTATION: "la durée d’un portrait sur une même face",
    Limit.LOCKS: "des verrous",
    Limit.OTHERS: "les portraits des autres agents",
    Limit.SEARCH: "le calcul, arrêté avant d’avoir tout pris",
}
"""What binds an agent."""

_HELD = {
    Limit.BUDGET: "libres, mais plus chers que ce qu’ils valent ou que ce qui reste du budget",
    Limit.WORTHLESS: "libres, mais qui n’apporteraient rien",
    Limit.SPACING: "trop près d’une de ses faces dans la même vague",
    Limit.ROTATION: "sur des faces où son portrait est déjà aussi longtemps que permis",
    Limit.LOCKS: "décidés par des verrous",
    Limit.OTHERS: "où un autre portrait est affiché",
    Limit.SEARCH: "libres, que le calcul n’a pas pris",
}

IDLE = {
    Unused.EXCLUDED: "dans un secteur interdit",
    Unused.UNAVAILABLE: "à vendre dans aucune vague",
    Unused.CLOSED: "à vendre seulement dans des vagues fermées à leur zone",
    Unused.NOBODY_HERE: "hors des zones de tous les agents",
    Unused.NO_CONSENT: "réservées, de fait, à des agents sans consentement pour leurs vagues",
    Unused.LOCKED: "laissées libres par des verrous",
    Unused.SPACING: "trop proches d’une face du même portrait",
    Unused.PRICE: "plus chères que ce qu’elles valent",
    Unused.BUDGET: "qui valent leur prix, mais que le reste du budget ne paie pas",
}
"""Why faces carry nothing."""


def agent_lines(story: AgentStory, margin: Margin | None, context: Context) -> list[str]:
    """Return what there is to say about an agent."""
    postings = counted(story.postings, "affichage", "affichages")
    contacts = counted(round(story.contacts), "contact", "contacts")
    lines = [
        (
            f"{context.agent(story.agent_id)} : rapport {number(story.ratio, 2)}, soit une "
            f"exposition de {number(story.exposure)} pour une part équitable de "
            f"{number(story.target)}."
        ),
        f"{postings} ({story.wanted} voulus au moins), {contacts}, {euros(story.cost_cents)} HT.",
    ]
    if story.zones:
        lines.append("Faces par zone et par vague :")
    for zone in story.zones:
        counts = [f"vague {t} : {number(n)}" for t, n in enumerate(zone.faces, start=1)]
        lines.append(f"  – {zone.zone or 'hors zone'} ({', '.join(counts)})")
    lines.append(f"Ce qui limite d’abord ce portrait : {LIMITS[story.binds]}.")
    lines.extend(f"  – {_held(held)}" for held in story.held)
    if story.extra is not None:
        lines.append(_extra(story.extra))
    if margin is not None:
        lines.append(margin_sentence(margin))
    return [typeset(line) for line in lines]


def _held(held: Held) -> str:
    """Return what one limit keeps from an agent: places, each a face in a period."""
    places = counted(held.places, "créneau", "créneaux")
    return f"{places} {_HELD[held.limit]} (exposition {number(held.exposure)})"


def _extra(extra: Extra) -> str:
    postings = counted(extra.postings, "affichage", "affichages")
    return (
        f"{euros(extra.cents)} de plus pour ce seul agent : {postings} de plus dans ses zones, et "
        f"un rapport plus haut de {number(extra.ratio, 3)}."
    )


def margin_sentence(margin: Margin) -> str:
    """Return what more budget would bring the whole plan."""
    return typeset(
        f"{euros(margin.cents)} de budget de plus, au mieux partagés : environ "
        f"{number(margin.exposure, 4)} d’exposition équivalente de plus pour tous, soit "
        f"{number(margin.contacts)} contacts."
    )


def shortfall_lines(story: ShortfallStory, context: Context) -> list[str]:
    """Return a shortfall and the inputs that cause it."""
    lines = [story.shortfall.message]
    if story.inputs:
        lines.append("  Données qui suffisent à l’expliquer, aucune n’étant de trop :")
    else:
        lines.append("  Aucun ensemble de données n’est prouvé en être la cause.")
    lines.extend(f"  – {_input(each, story.shortfall.subject, context)}" for each in story.inputs)
    return [typeset(line) for line in lines]


def _input(each: Input, agent_id: str, context: Context) -> str:
    """Return an input with its value, by the name that it has in the campaign."""
    value = each.value
    if each.name is Cause.LOCK:
        return _lock(value)
    if each.name is Cause.CONSENT:
        covered = f"vagues couvertes : {value}" if value else "aucune vague couverte"
        return f"le consentement de {agent_id} ({context.consent(agent_id)}, {covered})"
    words = {
        Cause.AVAILABLE: f"les disponibilités de l’inventaire (créneaux pas à vendre : {value})",
        Cause.SEQUENCES: f"les séquences (créneaux fermés : {value})",
        Cause.EXCLUSIONS: f"les interdits (faces concernées : {value})",
        Cause.OTHERS: f"les affichages voulus pour {value}",
        Cause.FACES: f"les faces de l’inventaire dans ses zones : {value}",
    }
    return words.get(each.name, f"{each.name} = {value}")


def _lock(value: str) -> str:
    face, period, *who = value.split(", ")
    return f"le verrou de la face {face}, vague {period} ({who[0] if who else 'laissée libre'})"


def plan_lines(story: PlanStory, context: Context) -> list[str]:
    """Return what there is to say about the whole plan."""
    if story.status is Status.INFEASIBLE:
        return [
            "Aucun affichage ne respecte toutes les règles demandées.",
            *_missed(story, context),
        ]
    measures, equity = story.measures, story.measures.equity
    postings = counted(measures.postings, "affichage", "affichages")
    faces = counted(measures.faces, "face", "faces")
    lines = [
        f"{postings} sur {faces}, {euros(measures.cost_cents)} HT{_left(story)}.",
        (
            f"Exposition équivalente : {number(measures.exposure, 4)}, soit "
            f"{number(measures.exposure_contacts)} contacts ; écart au meilleur plan possible : "
            f"{percent(measures.gap, 2)} au plus, c’est prouvé."
        ),
        (
            f"Équité : rapports de {number(equity.least, 2)} ({equity.least_id}) à "
            f"{number(equity.most, 2)} ({equity.most_id}), "
            f"indice de Gini {number(equity.gini, 2)}."
        ),
    ]
    if story.margin is not None:
        lines.append(margin_sentence(story.margin))
    elif story.budget_cents is not None:
        lines.append("Le budget ne retient rien : plus d’argent n’apporterait rien.")
    lines.append("Ce qui limite d’abord les agents :")
    lines.extend(f"  – {LIMITS[each.limit]} : {listed(each.agent_ids)}" for each in story.bound)
    if story.idle:
        lines.append("Faces sans affichage :")
    lines.extend(f"  – {number(idle.faces)} {IDLE[idle.reason]}" for idle in story.idle)
    return [typeset(line) for line in [*lines, *_missed(story, context)]]


def _missed(story: PlanStory, context: Context) -> list[str]:
    lines = ["Ce qui n’a pas pu être fait :"] if story.shortfalls else []
    for shortfall in story.shortfalls:
        lines.extend(shortfall_lines(shortfall, context))
    return [typeset(line) for line in lines]


def _left(story: PlanStory) -> str:
    if story.budget_cents is None or story.cents_left is None:
        return ", sans plafond"
    return f" sur {euros(story.budget_cents)} (reste {euros(story.cents_left)})"
