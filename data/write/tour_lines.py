"""``tournee.csv``: the tour as a table, a row a stop with the drive that follows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest

from data.write.sheet import (
    DAY,
    DURATION,
    MOMENT,
    TEXT,
    WHOLE,
    Column,
    decimal,
    optional,
    several,
)
from geo.french import nearest_minute, nearest_minutes
from geo.model import Campaign, Maison
from geo.plan import Leg, Stop, Tour, TravelSource

DEPARTURE = "départ"
RETURN = "retour"
SOURCE_NAMES = {
    TravelSource.TABLE: "table",
    TravelSource.ROADS: "itinéraire",
    TravelSource.ESTIMATE: "estimation",
}


@dataclass(frozen=True, slots=True)
class TourLine:
    """A place of the tour and the drive to the next one.

    `step` is the number of the stop in its kit, from 1 on; `DEPARTURE` and `RETURN` are the depot,
    where nothing is shown. Times are local, to the `nearest_minute`. The fields of the drive are
    empty where none follows; `source` is one of `SOURCE_NAMES`, and only an estimate has
    `least_min` and `most_min`. `opens` is when the exhibition opens on the first day, `closes` when
    it closes on the last one.
    """

    step: str
    kit: int
    maison_id: str
    name: str
    city: str
    address: str
    open_on: tuple[date, ...]
    arrive: datetime | None
    opens: datetime | None
    closes: datetime | None
    leave: datetime | None
    next_id: str
    drive_min: int | None
    least_min: int | None
    most_min: int | None
    distance_km: float | None
    source: str


TOUR_COLUMNS = (
    Column("etape", "step", TEXT),
    Column("kit", "kit", WHOLE),
    Column("maison", "maison_id", TEXT),
    Column("nom", "name", TEXT),
    Column("ville", "city", TEXT),
    Column("adresse", "address", TEXT),
    Column("jours_ouverts", "open_on", several(DAY)),
    Column("arrivee", "arrive", optional(MOMENT)),
    Column("ouverture", "opens", optional(MOMENT)),
    Column("fermeture", "closes", optional(MOMENT)),
    Column("depart", "leave", optional(MOMENT)),
    Column("trajet_vers", "next_id", TEXT),
    Column("trajet_duree", "drive_min", optional(DURATION)),
    Column("trajet_au_moins", "least_min", optional(DURATION)),
    Column("trajet_au_plus", "most_min", optional(DURATION)),
    Column("trajet_km", "distance_km", optional(decimal(1))),
    Column("trajet_source", "source", TEXT),
)


def real_legs(tour: Tour) -> tuple[Leg, ...]:
    """Return the legs that go somewhere: a depot that is a stop needs no drive to itself."""
    return tuple(leg for leg in tour.legs if leg.from_id != leg.to_id)


def kit_legs(tour: Tour, kit: int) -> list[Leg]:
    """Return the drives with a kit; those of its driver alone are left out."""
    return [leg for leg in real_legs(tour) if leg.kit == kit and not leg.empty]


def tour_lines(campaign: Campaign, tour: Tour) -> tuple[TourLine, ...]:
    """Return the lines of every kit, kit by kit, each from the depot to the depot."""
    maisons = {maison.maison_id: maison for maison in campaign.maisons}
    kits = sorted({stop.kit for stop in tour.stops} | {leg.kit for leg in tour.legs})
    lines: list[TourLine] = []
    for kit in kits:
        lines += _kit_lines(
            maisons,
            stops=[stop for stop in tour.stops if stop.kit == kit],
            legs=kit_legs(tour, kit),
        )
    return tuple(lines)


def _kit_lines(
    maisons: dict[str, Maison], *, stops: Sequence[Stop], legs: Sequence[Leg]
) -> list[TourLine]:
    lines: list[TourLine] = []
    # A kit that starts with a stop at its depot has no drive to its first stop.
    comes_from_depot = bool(legs) and (not stops or legs[0].to_id == stops[0].maison_id)
    if comes_from_depot:
        lines.append(_line(maisons[legs[0].from_id], step=DEPARTURE, kit=legs[0].kit, leg=legs[0]))
    onward = legs[1:] if comes_from_depot else legs
    for number, (stop, leg) in enumerate(zip_longest(stops, onward[: len(stops)]), start=1):
        lines.append(
            _line(maisons[stop.maison_id], step=str(number), kit=stop.kit, leg=leg, stop=stop)
        )
    if legs and len(onward) == len(stops):
        last = legs[-1]
        lines.append(_line(maisons[last.to_id], step=RETURN, kit=last.kit, arrive=last.arrive))
    return lines


def _line(
    maison: Maison,
    *,
    step: str,
    kit: int,
    leg: Leg | None = None,
    stop: Stop | None = None,
    arrive: datetime | None = None,
) -> TourLine:
    leaves = leg.depart if leg else None
    return TourLine(
        step=step,
        kit=kit,
        maison_id=maison.maison_id,
        name=maison.name,
        city=maison.city,
        address=maison.address,
        open_on=stop.open_on if stop else (),
        arrive=_shown(stop.arrive if stop else arrive),
        opens=stop.opens if stop else None,
        closes=stop.closes if stop else None,
        leave=_shown(stop.leave if stop else leaves),
        next_id=leg.to_id if leg else "",
        drive_min=nearest_minutes(leg.drive_s) if leg else None,
        least_min=nearest_minutes(leg.low_s) if leg and leg.low_s is not None else None,
        most_min=nearest_minutes(leg.high_s) if leg and leg.high_s is not None else None,
        distance_km=round(leg.distance_m / 1000, 1) if leg else None,
        source=SOURCE_NAMES[leg.source] if leg else "",
    )


def _shown(when: datetime | None) -> datetime | None:
    return None if when is None else nearest_minute(when)
