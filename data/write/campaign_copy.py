"""A campaign folder written again with what a buyer's answers changed of it.

Files that did not change are copied byte for byte. An inventory with new prices or faces is written
in the canonical columns, and the locks always are: both are CSV, whatever they were before.
"""

from __future__ import annotations

import csv
import io
import json
import math
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from data.read.schema import FACES
from data.write.atomic import write_file
from data.write.sheet import DELIMITER
from geo.model import Campaign, Faces, Lock

CAMPAIGN_FILE = "campaign.toml"
FACES_FILE = "inventaire-retour.csv"
LOCKS_FILE = "verrous-retour.csv"

_HEADER = (
    "# Écrit par « placarde reconcile » : les verrous et les prix du retour de l’acheteur.\n\n"
)


def write_campaign_update(source: Path, target: Path, *, before: Campaign, after: Campaign) -> None:
    """Write into `target` the campaign folder `source` as `after` has its faces and locks.

    Parameters
    ----------
    source
        The folder that `before` was read from.
    target
        An empty folder.
    """
    document = tomllib.loads((source / CAMPAIGN_FILE).read_text(encoding="utf-8-sig"))
    files: dict[str, Any] = document["files"]
    replaced = {"locks"} if before.faces is after.faces else {"locks", "faces"}
    written = {CAMPAIGN_FILE, LOCKS_FILE, *({FACES_FILE} if "faces" in replaced else ())}
    for file in before.inputs:
        if file.name not in written:
            write_file(target / file.name, (source / file.name).read_bytes())
    for key in replaced:  # what was said of the old file is not true of the new one
        for name in [name for name in files if name == key or name.startswith(f"{key}_")]:
            del files[name]
    if "faces" in replaced:
        files["faces"] = FACES_FILE
        write_file(target / FACES_FILE, faces_csv(after.faces))
    if after.locks:
        files["locks"] = LOCKS_FILE
        write_file(target / LOCKS_FILE, locks_csv(after.locks))
    write_file(target / CAMPAIGN_FILE, (_HEADER + toml_text(document)).encode())


def locks_csv(locks: Iterable[Lock]) -> bytes:
    """Return locks as the doors read them, sorted."""
    rows = [(lock.face_id, str(lock.period), lock.agent_id or "") for lock in sorted_locks(locks)]
    return _csv([("face_id", "period", "agent_id"), *rows])


def sorted_locks(locks: Iterable[Lock]) -> list[Lock]:
    """Return locks by face and period."""
    return sorted(locks, key=lambda lock: (lock.face_id, lock.period))


def faces_csv(faces: Faces) -> bytes:
    """Return an inventory as the doors read it: WGS84 degrees, every column that `Faces` has."""
    columns = {
        column.name: _face_cells(faces, column.name)
        for column in FACES.columns
        if column.name in _SPECIAL or hasattr(faces, column.name)
    }
    del columns["x"], columns["y"]
    return _csv([tuple(columns), *zip(*columns.values(), strict=True)])


_SPECIAL = ("lat", "lon", "price_eur", "available", "lit")


def _face_cells(faces: Faces, name: str) -> list[str]:
    if name == "lon":
        return [_number(value) for value in faces.lng.tolist()]
    if name == "price_eur":
        return [f"{cents // 100}.{cents % 100:02d}" for cents in faces.price_cents.tolist()]
    if name == "lit":
        return [{1: "oui", 0: "non"}.get(lit, "") for lit in faces.lit.tolist()]
    if name == "available":
        return [_periods(row) for row in faces.available.tolist()]
    values = getattr(faces, name).tolist()
    return [value if isinstance(value, str) else _number(value) for value in values]


def _periods(row: list[bool]) -> str:
    """Return the periods in which a face is for sale; nothing where that is all of them."""
    if all(row):
        return ""
    return "|".join(str(period) for period, sold in enumerate(row, start=1) if sold) or "aucune"


def _number(value: float) -> str:
    """Return a number that reads back as itself, and never as thousands (``1.234``)."""
    if not math.isfinite(value):
        return ""
    if value.is_integer():
        return str(int(value))
    text = repr(value)
    return text if "e" in text else f"{text}000"


def _csv(rows: Iterable[tuple[str, ...]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=DELIMITER, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def toml_text(document: Mapping[str, Any]) -> str:
    """Return a TOML document that reads back as the same values, without its comments.

    A table inside a list is written inline; everything else as ``[sections]``.
    """
    return "\n\n".join(_sections(document, path=())) + "\n"


def _sections(table: Mapping[str, Any], *, path: tuple[str, ...]) -> Iterable[str]:
    plain = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    lines = [f"[{'.'.join(map(_key, path))}]"] if path else []
    lines += [f"{_key(key)} = {_value(value)}" for key, value in plain.items()]
    if lines:
        yield "\n".join(lines)
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _sections(value, path=(*path, key))


def _key(key: str) -> str:
    bare = key.isascii() and key and key.replace("-", "").replace("_", "").isalnum()
    return key if bare else _value(key)


def _value(value: object) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items())
        return f"{{{inside}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return repr(value)  # whole numbers, and floats: 1.5, 1e+16, inf, nan
