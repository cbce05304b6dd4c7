"""Eighteen fictitious agents, without names: the jobs that a Département employs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from data.isere.sources import Commune
from data.isere.territoires import TERRITOIRES
from data.isere.zones import BuildError

CONSENT_MEDIA = "affichage|exposition"
CONSENT_UNTIL = "2018-12-31"
COLUMNS = (
    "agent_id",
    "portrait_id",
    "job",
    "headline",
    "zones",
    "workplace_lat",
    "workplace_lon",
    "share",
    "consent_media",
    "consent_until",
)


@dataclass(frozen=True, slots=True)
class FictitiousAgent:
    """A job, the commune where it is done (INSEE code), and the territoires that it serves."""

    job: str
    insee: str
    territoires: tuple[str, ...]
    headline: str = ""


AGENTS: tuple[FictitiousAgent, ...] = (
    FictitiousAgent(
        "Cuisinier de collège",
        "38053",  # Bourgoin-Jallieu
        ("porte-des-alpes",),
        headline="La plus grande cuisine de l’Isère",
    ),
    FictitiousAgent(
        "Assistante sociale",
        "38151",  # Échirolles
        ("agglomeration-grenobloise",),
        headline="Le premier réseau social de l’Isère",
    ),
    FictitiousAgent("Agent des routes", "38052", ("matheysine", "oisans")),
    FictitiousAgent("Puéricultrice de PMI", "38544", ("isere-rhodanienne",)),
    FictitiousAgent("Archiviste", "38421", ("agglomeration-grenobloise",)),
    FictitiousAgent(
        "Bibliothécaire de la médiathèque départementale",
        "38130",  # La Côte-Saint-André
        ("bievre-valloire", "sud-gresivaudan"),
    ),
    FictitiousAgent("Garde des espaces naturels sensibles", "38138", ("haut-rhone-dauphinois",)),
    FictitiousAgent(
        "Patrouilleuse des routes", "38509", ("vals-du-dauphine", "voironnais-chartreuse")
    ),
    FictitiousAgent("Agent de maintenance de collège", "38140", ("gresivaudan",)),
    FictitiousAgent(
        "Éducatrice de l’aide sociale à l’enfance", "38563", ("voironnais-chartreuse",)
    ),
    FictitiousAgent("Sage-femme de PMI", "38416", ("sud-gresivaudan", "vercors")),
    FictitiousAgent("Évaluateur médico-social de l’autonomie", "38269", ("matheysine", "trieves")),
    FictitiousAgent("Médiatrice de musée", "38562", ("agglomeration-grenobloise",)),
    FictitiousAgent("Technicien des sentiers de randonnée", "38548", ("trieves", "vercors")),
    FictitiousAgent(
        "Projeteuse d’ouvrages d’art", "38034", ("bievre-valloire", "isere-rhodanienne")
    ),
    FictitiousAgent(
        "Mécanicien du parc routier", "38193", ("haut-rhone-dauphinois", "porte-des-alpes")
    ),
    FictitiousAgent("Agente d’accueil de Maison du Département", "38001", ("vals-du-dauphine",)),
    FictitiousAgent("Technicien de laboratoire vétérinaire", "38039", ("gresivaudan", "oisans")),
)


def agent_id(number: int) -> str:
    """Return the id of an agent, who is counted from 1."""
    return f"agent-{number:02d}"


def portrait_id(number: int) -> str:
    """Return the id of an agent's portrait; the agent is counted from 1."""
    return f"portrait-{number:02d}"


def agent_rows(
    communes: Mapping[str, Commune], territoire_of: Mapping[str, str], sound: frozenset[str]
) -> Iterator[tuple[str, ...]]:
    """Yield the agents by id, their workplace at the mairie point of its commune.

    `sound` are the communes whose mairie point lies in their polygon.

    Raises
    ------
    BuildError
        If a workplace is outside its agent's territoires, or some territoire has no agent.
    """
    served = {f"territoire-{slug}" for agent in AGENTS for slug in agent.territoires}
    if served != {t.zone_id for t in TERRITOIRES}:
        raise BuildError("the agents' territoires are not the 13 territoires")
    for number, agent in enumerate(AGENTS, start=1):
        zones = sorted(f"territoire-{slug}" for slug in agent.territoires)
        if territoire_of[agent.insee] not in zones or agent.insee not in sound:
            raise BuildError(f"{agent_id(number)} does not work in {zones}")
        commune = communes[agent.insee]
        yield (
            agent_id(number),
            portrait_id(number),
            agent.job,
            agent.headline,
            "|".join(zones),
            f"{commune.mairie_lat:.5f}",
            f"{commune.mairie_lng:.5f}",
            "1",
            CONSENT_MEDIA,
            CONSENT_UNTIL,
        )
