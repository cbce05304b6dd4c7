"""What is installed, and what is missing."""

from __future__ import annotations

import platform
import shutil
import sys
from dataclasses import dataclass
from importlib import metadata

NEEDED = (
    "folium",
    "geopandas",
    "highspy",
    "holidays",
    "icalendar",
    "numpy",
    "opening-hours-py",
    "ortools",
    "pydantic",
    "pyogrio",
    "pyproj",
    "scipy",
    "segno",
    "shapely",
    "typst",
    "tzdata",
    "urllib3",
)
SERVICE = ("fastapi", "uvicorn")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found, a French line each, and whether Placarde can work."""

    healthy: bool
    lines: tuple[str, ...]


def examine() -> Examination:
    """Look at Python, the libraries, the solvers, the projections and the embedded campaign."""
    checks = [_python(), *map(_library, NEEDED + SERVICE), _projection(), _solver(), _isere()]
    lines = [f"{'ok    ' if healthy else 'MANQUE'}  {text}" for healthy, text in checks]
    lines += [_reader(), _browser()]
    return Examination(all(healthy for healthy, _ in checks), tuple(lines))


def _python() -> tuple[bool, str]:
    return sys.version_info >= (3, 11), f"Python {platform.python_version()} (3.11 ou plus)"


def _library(name: str) -> tuple[bool, str]:
    try:
        return True, f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return False, f"{name} : installez-le avec « make install »"


def _projection() -> tuple[bool, str]:
    """Project the mairie of Grenoble: tells whether PROJ finds its data."""
    import numpy as np

    from geo.crs import LAMBERT_93, WGS84, reproject_points

    lng, lat = np.array([5.7357]), np.array([45.1868])
    x, y = reproject_points(lng, lat, source=WGS84, target=LAMBERT_93)
    healthy = abs(float(x[0]) - 914_750) < 1000 and abs(float(y[0]) - 6_458_000) < 2000
    return healthy, f"PROJ : Grenoble en Lambert-93 ({x[0]:.0f}, {y[0]:.0f})"


def _solver() -> tuple[bool, str]:
    """Load both solver libraries in one process, which some pairs of versions do not survive."""
    from geo import matching, tour

    names = f"{matching.solve.__module__}, {tour.solve.__module__}"
    return bool(names), "solveurs chargés dans un même processus"


def _isere() -> tuple[bool, str]:
    from data.isere import CAMPAIGN_FILES, campaign_folder

    missing = [name for name in CAMPAIGN_FILES if not (campaign_folder() / name).is_file()]
    if missing:
        return False, f"campagne Isère embarquée : il manque {', '.join(missing)}"
    return True, f"campagne Isère embarquée : {len(CAMPAIGN_FILES)} fichiers"


def _reader() -> str:
    """Start the process that opens the files of others, and tell which walls stand around it."""
    from data.gdal.answer import Refused
    from data.gdal.box import run

    try:
        walls = run("data.gdal.probe:surroundings", {}).values["walls"]
    except Refused:
        return "MANQUE  lecture des fichiers à part : le processus ne démarre pas"
    network = "réseau coupé" if walls["network"] else "réseau non coupé par le système"
    files = "fichiers verrouillés" if walls["files"] else "fichiers non verrouillés par le système"
    return f"ok      lecture des fichiers à part : {network}, {files}"


def _browser() -> str:
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if found is None:
        return "absent  Chromium (facultatif : sert aux tests et aux images des cartes)"
    return f"ok      Chromium : {found}"
