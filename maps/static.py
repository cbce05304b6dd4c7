"""The map for paper: the layers of the officials' page as one SVG, and the words around it.

What it says is picked from the payload of that page, so it holds no more than the page does. Of
the faces too close to each other to be numbered, all but one are dots of their portrait's colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo import french
from geo.crs import WGS84, LngLat, reproject_points, reproject_shapes
from geo.model import Area, Campaign
from geo.plan import Plan
from geo.targeting import Eligibility
from maps import blocks, tour_blocks
from maps.columns import Json
from maps.officials import officials_payload
from maps.scene import IntArray, Scene
from maps.sheet import EDGE, SVG, WIDTH, Sheet, names_on, outline, path, sheet_of
from maps.static_names import FloatArray, as_text, plain

_MARK, _DOT, _STOP = 11.0, 3.2, 12.0
_APART = 2.2 * _MARK
_TURNS = np.linspace(0.0, 2.0 * np.pi, 16, endpoint=False)
_AROUND = np.column_stack((np.cos(_TURNS), np.sin(_TURNS)))


@dataclass(frozen=True, slots=True)
class StaticMap:
    """A drawing, and what is said beside it.

    Parameters
    ----------
    svg
        The drawing; it names no font but ``Libertinus Serif``, no file and no address.
    head
        As on the officials' page: title, sentences, figures, notice.
    portraits
        The legend: mark, colour, shape, label, detail.
    stops
        Number, town and days of each stop of the exhibition.
    sources
        Whose data the drawing is made of.
    """

    svg: str
    head: Json
    portraits: tuple[Json, ...]
    stops: tuple[tuple[str, str, str], ...]
    sources: tuple[str, ...]


def static_map(campaign: Campaign, plan: Plan, eligibility: Eligibility) -> StaticMap:
    """Return the map of a plan for paper; the same inputs give the same text."""
    scene = Scene.of(campaign, plan, eligibility)
    payload = officials_payload(scene, {})
    marks = tour_blocks.stop_marks(scene)
    cities = {maison.maison_id: maison.city or maison.name for maison in campaign.maisons}
    return StaticMap(
        svg=_drawing(scene, payload["series"], marks),
        head=payload["head"],
        portraits=tuple(payload["series"]),
        stops=tuple(
            (marks[stop.maison_id], cities[stop.maison_id], french.opening_days(stop.open_on))
            for stop in scene.stops()
        ),
        sources=(blocks.SOURCES[0],),
    )


def _drawing(scene: Scene, series: Sequence[Json], marks: dict[str, str]) -> str:
    shapes = reproject_shapes(scene.shapes, source=WGS84, target=scene.campaign.crs)
    sheet = sheet_of(scene, shapes)
    stops = _stop_points(scene, sheet)
    stations = np.array(list(stops.values())).reshape(-1, 2)
    level = scene.eligibility.levels[scene.main_level] if scene.eligibility.levels else ""
    zones = [i for i, zone in enumerate(scene.campaign.zones) if zone.level == level]
    names = names_on(scene, zones, shapes, sheet, taken=stations)
    taken = np.vstack([stations, *(name.spine() for name in names)])
    parts = [
        f'<svg xmlns="{SVG}" viewBox="{sheet.box()}" font-family="Libertinus Serif">',
        *(_zone(shapes[i], sheet) for i in zones),
        *_tour(scene, stops),
        *_faces(scene, series, sheet, taken=taken),
        *(_stop(*at, marks[maison_id]) for maison_id, at in stops.items()),
        *(name.svg() for name in names),
        *_scale_bar(sheet),
        "</svg>",
    ]
    return "\n".join(parts)


def _zone(shape: Area, sheet: Sheet) -> str:
    return (
        f'<path d="{outline(shape, sheet)}" fill="#f3f1ea" stroke="#8a8a80" stroke-width="1.4" '
        'fill-rule="evenodd"/>'
    )


def _stop_points(scene: Scene, sheet: Sheet) -> dict[str, tuple[float, float]]:
    places = {maison.maison_id: maison.lnglat for maison in scene.campaign.maisons}
    ids = [stop.maison_id for stop in scene.stops()]
    points = _points(scene, sheet, [places[maison_id] for maison_id in ids])
    return {maison_id: (float(x), float(y)) for maison_id, (x, y) in zip(ids, points, strict=True)}


def _points(scene: Scene, sheet: Sheet, places: Sequence[LngLat]) -> FloatArray:
    lng = np.array([place.lng for place in places], dtype=np.float64)
    lat = np.array([place.lat for place in places], dtype=np.float64)
    x, y = reproject_points(lng, lat, source=WGS84, target=scene.campaign.crs)
    return sheet.xy(np.column_stack((x, y)))


def _tour(scene: Scene, stops: dict[str, tuple[float, float]]) -> list[str]:
    """Return a line from stop to stop, kit by kit, in the order of the stops."""
    kits: dict[int, list[tuple[float, float]]] = {}
    for stop in scene.stops():
        kits.setdefault(stop.kit, []).append(stops[stop.maison_id])
    return [
        f'<path d="M{path(np.array(line))}" fill="none" stroke="#1d1d1b" stroke-width="2.2" '
        'stroke-dasharray="7 5" stroke-linejoin="round"/>'
        for _, line in sorted(kits.items())
        if len(line) > 1
    ]


def _faces(
    scene: Scene,
    series: Sequence[Json],
    sheet: Sheet,
    *,
    taken: FloatArray,
) -> list[str]:
    """Return a dot for each face of each portrait, and numbers where there is room for them."""
    _, which = np.unique(scene.portrait_of_posting(), return_inverse=True)
    pairs = np.unique(np.column_stack((which, scene.face)), axis=0)
    if not len(pairs):
        return []
    faces = scene.campaign.faces
    at = sheet.xy(np.column_stack((faces.x[pairs[:, 1]], faces.y[pairs[:, 1]])))
    dots = [
        f'<circle cx="{plain(x)}" cy="{plain(y)}" r="{_DOT}" fill="{series[portrait]["colour"]}"/>'
        for (x, y), portrait in zip(at, pairs[:, 0], strict=True)
    ]
    signs = [
        leader + _sign(x, y, series[pairs[i, 0]])
        for i, x, y, leader in _numbered(pairs[:, 0], at, taken)
    ]
    return [*dots, *signs]


def _numbered(
    portrait: IntArray, at: FloatArray, taken: FloatArray
) -> list[tuple[int, float, float, str]]:
    """Return which faces are numbered, where, and the line from a number that stands aside.

    Of each portrait the face nearest its middle where there is room for a sign; the others where
    there is more room than that. Where no face of a portrait has room, its sign stands aside.
    """
    placed = [*taken]
    signs: list[tuple[int, float, float, str]] = []

    def is_free(point: FloatArray, apart: float) -> bool:
        return not placed or bool(np.min(np.hypot(*(np.array(placed) - point).T)) >= apart)

    def put(i: int, point: FloatArray, leader: str = "") -> None:
        signs.append((i, float(point[0]), float(point[1]), leader))
        placed.append(point)

    for each in np.unique(portrait):
        own = np.flatnonzero(portrait == each)
        middle = np.hypot(*(at[own] - np.median(at[own], axis=0)).T)
        order = [int(i) for i in own[np.lexsort((own, middle))]]
        first = next((i for i in order if is_free(at[i], _APART)), None)
        if first is not None:
            put(first, at[first])
            continue
        rings = (at[order[0]] + step * _AROUND[k] for step in range(30, 130, 10) for k in range(16))
        aside = next((point for point in rings if is_free(point, _APART)), at[order[0]])
        put(order[0], aside, _leader(at[order[0]], aside))
    for i in range(len(at)):
        if is_free(at[i], 1.6 * _APART):
            put(i, at[i])
    return signs


def _leader(face: FloatArray, sign: FloatArray) -> str:
    line = path(np.array([face, sign]))
    return f'<path d="M{line}" fill="none" stroke="#1d1d1b" stroke-width="1.2"/>'


def _sign(x: float, y: float, series: Json) -> str:
    radius = _MARK
    if series["shape"] == "round":
        outline = f'<circle cx="{plain(x)}" cy="{plain(y)}" r="{plain(radius)}"'
    elif series["shape"] == "square":
        side = 0.9 * radius
        outline = (
            f'<rect x="{plain(x - side)}" y="{plain(y - side)}" width="{plain(2 * side)}" '
            f'height="{plain(2 * side)}"'
        )
    else:
        reach = 1.25 * radius
        points = [(x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y)]
        outline = f'<path d="M{path(np.array(points))}Z"'
    sign = f'{outline} fill="{series["colour"]}" stroke="#fff" stroke-width="1.2"/>'
    return sign + _number(x, y, series["mark"], fill="#fff")


def _stop(x: float, y: float, mark: str) -> str:
    side = _STOP
    return (
        f'<rect x="{plain(x - side)}" y="{plain(y - side)}" width="{plain(2 * side)}" '
        f'height="{plain(2 * side)}" rx="3" fill="#fff" stroke="#1d1d1b" stroke-width="2.2"/>'
        + _number(x, y, mark, fill="#1d1d1b")
    )


def _number(x: float, y: float, text: str, *, fill: str) -> str:
    size = 14.0 if len(text) < 3 else 10.5
    return (
        f'<text x="{plain(x)}" y="{plain(y + 0.33 * size)}" font-size="{size}" font-weight="bold" '
        f'text-anchor="middle" fill="{fill}">{as_text(text)}</text>'
    )


def _scale_bar(sheet: Sheet) -> list[str]:
    lengths = [step * 10**power for power in range(6) for step in (1, 2, 5)]
    metres = max((each for each in lengths if each * sheet.scale <= WIDTH / 5), default=lengths[0])
    said = f"{metres // 1000}{french.NBSP}km" if metres >= 1000 else f"{metres}{french.NBSP}m"
    x, y, long = EDGE, sheet.height - EDGE, metres * sheet.scale
    line = f"M{plain(x)} {plain(y - 6)}V{plain(y)}H{plain(x + long)}V{plain(y - 6)}"
    middle = f'x="{plain(x + long / 2)}" y="{plain(y - 8)}" text-anchor="middle"'
    return [
        f'<path d="{line}" fill="none" stroke="#1d1d1b" stroke-width="1.6"/>',
        f'<text {middle} font-size="14" fill="#1d1d1b">{said}</text>',
    ]
