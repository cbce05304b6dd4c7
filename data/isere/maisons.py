"""The 13 Maisons du Département, one a territoire, known to the commune only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from data.isere.sources import Commune
from data.isere.territoires import TERRITOIRES
from data.isere.zones import BuildError

# An assumption: usual office hours, so that the tour has hours to reckon with.
OPENING = "Mo-Fr 08:30-12:00,13:30-17:00"
COLUMNS = (
    "maison_id",
    "name",
    "address",
    "postcode",
    "city",
    "lat",
    "lon",
    "zone_id",
    "opening",
    "precision",
)


@dataclass(frozen=True, slots=True)
class Town:
    """The town of a Maison; `confirmed` is false where the town itself is to be confirmed."""

    maison_id: str
    insee: str
    zone_id: str
    confirmed: bool = True


TOWNS: tuple[Town, ...] = (
    Town("maison-grenoble", "38185", "territoire-agglomeration-grenobloise"),
    Town("maison-beaurepaire", "38034", "territoire-bievre-valloire", confirmed=False),
    Town("maison-bernin", "38039", "territoire-gresivaudan", confirmed=False),
    Town("maison-cremieu", "38138", "territoire-haut-rhone-dauphinois"),
    Town("maison-vienne", "38544", "territoire-isere-rhodanienne"),
    Town("maison-la-mure", "38269", "territoire-matheysine"),
    Town("maison-le-bourg-d-oisans", "38052", "territoire-oisans"),
    Town("maison-bourgoin-jallieu", "38053", "territoire-porte-des-alpes"),
    Town("maison-saint-marcellin", "38416", "territoire-sud-gresivaudan"),
    Town("maison-mens", "38226", "territoire-trieves"),
    Town("maison-la-tour-du-pin", "38509", "territoire-vals-du-dauphine"),
    Town("maison-villard-de-lans", "38548", "territoire-vercors"),
    Town("maison-voiron", "38563", "territoire-voironnais-chartreuse"),
)


def maison_rows(
    communes: Mapping[str, Commune], territoire_of: Mapping[str, str], sound: frozenset[str]
) -> Iterator[tuple[str, ...]]:
    """Yield the Maisons by id, at the mairie point of their town.

    `sound` are the communes whose mairie point lies in their polygon.

    Raises
    ------
    BuildError
        If a town is not in its territoire, or its mairie point is not in the town.
    """
    names = {t.zone_id: t.name for t in TERRITOIRES}
    for town in sorted(TOWNS, key=lambda t: t.maison_id):
        if territoire_of[town.insee] != town.zone_id or town.insee not in sound:
            raise BuildError(f"{town.maison_id} does not stand in {town.zone_id}")
        commune = communes[town.insee]
        doubt = "" if town.confirmed else " (à confirmer)"
        yield (
            town.maison_id,
            f"Maison du Département – {names[town.zone_id]}{doubt}",
            "",
            commune.postcodes[0],
            commune.name,
            f"{commune.mairie_lat:.5f}",
            f"{commune.mairie_lng:.5f}",
            town.zone_id,
            OPENING,
            "commune",
        )
