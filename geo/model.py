"""What a campaign is made of: zones, Maisons, agents, faces, and the rules of the plan.

Identifiers are the planner's own strings. Every sequence is sorted by identifier, so that the order
of rows in a file never reaches the plan. Geometry is in the campaign's projected CRS (metres)
unless its name says `lnglat`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum
from math import nan

import numpy as np
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from geo.crs import LngLat
from geo.plan import TravelSource

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
TextArray = NDArray[np.object_]
Area = Polygon | MultiPolygon

POSTER_MEDIUM = "affichage"


@dataclass(frozen=True, slots=True)
class Periods:
    """The calendar of the posting: `count` periods of `days` days from `start` on."""

    start: date
    count: int
    days: int

    def first_day(self, period: int) -> date:
        """Return the first day of posting of a period, which is counted from 1."""
        return self.start + timedelta(days=(period - 1) * self.days)

    def last_day(self, period: int) -> date:
        """Return the last day of posting of a period, which is counted from 1."""
        return self.first_day(period) + timedelta(days=self.days - 1)

    def numbers(self) -> range:
        """Return the periods, counted from 1."""
        return range(1, self.count + 1)


@dataclass(frozen=True, slots=True)
class Zone:
    """A polygon of the territory, in a tree: a child lies in its parent."""

    zone_id: str
    name: str
    level: str
    parent_id: str | None
    population: int | None
    area: Area


class Driving(StrEnum):
    """When a kit is driven from one stop to the next."""

    EVENING = "evening"  # after the exhibition has closed at the one
    MORNING = "morning"  # before it opens at the next
    EITHER = "either"  # in the evening where that fits, else in the morning


class RoadUse(StrEnum):
    """Where driving times come from that the campaign's own table does not give."""

    AUTO = "auto"  # a routing server where one is set up, else an estimate
    SERVER = "server"  # a routing server, and nothing else
    ESTIMATE = "estimate"  # never a routing server


class SchoolHolidays(StrEnum):
    """What the school holidays are to the exhibition."""

    IGNORE = "ignore"
    AVOID = "avoid"  # open on no day of them
    SEEK = "seek"  # open on no other day


@dataclass(frozen=True, slots=True)
class Maison:
    """A Maison du Département: a venue of the exhibition, and perhaps a depot.

    Parameters
    ----------
    opening
        In the OpenStreetMap ``opening_hours`` syntax.
    precision
        How well the point is known (``commune``: only the town).
    dwell_days, setup_s, takedown_s, school_holidays
        None where the rules of the tour say it.
    fixed_on
        Days on which the exhibition must be open there.
    not_before, not_after
        First and last day on which it may be open there.
    windows
        First and last day of each window, sorted; all the open days lie in one of them. Without
        any they are free.
    """

    maison_id: str
    name: str
    city: str
    lnglat: LngLat
    zone_id: str | None = None
    address: str = ""
    postcode: str = ""
    staff: int | None = None
    opening: str = ""
    closed_on: frozenset[date] = frozenset()
    dwell_days: float | None = None
    fixed_on: tuple[date, ...] = ()
    precision: str = ""
    setup_s: int | None = None
    takedown_s: int | None = None
    not_before: date | None = None
    not_after: date | None = None
    windows: tuple[tuple[date, date], ...] = ()
    school_holidays: SchoolHolidays | None = None


@dataclass(frozen=True, slots=True)
class Agent:
    """Someone who works for the Département in some zones, and the portrait of them.

    `consent_media` holds the media that the consent covers, or None where the campaign keeps no
    consents at all. `name` is private: it leaves Placarde for the planner only.
    """

    agent_id: str
    portrait_id: str
    job: str
    zones: tuple[str, ...]
    headline: str = ""
    name: str = ""
    workplace: LngLat | None = None
    maison_id: str | None = None
    share: float = 1.0
    consent_media: frozenset[str] | None = None
    consent_until: date | None = None


def _no_text() -> TextArray:
    return np.empty(0, dtype=object)


def _no_numbers() -> FloatArray:
    return np.empty(0, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Faces:
    """The inventory as columns, sorted by `face_id`; each array has shape ``(n_faces,)``.

    Parameters
    ----------
    face_id, panel_id, operator, format, support, address, postcode, city, insee
        Text; empty where the inventory says nothing.
    surface_m2, bearing
        Square metres, degrees clockwise from north; NaN where unknown.
    lit
        1 lit, 0 unlit, -1 unknown.
    lng, lat
        WGS84 degrees.
    x, y
        The same points in the campaign's projected CRS, metres.
    contacts
        Contacts in one period.
    price_cents
        Euro cents before tax for one period.
    available
        Whether the face is for sale, shape ``(n_faces, n_periods)``.
    precision, position_source, position_score
        How well the point is known (`geo.precision`), who says so, and the score from 0 to 1 that a
        geocoder gave it; empty, empty and NaN where the inventory gives the point itself.
    """

    face_id: TextArray
    panel_id: TextArray
    operator: TextArray
    format: TextArray
    support: TextArray
    address: TextArray
    postcode: TextArray
    city: TextArray
    insee: TextArray
    surface_m2: FloatArray
    bearing: FloatArray
    lit: NDArray[np.int8]
    lng: FloatArray
    lat: FloatArray
    x: FloatArray
    y: FloatArray
    contacts: FloatArray
    price_cents: IntArray
    available: BoolArray
    precision: TextArray = field(default_factory=_no_text)
    position_source: TextArray = field(default_factory=_no_text)
    position_score: FloatArray = field(default_factory=_no_numbers)

    def __post_init__(self) -> None:
        n = len(self.face_id)
        for name, unknown in (("precision", ""), ("position_source", ""), ("position_score", nan)):
            column = getattr(self, name)
            if not len(column):
                object.__setattr__(self, name, np.full(n, unknown, dtype=column.dtype))

    def __len__(self) -> int:
        return len(self.face_id)


@dataclass(frozen=True, slots=True, order=True)
class Lock:
    """A decision already taken: this agent on this face in this period, or nobody."""

    face_id: str
    period: int
    agent_id: str | None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A place where nothing is posted, and why."""

    reason: str
    area: Area


@dataclass(frozen=True, slots=True, order=True)
class TravelRow:
    """How long and how far it is by road from one Maison to another, in this direction.

    A row of the campaign's own table, or what a routing server said.
    """

    from_id: str
    to_id: str
    drive_s: int
    distance_m: int
    source: TravelSource = TravelSource.TABLE


@dataclass(frozen=True, slots=True)
class MatchingRules:
    """What the planner asks of the matching; see ``[matching]`` in a campaign file."""

    budget_cents: int | None = None
    spacing_m: float = 500.0
    max_periods_per_face: int = 1
    min_faces: int = 4
    distance_km: float = 8.0
    fairness: float = 3.0


@dataclass(frozen=True, slots=True)
class TourRules:
    """What the planner asks of the tour; see ``[tour]`` in a campaign file.

    Parameters
    ----------
    depot
        The id of a Maison.
    kits, fewest_kits
        How many kits there are at the most; with `fewest_kits` as few of them as will do.
    kit_zones
        Nothing, or for each kit the zone whose stops it may visit, empty for any.
    dwell_days
        A whole number of opening days, or half-days such as 0.5 and 1.5.
    setup_s, takedown_s
        How long before the opening a kit must be there, and after the closing it may leave.
    max_drive_s
        The longest that one kit's driver may drive in a calendar day, empty legs included.
    drive_from, drive_until
        Between these hours of the day he may drive, the last one included.
    driver_returns
        Whether he drives back to the depot after each leg, or stays with the kit.
    order
        Chains of Maisons: each begins before the next one of its chain does.
    calendar
        A country, or a country and a subdivision, as the `holidays` library names them.
    school_zone
        ``A``, ``B`` or ``C``; empty where nobody asks for school holidays.
    with_posters
        Whether a Maison is open only on days on which posters are up in its zone.
    """

    start: date
    end: date
    depot: str
    kits: int = 1
    dwell_days: float = 1
    max_drive_s: int = 4 * 3600
    calendar: str = "FR"
    fewest_kits: bool = False
    kit_zones: tuple[str, ...] = ()
    setup_s: int = 0
    takedown_s: int = 0
    driving: Driving = Driving.EVENING
    drive_from: time = time(0)
    drive_until: time = time(23, 59, 59)
    driver_returns: bool = False
    order: tuple[tuple[str, ...], ...] = ()
    school_holidays: SchoolHolidays = SchoolHolidays.IGNORE
    school_zone: str = ""
    with_posters: bool = False
    roads: RoadUse = RoadUse.AUTO


@dataclass(frozen=True, slots=True)
class PortraitImage:
    """The picture of a portrait, without what its file says beside the picture."""

    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that the campaign was read from: name inside the campaign folder, and its SHA-256."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Campaign:
    """Everything that a plan is made from. `crs` is the EPSG code of the projected CRS.

    `confirmed_crs` is what the planner said beside ``campaign.toml`` of the CRS of files, by their
    keys in ``[files]``. `advertiser` and `buyer` are names for the purchase order; empty where the
    campaign does not say.
    """

    name: str
    periods: Periods
    seed: int
    crs: int
    zones: tuple[Zone, ...]
    maisons: tuple[Maison, ...]
    agents: tuple[Agent, ...]
    faces: Faces
    matching: MatchingRules
    tour: TourRules | None = None
    travel: tuple[TravelRow, ...] = ()
    locks: tuple[Lock, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    sequences: Mapping[str, frozenset[int]] = field(default_factory=dict)
    portraits: Mapping[str, PortraitImage] = field(default_factory=dict)
    inputs: tuple[InputFile, ...] = ()
    confirmed_crs: Mapping[str, str] = field(default_factory=dict)
    advertiser: str = ""
    buyer: str = ""
