"""How the Isère is divided: 13 territoires made of communes, under two secteurs.

The territoires are the département's own division as of 2020: whole intercommunalités (EPCI), but
for some communes. The two secteurs are an assumption of ours.
"""

from __future__ import annotations

from dataclasses import dataclass

DEPARTEMENT_ID = "departement-38"
DEPARTEMENT_NAME = "Isère"


@dataclass(frozen=True, slots=True)
class Secteur:
    """A half of the département, between it and the territoires."""

    zone_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Territoire:
    """A territoire: the secteur it lies in, and the EPCI (SIREN codes) that it is made of."""

    zone_id: str
    name: str
    secteur_id: str
    epci: tuple[str, ...]


NORD = Secteur("secteur-nord", "Nord-Isère")
SUD = Secteur("secteur-sud", "Sud-Isère")
SECTEURS: tuple[Secteur, ...] = (NORD, SUD)

TERRITOIRES: tuple[Territoire, ...] = (
    Territoire(
        "territoire-agglomeration-grenobloise",
        "Agglomération grenobloise",
        SUD.zone_id,
        ("200040715",),  # Grenoble-Alpes-Métropole
    ),
    Territoire(
        "territoire-bievre-valloire",
        "Bièvre-Valloire",
        NORD.zone_id,
        ("243801073", "200059392"),  # Bièvre Est, Bièvre Isère
    ),
    Territoire(
        "territoire-gresivaudan",
        "Grésivaudan",
        SUD.zone_id,
        ("200018166",),  # Le Grésivaudan
    ),
    Territoire(
        "territoire-haut-rhone-dauphinois",
        "Haut-Rhône dauphinois",
        NORD.zone_id,
        ("200068542", "243800935"),  # Les Balcons du Dauphiné, Lyon Saint-Exupéry en Dauphiné
    ),
    Territoire(
        "territoire-isere-rhodanienne",
        "Isère rhodanienne",
        NORD.zone_id,
        ("200077014", "200085751"),  # Vienne Condrieu, Entre Bièvre et Rhône
    ),
    Territoire(
        "territoire-matheysine",
        "Matheysine",
        SUD.zone_id,
        ("200040657",),  # Matheysine
    ),
    Territoire(
        "territoire-oisans",
        "Oisans",
        SUD.zone_id,
        ("243800745",),  # Oisans
    ),
    Territoire(
        "territoire-porte-des-alpes",
        "Porte des Alpes",
        NORD.zone_id,
        ("243800604", "243801255"),  # CAPI, Collines Isère (Nord Dauphiné)
    ),
    Territoire(
        "territoire-sud-gresivaudan",
        "Sud-Grésivaudan",
        SUD.zone_id,
        ("200070431",),  # Saint-Marcellin Vercors Isère
    ),
    Territoire(
        "territoire-trieves",
        "Trièves",
        SUD.zone_id,
        ("200030658",),  # Trièves
    ),
    Territoire(
        "territoire-vals-du-dauphine",
        "Vals du Dauphiné",
        NORD.zone_id,
        ("200068567",),  # Les Vals du Dauphiné
    ),
    Territoire(
        "territoire-vercors",
        "Vercors",
        SUD.zone_id,
        ("243801024",),  # Massif du Vercors
    ),
    Territoire(
        "territoire-voironnais-chartreuse",
        "Voironnais-Chartreuse",
        SUD.zone_id,
        ("243800984", "200040111"),  # Pays Voironnais, Cœur de Chartreuse
    ),
)

# Communes that are not in the territoire of their EPCI: territoire -> (EPCI, communes of it).
EXCEPTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "territoire-porte-des-alpes",
        "200059392",  # from Bièvre Isère
        (
            *("38015", "38035", "38094", "38141", "38211", "38231", "38346"),
            *("38351", "38358", "38399", "38476", "38512", "38555"),
        ),
    ),
    (
        "territoire-porte-des-alpes",
        "200077014",  # from Vienne Condrieu
        ("38232",),
    ),
    (
        "territoire-porte-des-alpes",
        "200068542",  # from Les Balcons du Dauphiné
        ("38250", "38374", "38392", "38415", "38467", "38515", "38532", "38546"),
    ),
    (
        "territoire-bievre-valloire",
        "200085751",  # from Entre Bièvre et Rhône
        (
            *("38034", "38037", "38066", "38134", "38198", "38240", "38244", "38259"),
            *("38290", "38307", "38311", "38324", "38335", "38363", "38406"),
        ),
    ),
)


def assign_territoires(epci_of: dict[str, str]) -> dict[str, str]:
    """Return the territoire of each commune, from the EPCI (SIREN code) of each commune.

    Raises
    ------
    ValueError
        If an EPCI has no territoire, or an exception names a commune that is not in that EPCI.
    """
    by_epci = {code: t.zone_id for t in TERRITOIRES for code in t.epci}
    unknown = sorted(set(epci_of.values()) - set(by_epci))
    if unknown:
        raise ValueError(f"these EPCI belong to no territoire: {unknown}")
    territoire_of = {insee: by_epci[epci] for insee, epci in epci_of.items()}
    for zone_id, epci, communes in EXCEPTIONS:
        strangers = [insee for insee in communes if epci_of.get(insee) != epci]
        if strangers:
            raise ValueError(f"exceptions to {zone_id} are not in EPCI {epci}: {strangers}")
        territoire_of.update(dict.fromkeys(communes, zone_id))
    return territoire_of
