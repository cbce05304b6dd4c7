"""Time that does not run back: the machine's clock, or the latest moment the store has seen."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import case, select
from sqlalchemy.dialects import postgresql, sqlite

from data.store.engine import Tx
from data.store.tables import ClockRecord

_ONLY = 1


def latest(tx: Tx, machine: datetime) -> datetime:
    """Return the later of the machine's moment and the latest that was noted."""
    noted = tx.scalar(select(ClockRecord.latest).where(ClockRecord.clock_id == _ONLY))
    return machine if noted is None else max(machine, noted)


def note(tx: Tx, machine: datetime) -> datetime:
    """Return the same as `latest`, and note it for those who come after.

    One statement, so that of those who note at once none is refused, and none sets it back.
    """
    dialect = postgresql if tx.get_bind().dialect.name == "postgresql" else sqlite
    new = dialect.insert(ClockRecord).values(clock_id=_ONLY, latest=machine)
    given = new.excluded.latest
    later = case((given > ClockRecord.latest, given), else_=ClockRecord.latest)
    noted = tx.scalars(
        new.on_conflict_do_update(
            index_elements=[ClockRecord.clock_id], set_={"latest": later}
        ).returning(ClockRecord.latest)
    )
    found: datetime = noted.one()
    return found
