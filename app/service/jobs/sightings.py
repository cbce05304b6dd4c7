"""Jobs whose runner is gone, told by this process's own watch: clocks may jump, it does not."""

from __future__ import annotations

from collections.abc import Iterable

from data.store.leases import Claim, Sighting


class Sightings:
    """What was seen of running jobs, and since when nothing of it has changed.

    Parameters
    ----------
    patience_s
        For how long a lease may stay as it is.
    """

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._seen: dict[Claim, tuple[Sighting, float]] = {}

    def stalled(self, running: Iterable[Sighting], *, at: float) -> Sighting | None:
        """Return a job whose lease has long been as it is now; None without any.

        Parameters
        ----------
        running
            Every job that is running now.
        at
            Seconds of a watch that never runs back.
        """
        seen: dict[Claim, tuple[Sighting, float]] = {}
        for now in running:
            before = self._seen.get(now.claim)
            seen[now.claim] = before if before is not None and before[0] == now else (now, at)
        self._seen = seen
        old = [sight for sight, since in seen.values() if at - since > self._patience_s]
        return min(old, key=lambda sight: sight.claim.job_id, default=None)
