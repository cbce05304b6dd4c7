"""Time that does not run back: the machine's clock, or the latest moment the store has seen."""

from __future__ import annotations

from datetime import datetime

from data.store.engine import Tx
from data.store.tables import ClockRecord

_ONLY = 1


def latest(tx: Tx, machine: datetime) -> datetime:
    """Return the later of the machine's moment and the latest that was noted."""
    record = tx.get(ClockRecord, _ONLY)
    return machine if record is None else max(machine, record.latest)


def note(tx: Tx, machine: datetime) -> datetime:
    """Return the same as `latest`, and note it for those who come after."""
    record = tx.get(ClockRecord, _ONLY)
    if record is None:
        tx.add(ClockRecord(clock_id=_ONLY, latest=machine))
        return machine
    record.latest = max(record.latest, machine)
    return record.latest
