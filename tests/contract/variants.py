"""One campaign written in many ways: every variant holds the same, and must be read as the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from pyproj import Transformer

from data.read.schema import AGENTS, FACES, LOCKS, MAISONS, TRAVEL, Schema
from geo.crs import WGS84
from tests.contract.books import Cell, as_csv, rows_of, write_ods, write_xlsx
from tests.contract.campaigns import GOOD, change, good_campaign

SCHEMA_OF: dict[str, Schema] = {
    "agents.csv": AGENTS,
    "inventaire.csv": FACES,
    "maisons.csv": MAISONS,
    "trajets.csv": TRAVEL,
    "verrous.csv": LOCKS,
}
CSV_FORMATS = ("csv", "csv quoted", "csv below titles")
ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "utf-16")
SEPARATORS = {";": "csv", ",": "csv", "\t": "tsv"}
HEADINGS = ("canonical", "french", "shouted")
ORDERS = ("as it is", "reversed", "shuffled")
NUMBERS = ("as they are", "points", "commas", "narrow")

CRS = (2154, 3945, 3946, 27572, 3857)

_SHUFFLER = np.random.default_rng(3)
_NUMBER_COLUMNS = frozenset(
    {
        "lat",
        "lon",
        "x",
        "y",
        "contacts",
        "price_eur",
        "surface_m2",
        "bearing",
        "minutes",
        "km",
        "share",
    }
    | {"workplace_lat", "workplace_lon", "staff", "dwell_days"}
)


@dataclass(frozen=True, slots=True)
class Variant:
    """How the tables of a campaign are written."""

    form: str
    encoding: str = "utf-8"
    separator: str = ";"
    headings: str = "canonical"
    order: str = "as it is"
    numbers: str = "as they are"
    crs: int = 4326

    def __str__(self) -> str:
        """Return e.g. ``csv-cp1252-semicolon-french-reversed-commas-4326``."""
        names = {";": "semicolon", ",": "comma", "\t": "tab"}
        parts = (self.form, self.encoding, names[self.separator], self.headings, self.order)
        return "-".join((*parts, self.numbers, str(self.crs))).replace(" ", "_")


def variants() -> list[Variant]:
    """Return every variant of the test, each once."""
    return [*_csv_variants(), *_book_variants(), *_layer_variants(), *_crs_variants()]


def _csv_variants() -> Iterator[Variant]:
    """Yield CSV in each form, encoding and separator, with the other choices going round."""
    rest = [*product(HEADINGS, ORDERS, NUMBERS)]
    for i, (form, encoding, separator) in enumerate(product(CSV_FORMATS, ENCODINGS, SEPARATORS)):
        for j in range(5):
            headings, order, numbers = rest[(i * 5 + j) % len(rest)]
            if encoding != "cp1252" or numbers != "narrow":  # no narrow space in Windows-1252
                yield Variant(form, encoding, separator, headings, order, numbers)


def _book_variants() -> Iterator[Variant]:
    for form, headings, order in product(("xlsx", "xlsx below titles", "ods"), HEADINGS, ORDERS):
        yield Variant(form, headings=headings, order=order, numbers="typed")
        yield Variant(form, headings=headings, order=order, numbers="commas")


def _layer_variants() -> Iterator[Variant]:
    for headings, order in product(HEADINGS, ORDERS):
        yield Variant("geojson", headings=headings, order=order, numbers="typed")


def _crs_variants() -> Iterator[Variant]:
    """Yield tables whose points are metres in another system, which the campaign says."""
    for crs, form, order in product(CRS, ("csv", "xlsx"), ("as it is", "shuffled")):
        numbers = "typed" if form == "xlsx" else "commas"
        yield Variant(form, order=order, numbers=numbers, crs=crs)


def write_variant(folder: Path, variant: Variant) -> Path:
    """Write the good campaign in a folder that does not exist yet, as the variant says."""
    good_campaign(folder)
    for name, schema in SCHEMA_OF.items():
        rows = _varied(_moved(rows_of(GOOD / name), variant.crs), schema, variant)
        (folder / name).unlink()
        new = _write(folder, Path(name).stem, rows, variant, is_layer=schema.shape == "point")
        if new != name:
            change(folder, "campaign.toml", (f'"{name}"', f'"{new}"'))
    if variant.crs != WGS84:
        said = "".join(f'{kind}_crs = "EPSG:{variant.crs}"\n' for kind in ("faces", "maisons"))
        change(folder, "campaign.toml", ("[files]\n", f"[files]\n{said}"))
    return folder


def _write(
    folder: Path, stem: str, rows: list[list[Cell]], variant: Variant, *, is_layer: bool
) -> str:
    titles: list[list[Cell]] = [
        ["Campagne d’affichage 2017"],
        [],
        ["Direction de la communication"],
    ]
    if variant.form == "geojson" and is_layer:
        name = f"{stem}.geojson"
        (folder / name).write_text(_as_geojson(rows), encoding="utf-8")
        return name
    if variant.form.startswith("xlsx"):
        name = f"{stem}.xlsx"
        write_xlsx(folder / name, {stem: [*titles, *rows] if "titles" in variant.form else rows})
        return name
    if variant.form == "ods":
        write_ods(folder / f"{stem}.ods", {stem: rows})
        return f"{stem}.ods"
    text = as_csv(rows, separator=variant.separator, quote_all="quoted" in variant.form)
    if "titles" in variant.form:
        text = as_csv(titles, separator=variant.separator) + text
    name = f"{stem}.{SEPARATORS[variant.separator]}"
    (folder / name).write_bytes(text.encode(variant.encoding))
    return name


def _varied(rows: list[list[str]], schema: Schema, variant: Variant) -> list[list[Cell]]:
    """Return the rows, the heading first, under other headings, in another order, other numbers."""
    heading, *body = rows
    columns = {column.name: column for column in schema.columns}
    places = list(range(len(heading)))
    if variant.order == "reversed":
        places, body = places[::-1], body[::-1]
    elif variant.order == "shuffled":
        places = _SHUFFLER.permutation(len(places)).tolist()
        body = [body[i] for i in _SHUFFLER.permutation(len(body))]
    names = [_heading(columns[heading[i]].names, variant.headings) for i in places]
    return [
        [*names],
        *([_cell(cells[i], heading[i], variant.numbers) for i in places] for cells in body),
    ]


def _moved(rows: list[list[str]], crs: int) -> list[list[str]]:
    """Return the rows with their degrees as metres of another system (four decimals)."""
    heading, *body = rows
    if crs == WGS84 or "lat" not in heading:
        return rows
    lat, lon = heading.index("lat"), heading.index("lon")
    to_metres = Transformer.from_crs(WGS84, crs, always_xy=True)
    moved = [list(cells) for cells in body]
    for cells in moved:
        x, y = to_metres.transform(float(cells[lon]), float(cells[lat]))
        cells[lon], cells[lat] = f"{x:.4f}", f"{y:.4f}"
    return [[{"lat": "y", "lon": "x"}.get(name, name) for name in heading], *moved]


def _heading(names: tuple[str, ...], style: str) -> str:
    if style == "canonical":
        return names[0]
    french = names[-1].replace("_", " ")
    return french.title() if style == "french" else f"  {french.upper().replace('E', 'É')} : "


def _cell(cell: str, name: str, numbers: str) -> Cell:
    if name not in _NUMBER_COLUMNS or not cell or numbers == "as they are":
        return cell
    plain = cell.replace(" ", "").replace(",", ".")
    if numbers == "typed":
        return float(plain)
    if numbers == "narrow":
        whole, point, decimals = plain.partition(".")
        spaced = f"{int(whole):,}".replace(",", "\u202f") if whole.isdigit() else whole
        text = f"{spaced},{decimals}" if point else spaced
        return f"{text}\u202f€ HT" if name == "price_eur" else text
    return plain if numbers == "points" else plain.replace(".", ",")


def _as_geojson(rows: list[list[Cell]]) -> str:
    heading, *body = rows
    folded = [str(name).strip(" :").casefold().replace("é", "e") for name in heading]
    lat = next(i for i, name in enumerate(folded) if name in {"lat", "latitude"})
    lon = next(i for i, name in enumerate(folded) if name in {"lon", "long", "longitude", "lng"})
    features: list[dict[str, Any]] = [
        {
            "type": "Feature",
            "properties": {
                str(name): cell
                for i, (name, cell) in enumerate(zip(heading, cells, strict=True))
                if i not in {lat, lon}
            },
            "geometry": {"type": "Point", "coordinates": [cells[lon], cells[lat]]},
        }
        for cells in body
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})
