"""What a tour is decided from: stops, roads, and the stays that the calendars allow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from geo.model import Driving, IntArray
from geo.plan import Shortfall
from geo.tour.asked import AskedDates
from geo.tour.stays import Stay
from geo.tour.travel import TravelMatrix

DAY_S = 24 * 3600
SEARCH_DAYS = 56
"""How far after the end of the window to look for the days that are missing: eight weeks."""


@dataclass(frozen=True, slots=True, eq=False)
class TourProblem:
    """A tour to be planned. Stop ``i`` of `stop_ids` is node ``i + 1`` of `travel`; 0 is the depot.

    Parameters
    ----------
    first_day, n_days
        The window, in calendar days.
    stop_ids, stop_names
        The Maisons to visit, sorted by id, each once and by one kit.
    travel
        Seconds and metres, shape ``(n + 1, n + 1)``.
    stays
        For each stop every stay inside the window, by first day.
    later_stays
        For each stop the stays that end in the `SEARCH_DAYS` after the window. No tour uses them;
        they only tell by how many days a window is too short.
    open_stays
        For each stop the stays inside the window that its fixed dates, limits and windows do not
        take away from its calendar; nothing where nobody worked them out.
    kits, max_drive_s
        How many kits there are, and the longest time that one may be driven in a day.
    troubles
        Why a stop has no stay inside the window, for each that has none.
    driving, drive_from_s, drive_until_s, driver_returns
        When kits are driven, see `geo.tour.trips`; seconds of the day.
    before
        Pairs of stops: the stay at the first begins in a slot before the stay at the second does,
        whatever the kits.
    kits_of
        For each stop the kits, counted from 0, that may visit it; empty: any of them any stop.
    fewest_kits
        Whether the fewest kits that will do come before the least driving; `kits` is then as many
        as there could be.
    forbidden
        Legs (node, node) that no kit drives, whatever the stays.
    asked
        For each stop the dates that its row asks for; nothing where nobody kept them.
    """

    first_day: date
    n_days: int
    depot_id: str
    depot_name: str
    stop_ids: tuple[str, ...]
    stop_names: tuple[str, ...]
    travel: TravelMatrix
    stays: tuple[tuple[Stay, ...], ...]
    later_stays: tuple[tuple[Stay, ...], ...]
    kits: int
    max_drive_s: int
    troubles: tuple[Shortfall, ...] = ()
    driving: Driving = Driving.EVENING
    drive_from_s: int = 0
    drive_until_s: int = DAY_S - 1
    driver_returns: bool = False
    before: tuple[tuple[int, int], ...] = ()
    kits_of: tuple[frozenset[int], ...] = ()
    fewest_kits: bool = False
    open_stays: tuple[tuple[Stay, ...], ...] = ()
    forbidden: frozenset[tuple[int, int]] = frozenset()
    asked: tuple[AskedDates, ...] = ()

    @property
    def n_slots(self) -> int:
        """Return the window in half-days."""
        return 2 * self.n_days

    @property
    def cost_s(self) -> IntArray:
        """Return the seconds driven for each leg of a kit, ``(n + 1, n + 1)``.

        A driver who returns adds the way to the kit and the way back.
        """
        return self._with_empty_legs(self.travel.drive_s)

    @property
    def cost_m(self) -> IntArray:
        """Return the metres driven for each leg of a kit, ``(n + 1, n + 1)``."""
        return self._with_empty_legs(self.travel.distance_m)

    def _with_empty_legs(self, travel: IntArray) -> IntArray:
        return travel + travel[0][:, None] + travel[:, 0] if self.driver_returns else travel

    @property
    def fits_tables(self) -> bool:
        """Return whether `geo.tour.moves` tells all that may be driven, and kits are alike.

        So it is where stays are of whole days, with set-up and take-down inside them, kits are
        driven in the evening and may go anywhere, and no stop has to come before another.
        """
        return (
            not self.before
            and len(set(self.kits_of)) <= 1
            and (not self.kits_of or self.kits_of[0] == frozenset(range(self.kits)))
            and self.driving is Driving.EVENING
            and all(
                self._is_whole(stay) for stays in (*self.stays, *self.later_stays) for stay in stays
            )
        )

    def _is_whole(self, stay: Stay) -> bool:
        days = (self.second(stay.ready) // DAY_S, self.second(stay.free) // DAY_S)
        slots = (stay.start, stay.end)
        return days == (stay.start_day, stay.end_day) and slots == (2 * days[0], 2 * days[1] + 1)

    def second(self, moment: datetime) -> int:
        """Return a local time in seconds from the first midnight of the window."""
        return round((moment - datetime.combine(self.first_day, time())).total_seconds())

    def moment(self, second: int) -> datetime:
        """Return the local time at a second counted from the first midnight of the window."""
        return datetime.combine(self.first_day, time()) + timedelta(seconds=int(second))

    def may_visit(self, stop: int) -> frozenset[int]:
        """Return the kits, counted from 0, that may visit a stop."""
        return self.kits_of[stop] if self.kits_of else frozenset(range(self.kits))

    def with_kits(self, kits: int) -> TourProblem:
        """Return the same problem with so many kits; those that it had not may go anywhere."""
        more = frozenset(range(self.kits, kits))
        allowed = frozenset(range(kits))
        kits_of = tuple((own | more) & allowed for own in self.kits_of)
        return replace(self, kits=kits, kits_of=kits_of)

    @property
    def last_day(self) -> date:
        """Return the last day of the window."""
        return self.first_day + timedelta(days=self.n_days - 1)

    def node_id(self, node: int) -> str:
        """Return the id of the Maison at a node."""
        return self.stop_ids[node - 1] if node else self.depot_id

    def longer_by(self, days: int) -> TourProblem:
        """Return the same problem with so many more days at the end of the window."""
        n_days = self.n_days + days
        pairs = tuple(zip(self.stays, self.later_stays, strict=True))
        return replace(
            self,
            n_days=n_days,
            stays=tuple(
                now + tuple(stay for stay in later if stay.end_day < n_days) for now, later in pairs
            ),
            later_stays=tuple(
                tuple(stay for stay in later if stay.end_day >= n_days) for _, later in pairs
            ),
        )
