"""The officials' page against plain Folium: size, processor time to build, first paint, pan.

``python -m bench.maps [FACES …]``. Each page shows the same faces of a made-up inventory over the
communes of Isère: ours with everything around, the others with a popup or a tooltip a face and no
zones. Ours paints with the network closed. The others load their scripts from public servers and
paint nothing without: where these cannot be reached, their first paint cannot be had, and says so.

Panning is dragged in Chromium with its trace on: what counts is how many frames were presented a
second (`DrawFrame`), beside the processor time of each of them.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

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
from tests.browser.conftest import find_chromium

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
    """Return what builds a page of one Marker with an icon, a popup and a tooltip a face."""

    def build() -> str:
        import folium  # noqa: PLC0415 - the peer

        faces = campaign.faces
        page = folium.Map(location=[45.2, 5.6], zoom_start=9)
        for i in range(len(faces)):
            folium.Marker(
                [faces.lat[i], faces.lng[i]],
                popup=f"{faces.face_id[i]}, {faces.address[i]}, {faces.city[i]}",
                tooltip=faces.face_id[i],
                icon=folium.Icon(color="blue"),
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


def explore(campaign: Campaign) -> Callable[[], str]:
    """Return what builds the page of `GeoDataFrame.explore`, with its own tooltips."""

    def build() -> str:
        import geopandas  # noqa: PLC0415 - the peer

        faces = campaign.faces
        frame = geopandas.GeoDataFrame(
            {"face": faces.face_id, "adresse": faces.address, "commune": faces.city},
            geometry=geopandas.points_from_xy(faces.lng, faces.lat),
            crs=WGS84,
        )
        return str(frame.explore().get_root().render())

    return build


def kepler(campaign: Campaign) -> Callable[[], str]:
    """Return what builds the single file that kepler.gl exports."""

    def build() -> str:
        import keplergl  # type: ignore[import-not-found]  # noqa: PLC0415 - the peer, asked for by hand

        faces = campaign.faces
        frame = pd.DataFrame(
            {"face": faces.face_id, "adresse": faces.address, "commune": faces.city}
            | {"lat": faces.lat, "lng": faces.lng}
        )
        page = keplergl.KeplerGl(data={"faces": frame})
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "kepler.html"
            page.save_to_html(file_name=str(path))
            return path.read_text("utf-8")

    return build


_PAINTED = "performance.getEntriesByName('first-contentful-paint').map(e => e.startTime)"


def first_paint(browser: Any, html: str) -> float:  # noqa: ANN401 - playwright is not typed here
    """Return milliseconds to the first contentful paint, the network closed; NaN for none."""
    with tempfile.TemporaryDirectory() as folder, _opened(browser, html, Path(folder)) as page:
        page.wait_for_timeout(300)
        found = page.evaluate(_PAINTED)
    return float(found[0]) if found else float("nan")


def pan(browser: Any, html: str) -> tuple[float, float, float]:  # noqa: ANN401 - as above
    """Return what `frames_and_work` tells of a drag over the map."""
    with tempfile.TemporaryDirectory() as folder, _opened(browser, html, Path(folder)) as page:
        page.wait_for_selector("html[data-ready]")
        page.evaluate("map_placarde.getContainer().scrollIntoView()")
        page.evaluate("void map_placarde.setZoom(map_placarde.getZoom() + 1, {animate: false})")
        page.wait_for_timeout(500)
        box = page.locator("#map_placarde").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        trace = Path(folder) / "trace.json"
        browser.start_tracing(page=page, path=trace, categories=_CATEGORIES)
        _drag(page, x, y)
        browser.stop_tracing()
        events = json.loads(trace.read_text("utf-8"))["traceEvents"]
    return frames_and_work(events)


_CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline.frame", "toplevel"]
_TURNS, _STEPS = 6, 25


def _drag(page: Any, x: float, y: float) -> None:  # noqa: ANN401 - as above
    """Drag the map to and fro, a step a frame at 60 a second."""
    page.mouse.move(x, y)
    page.mouse.down()
    for turn in range(_TURNS):
        way = 1 if turn % 2 == 0 else -1
        for step in range(_STEPS):
            at = step if way == 1 else _STEPS - step
            page.mouse.move(x + 8 * at, y + 4 * at)
            page.wait_for_timeout(16)
    page.mouse.up()


def frames_and_work(events: list[dict[str, Any]]) -> tuple[float, float, float]:
    """Return what a trace tells of a drag.

    Frames a second, and processor time a frame in milliseconds: of the busiest thread, which sets
    the pace where the processors are free, and of all threads of the browser together (drawing
    without a graphics card is among them).

    Raises
    ------
    ValueError
        If no frame was drawn.
    """
    drawn = sorted(event["ts"] for event in events if event["name"] == "DrawFrame")
    if len(drawn) < 2:
        raise ValueError("the trace holds no frame")
    spent: Counter[tuple[int, int]] = Counter()
    for event in events:
        if event["name"].endswith("RunTask") and "tdur" in event:
            spent[event["pid"], event["tid"]] += event["tdur"]
    a_frame = 1000 * len(drawn)
    frames = (len(drawn) - 1) / (drawn[-1] - drawn[0]) * 1e6
    return frames, max(spent.values(), default=0) / a_frame, spent.total() / a_frame


@contextmanager
def _opened(browser: Any, html: str, folder: Path) -> Iterator[Any]:  # noqa: ANN401 - as above
    path = folder / "page.html"
    path.write_text(html, encoding="utf-8")
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(path.as_uri(), wait_until="load", timeout=120_000)
    yield page
    context.close()


@dataclass(frozen=True, slots=True)
class _Row:
    """A page that was built, in the units of the table."""

    name: str
    size_kb: float
    build_s: float
    paint_ms: float
    pan: tuple[float, float, float] | None = None

    def line(self, faces: int, *, base_s: float) -> str:
        paint = f"{self.paint_ms:,.0f}" if np.isfinite(self.paint_ms) else "not offline"
        panned = [f"{n:.0f}" for n in self.pan] if self.pan else ["", "", ""]
        times = f"{self.build_s / base_s:.1f}"
        cells = (f"{faces:,}", self.name, f"{self.size_kb:,.0f}", f"{self.build_s:.2f}", times)
        return f"| {' | '.join((*cells, paint, *panned))} |"


def _makers(campaign: Campaign, size: int) -> list[tuple[str, Callable[[], str]]]:
    makers = [("Placarde, carte-elus", ours(campaign))]
    if size > _LOOP_MOST:
        return makers
    makers.append(("Folium, GeoJson with tooltips", geojson_with_tooltips(campaign)))
    for name, needs, make in (
        ("GeoDataFrame.explore", "mapclassify", explore),
        ("kepler.gl, export", "keplergl", kepler),
    ):
        if find_spec(needs) is None:
            print(f"{name}: not measured, {needs} is not installed", file=sys.stderr)
        else:
            makers.append((name, make(campaign)))
    return [*makers, ("Folium, a loop of markers", loop_of_markers(campaign))]


def _measured(browser: Any, name: str, build: Callable[[], str]) -> _Row:  # noqa: ANN401 - as above
    start = time.process_time()
    html = build()
    spent = time.process_time() - start
    panned = pan(browser, html) if "Placarde" in name else None
    return _Row(name, len(html.encode()) / 1000, spent, first_paint(browser, html), panned)


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    sizes = [int(each) for each in arguments or []] or list(SIZES)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - for this bench alone

    ours(isere_with(100))()  # what is loaded and read once in a process
    print("| faces | page | size, kB | build, s of processor | × | first paint, ms", end=" ")
    print("| frames a second | ms a frame, busiest thread | ms a frame, all threads |")
    print("|---:|---|---:|---:|---:|---:|---:|---:|---:|")
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=options)
        for size in sizes:
            campaign, base_s = isere_with(size), 0.0
            for name, build in _makers(campaign, size):
                row = _measured(browser, name, build)
                base_s = base_s or row.build_s
                print(row.line(size, base_s=base_s), flush=True)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
