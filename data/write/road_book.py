"""``feuille-de-route.pdf``: what the driver and the people on site need, a block a stop."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import segno

from data.write.text import kilometres_in_words, plain
from data.write.tour_lines import real_legs
from data.write.typeset import Data, compile_pdf
from geo.crs import LngLat
from geo.french import (
    NBSP,
    counted,
    duration,
    hour,
    listed,
    long_date,
    moment,
    nearest_minute,
    span,
    typeset,
)
from geo.model import Campaign, Maison
from geo.plan import Leg, Stop, Tour, TravelSource

_SOURCES = {
    TravelSource.TABLE: "table des trajets",
    TravelSource.ROADS: "itinéraire par la route",
    TravelSource.ESTIMATE: "estimation",
}
_WEEK = {
    "Mo": "lun.",
    "Tu": "mar.",
    "We": "mer.",
    "Th": "jeu.",
    "Fr": "ven.",
    "Sa": "sam.",
    "Su": "dim.",
    "PH": "jours fériés",
    "SH": "vacances scolaires",
    "off": "fermé",
    "closed": "fermé",
}
_TOKENS = re.compile(r"\b(" + "|".join(_WEEK) + r")\b")
_HOURS = re.compile(r"\b(\d\d):(\d\d)\b")


def road_book(campaign: Campaign, tour: Tour) -> bytes:
    """Return the road book of a tour as a PDF; its date is the first day of the tour."""
    first_day = campaign.tour.start if campaign.tour else campaign.periods.start
    return compile_pdf("feuille-de-route", road_book_data(campaign, tour), day=first_day)


def road_book_data(campaign: Campaign, tour: Tour) -> dict[str, Data]:
    """Return what the template prints: every sentence is made here, none of it is markup."""
    maisons = {maison.maison_id: maison for maison in campaign.maisons}
    kits = sorted({stop.kit for stop in tour.stops})
    return {
        "title": f"Feuille de route – {plain(campaign.name)}",
        "facts": list(_facts(tour)),
        "notices": list(_notices(tour)),
        "kits": [_kit(kit, campaign=campaign, tour=tour, maisons=maisons) for kit in kits],
    }


def _facts(tour: Tour) -> Iterator[str]:
    if not tour.stops:
        yield "Aucune étape : il n’y a pas de tournée."
        return
    days = sorted(day for stop in tour.stops for day in stop.open_on)
    yield typeset(
        f"{counted(len(tour.stops), 'étape', 'étapes')}, {span(days[0], days[-1])}, "
        f"{counted(len({stop.kit for stop in tour.stops}), 'kit', 'kits')}."
    )
    yield f"{duration(tour.drive_s)} de route en tout, {kilometres_in_words(tour.distance_m)}."


def _notices(tour: Tour) -> Iterator[str]:
    estimated = sum(leg.source is TravelSource.ESTIMATE for leg in tour.legs)
    if estimated:
        yield typeset(
            f"{counted(estimated, 'trajet porte', 'trajets portent')} la mention « estimation » : "
            "leur durée vient de la distance à vol d’oiseau, et reste à vérifier avant de partir."
        )
    if tour.spread is not None:
        ends = f"de {duration(tour.spread.low_s)} à {duration(tour.spread.high_s)}"
        verdict = (
            "même au plus long, les étapes gardent leurs jours"
            if tour.spread.holds
            else "au plus long, la tournée ne tient plus"
        )
        yield typeset(f"En tout, {ends} de route selon ces estimations : {verdict}.")
        yield from (shortfall.message for shortfall in tour.spread.breaks)
    yield from (remark.message for remark in tour.remarks)


def _kit(
    kit: int, *, campaign: Campaign, tour: Tour, maisons: dict[str, Maison]
) -> dict[str, Data]:
    stops = [stop for stop in tour.stops if stop.kit == kit]
    legs = [leg for leg in real_legs(tour) if leg.kit == kit]
    comes_from_depot = bool(legs) and legs[0].arrive <= stops[0].arrive
    return {
        "name": f"Kit {kit}",
        "summary": [
            [
                str(number),
                long_date(stop.open_on[0]),
                plain(maisons[stop.maison_id].city),
                _short(stop.arrive),
                _short(stop.leave),
            ]
            for number, stop in enumerate(stops, start=1)
        ],
        "start": _drives(_next_trip(legs), maisons) if comes_from_depot else [],
        "stops": [
            _stop(number, stop, campaign=campaign, legs=legs, maisons=maisons)
            for number, stop in enumerate(stops, start=1)
        ],
    }


def _stop(
    number: int,
    stop: Stop,
    *,
    campaign: Campaign,
    legs: Sequence[Leg],
    maisons: dict[str, Maison],
) -> dict[str, Data]:
    maison = maisons[stop.maison_id]
    following = [leg for leg in legs if leg.arrive >= stop.leave]
    return {
        "heading": f"{number}. {plain(maison.name)}",
        "rows": list(_rows(stop, maison, campaign)),
        "onward": _drives(_next_trip(following), maisons),
        "qr": qr_svg(maison.lnglat),
        "qr_text": f"{maison.lnglat.lat:.5f}, {maison.lnglat.lng:.5f}",
        "qr_alt": f"Code QR de l’emplacement de {plain(maison.name)}",
    }


def _next_trip(following: Sequence[Leg]) -> list[Leg]:
    """Return the drive with the kit that comes next, and the empty ones before and after it."""
    trip: list[Leg] = []
    for leg in following:
        if any(not seen.empty for seen in trip) and not leg.empty:
            break
        if trip and leg.depart - trip[-1].arrive > timedelta(minutes=1):
            break
        trip.append(leg)
    return trip


def _rows(stop: Stop, maison: Maison, campaign: Campaign) -> Iterator[list[str]]:
    town = " ".join(filter(None, (plain(maison.postcode), plain(maison.city))))
    yield ["Adresse", ", ".join(filter(None, (plain(maison.address), town)))]
    if maison.precision:
        yield ["Emplacement", f"précision : {plain(maison.precision)} – à confirmer"]
    yield ["Contact sur place", "Nom : ……………………………  Téléphone : ……………………………"]
    yield ["Arrivée du kit", moment(stop.arrive)]
    if stop.opens is not None:
        yield [
            "Installation",
            f"avant l’ouverture, {moment(stop.opens)}{_time(_setup(maison, campaign))}",
        ]
    yield ["Ouvert au public", listed([long_date(day) for day in sorted(stop.open_on)])]
    if maison.opening:
        yield ["Horaires", opening_in_french(plain(maison.opening))]
    if stop.closes is not None:
        taken = _time(_takedown(maison, campaign))
        yield ["Démontage", f"après la fermeture, {moment(stop.closes)}{taken}"]
    yield ["Départ du kit", moment(stop.leave)]


def _setup(maison: Maison, campaign: Campaign) -> int:
    default = campaign.tour.setup_s if campaign.tour else 0
    return default if maison.setup_s is None else maison.setup_s


def _takedown(maison: Maison, campaign: Campaign) -> int:
    default = campaign.tour.takedown_s if campaign.tour else 0
    return default if maison.takedown_s is None else maison.takedown_s


def _time(seconds: int) -> str:
    return f" ({duration(seconds)} prévues)" if seconds else ""


def _drives(legs: Sequence[Leg], maisons: dict[str, Maison]) -> list[Data]:
    return [_drive(leg, maisons) for leg in legs]


def _drive(leg: Leg, maisons: dict[str, Maison]) -> dict[str, Data]:
    goal = maisons[leg.to_id]
    estimated = leg.source is TravelSource.ESTIMATE
    between = (
        f" ({duration(leg.low_s)} à {duration(leg.high_s)})"
        if leg.low_s is not None and leg.high_s is not None
        else ""
    )
    name = "À vide vers" if leg.empty else "Vers"
    return {
        "to": f"{name} {plain(goal.name)}, {plain(goal.city)}",
        "when": f"départ {moment(leg.depart)}, arrivée à {hour(leg.arrive)}",
        "how": f"{duration(leg.drive_s)}{between}, {kilometres_in_words(leg.distance_m)}",
        "source": _SOURCES[leg.source],
        "estimated": estimated,
    }


def _short(when: datetime) -> str:
    shown = nearest_minute(when)
    return f"{shown.day:02}/{shown.month:02} à {hour(shown)}"


def opening_in_french(expression: str) -> str:
    """Return OpenStreetMap opening hours with the days and the hours as French writes them."""
    days = _TOKENS.sub(lambda found: _WEEK[found[1]], expression)
    hours = _HOURS.sub(lambda found: f"{int(found[1])}{NBSP}h{NBSP}{found[2]}", days)
    return re.sub(r"\s*([,;])\s*", r"\1 ", re.sub(r"\s*-\s*", "–", hours)).strip()


def qr_svg(point: LngLat) -> str:
    """Return a QR code (ISO/IEC 18004, error correction M) of a ``geo:`` address (RFC 5870)."""
    code = segno.make_qr(f"geo:{point.lat:.6f},{point.lng:.6f}", error="m")
    out = io.BytesIO()
    code.save(out, kind="svg", xmldecl=False, border=2, omitsize=True)
    return out.getvalue().decode()
