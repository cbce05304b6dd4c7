"""A whole store in one file, which any other store takes, SQLite or PostgreSQL.

The file is a ZIP archive: a file of JSON lines for each table, each of the kept bytes under its
SHA-256, and at last a manifest with the SHA-256 of everything. It tells values and not how a
database keeps them, so that what is restored elsewhere gives the same exports to the byte.
"""

from __future__ import annotations

import json
import os
import secrets
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Table, select

from data.store import schema
from data.store.backup_values import kinds_of, written
from data.store.engine import Store, Tx
from data.store.tables import Base, BlobRecord

FORMAT = "placarde-backup"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
_DATE = (1980, 1, 1, 0, 0, 0)
_LEVEL = 6
_CONTENT = "content"


def backup(store: Store, target: Path, *, at: datetime, replace: bool = False) -> dict[str, int]:
    """Write all that a store holds into a file, as of one moment, whole or not at all.

    Nobody has to stop working meanwhile. The file holds personal data, and is readable by its
    owner only.

    Parameters
    ----------
    at
        Noted in the file.
    replace
        Whether a file that is there already may go.

    Returns
    -------
    dict
        How many rows of each table were written.

    Raises
    ------
    FileExistsError
        If there is something at `target` and it may not go.
    OSError
        If the file cannot be written.
    data.store.schema.SchemaError
        If the store is not up to date.
    StoreUnavailableError
        If the database does not answer.
    """
    if schema.current(store) != schema.latest():
        raise schema.SchemaError(schema.Cause.OUTDATED)
    if target.exists() and not replace:
        raise FileExistsError(str(target))
    with (
        _whole_file(target, replace=replace) as file,
        _snapshot(store) as tx,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive,
    ):
        tables = {t.name: _write_table(archive, tx, t) for t in Base.metadata.sorted_tables}
        manifest = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "step": schema.latest(),
            "at": at.isoformat(),
            "tables": tables,
        }
        archive.writestr(_entry(MANIFEST), json.dumps(manifest, indent=1))
    return {name: table["rows"] for name, table in tables.items()}


@contextmanager
def _snapshot(store: Store) -> Iterator[Tx]:
    """Open a transaction that sees the store as of one moment, however long it takes."""
    with store.read() as tx:
        if store.is_postgresql:
            tx.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield tx


@contextmanager
def _whole_file(target: Path, *, replace: bool) -> Iterator[IO[bytes]]:
    """Yield a new file that becomes `target` if the block ends well, and vanishes if not."""
    target = target.resolve()
    work = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    try:
        descriptor = os.open(work, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if replace:
            work.replace(target)
        else:
            os.link(work, target)  # fails where somebody was faster
            work.unlink()
        _sync(target.parent)
    except BaseException:
        work.unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_table(archive: zipfile.ZipFile, tx: Tx, table: Table) -> dict[str, Any]:
    """Write a table, and return what the manifest says of it."""
    kinds = kinds_of(table)
    blobs = table.name == BlobRecord.__tablename__
    if blobs:
        del kinds[_CONTENT]
    columns = [table.c[name] for name in kinds]
    query = select(*columns).order_by(*table.primary_key.columns)
    digest, count, keys = sha256(), 0, []
    with archive.open(_entry(f"tables/{table.name}.jsonl"), "w", force_zip64=True) as file:
        for row in tx.execute(query.execution_options(yield_per=1000)):
            values = [written(value, kind) for value, kind in zip(row, kinds.values(), strict=True)]
            line = json.dumps(values, separators=(",", ":")).encode() + b"\n"
            digest.update(line)
            file.write(line)
            count += 1
            if blobs:
                keys.append(row[list(kinds).index("sha256")])
    for key in keys:
        content = tx.scalar(select(BlobRecord.content).where(BlobRecord.sha256 == key))
        archive.writestr(_entry(f"blobs/{key}"), bytes(content or b""))
    return {"rows": count, "sha256": digest.hexdigest(), "columns": kinds}


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
