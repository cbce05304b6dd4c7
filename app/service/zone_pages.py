"""The officials' page of one zone of a plan: how it is called in a link, and how it is made.

A page is named by its zone: ``officials-vif`` is the view, ``carte-elus-vif.html`` the file. The
names are those of the campaign that the plan was made from, so that a link keeps its zone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from geo.model import Campaign, Zone
from geo.plan import Plan
from geo.targeting import target
from maps import render_zone, slug

VIEW_PREFIX = "officials-"
LONGEST_VIEW = 40
_LONGEST = LONGEST_VIEW - len(VIEW_PREFIX)


def page_of(name: str) -> str:
    """Return the file of the zone of a name."""
    return f"carte-elus-{name}.html"


def zones_by_name(zones: Sequence[Zone]) -> dict[str, str]:
    """Return the ids of zones by the names that links give them.

    Larger zones are named first, those of one level by name and id; a name that is taken gets a
    number.
    """
    parents = {zone.zone_id: zone.parent_id for zone in zones}
    found: dict[str, str] = {}
    for zone in sorted(zones, key=lambda z: (_depth(z, parents), z.name, z.zone_id)):
        found[_free(slug(zone.name) or slug(zone.zone_id) or "zone", found)] = zone.zone_id
    return found


def zone_page(campaign: Campaign, plan: Plan, name: str) -> dict[str, bytes]:
    """Return the page of a zone by its file.

    Raises
    ------
    UnknownNameError
        If no zone has this name.
    """
    zone_id = zones_by_name(campaign.zones).get(name, "")
    file = page_of(name)
    html = render_zone(campaign, plan, target(campaign), zone_id=zone_id, name=file)
    return {file: html.encode()}


def _free(stem: str, taken: Mapping[str, str]) -> str:
    short = stem[:_LONGEST].strip("-")
    if short not in taken:
        return short
    numbers = (f"-{n}" for n in range(2, len(taken) + 3))
    tries = (short[: _LONGEST - len(number)].strip("-") + number for number in numbers)
    return next(each for each in tries if each not in taken)


def _depth(zone: Zone, parents: Mapping[str, str | None]) -> int:
    depth, at = 0, zone.parent_id
    while at and depth < len(parents):
        depth, at = depth + 1, parents.get(at)
    return depth
