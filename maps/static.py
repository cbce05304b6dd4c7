"""The map for paper: the layers of the officials' page as one SVG, and the words around it.

What it says is picked from the payload of that page, so it holds no more than the page does. Of
the faces too close to each other to be numbered, all but one are dots of their portrait's colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import french
from geo.crs import WGS84, LngLat, reproject_points, reproject_shapes
from geo.model import Area, Campaign
from geo.plan import Plan
from geo.targeting import Eligibility
from maps import blocks, tour_blocks
from maps.columns import Json
from maps.officials import officials_payload
from maps.scene import IntArray, Scene
from maps.static_names import FloatArray, Name, as_text, place_names, plain

# In the units of the drawing, which is a thousand wide: about a sixth of a millimetre on A4.
WIDTH = 1000.0
MOST_HEIGHT = 860.0
_MARGIN = 14.0
_MARK, _DOT, _STOP = 11.0, 3.2, 12.0
_APART = 2.2 * _MARK
_SVG = "http://www.w3.org/2000/svg"
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


@dataclass(frozen=True, slots=True)
class _Sheet:
    """From the campaign's CRS to the drawing: y grows downwards there."""

    west: float
    north: float
    scale: float
    height: float

    def xy(self, points: FloatArray) -> FloatArray:
        """Return points ``(n, 2)`` of the CRS in the drawing."""
        return np.column_stack(
            (
                (points[:, 0] - self.west) * self.scale + _MARGIN,
                (self.north - points[:, 1]) * self.scale + _MARGIN,
            )
        )


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
    sheet = _sheet(scene, shapes)
    stops = _stop_points(scene, sheet)
    stations = np.array(list(stops.values())).reshape(-1, 2)
    level = scene.eligibility.levels[scene.main_level] if scene.eligibility.levels else ""
    zones = [i for i, zone in enumerate(scene.campaign.zones) if zone.level == level]
    names = _names(scene, zones, shapes, sheet, stations)
    taken = np.vstack([stations, *(name.spine() for name in names)])
    box = f"0 0 {plain(WIDTH)} {plain(sheet.height)}"
    parts = [
        f'<svg xmlns="{_SVG}" viewBox="{box}" font-family="Libertinus Serif">',
        *(_zone(shapes[i], sheet) for i in zones),
        *_tour(scene, stops),
        *_faces(scene, series, sheet, taken=taken),
        *(_stop(*at, marks[maison_id]) for maison_id, at in stops.items()),
        *(name.svg() for name in names),
        *_scale_bar(sheet),
        "</svg>",
    ]
    return "\n".join(parts)


def _sheet(scene: Scene, shapes: NDArray[np.object_]) -> _Sheet:
    faces = scene.campaign.faces
    boxes = [shapely.total_bounds(shapes)] if len(shapes) else []
    if len(faces) and not boxes:
        boxes = [np.array([faces.x.min(), faces.y.min(), faces.x.max(), faces.y.max()])]
    west, south, east, north = boxes[0] if boxes else (0.0, 0.0, 1.0, 1.0)
    wide, high = max(east - west, 1.0), max(north - south, 1.0)
    scale = min((WIDTH - 2 * _MARGIN) / wide, (MOST_HEIGHT - 2 * _MARGIN) / high)
    spare = (WIDTH - 2 * _MARGIN - wide * scale) / 2 / scale
    return _Sheet(west - spare, north, scale, high * scale + 2 * _MARGIN)


def _zone(shape: Area, sheet: _Sheet) -> str:
    rings = []
    for part in shapely.get_parts(shape):
        for ring in (part.exterior, *part.interiors):
            points = sheet.xy(shapely.get_coordinates(ring)[:-1])
            rings.append(f"M{_path(points)}Z")
    return (
        f'<path d="{"".join(rings)}" fill="#f3f1ea" stroke="#8a8a80" stroke-width="1.4" '
        'fill-rule="evenodd"/>'
    )


def _path(points: FloatArray) -> str:
    return "L".join(f"{plain(x)} {plain(y)}" for x, y in points)


def _stop_points(scene: Scene, sheet: _Sheet) -> dict[str, tuple[float, float]]:
    places = {maison.maison_id: maison.lnglat for maison in scene.campaign.maisons}
    ids = [stop.maison_id for stop in scene.stops()]
    points = _points(scene, sheet, [places[maison_id] for maison_id in ids])
    return {maison_id: (float(x), float(y)) for maison_id, (x, y) in zip(ids, points, strict=True)}


def _points(scene: Scene, sheet: _Sheet, places: Sequence[LngLat]) -> FloatArray:
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
        f'<path d="M{_path(np.array(line))}" fill="none" stroke="#1d1d1b" stroke-width="2.2" '
        'stroke-dasharray="7 5" stroke-linejoin="round"/>'
        for _, line in sorted(kits.items())
        if len(line) > 1
    ]


def _faces(
    scene: Scene,
    series: Sequence[Json],
    sheet: _Sheet,
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
    line = _path(np.array([face, sign]))
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
        outline = f'<path d="M{_path(np.array(points))}Z"'
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


def _names(
    scene: Scene,
    zones: Sequence[int],
    shapes: NDArray[np.object_],
    sheet: _Sheet,
    stops: FloatArray,
) -> list[Name]:
    """Return the names of these zones, each on a point inside its zone or near it."""
    inside = shapely.get_coordinates(shapely.point_on_surface(shapes[list(zones)]))
    names = [scene.campaign.zones[i].name for i in zones]
    return place_names(names, sheet.xy(inside), stops, width=WIDTH)


def _scale_bar(sheet: _Sheet) -> list[str]:
    lengths = [step * 10**power for power in range(6) for step in (1, 2, 5)]
    metres = max((each for each in lengths if each * sheet.scale <= WIDTH / 5), default=lengths[0])
    said = f"{metres // 1000}{french.NBSP}km" if metres >= 1000 else f"{metres}{french.NBSP}m"
    x, y, long = _MARGIN, sheet.height - _MARGIN, metres * sheet.scale
    line = f"M{plain(x)} {plain(y - 6)}V{plain(y)}H{plain(x + long)}V{plain(y - 6)}"
    middle = f'x="{plain(x + long / 2)}" y="{plain(y - 8)}" text-anchor="middle"'
    return [
        f'<path d="{line}" fill="none" stroke="#1d1d1b" stroke-width="1.6"/>',
        f'<text {middle} font-size="14" fill="#1d1d1b">{said}</text>',
    ]
