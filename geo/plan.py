"""What a plan is made of: the allocation of portraits to faces, the tour, and what fell short."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from geo.crs import LngLat
from geo.order import LineRecord


class Status(StrEnum):
    """How good an answer is known to be."""

    OPTIMAL = "optimal"  # proven within the tolerance that was asked for
    FEASIBLE = "feasible"  # every rule holds; the gap says how far from the best it may be
    INFEASIBLE = "infeasible"  # proven that no answer keeps every rule
    UNKNOWN = "unknown"  # the effort ended before any answer was found and before any proof
    NOT_ASKED = "not-asked"  # the campaign has no such part


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Something that was asked for and could not be done.

    Parameters
    ----------
    code
        Stable kebab-case name of the cause (``no-eligible-face``).
    subject
        What it is about: the id of an agent, of a Maison, or empty for the whole campaign.
    message
        One French sentence: what is missing, why, and what would change it.
    wanted, got
        The two numbers, in the unit that the code implies (postings, days).
    """

    code: str
    subject: str
    message: str
    wanted: float = 0
    got: float = 0


@dataclass(frozen=True, slots=True, order=True)
class Posting:
    """One portrait on one face for one period; periods count from 1. Sorts by period, then face."""

    period: int
    face_id: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class AgentExposure:
    """What an agent gets: exposure Σρu, its target T, and their ratio."""

    agent_id: str
    target: float
    exposure: float
    ratio: float
    contacts: float
    postings: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What a new allocation changed of the one before it, and what keeping the rest costs.

    `exposure_if_free` is the equivalent exposure that was found when nothing had to be kept.
    """

    kept: int
    added: int
    removed: int
    exposure_if_free: float


@dataclass(frozen=True, slots=True)
class Allocation:
    """All postings, and the certificate of how near they are to the best possible.

    `objective` and `bound` are sums of utilities; `exposure` and `exposure_bound` their equivalent
    exposures e(objective) and e(bound); ``gap = 1 - exposure / exposure_bound``. The bound holds
    for every allocation that keeps the hard rules and the postings an agent at the least that
    `quota` tells. `unused` counts the faces that carry nothing, by reason, and `idle` names them.
    `cent_price` is what a cent more of budget would add to the objective, at the margin.
    `stopped_by` says who ended the search early (``seconds``, ``cancelled``), if somebody did.
    """

    status: Status
    objective: float
    bound: float
    exposure: float
    exposure_bound: float
    gap: float
    cost_cents: int
    postings: tuple[Posting, ...]
    agents: tuple[AgentExposure, ...]
    quota: Mapping[str, int] = field(default_factory=dict)
    shortfalls: tuple[Shortfall, ...] = ()
    unused: Mapping[str, int] = field(default_factory=dict)
    idle: Mapping[str, str] = field(default_factory=dict)
    cent_price: float = 0.0
    stopped_by: str = ""
    changes: Changes | None = None
    solver: str = ""


class TravelSource(StrEnum):
    """Where a driving time comes from."""

    TABLE = "table"  # the campaign's own file
    ROADS = "roads"  # a routing server
    ESTIMATE = "estimate"  # great circle x detour, speed by distance


@dataclass(frozen=True, slots=True)
class Leg:
    """One drive of a kit, at local time, without a change of day.

    Parameters
    ----------
    empty
        A drive without the kit: its driver comes from the depot or goes back there.
    low_s, high_s
        Of an estimated time, what nine drives of ten take: not less and not more. None where the
        time is no estimate.
    path
        The line of the road, where a routing server gave it.
    """

    kit: int
    from_id: str
    to_id: str
    depart: datetime
    arrive: datetime
    drive_s: int
    distance_m: int
    source: TravelSource
    empty: bool = False
    low_s: int | None = None
    high_s: int | None = None
    path: tuple[LngLat, ...] = ()


@dataclass(frozen=True, slots=True)
class Stop:
    """The stay of a kit at a Maison: the days on which it is open, and when it comes and goes.

    `opens` is when the exhibition opens on the first of the days, `closes` when it closes on the
    last: half-days show in them. They may be None in a plan made before they were kept.
    """

    maison_id: str
    kit: int
    open_on: tuple[date, ...]
    arrive: datetime
    leave: datetime
    opens: datetime | None = None
    closes: datetime | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """What becomes of a tour whose estimated driving times are all at one end of their interval.

    Parameters
    ----------
    low_s, high_s
        Total driving time at either end.
    holds
        Whether the same stops on the same days in the same order keep every rule at the slow end.
    breaks
        What does not hold there: a leg, a day, each with its reason.
    """

    low_s: int
    high_s: int
    holds: bool
    breaks: tuple[Shortfall, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class CalendarEntry:
    """An entry of a calendar: its key, the one or two Maisons that it is about, local times."""

    key: str
    place_ids: tuple[str, ...]
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Tour:
    """The itinerant exhibition: stops and legs in the order in which they happen, kit by kit.

    `drive_s` is the total driving time and `bound_s` a proven lower bound of it. `spread` is None
    where no time is an estimate. `remarks` is what the planner should know of the roads: nothing
    in it is left undone. `revision` counts how often a tour given out before was changed, and
    `withdrawn` is what those before this one put into calendars and it no longer has. `calendar`
    is what calendars know all of them by; empty where the campaign alone says it. `shown` is a
    digest of what its entries there show; empty in a tour made before that was kept.
    """

    status: Status
    drive_s: int
    bound_s: int
    distance_m: int
    stops: tuple[Stop, ...] = ()
    legs: tuple[Leg, ...] = ()
    shortfalls: tuple[Shortfall, ...] = ()
    solver: str = ""
    spread: Spread | None = None
    remarks: tuple[Shortfall, ...] = ()
    revision: int = 0
    withdrawn: tuple[CalendarEntry, ...] = ()
    calendar: str = ""
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Allocation, tour and certificate, made from one campaign with one seed.

    `order` tells where the lines of the order stand that are more, or no more, than proposed.
    """

    seed: int
    allocation: Allocation
    tour: Tour
    order: tuple[LineRecord, ...] = ()

    @property
    def shortfalls(self) -> tuple[Shortfall, ...]:
        """Return everything that was asked for and could not be done."""
        return self.allocation.shortfalls + self.tour.shortfalls
