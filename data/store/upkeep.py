"""What a store needs now and then: room taken back from what nobody refers to any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, text
from sqlalchemy.exc import OperationalError

from data.store import blobs
from data.store.engine import Store, StoreUnavailableError
from data.store.tables import IdempotencyRecord

ANSWERS_KEPT = timedelta(days=7)
"""How long the answer to a POST is kept for whoever repeats it."""


@dataclass(frozen=True, slots=True)
class Vacuumed:
    """How many kept bytes, and how many answers for repeated requests, were removed."""

    blobs: int
    answers: int


def vacuum(store: Store, *, at: datetime) -> Vacuumed:
    """Remove what nothing refers to, and give the room back; others may go on working.

    Parameters
    ----------
    at
        Now.

    Raises
    ------
    StoreUnavailableError
        If the database does not answer, or others leave it no moment.
    """
    with store.write() as tx:
        answers = tx.execute(
            delete(IdempotencyRecord)
            .where(IdempotencyRecord.created_at < at - ANSWERS_KEPT)
            .returning(IdempotencyRecord.key)
            .execution_options(synchronize_session=False)
        ).all()
        removed = blobs.remove_unused(tx)
    # In a WAL file too, nothing stays of what was removed.
    sqlite = ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)")
    statements = ("VACUUM (ANALYZE)",) if store.is_postgresql else sqlite
    try:
        with store.engine.connect() as connection:
            outside = connection.execution_options(isolation_level="AUTOCOMMIT")
            for statement in statements:
                outside.execute(text(statement))
    except OperationalError as error:
        raise StoreUnavailableError(type(error.orig).__name__) from error
    return Vacuumed(removed, len(answers))
