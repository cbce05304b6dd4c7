from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Event

from app.roads import revised
from app.tour_wording import tour_lines as terminal_lines
from app.touring import Toured
from data.read.reading import Reading
from data.write.agenda import shown_digest, tour_ics
from data.write.agenda_entries import calendar_of, open_runs, withdrawn_entries
from data.write.gpx import tour_gpx
from data.write.road_book import road_book_data
from data.write.sheet import read_sheet, write_sheet
from data.write.text import kilometres_in_words, plain
from data.write.tour_lines import TOUR_COLUMNS, TourLine, tour_lines
from geo.crs import LngLat
from geo.french import duration, long_date, moment, nearest_minute, nearest_minutes
from geo.model import Campaign
from geo.plan import CalendarEntry, Status, Tour, TravelSource
from tests.golden.tiny_plan import plan_campaign, tiny_plan

GPX = "{http://www.topografix.com/GPX/1/1}"
NO_TOUR = Tour(Status.NOT_ASKED, 0, 0, 0)

# The sequences of the GPX 1.1 schema, of what is used of it.
GPX_CHILDREN = {
    "gpx": ("metadata", "wpt", "rte", "trk"),
    "metadata": ("name", "desc", "author", "copyright", "link", "time", "keywords", "bounds"),
    "wpt": ("ele", "time", "name", "cmt", "desc", "src", "link", "sym", "type"),
    "rte": ("name", "cmt", "desc", "src", "link", "number", "type", "extensions", "rtept"),
    "trk": ("name", "cmt", "desc", "src", "link", "number", "type", "extensions", "trkseg"),
    "rtept": ("ele", "time", "name", "cmt", "desc", "src", "link", "sym", "type"),
}


def tiny_tour() -> Tour:
    return tiny_plan().tour


def nasty_campaign() -> Campaign:
    """Return a campaign whose names hold what calendars and XML do not allow."""
    campaign = plan_campaign()
    maisons = tuple(
        replace(
            maison,
            name="]]><x/>&amp;\x0b\r\nEND:VCALENDAR\ufffe",
            city='Ville; \\n, "guillemets" \'\x00',
            address="é" * 100,
        )
        for maison in campaign.maisons
    )
    return replace(campaign, name='<a href="x">&\x1b', maisons=maisons)


def events_of(content: bytes) -> list[Event]:
    return Calendar.from_ical(content.decode()).events


def text_of(event: Event, name: str) -> str:
    return str(event[name])


def kit_steps(lines: Iterable[TourLine], kit: int) -> list[tuple[str, str, str]]:
    return [(line.step, line.maison_id, line.next_id) for line in lines if line.kit == kit]


def test_a_kit_goes_from_the_depot_to_its_stops_and_back() -> None:
    lines = tour_lines(plan_campaign(), tiny_tour())
    assert kit_steps(lines, 2) == [("départ", "m1", "m3"), ("1", "m3", "m1"), ("retour", "m1", "")]


def test_a_depot_that_is_a_stop_needs_no_drive_to_itself() -> None:
    lines = tour_lines(plan_campaign(), tiny_tour())
    assert kit_steps(lines, 1) == [("1", "m1", "m2"), ("2", "m2", "m1"), ("retour", "m1", "")]


def test_a_kit_that_ends_at_its_depot_needs_no_way_back() -> None:
    tour = tiny_tour()
    ends_home = replace(tour, stops=tour.stops[2:], legs=tour.legs[3:4])
    lines = tour_lines(plan_campaign(), ends_home)
    assert kit_steps(lines, 2) == [("départ", "m1", "m3"), ("1", "m3", "")]


def test_the_table_reads_back_as_the_lines_it_was_written_from() -> None:
    lines = tour_lines(plan_campaign(), tiny_tour())
    content = write_sheet(TOUR_COLUMNS, lines)
    read = read_sheet(content, columns=TOUR_COLUMNS, make=TourLine, file="tournee.csv")
    assert read == lines


def test_an_estimated_drive_is_marked_wherever_it_is_shown() -> None:
    campaign, tour = plan_campaign(), tiny_tour()
    first = tour_lines(campaign, tour)[0]
    assert (first.source, first.drive_min, first.distance_km) == ("estimation", 46, 30.1)
    marked = [
        text_of(e, "SUMMARY") for e in events_of(tour_ics(campaign, tour)) if "estim" in str(e)
    ]
    assert marked == ["Trajet\u00a0: Ville 1 → Saint-Étienne-de-Saint-Geoirs (durée estimée)"]
    assert tour_gpx(campaign, tour).decode().count("trajet suivant estimé") == 1


def test_each_run_of_open_days_is_one_event_so_that_a_weekend_shows_as_closed() -> None:
    stays = [
        (event.start, event.end)
        for event in events_of(tour_ics(plan_campaign(), tiny_tour()))
        if "Saint-Étienne" in text_of(event, "SUMMARY")
        and "Exposition" in text_of(event, "SUMMARY")
    ]
    assert stays == [
        (date(2017, 10, 20), date(2017, 10, 21)),
        (date(2017, 10, 23), date(2017, 10, 24)),
    ]


def test_days_in_a_row_are_one_run() -> None:
    days = [date(2017, 10, 31), date(2017, 11, 3), date(2017, 11, 2), date(2017, 10, 30)]
    assert open_runs(days) == [
        (date(2017, 10, 30), date(2017, 10, 31)),
        (date(2017, 11, 2), date(2017, 11, 3)),
    ]
    assert open_runs([]) == []


def test_a_drive_is_at_paris_time() -> None:
    event = next(
        e
        for e in events_of(tour_ics(plan_campaign(), tiny_tour()))
        if "Trajet" in text_of(e, "SUMMARY")
    )
    assert event.start == datetime(2017, 10, 17, 18, tzinfo=ZoneInfo("Europe/Paris"))
    assert b"DTSTART;TZID=Europe/Paris:20171017T180000" in event.to_ical()


def test_a_newer_tour_says_that_it_is_newer() -> None:
    campaign, tour = plan_campaign(), tiny_tour()
    for event in events_of(tour_ics(campaign, replace(tour, revision=3))):
        assert event["SEQUENCE"] == 3
        assert event["LAST-MODIFIED"].to_ical() == event["DTSTAMP"].to_ical() == b"20000101T000300Z"
    assert all(event["SEQUENCE"] == 0 for event in events_of(tour_ics(campaign, tour)))


def half_day(opens: datetime, closes: datetime) -> Event:
    """Return the event of the last stop, which is there on 17 October from `opens` to `closes`."""
    tour = tiny_tour()
    stop = replace(tour.stops[2], opens=opens, closes=closes)
    events = events_of(tour_ics(plan_campaign(), replace(tour, stops=(stop,), legs=())))
    return events[0]


def test_an_afternoon_is_an_event_of_hours_and_a_day_one_of_days() -> None:
    paris = ZoneInfo("Europe/Paris")
    noon, two, five, nine = (datetime(2017, 10, 17, hour) for hour in (12, 14, 17, 9))  # noqa: DTZ001 - local

    afternoon = half_day(two, five)
    assert (afternoon.start, afternoon.end) == (
        two.replace(tzinfo=paris),
        five.replace(tzinfo=paris),
    )
    morning = half_day(nine, noon)
    assert (morning.start, morning.end) == (nine.replace(tzinfo=paris), noon.replace(tzinfo=paris))
    whole = half_day(nine, five)
    assert (whole.start, whole.end) == (date(2017, 10, 17), date(2017, 10, 18))


def test_a_drive_without_the_kit_is_in_the_calendar_and_not_in_the_table() -> None:
    tour = tiny_tour()
    empty = replace(tour.legs[2], from_id="m2", to_id="m3", empty=True)
    changed = replace(tour, legs=(*tour.legs[:3], empty, *tour.legs[3:]))

    assert tour_lines(plan_campaign(), changed) == tour_lines(plan_campaign(), tour)
    names = [text_of(e, "SUMMARY") for e in events_of(tour_ics(plan_campaign(), changed))]
    assert sum("à vide" in name for name in names) == 1
    assert len(names) == 9


def test_an_estimate_shows_its_interval() -> None:
    campaign, tour = plan_campaign(), tiny_tour()
    legs = tuple(
        replace(leg, low_s=1380, high_s=4380) if leg.source is TravelSource.ESTIMATE else leg
        for leg in tour.legs
    )
    spread = replace(tour, legs=legs)
    line = tour_lines(campaign, spread)[0]
    assert (line.least_min, line.drive_min, line.most_min) == (23, 46, 73)
    assert [line.least_min for line in tour_lines(campaign, spread)[1:]] == [None] * 5
    told = [text_of(e, "DESCRIPTION") for e in events_of(tour_ics(campaign, spread))]
    assert sum("de 23\u00a0min à 1\u00a0h\u00a013" in text for text in told) == 1


def test_the_line_of_a_road_is_a_track() -> None:
    path = (LngLat(5.7, 45.1), LngLat(5.75, 45.12), LngLat(5.8, 45.1))
    tour = tiny_tour()
    drawn = replace(tour, legs=(*tour.legs[:2], replace(tour.legs[2], path=path), *tour.legs[3:]))
    root = ET.fromstring(tour_gpx(plan_campaign(), drawn))  # noqa: S314 - our own output
    (track,) = root.findall(f"{GPX}trk")
    assert track.findtext(f"{GPX}name") == "Kit 1, par la route"
    points = [(p.get("lon"), p.get("lat")) for p in track.iter(f"{GPX}trkpt")]
    assert points == [("5.70000", "45.10000"), ("5.75000", "45.12000"), ("5.80000", "45.10000")]
    assert [child.tag for child in root][-1] == f"{GPX}trk"


def test_the_time_zone_block_says_what_paris_does() -> None:
    calendar = Calendar.from_ical(tour_ics(plan_campaign(), tiny_tour()).decode())
    (block,) = calendar.timezones
    stated = block.to_tz(lookup_tzid=False)
    for month in range(1, 13):
        noon = datetime(2017, month, 28, 12)  # noqa: DTZ001 - local, the zone is what is asked
        assert stated.utcoffset(noon) == ZoneInfo("Europe/Paris").utcoffset(noon)


def test_events_that_move_keep_their_identifier() -> None:
    campaign, tour = plan_campaign(), tiny_tour()
    later = replace(
        tour,
        stops=tuple(replace(stop, open_on=(date(2017, 11, 8),)) for stop in tour.stops),
        legs=tour.legs[::-1],
    )
    before = {text_of(e, "UID") for e in events_of(tour_ics(campaign, tour))}
    after = {text_of(e, "UID") for e in events_of(tour_ics(campaign, later))}
    assert len(before) == len(events_of(tour_ics(campaign, tour))) == 8
    assert after < before


def test_what_a_new_version_no_longer_has_is_cancelled_under_its_old_identifier() -> None:
    campaign, tour = plan_campaign(), tiny_tour()
    shorter = replace(tour, stops=tour.stops[1:], legs=tour.legs[1:], revision=1)
    shorter = replace(shorter, withdrawn=withdrawn_entries(shorter, tour))
    before = {text_of(e, "UID"): e for e in events_of(tour_ics(campaign, tour))}
    after = {text_of(e, "UID"): e for e in events_of(tour_ics(campaign, shorter))}
    still = {
        text_of(e, "UID") for e in events_of(tour_ics(campaign, replace(shorter, withdrawn=())))
    }
    assert still < set(after) == set(before)
    for uid, event in after.items():
        assert event["SEQUENCE"] == 1
        assert event["STATUS"] == ("CONFIRMED" if uid in still else "CANCELLED")
        assert (event.start, event.end) == (before[uid].start, before[uid].end)


def test_a_maison_that_has_left_the_campaign_is_cancelled_by_its_id() -> None:
    days = (datetime(2017, 10, 17), datetime(2017, 10, 18))  # noqa: DTZ001 - local
    gone = CalendarEntry("stop:1:maison-partie:1", ("maison-partie",), *days)
    (event,) = events_of(tour_ics(plan_campaign(), replace(NO_TOUR, withdrawn=(gone,))))
    assert event["SUMMARY"] == "Annulé\u00a0: exposition, maison-partie"


def test_what_comes_back_is_no_longer_cancelled_and_what_does_not_stays_so() -> None:
    tour = tiny_tour()
    empty = replace(tour, stops=(), legs=())
    gone = replace(empty, withdrawn=withdrawn_entries(empty, tour))
    assert len(gone.withdrawn) == 8
    assert withdrawn_entries(tour, gone) == ()
    assert withdrawn_entries(empty, gone) == gone.withdrawn


def test_a_tour_that_was_not_found_cancels_nothing_and_the_next_one_still_can() -> None:
    campaign, tour = plan_campaign(), tiny_tour()
    none = Tour(Status.INFEASIBLE, 0, 0, 0, revision=1)
    none = replace(none, withdrawn=withdrawn_entries(none, tour))
    assert events_of(tour_ics(campaign, none)) == []
    shorter = replace(tour, stops=tour.stops[1:], revision=2)
    shorter = replace(shorter, withdrawn=withdrawn_entries(shorter, none))
    assert uids_of(campaign, shorter) == uids_of(campaign, tour)


def test_stamps_come_from_the_revision_and_neither_from_the_clock_nor_from_the_dates() -> None:
    campaign = plan_campaign()
    assert campaign.tour is not None
    sooner = replace(campaign, tour=replace(campaign.tour, start=date(2017, 1, 2)))
    for known in (campaign, sooner):
        for event in events_of(tour_ics(known, tiny_tour())):
            assert event["DTSTAMP"].to_ical() == b"20000101T000000Z"


def uids_of(campaign: Campaign, tour: Tour) -> set[str]:
    return {text_of(event, "UID") for event in events_of(tour_ics(campaign, tour))}


def test_what_people_correct_does_not_change_an_identifier() -> None:
    campaign, tour = plan_campaign(), tiny_tour()
    renamed = replace(
        campaign,
        name="Un tout autre nom",
        maisons=tuple(replace(each, name="Nom", city="Ville") for each in campaign.maisons),
    )
    other_kits = replace(
        tour,
        stops=tuple(replace(stop, kit=3 - stop.kit) for stop in tour.stops),
        legs=tuple(replace(leg, kit=3 - leg.kit) for leg in tour.legs),
    )
    assert uids_of(renamed, other_kits) == uids_of(campaign, tour)


def test_the_digest_of_a_calendar_is_of_what_its_events_show() -> None:
    campaign, tour = plan_campaign(), tiny_tour()
    shown = shown_digest(campaign, tour)
    gone = withdrawn_entries(replace(tour, legs=()), tour)
    for same in (
        shown_digest(replace(campaign, name="Un tout autre nom"), tour),
        shown_digest(campaign, replace(tour, revision=3, calendar="autre", withdrawn=gone)),
    ):
        assert same == shown
    changes: dict[str, Any] = {
        "name": "Nom",
        "address": "1, rue Haute",
        "postcode": "38001",
        "city": "Ville",
        "opening": "Mo-Fr 10:00-12:00",
        "precision": "rue",
        "lnglat": LngLat(5.0, 45.0),
    }
    for what, other in changes.items():
        first, *others = campaign.maisons
        changed = replace(campaign, maisons=(replace(first, **{what: other}), *others))
        assert shown_digest(changed, tour) != shown, what
    stop, *rest = tour.stops
    later = replace(stop, leave=stop.leave + timedelta(minutes=5))
    assert shown_digest(campaign, replace(tour, stops=(later, *rest))) != shown


def test_a_tour_made_before_digests_were_kept_is_compared_by_its_stops_and_drives() -> None:
    tour = replace(tiny_tour(), shown="digest")
    assert revised(tour, replace(tour, shown="", revision=2)).revision == 2
    assert revised(tour, replace(tour, shown="other", revision=2)).revision == 3
    assert revised(tour, replace(tour, shown="", stops=(), revision=2)).revision == 3


def test_two_campaigns_never_share_an_identifier_and_one_that_is_put_off_keeps_its_own() -> None:
    campaign, tour = plan_campaign(), tiny_tour()
    later = replace(campaign, periods=replace(campaign.periods, start=date(2018, 10, 16)))
    assert not uids_of(later, tour) & uids_of(campaign, tour)
    known_as = replace(tour, calendar=calendar_of(campaign))
    assert uids_of(later, known_as) == uids_of(campaign, tour)


def stay_shown(opens: datetime, closes: datetime, open_on: Iterable[date]) -> list[tuple[Any, Any]]:
    """Return the events of a stay at a Maison that opens from 9:00 to 17:00."""
    tour = tiny_tour()
    stop = replace(
        tour.stops[0], maison_id="m1", opens=opens, closes=closes, open_on=tuple(open_on)
    )
    shown = events_of(tour_ics(plan_campaign(), replace(tour, stops=(stop,), legs=())))
    return [(event.start, event.end) for event in shown]


def test_a_day_and_a_half_is_shown_from_its_opening_to_its_closing() -> None:
    paris = ZoneInfo("Europe/Paris")
    tuesday, wednesday = date(2017, 10, 24), date(2017, 10, 25)
    two, five = datetime(2017, 10, 24, 14), datetime(2017, 10, 25, 17)  # noqa: DTZ001 - local
    assert stay_shown(two, five, (tuesday, wednesday)) == [
        (two.replace(tzinfo=paris), five.replace(tzinfo=paris))
    ]
    nine, noon = datetime(2017, 10, 24, 9), datetime(2017, 10, 25, 12)  # noqa: DTZ001 - local
    assert stay_shown(nine, noon, (tuesday, wednesday)) == [
        (nine.replace(tzinfo=paris), noon.replace(tzinfo=paris))
    ]


def test_half_a_day_beyond_a_weekend_has_the_hours_of_its_own_side() -> None:
    paris = ZoneInfo("Europe/Paris")
    friday, monday = date(2017, 10, 27), date(2017, 10, 30)  # summer time ends in between
    nine, noon = datetime(2017, 10, 27, 9), datetime(2017, 10, 30, 12)  # noqa: DTZ001 - local
    assert stay_shown(nine, noon, (friday, monday)) == [
        (friday, date(2017, 10, 28)),
        (datetime(2017, 10, 30, 9, tzinfo=paris), noon.replace(tzinfo=paris)),
    ]
    two, five = datetime(2017, 10, 27, 14), datetime(2017, 10, 30, 17)  # noqa: DTZ001 - local
    assert stay_shown(two, five, (friday, monday)) == [
        (two.replace(tzinfo=paris), datetime(2017, 10, 27, 17, tzinfo=paris)),
        (monday, date(2017, 10, 31)),
    ]


def drive_of_seconds() -> Tour:
    """Return a tour of one stop and one drive, from 17:59:31 to 18:59:30."""
    tour = tiny_tour()
    depart, arrive = datetime(2017, 10, 23, 17, 59, 31), datetime(2017, 10, 23, 18, 59, 30)  # noqa: DTZ001 - local
    leg = replace(tour.legs[1], depart=depart, arrive=arrive, drive_s=3_570)
    stop = replace(tour.stops[0], maison_id=leg.to_id, kit=leg.kit, arrive=arrive)
    return replace(tour, stops=(stop,), legs=(leg,))


def test_hours_are_to_the_nearest_minute_in_the_table_and_the_calendar() -> None:
    campaign, tour = plan_campaign(), drive_of_seconds()
    six, seven = datetime(2017, 10, 23, 18), datetime(2017, 10, 23, 19)  # noqa: DTZ001 - local
    line, after = tour_lines(campaign, tour)
    assert (line.leave, line.drive_min, after.arrive) == (six, 60, seven)
    event = events_of(tour_ics(campaign, tour))[-1]
    paris = ZoneInfo("Europe/Paris")
    assert (event.start, event.end) == (six.replace(tzinfo=paris), seven.replace(tzinfo=paris))


def test_hours_are_to_the_nearest_minute_in_the_road_book_and_the_terminal() -> None:
    campaign, tour = plan_campaign(), drive_of_seconds()
    told = json.dumps(road_book_data(campaign, tour), ensure_ascii=False).replace("\u00a0", " ")
    assert "départ lundi 23 octobre 2017 à 18 h 00, arrivée à 19 h 00" in told
    assert "1 h 00" in told
    assert "h 59" not in told
    names = {maison.maison_id: maison.name for maison in campaign.maisons}
    toured = Toured(Path("tournee"), Reading(campaign, (), ()), names, names, (tour,))
    (drive,) = (text for text in terminal_lines(toured) if text.startswith("    route"))
    assert "23/10 18:00 – 19:00" in drive


def test_half_a_minute_goes_up_in_hours_and_in_durations_alike() -> None:
    for seconds in range(0, 7_200, 10):
        start = datetime(2017, 10, 23, 8)  # noqa: DTZ001 - local
        shown = nearest_minute(start + timedelta(seconds=seconds)) - start
        assert shown == timedelta(minutes=nearest_minutes(seconds))


@pytest.mark.parametrize("campaign", [plan_campaign(), nasty_campaign()])
def test_the_calendar_keeps_to_rfc_5545(campaign: Campaign) -> None:
    content = tour_ics(campaign, tiny_tour())
    lines = content.split(b"\r\n")
    assert lines[-1] == b""
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(map(len, lines)) <= 75
    assert not any(byte < 0x20 for line in lines for byte in line)
    for line in lines:
        line.decode()  # folded between characters, not inside one
    assert lines.count(b"END:VCALENDAR") == 1
    calendar = Calendar.from_ical(content.decode())
    assert calendar["VERSION"] == "2.0"
    assert not calendar.errors
    for event in calendar.events:
        assert not event.errors
        assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "LOCATION"} <= set(event)
        assert event.start < event.end


@pytest.mark.parametrize("campaign", [plan_campaign(), nasty_campaign()])
def test_the_gpx_keeps_to_its_schema(campaign: Campaign) -> None:
    root = ET.fromstring(tour_gpx(campaign, tiny_tour()))  # noqa: S314 - our own output
    assert root.tag == f"{GPX}gpx"
    assert (root.get("version"), bool(root.get("creator"))) == ("1.1", True)
    for element in root.iter():
        order = GPX_CHILDREN.get(element.tag.removeprefix(GPX), ())
        places = [order.index(child.tag.removeprefix(GPX)) for child in element]
        assert places == sorted(places)
    assert root.find(f".//{GPX}time") is None


def test_the_gpx_has_every_maison_and_a_route_a_kit() -> None:
    root = ET.fromstring(tour_gpx(plan_campaign(), tiny_tour()))  # noqa: S314 - our own output
    assert [w.findtext(f"{GPX}name") for w in root.findall(f"{GPX}wpt")] == [
        "Maison du Département « Sud & Cie »",
        "Maison 2",
        "Maison 3",
        "Maison 4",
    ]
    routes = {
        route.findtext(f"{GPX}name"): [p.get("lat") for p in route.findall(f"{GPX}rtept")]
        for route in root.findall(f"{GPX}rte")
    }
    m1, m2, m3 = (f"{maison.lnglat.lat:.6f}" for maison in plan_campaign().maisons[:3])
    assert routes == {"Kit 1": [m1, m2, m1], "Kit 2": [m1, m3, m1]}


def test_without_a_tour_the_three_files_are_valid_and_empty() -> None:
    campaign = replace(plan_campaign(), tour=None)
    assert tour_lines(campaign, NO_TOUR) == ()
    assert events_of(tour_ics(campaign, NO_TOUR)) == []
    root = ET.fromstring(tour_gpx(campaign, NO_TOUR))  # noqa: S314 - our own output
    assert root.findall(f"{GPX}rte") == []


def test_days_and_durations_read_as_french() -> None:
    assert long_date(date(2017, 11, 1)) == "mercredi 1er\u00a0novembre 2017"
    when = datetime(2017, 8, 6, 8, 5)  # noqa: DTZ001 - local
    assert moment(when) == "dimanche 6\u00a0août 2017 à 8\u00a0h\u00a005"
    assert duration(3_900) == "1\u00a0h\u00a005"
    assert duration(3_570) == "1\u00a0h\u00a000"
    assert duration(2_400) == "40\u00a0min"
    assert kilometres_in_words(12_349) == "12,3\u00a0km"


def test_plain_text_is_one_line_without_controls() -> None:
    assert plain(" a\r\nb\x00c\ud800d\uffff ") == "a  b c d"
