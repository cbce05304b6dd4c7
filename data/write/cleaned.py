"""A campaign folder again, cleaned: canonical headings, tidy values, what was left out apart."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath

import shapely

from data.read import Cleaned, Reject
from data.read.cells import CellFault, cents, parse_number, without_currency
from data.read.reference import epsg_of
from data.read.schema import SCHEMAS, names_of
from data.read.table import Table
from data.write.atomic import whole_folder, write_file
from data.write.folder import CAMPAIGN_FILE
from data.write.sheet import DELIMITER, LINE_END, MARK, inert
from geo.crs import WGS84
from geo.errors import OutputExistsError

AS_THEY_WERE = frozenset({"zones", "exclusions"})
"""Files of polygons, which a table would not hold well."""

_NUMBERS = frozenset(
    {"lat", "lon", "x", "y", "workplace_lat", "workplace_lon", "contacts", "price_eur"}
    | {"surface_m2", "bearing", "staff", "dwell_days", "minutes", "km", "share"}
)
_THREE_DECIMALS = re.compile(r"-?\d{1,3}\.\d{3}")
_SECTION = re.compile(r"\s*\[\s*([^\]]+?)\s*\]")


def write_cleaned(target: Path, *, folder: Path, cleaned: Cleaned) -> tuple[str, ...]:
    """Write a cleaned campaign into a folder that is empty or not there, whole or not at all.

    Parameters
    ----------
    folder
        Where the campaign was read from.

    Returns
    -------
    tuple
        The names of the files written, sorted.

    Raises
    ------
    OutputExistsError
        If there is something at `target`.
    """
    place = target.resolve()
    if place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise OutputExistsError(f"{target} existe déjà et n’est pas vide.")
    outputs = _tables(cleaned)
    replaced = {_path(cleaned.names[kind]) for kind in cleaned.tables if kind not in AS_THEY_WERE}
    toml = (folder / CAMPAIGN_FILE).read_bytes().decode("utf-8-sig")
    outputs[CAMPAIGN_FILE] = _with_names(toml, cleaned).encode()
    for file in cleaned.inputs:
        if file.name not in replaced and file.name not in outputs:
            outputs[file.name] = (folder / file.name).read_bytes()
    with whole_folder(place, may_replace=lambda: False) as work:
        for name, content in sorted(outputs.items()):
            write_file(work / name, content)
    return tuple(sorted(outputs))


def _tables(cleaned: Cleaned) -> dict[str, bytes]:
    outputs = {}
    for kind, table in cleaned.tables.items():
        if kind in AS_THEY_WERE:
            continue
        name = new_name(cleaned, kind)
        outputs[name] = _as_csv(_heading(table, kind), _rows(table, kind))
        if left_out := [r for r in cleaned.left_out if r.file == table.file]:
            parent = PurePosixPath(name).parent
            outputs[str(parent / f"rejets-{PurePosixPath(name).name}")] = _rejects(left_out)
    return outputs


def new_name(cleaned: Cleaned, kind: str) -> str:
    """Return the name of a cleaned table: the old one as ``.csv``, or its kind if that is taken."""
    names = {k: str(PurePosixPath(_path(n)).with_suffix(".csv")) for k, n in cleaned.names.items()}
    taken = [k for k, name in names.items() if name == names[kind] and k not in AS_THEY_WERE]
    return names[kind] if len(taken) == 1 else f"{kind}.csv"


def _path(name: str) -> str:
    """Return the path of a file without the sheet that a campaign may name after it."""
    return str(PurePosixPath(name.partition("#")[0]))


def _heading(table: Table, kind: str) -> list[str]:
    schema = next(schema for schema in SCHEMAS if schema.kind == kind)
    known = [c.name for c in schema.columns if table.has(c.name) and c.name != "geometry"]
    return [*_position_names(table), *known, *(table.headings[i] for i in _others(table, kind))]


def _others(table: Table, kind: str) -> list[int]:
    """Return the places of the columns that are not read, and are kept as they are."""
    schema = next(schema for schema in SCHEMAS if schema.kind == kind)
    read = {table.position[name] for name in table.position}
    taken = {*names_of(schema)}
    return [
        i
        for i, heading in enumerate(table.headings)
        if i not in read and heading and heading not in taken
    ]


def _position_names(table: Table) -> tuple[str, ...]:
    if table.shapes is None:
        return ()
    return ("lat", "lon") if _is_wgs84(table) else ("x", "y")


def _is_wgs84(table: Table) -> bool:
    return table.crs is None or epsg_of(table.crs) == WGS84


def _rows(table: Table, kind: str) -> Iterable[Sequence[str]]:
    schema = next(schema for schema in SCHEMAS if schema.kind == kind)
    columns: list[Iterable[str]] = []
    if table.shapes is not None:
        x, y = shapely.get_x(table.shapes), shapely.get_y(table.shapes)
        ordered = (y, x) if _is_wgs84(table) else (x, y)
        columns += [[_comma(repr(float(value))) for value in axis] for axis in ordered]
    for column in schema.columns:
        if table.has(column.name) and column.name != "geometry":
            cells = table.cells(column.name)
            columns.append(_tidy(cells, column.name, table.scale.get(column.name)))
    columns += [map(inert, table.columns[i]) for i in _others(table, kind)]
    return zip(*columns, strict=True)


def _tidy(cells: Sequence[str], name: str, factor: Fraction | None) -> Iterable[str]:
    if name not in _NUMBERS:
        return map(inert, cells)
    known = {cell: _number(cell, name, factor) for cell in set(cells)}
    return [known[cell] for cell in cells]


def _number(cell: str, name: str, factor: Fraction | None) -> str:
    """Return a number with a decimal comma that nobody takes for thousands; other text as it is."""
    try:
        value = parse_number(without_currency(cell) if name == "price_eur" else cell)
    except CellFault:
        return inert(cell)
    if factor is not None:
        value = value * factor.numerator / factor.denominator
        value = Decimal(cents(value)) / 100 if name == "price_eur" else value
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return _comma(f"{text}0" if _THREE_DECIMALS.fullmatch(text) else text)


def _comma(number: str) -> str:
    return number.replace(".", ",")


def _rejects(left_out: Sequence[Reject]) -> bytes:
    names = [*dict.fromkeys(name for reject in left_out for name in reject.values)]
    rows = (
        [str(r.row), r.reason, *(inert(r.values.get(name, "")) for name in names)]
        for r in sorted(left_out, key=lambda r: r.row)
    )
    return _as_csv(["ligne", "motif", *names], rows)


def _as_csv(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=DELIMITER, lineterminator=LINE_END)
    writer.writerow(heading)
    writer.writerows(rows)
    return (MARK + text.getvalue()).encode()


def _with_names(toml: str, cleaned: Cleaned) -> str:
    """Return ``campaign.toml`` with the new names of files; every other byte stays."""
    new: Mapping[str, str] = {
        kind: new_name(cleaned, kind) for kind in cleaned.tables if kind not in AS_THEY_WERE
    }
    lines, section = [], ""
    for line in toml.splitlines(keepends=True):
        if found := _SECTION.match(line):
            section = found[1]
        key = re.match(r"\s*(\w+)\s*=", line)
        if section == "files" and key and key[1] in new:
            table = cleaned.tables[key[1]]
            lines.append(f'{key[1]} = "{new[key[1]]}"\n')
            said = f"{key[1]}_crs"
            if table.shapes is not None and not _is_wgs84(table) and said not in toml:
                lines.append(f'{said} = "{table.crs}"\n')
            continue
        lines.append(line)
    return "".join(lines)
