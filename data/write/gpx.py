"""``tournee.gpx``: the Maisons, the order in which each kit visits them, its roads (GPX 1.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

from data.write.text import plain
from data.write.tour_lines import SOURCE_NAMES, TourLine, kit_legs, tour_lines
from geo.french import NBSP, long_date
from geo.model import Campaign, Maison
from geo.plan import Leg, Tour, TravelSource

_NAMESPACE = "http://www.topografix.com/GPX/1/1"
_SCHEMA = "http://www.topografix.com/GPX/1/1/gpx.xsd"
_SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"


def tour_gpx(campaign: Campaign, tour: Tour) -> bytes:
    """Return every Maison as a waypoint and each kit's round as a route; no time of creation.

    Where legs carry the line of the road there is a track a kit as well, a segment a leg. Children
    come in the order of the GPX 1.1 schema, which is a sequence.
    """
    maisons = {maison.maison_id: maison for maison in campaign.maisons}
    lines = tour_lines(campaign, tour)
    # Plain attributes, because ElementTree keeps the prefixes of namespaces for the whole process.
    root = ET.Element(
        "gpx",
        {
            "xmlns": _NAMESPACE,
            "xmlns:xsi": _SCHEMA_INSTANCE,
            "xsi:schemaLocation": f"{_NAMESPACE} {_SCHEMA}",
            "version": "1.1",
            "creator": "Placarde",
        },
    )
    _add(ET.SubElement(root, "metadata"), "name", f"{campaign.name} – itinérance")
    for maison in campaign.maisons:
        visits = [line for line in lines if line.maison_id == maison.maison_id]
        _add_point(root, "wpt", maison, description=_visits(visits))
    for kit, kit_lines in groupby(lines, key=lambda line: line.kit):
        route = ET.SubElement(root, "rte")
        _add(route, "name", f"Kit {kit}")
        _add(route, "number", str(kit))
        for line in kit_lines:
            _add_point(route, "rtept", maisons[line.maison_id], description=_step(line))
    for kit in sorted({leg.kit for leg in tour.legs}):
        _add_track(root, kit, [leg for leg in kit_legs(tour, kit) if leg.path])
    ET.indent(root, space=" ")
    content: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return content + b"\n"


def _add(parent: ET.Element, tag: str, text: str) -> None:
    if plain(text):
        ET.SubElement(parent, tag).text = plain(text)


def _add_point(parent: ET.Element, tag: str, maison: Maison, *, description: str) -> None:
    place = {"lat": f"{maison.lnglat.lat:.6f}", "lon": f"{maison.lnglat.lng:.6f}"}
    point = ET.SubElement(parent, tag, place)
    _add(point, "name", maison.name)
    _add(point, "cmt", ", ".join(filter(None, (maison.address, maison.city))))
    _add(point, "desc", description)


def _add_track(root: ET.Element, kit: int, legs: Sequence[Leg]) -> None:
    if not legs:
        return
    track = ET.SubElement(root, "trk")
    _add(track, "name", f"Kit {kit}, par la route")
    _add(track, "number", str(kit))
    for leg in legs:
        segment = ET.SubElement(track, "trkseg")
        for point in leg.path:
            ET.SubElement(segment, "trkpt", {"lat": f"{point.lat:.5f}", "lon": f"{point.lng:.5f}"})


def _visits(lines: Iterable[TourLine]) -> str:
    days = [
        f"Kit {line.kit}{NBSP}: {', '.join(map(long_date, line.open_on))}"
        for line in lines
        if line.open_on
    ]
    return f"{NBSP}; ".join(days)


def _step(line: TourLine) -> str:
    step = f"Étape {line.step}" if line.step.isdigit() else line.step.capitalize()
    days = ", ".join(map(long_date, line.open_on))
    estimated = line.source == SOURCE_NAMES[TravelSource.ESTIMATE]
    drive = "trajet suivant estimé" if estimated else ""
    return ", ".join(filter(None, (step, days, drive)))
