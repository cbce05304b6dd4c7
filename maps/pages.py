"""The three pages of a plan: one reader each, one file each; and the officials' page by zone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Container, Sequence
from itertools import chain, count

from geo.errors import Problem, UnknownNameError
from geo.french import NBSP, listed
from geo.matching.explained.glance import Glances
from geo.model import Campaign
from geo.plan import Plan
from geo.targeting import Eligibility
from maps.blocks import zones_block
from maps.buyer import buyer_payload
from maps.columns import Json
from maps.foliummap import folium_page
from maps.geometry import ONE_ZONE_TOLERANCE_M
from maps.officials import officials_payload
from maps.onefile import one_file
from maps.planner import planner_payload
from maps.review import REMARKS_SCHEMA, plan_digest
from maps.scene import Scene
from maps.zone_index import zone_index

PAGES = {
    "carte-interne.html": planner_payload,
    "carte-regie.html": buyer_payload,
    "carte-elus.html": officials_payload,
}


def render_pages(
    campaign: Campaign,
    plan: Plan,
    eligibility: Eligibility,
    *,
    glances: Glances | None = None,
    problems: Sequence[Problem] = (),
) -> dict[str, str]:
    """Return the HTML of the three pages by file name; the same inputs give the same bytes.

    ``carte-interne.html`` is for the planner and shows everything, ``carte-regie.html`` is for the
    media buyer and holds no personal data, ``carte-elus.html`` is for elected officials and holds
    no price, name, consent or id.

    Parameters
    ----------
    campaign, plan, eligibility
        A plan made from this campaign, and the campaign's own eligibility.
    glances
        Why each posting is there; the planner's page says nothing of it without them.
    problems
        What the doors had to say of the inputs, for the planner's page.

    Raises
    ------
    maps.assets.UnknownAssetError
        If Folium asks for a script or a style sheet that is not vendored.
    """
    scene = Scene.of(campaign, plan, eligibility, glances=glances, problems=problems)
    zones = zones_block(scene)
    frame = folium_page(scene.bounds())
    return {
        name: one_file(frame, _payload(name, scene, zones, payload))
        for name, payload in PAGES.items()
    }


def render_by_zone(
    campaign: Campaign, plan: Plan, eligibility: Eligibility, *, level: str
) -> dict[str, str]:
    """Return the officials' page of each zone of a level, by file name.

    A page holds the faces, the Maisons and the smaller zones that lie in its zone, and nothing of
    the others. Zones without a posting and without a stop have one too: it says so.

    Raises
    ------
    UnknownNameError
        If the campaign has no zone of this level.
    """
    scene = Scene.of(campaign, plan, eligibility, tolerance_m=ONE_ZONE_TOLERANCE_M)
    return {name: _zone_page(scene, i, name) for name, i in _zone_files(scene, level).items()}


def render_zone_index(
    campaign: Campaign, plan: Plan, eligibility: Eligibility, *, level: str
) -> str:
    """Return the page that leads to those of `render_by_zone`, to stand beside them.

    Raises
    ------
    UnknownNameError
        If the campaign has no zone of this level.
    """
    scene = Scene.of(campaign, plan, eligibility)
    return zone_index(scene, _zone_files(scene, level), level=level)


def _zone_files(scene: Scene, level: str) -> dict[str, int]:
    """Return the zones of a level by the names of their files, sorted by their own."""
    zones = scene.campaign.zones
    members = [i for i, zone in enumerate(zones) if zone.level == level]
    if not members:
        known = listed(scene.eligibility.levels) or "aucun"
        raise UnknownNameError(
            f"Cette campagne n’a pas de zones du niveau {level}{NBSP}; ses niveaux{NBSP}: {known}."
        )
    files: dict[str, int] = {}
    for i in sorted(members, key=lambda i: (zones[i].name, zones[i].zone_id)):
        files[_free_name(f"carte-elus-{slug(zones[i].name) or level}", files)] = i
    return files


def render_zone(
    campaign: Campaign, plan: Plan, eligibility: Eligibility, *, zone_id: str, name: str
) -> str:
    """Return the officials' page of one zone, as `render_by_zone` makes it; `name` is its file's.

    Raises
    ------
    UnknownNameError
        If the campaign has no such zone.
    """
    rows = [i for i, zone in enumerate(campaign.zones) if zone.zone_id == zone_id]
    if not rows:
        raise UnknownNameError(f"Cette campagne n’a pas de zone {zone_id}.")
    scene = Scene.of(campaign, plan, eligibility, tolerance_m=ONE_ZONE_TOLERANCE_M)
    return _zone_page(scene, rows[0], name)


def _zone_page(scene: Scene, row: int, name: str) -> str:
    part = scene.within(row)
    payload = _payload(name, part, zones_block(part), officials_payload)
    return one_file(folium_page(part.bounds()), payload)


def slug(name: str) -> str:
    """Return a name as it stands in a link: ``Bourg-d’Oisans`` is ``bourg-d-oisans``.

    `hash.js` makes the same of the names of zones.
    """
    spelt = name.lower().replace("œ", "oe").replace("æ", "ae")
    letters = "".join(
        c for c in unicodedata.normalize("NFD", spelt) if not unicodedata.combining(c)
    )
    return "-".join(re.findall("[a-z0-9]+", letters))[:80]


def _free_name(stem: str, taken: Container[str]) -> str:
    tries = (f"{stem}{suffix}.html" for suffix in chain([""], (f"-{n}" for n in count(2))))
    return next(name for name in tries if name not in taken)


def _payload(name: str, scene: Scene, zones: Json, payload: Callable[[Scene, Json], Json]) -> Json:
    review = {"schema": REMARKS_SCHEMA, "plan": plan_digest(scene.plan), "page": name[:-5]}
    return {**payload(scene, zones), "review": review}
