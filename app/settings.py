"""What an entry point may be told, built once and passed down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RoadSettings:
    """Which routing server is asked (see `data.roads.engine_of`), and the file of its answers."""

    server: str = ""
    cache: Path = Path("routes.sqlite")


IGN_GEOCODER = "https://data.geopf.fr/geocodage"


def geocoder_setting(environment: Mapping[str, str]) -> str:
    """Return the address of the geocoder: what ``PLACARDE_GEOCODER`` says, else the IGN's.

    Never a campaign's word: a campaign comes by mail, and could make this machine call any other.
    """
    return environment.get("PLACARDE_GEOCODER") or IGN_GEOCODER


def road_settings(environment: Mapping[str, str]) -> RoadSettings:
    """Return what ``PLACARDE_ROADS`` and ``PLACARDE_CACHE`` say.

    Without a folder for what may be asked again it is that of the user (XDG Base Directory).
    """
    home = Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "placarde"
    folder = Path(environment.get("PLACARDE_CACHE") or home)
    return RoadSettings(environment.get("PLACARDE_ROADS", ""), folder / "routes.sqlite")
