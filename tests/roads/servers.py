"""Routing servers on loopback that answer in the shapes of OSRM, Valhalla and the IGN.

All three know the same little country: places on a straight east-west road, one place on an island,
and a way that takes longer eastwards. What they would say comes from `time_s` and `metres`.
"""

from __future__ import annotations

import json
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from geo.crs import LngLat

WEST, EAST, FAR_EAST = LngLat(5.7, 45.1), LngLat(5.8, 45.1), LngLat(6.0, 45.1)
ISLAND = LngLat(5.9, 45.3)
OFF_ROAD = LngLat(5.75, 45.13)  # 3.3 km north of the road
ROAD_LAT = 45.1

Answer = tuple[int, dict[str, str], bytes]


def snapped(point: LngLat) -> LngLat:
    """Return where the country puts a point: on its road, or on the island."""
    return point if point == ISLAND else LngLat(point.lng, ROAD_LAT)


def time_s(origin: LngLat, target: LngLat) -> float | None:
    """Return seconds: 10 000 a degree eastwards, 8 000 westwards; none to the island or from it."""
    if (origin == ISLAND) != (target == ISLAND):
        return None
    east = target.lng - origin.lng
    return round(east * 10_000 if east > 0 else -east * 8_000, 1)


def metres(origin: LngLat, target: LngLat) -> float:
    """Return 90 000 metres a degree of longitude."""
    return round(abs(target.lng - origin.lng) * 90_000, 1)


@dataclass
class FakeServer:
    """What a fake was asked, and what it answers first instead of the truth."""

    address: str = ""
    asked: list[str] = field(default_factory=list)
    first: list[Answer] = field(default_factory=list)


@contextmanager
def serving(
    answer: Callable[[str, dict[str, Any] | None], tuple[int, Any]],
) -> Iterator[FakeServer]:
    """Yield a server that answers path and body with a status and a JSON document."""
    fake = FakeServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply(None)

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            self._reply(json.loads(self.rfile.read(length)))

        def _reply(self, body: dict[str, Any] | None) -> None:
            fake.asked.append(self.path)
            if fake.first:
                status, headers, content = fake.first.pop(0)
            else:
                status, document = answer(self.path, body)
                headers, content = {}, json.dumps(document).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    fake.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def is_lost(point: LngLat) -> bool:
    """Return whether a point is so far from the country that no server wants to hear of it."""
    return point.lng < -20


def osrm(path: str, body: dict[str, Any] | None) -> tuple[int, Any]:
    """Answer as ``osrm-routed`` 5.27 does."""
    assert body is None
    url = urllib.parse.urlsplit(path)
    _, service, version, profile, coordinates = url.path.split("/")
    assert (version, profile) == ("v1", "driving")
    points = [LngLat(*map(float, pair.split(","))) for pair in coordinates.split(";")]
    query = urllib.parse.parse_qs(url.query)
    if any(map(is_lost, points)):
        return 400, {"code": "NoSegment", "message": "Could not find a matching segment"}
    if service == "route":
        return _osrm_route(*points, geometries=query["geometries"][0])
    assert query["annotations"] == ["duration,distance"]
    rows, columns = (
        [points[int(i)] for i in query[name][0].split(";")] for name in ("sources", "destinations")
    )
    durations = [[time_s(a, b) for b in columns] for a in rows]
    distances = [[None if time_s(a, b) is None else metres(a, b) for b in columns] for a in rows]
    return 200, {
        "code": "Ok",
        "durations": durations,
        "distances": distances,
        "sources": [_waypoint(point) for point in rows],
        "destinations": [_waypoint(point) for point in columns],
    }


def _waypoint(point: LngLat) -> dict[str, Any]:
    return {"hint": "", "distance": 0, "name": "D 1", "location": list(snapped(point))}


def _osrm_route(origin: LngLat, target: LngLat, *, geometries: str) -> tuple[int, Any]:
    seconds = time_s(origin, target)
    if seconds is None:
        return 400, {"code": "NoRoute", "message": "Impossible route between points"}
    assert geometries == "polyline"
    line = encode([snapped(origin), snapped(target)], precision=5)
    legs = [{"steps": [], "summary": "", "weight": 1, "duration": seconds, "distance": 1}]
    route = {"geometry": line, "legs": legs, "duration": seconds, "distance": 1}
    return 200, {"code": "Ok", "routes": [route], "waypoints": []}


def valhalla(path: str, body: dict[str, Any] | None) -> tuple[int, Any]:
    """Answer as ``valhalla_service`` 3.5 does."""
    assert body is not None
    assert body["costing"] == "auto"
    if path == "/route":
        origin, target = (LngLat(place["lon"], place["lat"]) for place in body["locations"])
        if time_s(origin, target) is None:
            return 400, {
                "error_code": 442,
                "error": "No path could be found for input",
                "status_code": 400,
                "status": "Bad Request",
            }
        shape = encode([snapped(origin), snapped(target)], precision=6)
        summary = {"time": time_s(origin, target), "length": 1.0}
        return 200, {"trip": {"legs": [{"summary": summary, "shape": shape}], "status": 0}}
    assert path == "/sources_to_targets"
    rows, columns = (
        [LngLat(place["lon"], place["lat"]) for place in body[name]]
        for name in ("sources", "targets")
    )
    if any(map(is_lost, (*rows, *columns))):
        return 400, {"error_code": 171, "error": "No suitable edges near location"}
    table = [
        [_valhalla_cell(a, b, i, j) for j, b in enumerate(columns)] for i, a in enumerate(rows)
    ]
    return 200, {
        "sources_to_targets": table,
        "sources": [_lat_lon(point) for point in rows],
        "targets": [_lat_lon(point) for point in columns],
        "units": "kilometers",
    }


def _valhalla_cell(origin: LngLat, target: LngLat, i: int, j: int) -> dict[str, Any]:
    seconds = time_s(origin, target)
    distance = None if seconds is None else metres(origin, target) / 1000
    return {"from_index": i, "to_index": j, "time": seconds, "distance": distance}


def _lat_lon(point: LngLat) -> dict[str, float]:
    place = snapped(point)
    return {"lat": place.lat, "lon": place.lng}


def ign(path: str, body: dict[str, Any] | None) -> tuple[int, Any]:
    """Answer as the service ``itineraire`` of the Géoplateforme does."""
    assert body is None
    url = urllib.parse.urlsplit(path)
    assert url.path == "/itineraire"
    query = {name: values[0] for name, values in urllib.parse.parse_qs(url.query).items()}
    assert (query["resource"], query["profile"]) == ("bdtopo-osrm", "car")
    assert (query["distanceUnit"], query["timeUnit"]) == ("meter", "second")
    origin, target = (LngLat(*map(float, query[name].split(","))) for name in ("start", "end"))
    if time_s(origin, target) is None or is_lost(origin) or is_lost(target):
        return 404, {"error": {"errorType": "notFound", "message": "No path found"}}
    one, other = snapped(origin), snapped(target)
    return 200, {
        "resource": "bdtopo-osrm",
        "profile": "car",
        "optimization": "fastest",
        "start": f"{one.lng},{one.lat}",
        "end": f"{other.lng},{other.lat}",
        "crs": "EPSG:4326",
        "distanceUnit": "meter",
        "timeUnit": "second",
        "geometry": {"type": "LineString", "coordinates": [list(one), list(other)]},
        "distance": metres(origin, target),
        "duration": time_s(origin, target),
        "portions": [],
    }


def encode(points: list[LngLat], *, precision: int) -> str:
    """Return an encoded polyline, the reverse of what is tested."""
    text, before = "", (0, 0)
    for point in points:
        now = (round(point.lat * 10**precision), round(point.lng * 10**precision))
        for value, last in zip(now, before, strict=True):
            step = value - last
            bits = ~(step << 1) if step < 0 else step << 1
            while bits >= 0x20:
                text += chr((0x20 | bits & 0x1F) + 63)
                bits >>= 5
            text += chr(bits + 63)
        before = now
    return text
