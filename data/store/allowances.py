"""How many requests somebody may still make: buckets that fill with time, shared by processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from data.store.engine import Tx
from data.store.tables import AllowanceRecord


@dataclass(frozen=True, slots=True)
class Rate:
    """A bucket: how many tokens flow into it in a minute; it holds those of one minute."""

    a_minute: int

    @property
    def a_second(self) -> float:
        """Return how many tokens flow in a second."""
        return self.a_minute / 60


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn: whole tokens, and where there were none, in how many seconds there is one."""

    tokens: int
    wait_s: float


def draw(tx: Tx, subject: str, *, most: int, rate: Rate, at: datetime) -> Drawn:
    """Draw up to `most` tokens from somebody's bucket, which is full when it is first asked for.

    A clock that is set back fills nothing, and empties nothing.
    """
    dialect = postgresql if tx.get_bind().dialect.name == "postgresql" else sqlite
    full = {"subject": subject, "tokens": float(rate.a_minute), "filled_at": at}
    tx.execute(dialect.insert(AllowanceRecord).values(full).on_conflict_do_nothing())
    bucket = tx.scalars(
        select(AllowanceRecord).where(AllowanceRecord.subject == subject).with_for_update()
    ).one()
    elapsed_s = max(0.0, (at - bucket.filled_at).total_seconds())
    tokens = min(float(rate.a_minute), bucket.tokens + elapsed_s * rate.a_second)
    drawn = min(most, int(tokens))
    bucket.tokens = tokens - drawn
    bucket.filled_at = max(at, bucket.filled_at)
    wait_s = 0.0 if drawn else (1.0 - tokens) / rate.a_second
    return Drawn(drawn, wait_s)


def drop_before(tx: Tx, moment: datetime) -> None:
    """Remove the buckets that nobody has drawn from since a moment: they are full again."""
    tx.execute(
        delete(AllowanceRecord)
        .where(AllowanceRecord.filled_at < moment)
        .execution_options(synchronize_session=False)
    )
