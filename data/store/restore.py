"""A backup into a store that is empty: all of it, or nothing."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import TableClause

from data.store import schema
from data.store.backup import FORMAT, FORMAT_VERSION, MANIFEST
from data.store.backup_values import TYPES, read
from data.store.engine import Store, Tx
from data.store.tables import Base, BlobRecord

_BATCH = 1000
_BLOBS = BlobRecord.__tablename__


class BackupError(Exception):
    """A file is no backup, or not as it was written."""


class StoreNotEmptyError(Exception):
    """There is something in a store that a backup is to be restored into."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What the manifest says of a table."""

    name: str
    rows: int
    sha256: str
    columns: Mapping[str, str]


def restore(store: Store, source: Path) -> dict[str, int]:
    """Fill an empty store with what `data.store.backup.backup` wrote, and bring it up to date.

    Returns
    -------
    dict
        How many rows of each table were read.

    Raises
    ------
    BackupError
        If the file is none of ours, or was damaged; nothing is restored then.
    StoreNotEmptyError
        If there is something in the store.
    data.store.schema.SchemaError
        If the backup needs a newer Placarde, or another step of the tables than there is.
    OSError
        If the file cannot be read.
    StoreUnavailableError
        If the database does not answer.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            step, parts = _manifest(archive)
            with store.write() as tx:
                schema.prepare(store, tx, step)
                _require_empty(tx)
                for part in parts:
                    _fill(archive, tx, part)
                _go_on_counting(store, tx)
                schema.prepare(store, tx)
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise BackupError("not a backup, or a damaged one") from error
    return {part.name: part.rows for part in parts}


def _manifest(archive: zipfile.ZipFile) -> tuple[str, list[_Part]]:
    manifest = json.loads(archive.read(MANIFEST))
    if manifest["format"] != FORMAT:
        raise BackupError("no backup of Placarde")
    if manifest["format_version"] != FORMAT_VERSION:
        raise schema.SchemaError(schema.Cause.NEWER)
    tables = manifest["tables"].items()
    return manifest["step"], [
        _Part(name, table["rows"], table["sha256"], table["columns"]) for name, table in tables
    ]


def _require_empty(tx: Tx) -> None:
    for table in Base.metadata.sorted_tables:
        there = sa.inspect(tx.connection()).has_table(table.name)
        if there and tx.scalar(sa.select(sa.literal(1)).select_from(table).limit(1)):
            raise StoreNotEmptyError(table.name)


def _fill(archive: zipfile.ZipFile, tx: Tx, part: _Part) -> None:
    """Insert the rows of a table; whatever is not as the manifest says stops it all."""
    target = _target(part)
    digest, count = sha256(), 0
    with archive.open(f"tables/{part.name}.jsonl") as lines:
        while batch := list(islice(lines, _BATCH)):
            digest.update(b"".join(batch))
            count += len(batch)
            rows = [_row(line, part) for line in batch]
            if part.name != _BLOBS:
                tx.execute(sa.insert(target), rows)
                continue
            for row in _with_contents(archive, rows):
                tx.execute(sa.insert(target), row)
    if digest.hexdigest() != part.sha256 or count != part.rows:
        raise BackupError(f"{part.name} is not as it was written")


def _target(part: _Part) -> TableClause:
    kinds = {**part.columns, **({"content": "bytes"} if part.name == _BLOBS else {})}
    return sa.table(part.name, *(sa.column(name, TYPES.get(kinds[name])) for name in kinds))


def _row(line: bytes, part: _Part) -> dict[str, Any]:
    pairs = zip(part.columns.items(), json.loads(line), strict=True)
    return {name: read(value, kind) for (name, kind), value in pairs}


def _with_contents(
    archive: zipfile.ZipFile, rows: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    for row in rows:
        content = archive.read(f"blobs/{row['sha256']}")
        if sha256(content).hexdigest() != row["sha256"]:
            raise BackupError("kept bytes are not as they were written")
        yield {**row, "content": content}


def _go_on_counting(store: Store, tx: Tx) -> None:
    """Let PostgreSQL number new rows after those that were restored; SQLite does so by itself."""
    if not store.is_postgresql:
        return
    for table in Base.metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None and sa.inspect(tx.connection()).has_table(table.name):
            last = tx.scalar(sa.select(sa.func.max(column)))
            name = sa.func.pg_get_serial_sequence(table.name, column.name)
            if last is not None and tx.scalar(sa.select(name)) is not None:
                tx.execute(sa.select(sa.func.setval(name, last)))
