"""Somebody watches a long search: they are told how it goes, and may stop it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is: the best objective, its bound and the gap in equivalent exposure."""

    stage: str
    objective: float
    bound: float
    gap: float


class Watch:
    """Tells of progress and asks whether to stop.

    Parameters
    ----------
    tell
        Called with each `Progress`.
    stop
        Asked often; a reason (``"cancelled"``, ``"seconds"``) ends the search with the best so far.
    """

    def __init__(
        self,
        tell: Callable[[Progress], None] | None = None,
        stop: Callable[[], str | None] | None = None,
    ) -> None:
        self._tell, self._stop = tell, stop
        self.reason: str | None = None

    @property
    def stopped(self) -> bool:
        """Return whether somebody has asked to stop; asks them now."""
        if self.reason is None and self._stop is not None:
            self.reason = self._stop()
        return self.reason is not None

    def tell(self, *, stage: str, objective: float, bound: float, gap: float) -> None:
        """Tell how far the search is."""
        if self._tell is not None:
            self._tell(Progress(stage, objective, bound, gap))
