"""The act that a request is: who does it, when, by which request; for the audit trail."""

from __future__ import annotations

from app.service.access import Granted
from app.service.context import Services
from app.service.idempotency import note_applied
from data.store import Tx, clock
from data.store.audit import Act


def act_of(service: Services, granted: Granted, request_id: str, tx: Tx) -> Act:
    """Return the act, at the store's own time, which never runs back.

    The request counts as done from here on: it is not done again under the same idempotency key.
    """
    note_applied(tx)
    return Act(granted.subject, clock.note(tx, service.clock()), request_id)
