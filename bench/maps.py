"""The officials' page against plain Folium: size, processor time to build, time to first paint.

``python -m bench.maps [FACES …]``. Each page shows the same faces of a made-up inventory over the
communes of Isère: ours with everything around, Folium's with a popup or a tooltip a face and no
zones. `GeoDataFrame.explore` and kepler.gl are told as missing where they are not installed.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import fields, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from data.isere import campaign_folder
from data.read import read_campaign
from geo.crs import WGS84, reproject_points
from geo.model import Campaign, Faces
from geo.plan import AgentExposure, Allocation, Plan, Posting, Status, Tour
from geo.targeting import target
from maps.blocks import zones_block
from maps.foliummap import folium_page
from maps.officials import officials_payload
from maps.onefile import one_file
from maps.scene import Scene

SIZES = (2_000, 20_000, 100_000)
_LOOP_MOST = 20_000  # a loop of markers for more takes minutes and opens in no browser here


def isere_with(count: int) -> Campaign:
    """Return the embedded campaign with this many faces, around those that it has."""
    campaign = read_campaign(campaign_folder()).campaign
    if campaign is None:
        raise ValueError("the embedded campaign does not read")
    rng = np.random.default_rng(0)
    rows = np.arange(count) % len(campaign.faces)
    columns = {each.name: getattr(campaign.faces, each.name)[rows] for each in fields(Faces)}
    columns["face_id"] = np.array([f"F{i:06}" for i in range(count)], dtype=object)
    for axis in ("x", "y"):
        columns[axis] = columns[axis] + rng.normal(0.0, 800.0, count)
    columns["lng"], columns["lat"] = reproject_points(
        columns["x"], columns["y"], source=campaign.crs, target=WGS84
    )
    return replace(campaign, faces=Faces(**columns))


def plan_of(campaign: Campaign) -> Plan:
    """Return a plan that posts something on every face, each portrait in its turn."""
    agents = campaign.agents
    postings = tuple(
        sorted(
            Posting(1 + i % campaign.periods.count, str(face_id), agents[i % len(agents)].agent_id)
            for i, face_id in enumerate(campaign.faces.face_id)
        )
    )
    exposures = tuple(AgentExposure(a.agent_id, 1.0, 1.0, 1.0, 1.0, 1) for a in agents)
    allocation = Allocation(Status.FEASIBLE, 1, 1, 1, 1, 0, 0, postings, exposures)
    return Plan(0, allocation, Tour(Status.NOT_ASKED, 0, 0, 0))


def ours(campaign: Campaign) -> Callable[[], str]:
    """Return what builds the officials' page; eligibility is worked out before."""
    eligibility, plan = target(campaign), plan_of(campaign)

    def build() -> str:
        scene = Scene.of(campaign, plan, eligibility)
        payload = officials_payload(scene, zones_block(scene))
        review = {"schema": "", "plan": "", "page": "carte-elus"}
        return one_file(folium_page(scene.bounds()), {**payload, "review": review})

    return build


def loop_of_markers(campaign: Campaign) -> Callable[[], str]:
    """Return what builds a page of one CircleMarker with a popup a face."""

    def build() -> str:
        import folium  # noqa: PLC0415 - the peer

        faces = campaign.faces
        page = folium.Map(location=[45.2, 5.6], zoom_start=9)
        for i in range(len(faces)):
            folium.CircleMarker(
                [faces.lat[i], faces.lng[i]],
                radius=4,
                popup=f"{faces.face_id[i]}, {faces.address[i]}, {faces.city[i]}",
            ).add_to(page)
        return str(page.get_root().render())

    return build


def geojson_with_tooltips(campaign: Campaign) -> Callable[[], str]:
    """Return what builds a page of one GeoJson layer with tooltips."""

    def build() -> str:
        import folium  # noqa: PLC0415 - the peer

        faces = campaign.faces
        features = [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [lng, lat]},
                "properties": {"face": face, "adresse": address, "commune": city},
            }
            for lng, lat, face, address, city in zip(
                faces.lng.tolist(), faces.lat.tolist(), faces.face_id, faces.address, faces.city,
                strict=True,
            )
        ]  # fmt: skip
        page = folium.Map(location=[45.2, 5.6], zoom_start=9)
        folium.GeoJson(
            {"type": "FeatureCollection", "features": features},
            marker=folium.CircleMarker(radius=4),
            tooltip=folium.GeoJsonTooltip(["face", "adresse", "commune"]),
        ).add_to(page)
        return str(page.get_root().render())

    return build


def first_paint(browser: Any, html: str) -> float:  # noqa: ANN401 - playwright is not typed here
    """Return milliseconds to the first contentful paint, the network closed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_text(html, encoding="utf-8")
        page = browser.new_context(offline=True).new_page()
        page.goto(path.as_uri(), wait_until="load", timeout=120_000)
        page.wait_for_timeout(300)
        entries = "performance.getEntriesByName('first-contentful-paint').map(e => e.startTime)"
        found = page.evaluate(entries)
        page.context.close()
    return float(found[0]) if found else float("nan")


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    sizes = [int(each) for each in arguments or []] or list(SIZES)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - for this bench alone

    print("| faces | page | size, kB | build, s of processor | first paint, ms |")
    print("|---:|---|---:|---:|---:|")
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=options)
        for size in sizes:
            campaign = isere_with(size)
            makers = [("Placarde, carte-elus", ours(campaign))]
            if size <= _LOOP_MOST:
                makers.append(("Folium, GeoJson with tooltips", geojson_with_tooltips(campaign)))
                makers.append(("Folium, a loop of CircleMarkers", loop_of_markers(campaign)))
            for name, build in makers:
                start = time.process_time()
                html = build()
                spent = time.process_time() - start
                paint = first_paint(browser, html) if "Placarde" in name else float("nan")
                size_kb = len(html.encode()) / 1000
                shown = f"{paint:.0f}" if np.isfinite(paint) else "not offline"
                print(f"| {size:,} | {name} | {size_kb:,.0f} | {spent:.2f} | {shown} |", flush=True)
        browser.close()
    for name, needs in (("GeoDataFrame.explore", "mapclassify"), ("kepler.gl", "keplergl")):
        if find_spec(needs) is None:
            print(f"{name}: not measured, {needs} is not installed")


if __name__ == "__main__":
    main(sys.argv[1:])
