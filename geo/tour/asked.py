"""The dates that the row of a Maison asks for, and how far they would have to move."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from geo.model import Maison


@dataclass(frozen=True, slots=True)
class AskedDates:
    """Days that a stay has to hold, and windows of which one has to hold the stay."""

    fixed_on: tuple[date, ...] = ()
    windows: tuple[tuple[date, date], ...] = ()
    limits: tuple[date, date] = (date.min, date.max)

    @staticmethod
    def of(maison: Maison) -> AskedDates:
        """Return what a Maison asks for; `limits` are its first and its last day."""
        limits = (maison.not_before or date.min, maison.not_after or date.max)
        return AskedDates(tuple(sorted(maison.fixed_on)), maison.windows, limits)

    def days_off(self, open_on: Sequence[date]) -> int:
        """Return by how many days at the least a date has to move for a stay on these days.

        A window moves with both its ends, the nearest of several; of fixed dates and windows that
        both have to move, what moves farther counts.
        """
        return max(self._shifts(open_on[0], open_on[-1]))

    def _shifts(self, first: date, last: date) -> Iterator[int]:
        yield _shift((first, last), self.limits)
        if self.windows:
            yield min(_shift((first, last), window) for window in self.windows)
        if self.fixed_on:
            yield _shift((self.fixed_on[0], self.fixed_on[-1]), (first, last))


def _shift(inner: tuple[date, date], outer: tuple[date, date]) -> int:
    """Return by how many days one of two spans has to move for the outer one to hold the inner."""
    return max(0, (outer[0] - inner[0]).days, (inner[1] - outer[1]).days)
