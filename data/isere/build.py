"""Make the embedded campaign again from its two sources: ``python -m data.isere.build``.

Every check of the data runs here, and the first that does not hold stops the build with nothing
written. The same sources and the pinned libraries give the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import shapely

from data.isere import campaign_folder
from data.isere.agents import COLUMNS as AGENT_COLUMNS
from data.isere.agents import agent_rows
from data.isere.inventory import COLUMNS as FACE_COLUMNS
from data.isere.inventory import SEED, inventory_rows
from data.isere.maisons import COLUMNS as MAISON_COLUMNS
from data.isere.maisons import maison_rows
from data.isere.portraits import portrait_files
from data.isere.sources import (
    SOURCES,
    Commune,
    SourceError,
    obtain_sources,
    polygons_of,
    read_communes,
)
from data.isere.territoires import assign_territoires
from data.isere.zones import (
    DECIMALS,
    TOLERANCE_M,
    BuildError,
    Shapes,
    area_km2,
    build_zones,
    check_communes,
    check_partitions,
    simplify,
    zones_geojson,
)

COMMUNE_COLUMNS = (
    "insee",
    "name",
    "population",
    "epci_code",
    "epci_name",
    "mairie_lon",
    "mairie_lat",
    "mairie_in_commune",
    "postcodes",
    "territoire_id",
)


def build_files(sources: Path) -> dict[str, bytes]:
    """Return every built file, by its name in the campaign folder.

    Raises
    ------
    SourceError
        If a source is not what it should be.
    BuildError
        If a check of the data does not hold.
    """
    communes = read_communes(sources)
    check_communes(communes)
    polygons = simplify(polygons_of(communes))
    files = assemble_files(communes, polygons)
    return files | {"provenance.json": _provenance(communes, polygons, files)}


def assemble_files(communes: Sequence[Commune], polygons: Shapes) -> dict[str, bytes]:
    """Return what is made of the communes, by INSEE code, and of their simplified polygons.

    Raises
    ------
    BuildError
        If a check of the data does not hold.
    """
    territoire_of = assign_territoires({c.insee: c.epci_code for c in communes})
    zones = build_zones(communes, polygons, territoire_of)
    check_partitions(zones)
    sound = _sound_mairies(communes, polygons)
    by_insee = {c.insee: c for c in communes}
    shapes = {c.insee: polygon for c, polygon in zip(communes, polygons, strict=True)}
    faces = inventory_rows(by_insee, shapes, territoire_of=territoire_of, sound=sound)
    return {
        "zones.geojson": zones_geojson(zones),
        "communes.csv": _table(COMMUNE_COLUMNS, _commune_rows(communes, territoire_of, sound)),
        "maisons.csv": _table(MAISON_COLUMNS, maison_rows(by_insee, territoire_of, sound)),
        "agents.csv": _table(AGENT_COLUMNS, agent_rows(by_insee, territoire_of, sound)),
        "inventaire.csv": _table(FACE_COLUMNS, faces),
        **{f"portraits/{name}": content for name, content in portrait_files()},
    }


def _sound_mairies(communes: Sequence[Commune], polygons: Shapes) -> frozenset[str]:
    points = shapely.points([(c.mairie_lng, c.mairie_lat) for c in communes])
    inside = shapely.covers(polygons, points)
    return frozenset(c.insee for c, ok in zip(communes, inside, strict=True) if ok)


def _commune_rows(
    communes: Iterable[Commune], territoire_of: dict[str, str], sound: frozenset[str]
) -> Iterable[tuple[str, ...]]:
    for c in communes:
        yield (
            c.insee,
            c.name,
            str(c.population),
            c.epci_code,
            c.epci_name,
            f"{c.mairie_lng:.5f}",
            f"{c.mairie_lat:.5f}",
            "1" if c.insee in sound else "0",
            "|".join(c.postcodes),
            territoire_of[c.insee],
        )


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue().encode()


def _provenance(communes: Sequence[Commune], polygons: Shapes, files: dict[str, bytes]) -> bytes:
    source_shapes = polygons_of(tuple(communes))
    content = {
        "built_by": "python -m data.isere.build",
        "sources": [asdict(source) for source in SOURCES],
        "simplification": {
            "method": "shapely coverage_simplify (Visvalingam-Whyatt) in EPSG:2154",
            "tolerance_m": TOLERANCE_M,
            "rounded_to_decimals_of_a_degree": DECIMALS,
            "vertices_before": int(shapely.get_num_coordinates(source_shapes).sum()),
            "vertices_after": int(shapely.get_num_coordinates(np.asarray(polygons)).sum()),
        },
        "checks": {
            "communes": len(communes),
            "population": sum(c.population for c in communes),
            "area_km2_as_published": round(area_km2(source_shapes), 2),
            "area_km2_as_written": round(area_km2(polygons), 2),
            "area_measured_in": "EPSG:2154",
        },
        "inventory_seed": SEED,
        "files_sha256": {
            name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())
        },
    }
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def _differing(files: dict[str, bytes], folder: Path) -> list[str]:
    present = {p.relative_to(folder).as_posix() for p in folder.glob("portraits/*")}
    stray = sorted(present - set(files))
    changed = [
        name
        for name, content in files.items()
        if not (folder / name).is_file() or (folder / name).read_bytes() != content
    ]
    return changed + stray


def _write(files: dict[str, bytes], folder: Path) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the campaign folder, or compare it with a fresh build; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m data.isere.build", description=__doc__)
    parser.add_argument("--sources", type=Path, help="keep the two archives in this folder")
    parser.add_argument("--out", type=Path, default=campaign_folder(), help="where to write")
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as temporary:
            sources = options.sources or Path(temporary)
            sources.mkdir(parents=True, exist_ok=True)
            obtain_sources(sources)
            files = build_files(sources)
    except (SourceError, BuildError, ValueError) as error:
        sys.stderr.write(f"isere: {error}\n")
        return 1
    if options.check:
        differing = _differing(files, options.out)
        sys.stderr.write(f"isere: differing files: {', '.join(differing) or 'none'}\n")
        return 1 if differing else 0
    _write(files, options.out)
    sys.stderr.write(f"isere: {len(files)} files written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
