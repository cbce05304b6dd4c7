"""What has to be done now and then whoever calls: plans withheld, campaigns kept long enough."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta

from app.service import privacy
from app.service.context import Services
from data.store import StoreUnavailableError, allowances

logger = logging.getLogger("placarde.service")

OFTEN_S = 10.0
"""How often plans are looked for that still show a portrait that was withdrawn."""
SELDOM_S = 86_400.0
"""How often what is kept no longer is erased."""
ADDRESSES_KEPT = timedelta(days=1)


class Tender:
    """A thread that tends to the store while the service is alive; every process has one."""

    def __init__(self, service: Services, *, often_s: float = OFTEN_S) -> None:
        self._service = service
        self._often_s = often_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tender", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, once what is being done is done."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        last: float | None = None
        while not self._stopped.is_set():
            try:
                privacy.settle(self._service)
                if last is None or time.monotonic() - last >= SELDOM_S:
                    privacy.tend(self._service)
                    self._let_go()
                    last = time.monotonic()
            except StoreUnavailableError:
                logger.warning("the store could not be tended to")
            except Exception as error:  # noqa: BLE001 -- the next time may go well
                logger.warning("tending: %s", type(error).__name__)
            self._stopped.wait(self._often_s)

    def _let_go(self) -> None:
        with self._service.store.write() as tx:
            allowances.drop_before(tx, self._service.clock() - ADDRESSES_KEPT)
