"""The one setting that chooses a routing server: ``PLACARDE_ROADS``.

It comes from the environment and never from a campaign: a campaign that could name an address would
make this machine call whatever its author likes.
"""

from __future__ import annotations

import re

from data.roads.engine import RoadEngine
from data.roads.http import Patience, Server
from data.roads.ign import ADDRESS, Ign
from data.roads.osrm import Osrm
from data.roads.valhalla import Valhalla
from geo.errors import RoadsError
from geo.french import typeset

_SETTING = re.compile(
    r"(?P<engine>osrm|valhalla|ign)(?:/(?P<profile>[a-z_]{1,30}))?(?::(?P<address>https?://[^\s?#@]+))?"
)
_PROFILES = {"osrm": "driving", "valhalla": "auto", "ign": "car"}


def engine_of(setting: str, *, patience: Patience | None = None) -> RoadEngine | None:
    """Return the routing server that a setting names, None for an empty one.

    ``osrm:http://localhost:5000``, ``valhalla/truck:http://localhost:8002``, ``ign``: an engine,
    its profile where it is not the usual one, its address where it has none of its own.

    Raises
    ------
    RoadsError
        If the setting does not read like that.
    """
    if not setting.strip():
        return None
    found = _SETTING.fullmatch(setting.strip())
    if found is None or (found["address"] is None and found["engine"] != "ign"):
        raise RoadsError(
            typeset(
                "Le réglage PLACARDE_ROADS ne se lit pas : attendu « osrm:http://adresse », "
                "« valhalla:http://adresse » ou « ign », l’adresse sans nom ni mot de passe. "
                "Sans ce réglage, les temps de route sont estimés."
            )
        )
    kind, profile = found["engine"], found["profile"] or _PROFILES[found["engine"]]
    server = Server(found["address"] or ADDRESS, patience or Patience())
    if kind == "osrm":
        return Osrm(server, profile)
    return Valhalla(server, profile) if kind == "valhalla" else Ign(server, profile)
