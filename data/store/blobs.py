"""Bytes kept once, under their SHA-256, however many files hold them."""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import Table, delete, exists, select, text
from sqlalchemy.dialects import postgresql, sqlite

from data.store.engine import Tx
from data.store.tables import Base, BlobRecord


def put(tx: Tx, content: bytes) -> str:
    """Keep some bytes, unless they are there already; return their SHA-256.

    What refers to them is added in the same transaction: `vacuum` waits for it.
    """
    digest = sha256(content).hexdigest()
    values = {"sha256": digest, "size": len(content), "content": content}
    dialect = postgresql if tx.get_bind().dialect.name == "postgresql" else sqlite
    tx.execute(dialect.insert(BlobRecord).values(values).on_conflict_do_nothing())
    return digest


def get(tx: Tx, digest: str) -> bytes:
    """Return the bytes with a SHA-256.

    Raises
    ------
    KeyError
        If they are not there.
    """
    content = tx.scalar(select(BlobRecord.content).where(BlobRecord.sha256 == digest))
    if content is None:
        raise KeyError(digest)
    return bytes(content)


def remove_unused(tx: Tx) -> int:
    """Remove the bytes that nothing refers to any more; return how many."""
    if tx.get_bind().dialect.name == "postgresql":
        # Waits for whoever has put bytes and not yet committed what refers to them.
        tx.execute(text("LOCK TABLE blobs IN SHARE ROW EXCLUSIVE MODE"))
    used = [exists().where(column == BlobRecord.sha256) for column in _references()]
    removed = tx.execute(
        delete(BlobRecord)
        .where(*(~each for each in used))
        .returning(BlobRecord.sha256)
        .execution_options(synchronize_session=False)
    )
    return len(removed.all())


def _references() -> list[object]:
    """Return every column that refers to bytes, by the foreign keys of the tables."""
    blobs = BlobRecord.__table__
    assert isinstance(blobs, Table)  # noqa: S101 -- a mapped class has one
    target = blobs.c.sha256
    return [
        key.parent
        for table in Base.metadata.sorted_tables
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name)
        if key.column is target
    ]
