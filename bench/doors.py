"""How long an inventory takes to be read, against polars parsing the same file.

Run ``python -m bench.doors [FACES]`` (1,000,000). Both read the same CSV of 17 columns from disk.
polars infers the types and checks nothing; the import ends with faces sorted, checked, in the
campaign's CRS, each in a zone. Processor time is compared: both use every core, and the machine may
be shared. Each side runs three times in a process of its own; the least is kept.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

HEADING = (
    "face_id;panel_id;operator;format;surface_m2;support;lit;address;postcode;city;insee;lat;lon;"
    "contacts;price_eur;available;bearing"
)
FORMATS = (("4x3", 12), ("8 m²", 8), ("2 m²", 2), ("abribus", 2))
_FIXTURE = Path(__file__).parents[1] / "tests/contract/campaigns/good"
_RUNS = 3

_POLARS = """
import json, resource, sys, time
import polars
start, clock = time.process_time(), time.perf_counter()
frame = polars.read_csv(sys.argv[1], separator=";")
print(json.dumps({"rows": len(frame), "cpu_s": time.process_time() - start,
    "wall_s": time.perf_counter() - clock,
    "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
"""
_IMPORT = """
import json, resource, sys, time
from pathlib import Path
from data.read import read_campaign
read_campaign(Path(sys.argv[2]))
start, clock = time.process_time(), time.perf_counter()
reading = read_campaign(Path(sys.argv[1]))
used, passed = time.process_time() - start, time.perf_counter() - clock
rows = 0 if reading.campaign is None else len(reading.campaign.faces)
print(json.dumps({"rows": rows, "cpu_s": used, "wall_s": passed, "problems": len(reading.problems),
    "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
"""


def write_inventory(path: Path, count: int, *, faulty_every: int = 0) -> None:
    """Write an inventory inside the tiny campaign's square; every so many rows three faults."""
    rng = np.random.default_rng(0)
    panels = count // 2 + 1  # two faces each, back to back
    lat = np.repeat(rng.uniform(45.01, 45.39, panels), 2)
    lon = np.repeat(rng.uniform(5.51, 5.99, panels), 2)
    contacts, cents = rng.integers(500, 90_000, count), rng.integers(5_000, 60_000, count)
    street, kind = rng.integers(0, 2000, count), rng.integers(0, len(FORMATS), count)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"{HEADING}\r\n")
        for i in range(count):
            name, surface = FORMATS[kind[i]]
            bad = faulty_every and i % faulty_every == 0
            file.write(
                f"F{i:07d};P{i // 2:07d};Régie fictive;{name};{'?' if bad else surface};mur;"
                f"{'peut-être' if bad else 'oui' if i % 2 else 'non'};"
                f"{i % 180 + 1} rue de l’Exemple {street[i]};38{street[i] % 1000:03d};"
                f"Commune-{street[i] % 512};38{street[i] % 512:03d};{lat[i]:.6f};{lon[i]:.6f};"
                f"{'-' if bad else ''}{contacts[i]};{cents[i] // 100},{cents[i] % 100:02d};;"
                f"{i * 37 % 360}\r\n"
            )


def write_campaign(folder: Path, count: int, *, faulty_every: int = 0) -> None:
    """Write the tiny campaign of the tests with another inventory and no locks."""
    folder.mkdir()
    for name in ("zones.geojson", "agents.csv"):
        (folder / name).write_bytes((_FIXTURE / name).read_bytes())
    (folder / "maisons.csv").write_bytes((_FIXTURE / "maisons.csv").read_bytes())
    (folder / "campaign.toml").write_text(
        '[campaign]\nname = "Banc"\nstart = 2017-10-17\nperiods = 4\nperiod_days = 7\n\n[files]\n'
        'zones = "zones.geojson"\nmaisons = "maisons.csv"\nagents = "agents.csv"\n'
        'faces = "inventaire.csv"\n',
        encoding="utf-8",
    )
    write_inventory(folder / "inventaire.csv", count, faulty_every=faulty_every)


def least(script: str, *arguments: Path) -> dict[str, float]:
    """Return what a script prints, of the run that took least processor time."""
    runs = []
    for _ in range(_RUNS):
        done = subprocess.run(
            [sys.executable, "-c", script, *map(str, arguments)],
            check=True,
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[1],
        )
        runs.append(json.loads(done.stdout))
    return dict(min(runs, key=lambda run: run["cpu_s"]))


def main(arguments: Sequence[str] = ()) -> None:
    """Print the comparison as rows of a table."""
    count = int(arguments[0]) if arguments else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        write_campaign(root / "tiny", 10)
        write_campaign(root / "large", count)
        write_campaign(root / "faulty", 100_000, faulty_every=1)
        csv = root / "large/inventaire.csv"
        polars, ours = least(_POLARS, csv), least(_IMPORT, root / "large", root / "tiny")
        faulty = least(_IMPORT, root / "faulty", root / "tiny")
        print(f"| {count:,} faces, {csv.stat().st_size >> 20} MiB | processor s | wall s | GiB |")
        print("|---|---|---|---|")
        for title, run in (("polars, parse only", polars), ("import of the campaign", ours)):
            print(_row(title, run))
        print(_row(f"100,000 faces, {faulty['problems']:,.0f} problems", faulty))
        print(f"\nratio of processor time: {ours['cpu_s'] / polars['cpu_s']:.1f}")


def _row(title: str, run: dict[str, float]) -> str:
    return f"| {title} | {run['cpu_s']:.1f} | {run['wall_s']:.1f} | {run['rss'] / 2**20:.2f} |"


if __name__ == "__main__":
    main(sys.argv[1:])
