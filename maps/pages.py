"""The three pages of a plan: one reader each, one file each."""

from __future__ import annotations

from geo.model import Campaign
from geo.plan import Plan
from geo.targeting import Eligibility
from maps.blocks import zones_block
from maps.buyer import buyer_payload
from maps.foliummap import folium_page
from maps.officials import officials_payload
from maps.onefile import one_file
from maps.planner import planner_payload
from maps.scene import Scene

PAGES = {
    "carte-interne.html": planner_payload,
    "carte-regie.html": buyer_payload,
    "carte-elus.html": officials_payload,
}


def render_pages(campaign: Campaign, plan: Plan, eligibility: Eligibility) -> dict[str, str]:
    """Return the HTML of the three pages by file name; the same inputs give the same bytes.

    ``carte-interne.html`` is for the planner and shows everything, ``carte-regie.html`` is for the
    media buyer and holds no personal data, ``carte-elus.html`` is for elected officials and holds
    no price, name, consent or id.

    Parameters
    ----------
    campaign, plan, eligibility
        A plan made from this campaign, and the campaign's own eligibility.

    Raises
    ------
    maps.assets.UnknownAssetError
        If Folium asks for a script or a style sheet that is not vendored.
    """
    scene = Scene.of(campaign, plan, eligibility)
    zones = zones_block(scene)
    frame = folium_page(scene.bounds())
    return {name: one_file(frame, payload(scene, zones)) for name, payload in PAGES.items()}
