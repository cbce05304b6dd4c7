"""The files of a campaign folder as bytes: ``campaign.toml``, CSV tables, GeoJSON layers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, time
from typing import Any

import shapely

from data.store.rows import Row
from data.write.campaign_copy import toml_text

FILE_NAMES: Mapping[str, str] = {
    "zones": "zones.geojson",
    "maisons": "maisons.csv",
    "agents": "agents.csv",
    "faces": "inventaire.csv",
    "exclusions": "interdits.geojson",
    "travel": "trajets.csv",
    "locks": "verrous.csv",
}
"""The name of each file, whatever it was called when it was uploaded."""
POSITIONS_FILE = "positions.csv"
_LAYERS = frozenset({"zones", "exclusions"})
_DAYS = frozenset({("campaign", "start"), ("tour", "start"), ("tour", "end")})
"""The keys whose values are days in TOML, and texts in JSON."""


def settings_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sections of ``campaign.toml`` without ``[files]``, as JSON can hold them."""
    settings = {
        section: _jsonable(content) for section, content in document.items() if section != "files"
    }
    if isinstance(settings.get("geocoder"), dict):
        settings["geocoder"].pop("file", None)  # it is `POSITIONS_FILE` here
    return settings


def toml_file(settings: Mapping[str, Any], *, kinds: Collection[str]) -> bytes:
    """Return ``campaign.toml``: the rules, and the names of the files that there are."""
    document: dict[str, Any] = {
        section: _with_days(section, content) if isinstance(content, Mapping) else content
        for section, content in settings.items()
    }
    files = {kind: FILE_NAMES[kind] for kind in FILE_NAMES if kind in kinds}
    first = {"campaign": document.pop("campaign")} if "campaign" in document else {}
    return toml_text({**first, "files": files, **document}).encode()


def table_file(kind: str, headings: Sequence[str], rows: Iterable[Row]) -> bytes:
    """Return the file of an input, in the order of its rows."""
    write = _layer if kind in _LAYERS else _table
    return write(headings, rows)


def _table(headings: Sequence[str], rows: Iterable[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(headings)
    writer.writerows([row.cells.get(name, "") for name in headings] for row in rows)
    return text.getvalue().encode()


def _layer(headings: Sequence[str], rows: Iterable[Row]) -> bytes:
    features = [
        _json(
            {
                "type": "Feature",
                "properties": {name: row.cells.get(name, "") for name in headings},
                "geometry": _geometry(row.geometry),
            }
        )
        for row in rows
    ]
    body = ",".join(f"\n{feature}" for feature in features)
    return f'{{"type":"FeatureCollection","features":[{body}\n]}}\n'.encode()


def _geometry(shape: Any) -> dict[str, Any] | None:  # noqa: ANN401 -- a shape; its stubs know no mapping of it
    return None if shape is None else dict(shapely.geometry.mapping(shape))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _jsonable(value: object) -> Any:  # noqa: ANN401 -- what JSON holds
    if isinstance(value, Mapping):
        return {key: _jsonable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_jsonable(each) for each in value]
    return value.isoformat() if isinstance(value, date | time) else value


def _with_days(section: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _day(value) if (section, key) in _DAYS else value for key, value in content.items()
    }


def _day(value: object) -> object:
    """Return a day; what is none stays, and the reader says so."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value
