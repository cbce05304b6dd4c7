"""What every summary says of a tour: how good it is, and how sure its times are."""

from __future__ import annotations

from typing import Any

from geo.french import NBSP, counted, duration, number, typeset
from geo.plan import Shortfall, Status, Tour, TravelSource

STATUS_NAMES = {
    Status.OPTIMAL: "optimal",
    Status.FEASIBLE: "réalisable, optimalité non prouvée",
    Status.INFEASIBLE: "impossible",
    Status.UNKNOWN: "rien trouvé, rien prouvé",
    Status.NOT_ASKED: "non demandé",
}
SOURCE_NAMES = {
    TravelSource.TABLE: "table",
    TravelSource.ROADS: "itinéraire",
    TravelSource.ESTIMATE: "estimation",
}


def summary_lines(tour: Tour) -> list[str]:
    """Return what any summary says of a tour: how good it is, how sure its times are."""
    lines = [f"Tournée{NBSP}: {STATUS_NAMES[tour.status]}"]
    if not tour.stops:
        return [*lines, *_remark_lines(tour)]
    lines.append(
        f"  {counted(len(tour.stops), 'étape', 'étapes')}, {duration(tour.drive_s)} de route "
        f"(au mieux {duration(tour.bound_s)}), {number(tour.distance_m / 1000)}{NBSP}km"
    )
    estimated = sum(leg.source is TravelSource.ESTIMATE for leg in tour.legs)
    if estimated:
        lines.append(f"  temps de route estimés pour {counted(estimated, 'trajet', 'trajets')}")
    if tour.spread is not None:
        ends = f"de {duration(tour.spread.low_s)} à {duration(tour.spread.high_s)} de route"
        verdict = (
            "les étapes gardent leurs jours" if tour.spread.holds else "la tournée ne tient plus"
        )
        lines.append(typeset(f"  {ends} selon ces estimations ; au plus long, {verdict}"))
        lines += [f"    – {shortfall.message}" for shortfall in tour.spread.breaks]
    return [*lines, *_remark_lines(tour)]


def _remark_lines(tour: Tour) -> list[str]:
    return [f"  à savoir{NBSP}: {remark.message}" for remark in tour.remarks]


def spread_json(tour: Tour) -> dict[str, Any]:
    """Return how sure the driving times are: null where none is an estimate."""
    spread = tour.spread
    return {
        "spread": None
        if spread is None
        else {
            "low_s": spread.low_s,
            "high_s": spread.high_s,
            "holds": spread.holds,
            "breaks": [shortfall_json(shortfall) for shortfall in spread.breaks],
        },
        "remarks": [shortfall_json(remark) for remark in tour.remarks],
    }


def shortfall_json(shortfall: Shortfall) -> dict[str, Any]:
    """Return what could not be done, or what is to be known, as a JSON object."""
    return {
        "code": shortfall.code,
        "subject": shortfall.subject,
        "message": shortfall.message,
        "wanted": shortfall.wanted,
        "got": shortfall.got,
    }
