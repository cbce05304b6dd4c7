"""How long a task that was cancelled is waited for."""

from __future__ import annotations

from app.searching import Stage
from app.service.jobs.executor import Step

EMPTY_S = 10.0
"""A cancelled task that has nothing to keep ends by itself within this time, or is ended."""
KEPT_S = 600.0
"""So long has one to make a plan of its best so far: its tour, its pages, its files."""
_BEFORE_ANY = frozenset({Stage.READING, Stage.ROADS, Stage.TARGETING, Stage.MATCHING})


class Patience:
    """Follows the steps of one task, and tells when a cancelled one is to be ended from outside."""

    def __init__(self) -> None:
        self.has_begun = self._keeps = False
        self._cancelled_at: float | None = None

    def told(self, step: Step) -> None:
        """Take note of a step: a plan there is to keep, or one that will be."""
        self.has_begun = True
        stage = step.get("stage")
        self._keeps |= "incumbent" in step or (stage is not None and stage not in _BEFORE_ANY)

    def cancelled(self, *, at: float) -> bool:
        """Note that the task was cancelled; return whether that is news.

        Parameters
        ----------
        at
            Seconds of a watch that never runs back.
        """
        news = self._cancelled_at is None
        if self._cancelled_at is None:
            self._cancelled_at = at
        return news

    def is_over(self, *, at: float) -> bool:
        """Return whether a cancelled task has had its time."""
        if self._cancelled_at is None:
            return False
        return at - self._cancelled_at > (KEPT_S if self._keeps else EMPTY_S)
