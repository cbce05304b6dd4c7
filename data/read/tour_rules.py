"""``[tour]`` as the rules of a tour, and what in it contradicts itself or the other files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from data.read.codes import Code
from data.read.log import ProblemLog, closest
from data.read.messages import did_you_mean
from data.read.sections import EXAMPLES, TourSection
from data.read.toml_file import TomlFile
from data.read.tour_values import FEWEST
from geo.errors import Where
from geo.model import Maison, SchoolHolidays, TourRules

MAX_KITS = 200

_LONGEST_TOUR = timedelta(days=3 * 366)


def tour_rules(section: TourSection) -> TourRules:
    """Return the rules that a section gives."""
    fewest = section.kits == FEWEST
    kits = len(section.kit_zones) or (MAX_KITS if fewest else section.kits or 1)
    return TourRules(
        start=section.start,
        end=section.end,
        depot=section.depot,
        kits=kits,
        dwell_days=section.dwell_days,
        max_drive_s=round(section.max_drive_h * 3600),
        calendar=section.calendar,
        fewest_kits=fewest,
        kit_zones=tuple(section.kit_zones),
        setup_s=60 * section.setup_min,
        takedown_s=60 * section.takedown_min,
        driving=section.driving,
        drive_from=section.drive_from,
        drive_until=section.drive_until,
        driver_returns=section.driver_returns,
        order=tuple(tuple(chain) for chain in section.order),
        school_holidays=section.school_holidays,
        school_zone=section.school_zone,
        with_posters=section.with_posters,
        roads=section.roads,
    )


def check_tour(tour: TourSection, toml: TomlFile, log: ProblemLog) -> None:
    """Note what no tour can be, whatever the other files say."""
    where = toml.where("tour.end")
    if tour.end < tour.start:
        found = str(tour.end)
        log.add(Code.DATES_REVERSED, where, found=found, start=tour.start, end=tour.end)
    elif tour.end - tour.start > _LONGEST_TOUR:
        expected = "au plus trois ans après tour.start"
        log.add(Code.OUT_OF_RANGE, where, found=str(tour.end), name="tour.end", expected=expected)
    if not _is_calendar(tour.calendar):
        where = toml.where("tour.calendar")
        log.add(Code.UNKNOWN_CALENDAR, where, found=tour.calendar, calendar=tour.calendar)
    if tour.drive_until <= tour.drive_from:
        where = toml.where("tour.drive_until")
        fields = {"start": f"{tour.drive_from:%H:%M}", "end": f"{tour.drive_until:%H:%M}"}
        log.add(Code.HOURS_REVERSED, where, found=fields["end"], **fields)
    if tour.kit_zones and tour.kits not in {None, FEWEST, len(tour.kit_zones)}:
        where, count = toml.where("tour.kit_zones"), str(len(tour.kit_zones))
        log.add(Code.KIT_ZONE_COUNT, where, found=count, count=count, kits=str(tour.kits))
    if cycle := _cycle(tour.order):
        told = " → ".join(cycle)
        log.add(Code.ORDER_CYCLE, toml.where("tour.order"), found=told, cycle=told)


def _is_calendar(name: str) -> bool:
    """Return whether the `holidays` library knows a country, or a country and a subdivision."""
    import holidays  # noqa: PLC0415 - slow to load, and only a tour needs it

    country, dash, subdivision = name.partition("-")
    known = holidays.list_supported_countries(include_aliases=True)
    return country in known and (not dash or subdivision in known[country])


def _cycle(order: Sequence[Sequence[str]]) -> list[str]:
    """Return ids that would each have to come before the next and the first after the last."""
    after: dict[str, list[str]] = {}
    for chain in order:
        for first, second in pairwise(chain):
            after.setdefault(first, []).append(second)
    done: set[str] = set()
    for start in sorted(after):
        path, waiting = [start], [iter(sorted(after[start]))]
        while waiting and start not in done:
            following = next(waiting[-1], None)
            if following is None:
                done.add(path.pop())
                waiting.pop()
            elif following in path:
                return [*path[path.index(following) :], following]
            elif following not in done:
                path.append(following)
                waiting.append(iter(sorted(after.get(following, ()))))
    return []


@dataclass(frozen=True, slots=True)
class TourReferences:
    """What a tour may name: ids (None: not all known), and the Maisons that could be read."""

    toml: TomlFile
    zone_ids: frozenset[str] | None
    maison_ids: frozenset[str] | None
    maisons: Sequence[Maison]


def check_references(rules: TourRules, known: TourReferences, log: ProblemLog) -> None:
    """Note the Maisons and zones that do not exist, and school holidays that nobody can know."""
    _note_unknown(
        sorted({each for chain in rules.order for each in chain}),
        known.maison_ids,
        Code.UNKNOWN_MAISON,
        where=known.toml.where("tour.order"),
        log=log,
    )
    _note_unknown(
        sorted(set(rules.kit_zones) - {""}),
        known.zone_ids,
        Code.UNKNOWN_ZONE,
        where=known.toml.where("tour.kit_zones"),
        log=log,
    )
    wishes = {rules.school_holidays, *(maison.school_holidays for maison in known.maisons)}
    if wishes & {SchoolHolidays.AVOID, SchoolHolidays.SEEK}:
        _check_school(rules, known.toml, log)


def _note_unknown(
    names: Sequence[str], known: frozenset[str] | None, code: Code, *, where: Where, log: ProblemLog
) -> None:
    for name in names if known is not None else ():
        if name not in (known or ()):
            hint = did_you_mean(closest(name, known or frozenset()))
            log.add(code, where, found=name, value=name, hint=hint)


def _check_school(rules: TourRules, toml: TomlFile, log: ProblemLog) -> None:
    from vacances_scolaires_france import SchoolHolidayDates  # noqa: PLC0415 - reads a table

    if not rules.school_zone:
        key = "tour.school_zone"
        log.add(Code.MISSING_KEY, toml.where(key), key=key, expected=EXAMPLES[key])
    known = SchoolHolidayDates().data
    first, last = min(known), max(known)
    if rules.start < first or rules.end > last:
        where = toml.where("tour.end")
        log.add(Code.SCHOOL_CALENDAR_UNKNOWN, where, found=str(rules.end), first=first, last=last)
