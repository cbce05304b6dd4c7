"""Tours by trying everything: calendars by hand, every stay of every stop, kit after kit.

Nothing here knows of the solvers or of what they share: the days and hours are told by sets of
dates and by `datetime` alone, and a kit goes on from where it is, stay by stay. What cannot be the
best any more is not followed: it costs more already, or the same was done before for no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import strategies as st

from geo.model import (
    Campaign,
    Driving,
    Maison,
    Periods,
    SchoolHolidays,
    TourRules,
    TravelRow,
)
from geo.plan import Stop, Tour
from tests.builders import lnglat_at, tiny_campaign

HOLIDAYS = {date(2017, 11, 1), date(2017, 11, 11), date(2017, 12, 25), date(2018, 1, 1)}
MOSELLE_TOO = {date(2017, 12, 26)}
SCHOOL_HOLIDAYS = [  # zone A, autumn and Christmas
    (date(2017, 10, 21), date(2017, 11, 5)),
    (date(2017, 12, 23), date(2018, 1, 7)),
]

WEEK = frozenset(range(5))
NOON = time(13)
OPENINGS = {
    "": (WEEK, ((9, 0, 17, 0),)),
    "Mo-Fr 14:00-18:00": (WEEK, ((14, 0, 18, 0),)),
    "Mo,Tu,Th 09:00-12:00": (frozenset({0, 1, 3}), ((9, 0, 12, 0),)),
    "Mo-Fr 01:00-22:00": (WEEK, ((1, 0, 22, 0),)),
    "Mo-Fr 08:30-11:30,14:30-17:00": (WEEK, ((8, 30, 11, 30), (14, 30, 17, 0))),
    "Mo-Fr 12:30-18:00": (WEEK, ((12, 30, 18, 0),)),
    # A leg that fails on Tuesday may do on Wednesday.
    "Mo-Fr 01:00-22:00; We 10:00-12:00": (WEEK, ((1, 0, 22, 0),)),
}

ZONES = {
    (0, 0): ("t1", "sud"),
    (1, 0): ("t2", "sud"),
    (0, 1): ("t3", "nord"),
    (1, 1): ("t4", "nord"),
}
QUARTERS = sorted(ZONES)

Span = tuple[datetime, datetime]
Score = tuple[int, int, float, int]
"""Kits where they are to be few, seconds, the last half-day, metres."""


@dataclass(frozen=True)
class Visit:
    """A stay: its days, when it opens and closes, and its first and last half-day."""

    maison: Maison
    days: tuple[date, ...]
    opens: datetime
    closes: datetime
    first: float
    last: float
    ready: datetime
    free: datetime


@dataclass(frozen=True)
class Road:
    """One way of a driver: when it begins and ends, and the seconds and metres of its legs."""

    begin: datetime
    end: datetime
    seconds: int
    metres: int


@dataclass
class Kit:
    """Where a kit is, what its driver has driven on each day, and until when."""

    number: int
    at: Visit | None = None
    driven: dict[date, int] = field(default_factory=dict)
    busy: datetime = datetime.min  # noqa: DTZ901 - a tour is in local time


def spans(maison: Maison, day: date) -> list[Span]:
    """Return when a Maison is open on a day, whatever the campaign says."""
    weekdays, hours = OPENINGS[maison.opening]
    feasts = HOLIDAYS | (MOSELLE_TOO if maison.postcode.startswith("57") else set())
    if day.weekday() not in weekdays or day in feasts or day in maison.closed_on:
        return []
    if "We 10" in maison.opening and day.weekday() == 2:
        hours = ((10, 0, 12, 0),)
    return [
        (datetime.combine(day, time(a, b)), datetime.combine(day, time(c, d)))
        for a, b, c, d in hours
    ]


def halves(open_spans: Sequence[Span]) -> list[tuple[bool, datetime, datetime]]:
    """Return the mornings and afternoons of a day that are open for an hour."""
    found = []
    for late in (False, True):
        minutes = [
            opens + timedelta(minutes=i)
            for opens, closes in open_spans
            for i in range(int((closes - opens).total_seconds()) // 60)
            if ((opens + timedelta(minutes=i)).time() >= NOON) is late
        ]
        if len(minutes) >= 60:
            found.append((late, minutes[0], minutes[-1] + timedelta(minutes=1)))
    return found


def zones_of(maison: Maison) -> tuple[str, ...]:
    """Return the zones of a Maison; where its row names none, its name tells where it stands."""
    east, north = int(maison.name[-2]), int(maison.name[-1])
    return (*ZONES[east, north], "dep")


@dataclass(frozen=True)
class Search:
    """All tours of a campaign; of one that has begun, those that go on with what is `done`.

    Nothing else begins before `today`, nor at a place before it can be reached.
    """

    campaign: Campaign
    rules: TourRules
    table: dict[tuple[str, str], TravelRow]
    done: dict[str, Stop] = field(default_factory=dict)
    today: date = date.min
    reached: dict[str, date] = field(default_factory=dict)
    visits_of: dict[str, list[Visit]] = field(default_factory=dict)
    bests: list[Score] = field(default_factory=list)
    least_s: dict[str, int] = field(default_factory=dict)
    seen: dict[object, Score] = field(default_factory=dict)
    roads: dict[object, Road | None] = field(default_factory=dict)

    def allowed(self, maison: Maison, day: date) -> bool:
        """Return whether the rules let the exhibition be open there that day."""
        if maison.not_before and day < maison.not_before:
            return False
        if maison.not_after and day > maison.not_after:
            return False
        if maison.windows and not any(a <= day <= b for a, b in maison.windows):
            return False
        wish = self.rules.school_holidays
        if maison.school_holidays is not None:
            wish = maison.school_holidays
        at_home = any(a <= day <= b for a, b in SCHOOL_HOLIDAYS)
        if (wish, at_home) in {(SchoolHolidays.AVOID, True), (SchoolHolidays.SEEK, False)}:
            return False
        return not self.rules.with_posters or self.has_posters(maison, day)

    def has_posters(self, maison: Maison, day: date) -> bool:
        """Return whether posters are up around a Maison on a day."""
        for number in self.campaign.periods.numbers():
            first = self.campaign.periods.first_day(number)
            if first <= day <= self.campaign.periods.last_day(number):
                sequences = self.campaign.sequences
                told = [sequences[zone] for zone in zones_of(maison) if zone in sequences]
                return not told or number in told[0]
        return False

    def visits(self, maison: Maison) -> list[Visit]:
        """Return every stay at a Maison that its calendar and the rules allow."""
        span = range((self.rules.end - self.rules.start).days + 1)
        days = [self.rules.start + timedelta(days=i) for i in span]
        dwell = self.rules.dwell_days if maison.dwell_days is None else maison.dwell_days
        whole = dwell in range(10)
        parts: list[tuple[float, float, datetime, datetime]] = []
        for n, day in enumerate(days):
            opened = spans(maison, day)
            if opened and self.allowed(maison, day):
                if whole:
                    parts.append((n, n + 0.5, opened[0][0], opened[-1][1]))
                else:
                    parts += [(n + late / 2, n + late / 2, a, b) for late, a, b in halves(opened)]
        length = int(dwell) if whole else int(2 * dwell)
        runs = [parts[i : i + length] for i in range(len(parts) - length + 1)]
        return [v for run in runs if self.may_stay(maison, v := self.visit(maison, run))]

    def visit(
        self, maison: Maison, run: Sequence[tuple[float, float, datetime, datetime]]
    ) -> Visit:
        """Return the stay over these days or half-days."""
        setup = self.rules.setup_s if maison.setup_s is None else maison.setup_s
        work = self.rules.takedown_s if maison.takedown_s is None else maison.takedown_s
        return Visit(
            maison,
            tuple(sorted({part[2].date() for part in run})),
            run[0][2],
            run[-1][3],
            run[0][0],
            run[-1][1],
            run[0][2] - timedelta(seconds=setup),
            run[-1][3] + timedelta(seconds=work),
        )

    def may_stay(self, maison: Maison, visit: Visit) -> bool:
        """Return whether a stay has the fixed dates, and one window around it, and is still to be.

        What is done is only as it was.
        """
        was = self.done.get(maison.maison_id)
        if was is not None:
            return (visit.opens, visit.closes) == (was.opens, was.closes)
        if visit.days[0] < max(self.today, self.reached.get(maison.maison_id, date.min)):
            return False
        if not set(maison.fixed_on) <= set(visit.days):
            return False
        ends = visit.days[0], visit.days[-1]
        return not maison.windows or any(a <= ends[0] and ends[1] <= b for a, b in maison.windows)

    def leg(self, origin: str, target: str) -> tuple[int, int]:
        """Return the seconds and metres of one leg."""
        if origin == target:
            return 0, 0
        row = self.table[origin, target]
        return row.drive_s, row.distance_m

    def road(self, origin: Visit | None, target: Visit | None) -> Road | None:
        """Return how a kit is driven from one stay to the next, None where it cannot be."""
        if origin and target and target.first <= origin.last:
            return None
        depot = self.rules.depot
        start = origin.maison.maison_id if origin else depot
        goal = target.maison.maison_id if target else depot
        legs = [(start, goal)]
        if self.rules.driver_returns:
            legs = [(depot, start), (start, goal), (goal, depot)]
        seconds = [self.leg(*leg)[0] for leg in legs]
        metres = sum(self.leg(*leg)[1] for leg in legs)
        if sum(seconds) > self.rules.max_drive_s:
            return None
        empty = len(legs) == 3
        before = timedelta(seconds=seconds[0] if empty else 0)
        after = timedelta(seconds=seconds[-1] if empty else 0)
        way = timedelta(seconds=seconds[len(legs) // 2])
        for moment, leaves in self.moments(origin, target):
            opens, closes = self.driving_hours(moment.date(), idle=not sum(seconds))
            depart = max(moment, opens + before) if leaves else min(moment, closes - after) - way
            begin, arrive, end = depart - before, depart + way, depart + way + after
            too_soon = origin is not None and depart < origin.free
            too_late = target is not None and arrive > target.ready
            if opens <= begin and end <= closes and not too_soon and not too_late:
                return Road(begin, end, sum(seconds), metres)
        return None

    def moments(self, origin: Visit | None, target: Visit | None) -> list[tuple[datetime, bool]]:
        """Return what a drive goes by: when the kit is free to leave, or has to have come."""
        evening = [(origin.free, True)] if origin else []
        morning = [(target.ready, False)] if target else []
        if evening and morning and self.rules.driving is not Driving.EITHER:
            return evening if self.rules.driving is Driving.EVENING else morning
        return evening + morning

    def driving_hours(self, day: date, *, idle: bool) -> Span:
        """Return from when to when may be driven on a day; without a road, at any time."""
        if idle:
            return datetime.combine(day, time(0)), datetime.combine(day, time(23, 59, 59))
        first, last = self.rules.drive_from, self.rules.drive_until
        return datetime.combine(day, first), datetime.combine(day, last)

    def best(self, maisons: Sequence[Maison]) -> Score | None:
        """Return the score of the best tour that visits all of these Maisons."""
        self.visits_of.clear()
        self.visits_of.update({m.maison_id: self.visits(m) for m in maisons})
        self.bests[:] = []
        self.seen.clear()
        self.roads.clear()
        for maison in maisons:  # at the least, somebody has to drive there
            ways = [self.leg(m, maison.maison_id)[0] for m in self.places() - {maison.maison_id}]
            at_depot = maison.maison_id == self.rules.depot
            self.least_s[maison.maison_id] = 0 if at_depot else min(ways, default=0)
        for score in self.scores(list(maisons), Kit(0), {}, (0, 0, 0.0, 0)):
            if not self.bests or score < self.bests[0]:
                self.bests[:] = [score]
        return self.bests[0] if self.bests else None

    def places(self) -> set[str]:
        """Return the ids of all Maisons that a kit may come from."""
        return {maison.maison_id for maison in self.campaign.maisons}

    def scores(
        self, left: list[Maison], kit: Kit, begun: dict[str, float], so_far: Score
    ) -> Iterator[Score]:
        """Yield the score of every tour that goes on from here and may still be the best."""
        used, drive_s, last, metres = so_far
        least = drive_s + sum(self.least_s[maison.maison_id] for maison in left)
        if self.bests and (used, least) > self.bests[0][:2]:
            return
        if not self.has_room(left, kit) or self.was_here(left, kit, begun, so_far):
            return
        if not left and kit.at is None:
            if self.in_order(begun):
                yield so_far
            return
        next_kit = Kit(kit.number + 1)
        if (home := self.drive(kit, None)) is not None:
            _, road = home
            after = (used, drive_s + road.seconds, last, metres + road.metres)
            yield from self.scores(left, next_kit, begun, after)
        may_rest = self.rules.kit_zones or self.done
        if kit.at is None and may_rest and kit.number < self.rules.kits:
            yield from self.scores(left, next_kit, begun, so_far)  # it may stay where it is
        for maison, visit in self.choices(left, kit):
            if (gone := self.drive(kit, visit)) is not None:
                moved, road = gone
                few = used + (kit.at is None and self.rules.fewest_kits)
                yield from self.scores(
                    [other for other in left if other is not maison],
                    moved,
                    {**begun, maison.maison_id: visit.first},
                    (few, drive_s + road.seconds, max(last, visit.last), metres + road.metres),
                )

    def was_here(
        self, left: Sequence[Maison], kit: Kit, begun: dict[str, float], so_far: Score
    ) -> bool:
        """Return whether the same was left to do from the same place and day, for no more."""
        if kit.at is None:
            return False
        today = kit.busy.date()
        here = (
            frozenset(maison.maison_id for maison in left),
            (kit.number, kit.at.maison.maison_id, kit.at.first, kit.busy, kit.driven.get(today, 0)),
            frozenset(begun.items()) if self.rules.order else frozenset(),
        )
        best = self.seen.setdefault(here, so_far)
        if best is so_far:
            return False
        if all(one <= other for one, other in zip(best, so_far, strict=True)):
            return True
        self.seen[here] = min(best, so_far)
        return False

    def has_room(self, left: Sequence[Maison], kit: Kit) -> bool:
        """Return whether the last kit may still come to all that is left, one after the other."""
        others = kit.number + 1 < self.rules.kits or self.rules.kit_zones or self.done
        if kit.at is None or others:
            return True
        parts = 0.0
        for maison in left:
            later = [v for v in self.visits_of[maison.maison_id] if v.first > kit.at.last]
            if not later:
                return False
            parts += min(v.last - v.first + 0.5 for v in later)
        return kit.at.last + parts <= (self.rules.end - self.rules.start).days + 0.5

    def choices(self, left: list[Maison], kit: Kit) -> Iterator[tuple[Maison, Visit]]:
        """Yield the stays that a kit may take next."""
        if kit.number >= self.rules.kits:
            return
        zone = dict(enumerate(self.rules.kit_zones)).get(kit.number, "")
        here = self.rules.depot if kit.at is None else kit.at.maison.maison_id
        for maison in sorted(left, key=lambda m: self.leg(here, m.maison_id)):
            was = self.done.get(maison.maison_id)
            if (not zone or zone in zones_of(maison)) and (
                was is None or was.kit == kit.number + 1
            ):
                for visit in self.visits_of[maison.maison_id]:
                    yield maison, visit

    def drive(self, kit: Kit, target: Visit | None) -> tuple[Kit, Road] | None:
        """Return the kit after a drive, None where it cannot be driven."""
        if kit.at is None and target is None:
            return None
        ends = [v and (v.maison.maison_id, v.first) for v in (kit.at, target)]
        if (way := tuple(ends)) not in self.roads:
            self.roads[way] = self.road(kit.at, target)
        road = self.roads[way]
        if road is None or road.begin < kit.busy:
            return None
        day = road.begin.date()
        driven = {**kit.driven, day: kit.driven.get(day, 0) + road.seconds}
        if driven[day] > self.rules.max_drive_s:
            return None
        return Kit(kit.number, target, driven, road.end), road

    def in_order(self, begun: dict[str, float]) -> bool:
        """Return whether every chain of the order is kept by those of it that are visited."""
        return all(
            begun[one] < begun[other]
            for chain in self.rules.order
            for one, other in pairwise(chain)
            if one in begun and other in begun
        )


def search(
    campaign: Campaign,
    *,
    done: Sequence[Stop] = (),
    today: date = date.min,
    reached: Mapping[str, date] | None = None,
) -> Search:
    """Return the search for the tours of a campaign, or of what is left of one that has begun."""
    assert campaign.tour is not None
    table = {(row.from_id, row.to_id): row for row in campaign.travel}
    begun = {stop.maison_id: stop for stop in done}
    return Search(
        campaign, campaign.tour, table, done=begun, today=today, reached=dict(reached or {})
    )


def score(campaign: Campaign, tour: Tour) -> Score:
    """Return the score of a tour that was found."""
    assert campaign.tour is not None
    rules = campaign.tour
    by_id = {maison.maison_id: maison for maison in campaign.maisons}
    ends = []
    for stop in tour.stops:
        own = by_id[stop.maison_id].dwell_days
        dwell = rules.dwell_days if own is None else own
        assert stop.closes is not None
        late = dwell in range(10) or stop.closes.time() > NOON
        ends.append((stop.open_on[-1] - rules.start).days + late / 2)
    kits = len({stop.kit for stop in tour.stops}) if rules.fewest_kits else 0
    return kits, tour.drive_s, max(ends), tour.distance_m


MINUTES = st.sampled_from([20, 30, 40, 60, 90, 110])

TABLE_FEATURES = (
    "closing days",
    "fixed dates",
    "hours",
    "limits",
    "Moselle",
    "posters",
    "returning",
    "school",
    "several days",
    "set-up",
    "tight road",
    "windows",
)
FREE_FEATURES = 2 * ("driving", "few kits", "half-days", "half-days", "kit zones", "order")


@st.composite
def campaigns(
    draw: st.DrawFn, max_stops: int = 5, *, least: int = 1, free: bool = True
) -> Campaign:
    """Return a campaign with a few calendar features, drawn together.

    Without `free` there is none of those that the tables do not know: half-days, mornings, an
    order, kits that keep to a zone.
    """
    known = TABLE_FEATURES + (FREE_FEATURES if free else ())
    features = frozenset(
        draw(st.lists(st.sampled_from(known), min_size=2, max_size=6 if least < 5 else 3))
    )
    kits = draw(st.sampled_from([1, 1, 2, 3] if least < 5 else [1]))
    n = draw(st.integers(least, max_stops if kits == 1 else max(min(max_stops, 4), least)))
    start = draw(st.sampled_from([date(2017, 10, 27), date(2017, 11, 7), date(2017, 12, 22)]))
    spans = (1 + n, min(5 + 2 * n, 12)) if least < 5 else (4 + n, 7 + n)
    length = draw(st.integers(*spans))
    soon = st.integers(0, length - 1).map(lambda i: start + timedelta(days=i))
    maisons = tuple(draw(maison_strategy(i, soon, features)) for i in range(n))
    ids = [maison.maison_id for maison in maisons]
    travel = tuple(
        TravelRow(a, b, draw(MINUTES) * 60, draw(MINUTES) * 1000)
        for a in ids
        for b in ids
        if a != b
    )
    rules = TourRules(
        start,
        start + timedelta(days=length - 1),
        depot=draw(st.sampled_from(ids)),
        kits=kits,
        dwell_days=draw(st.sampled_from([1, 1, 0.5] if "half-days" in features else [1, 1, 1, 2])),
        max_drive_s=draw(st.sampled_from([50, 80, 100, 150] if "tight road" in features else [240]))
        * 60,
        school_zone="A",
        with_posters="posters" in features,
        driver_returns="returning" in features,
        order=(tuple(draw(st.permutations(ids))[: draw(st.integers(2, 3))]),)
        if "order" in features and n > 1
        else (),
        fewest_kits="few kits" in features,
    )
    rules = draw(with_hours(rules, features))
    return tiny_campaign(
        maisons=maisons,
        travel=travel,
        tour=rules,
        periods=Periods(start - timedelta(days=2), 3, 5),
        sequences={"sud": frozenset({1, 3}), "t3": frozenset({1, 2})},
    )


@st.composite
def with_hours(draw: st.DrawFn, rules: TourRules, features: frozenset[str]) -> TourRules:
    """Return the rules with hours, school holidays and zones of kits where these are drawn."""
    if "set-up" in features:
        rules = replace(
            rules,
            setup_s=draw(st.sampled_from([0, 1800])),
            takedown_s=draw(st.sampled_from([0, 2700])),
        )
    if "hours" in features:
        rules = replace(
            rules,
            drive_from=draw(st.sampled_from([time(0), time(7), time(18, 15)])),
            drive_until=draw(st.sampled_from([time(23, 59, 59), time(19)])),
        )
    if "school" in features:
        rules = replace(rules, school_holidays=draw(st.sampled_from([*SchoolHolidays])))
    if "driving" in features:
        rules = replace(rules, driving=draw(st.sampled_from([*Driving])))
    if "kit zones" in features:
        zones = st.sampled_from(["", "sud", "dep"])
        rules = replace(rules, kit_zones=tuple(draw(zones) for _ in range(rules.kits)))
    return rules


@st.composite
def maison_strategy(
    draw: st.DrawFn, i: int, soon: st.SearchStrategy[date], features: frozenset[str]
) -> Maison:
    """Return a Maison; its name ends in the quarter of the square that it stands in."""
    east, north = draw(st.sampled_from(QUARTERS))

    def rarely(feature: str) -> bool:
        return feature in features and draw(st.sampled_from([False, False, True]))

    def ends() -> tuple[date, date]:
        first, last = sorted(draw(st.tuples(soon, soon)))
        return first, last

    dwells: list[float | None] = [1, 2, 3] if "several days" in features else [None]
    dwells += [None, 0.5, 1.5] if "half-days" in features else [None]
    limits = ends() if rarely("limits") else (None, None)
    return Maison(
        maison_id=f"m{i}",
        name=f"Maison {i} {east}{north}",
        city="Ville",
        lnglat=lnglat_at(5.0 + 20 * east + i / 10, 5.0 + 20 * north),
        zone_id=draw(st.sampled_from([None, ZONES[east, north][0]])),
        postcode=draw(st.sampled_from(["38000", "57000"])) if "Moselle" in features else "38000",
        opening=draw(st.sampled_from(["", "", "", *OPENINGS])),
        closed_on=draw(st.frozensets(soon, max_size=2)) if rarely("closing days") else frozenset(),
        dwell_days=draw(st.sampled_from(dwells)),
        fixed_on=tuple(draw(st.lists(soon, min_size=1, max_size=2, unique=True)))
        if rarely("fixed dates")
        else (),
        setup_s=draw(st.sampled_from([None, 3600])) if rarely("set-up") else None,
        takedown_s=0 if rarely("set-up") else None,
        not_before=limits[0],
        not_after=limits[1],
        windows=(ends(), ends()) if rarely("windows") else (),
        school_holidays=draw(st.sampled_from([*SchoolHolidays])) if rarely("school") else None,
    )
