"""Puts a campaign together from its folder; the order of the steps is the order of the references.

Every step goes on as well as it can where an earlier one failed, so that one reading names every
problem. What is not known (an id in a file that cannot be read) is then not held against others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from data.read.adapt import Given
from data.read.agents import read_agents
from data.read.asked import read_positions
from data.read.campaign_file import CRS_KINDS, CampaignFile, read_rules
from data.read.codes import Code
from data.read.exclusions import read_exclusions
from data.read.faces import ReadFaces, read_faces
from data.read.folder import TEXT_LIMIT, Folder
from data.read.locks import Surroundings, read_locks
from data.read.log import ProblemLog, closest
from data.read.maisons import read_maisons
from data.read.messages import did_you_mean
from data.read.partial import Tables, read_partially
from data.read.portraits import read_portraits
from data.read.reading import Reading, Reject
from data.read.reference import note_unknown_crs, said_crs
from data.read.schema import SCHEMAS, Schema
from data.read.table import Table
from data.read.tables import open_table
from data.read.territory import Territory
from data.read.toml_file import parse_toml
from data.read.tour_rules import TourReferences, check_references
from data.read.travel import read_travel
from data.read.zones import ReadZones, read_zones
from geo.errors import Where
from geo.model import Agent, Campaign, Exclusion, InputFile, Maison

CAMPAIGN_FILE = "campaign.toml"


def read_campaign(folder: Path, *, crs: Mapping[str, str] | None = None) -> Reading:
    """Return the campaign in a folder, or everything that keeps it from being one.

    Parameters
    ----------
    folder
        Holds ``campaign.toml``, the files that it names, and perhaps ``portraits/``. Nothing
        outside it is read, and nothing in it is changed.
    crs
        What the planner confirms of the CRS of files, by their keys in ``[files]``: it comes before
        what ``campaign.toml`` says.

    Returns
    -------
    Reading
        The same files give the same campaign, whatever the order of their rows.
    """
    log = ProblemLog()
    files = Folder(folder, log)
    rules = _rules(folder, files, log)
    if rules is None:
        return Reading(None, log.sorted(), ())
    rules = _with_confirmed(rules, crs or {}, log)
    partial = rules.campaign is not None and rules.campaign.partial
    return _read(files, rules, log, partial=partial)[0]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A campaign folder without the rows that cannot be used.

    `tables` are its files by their keys in ``[files]``, but for those that could not be opened, and
    `names` what the campaign calls them; `left_out` are the rows that are no longer in them,
    `inputs` all files that were read. `rules` and `territory` are what the rows were read by; None
    where they could not be.
    """

    reading: Reading
    tables: Mapping[str, Table]
    names: Mapping[str, str]
    left_out: tuple[Reject, ...]
    inputs: tuple[InputFile, ...]
    rules: CampaignFile | None = None
    territory: Territory | None = None


def clean_campaign(folder: Path, *, crs: Mapping[str, str] | None = None) -> Cleaned:
    """Read a campaign as if it said ``partial = true``, and keep the tables that were read."""
    log = ProblemLog()
    files = Folder(folder, log)
    rules = _rules(folder, files, log)
    if rules is None:
        return Cleaned(Reading(None, log.sorted(), ()), {}, {}, (), ())
    rules = _with_confirmed(rules, crs or {}, log)
    reading, tables, territory = _read(files, rules, log, partial=True)
    opened = {kind: table for kind, table in tables.items() if table is not None}
    rows = {table.file: frozenset(table.rows) for table in opened.values()}
    return Cleaned(
        reading=reading,
        tables=opened,
        names={kind: getattr(rules.files, kind) for kind in opened},
        left_out=tuple(r for r in reading.rejects if r.row not in rows.get(r.file, ())),
        inputs=files.inputs(),
        rules=rules,
        territory=territory,
    )


def _rules(folder: Path, files: Folder, log: ProblemLog) -> CampaignFile | None:
    if not (folder / CAMPAIGN_FILE).is_file():
        log.add(Code.MISSING_CAMPAIGN_FILE, Where(CAMPAIGN_FILE))
        return None
    content = files.read(CAMPAIGN_FILE, limit=TEXT_LIMIT, asked_at=Where(CAMPAIGN_FILE))
    toml = None if content is None else parse_toml(content, CAMPAIGN_FILE, log)
    return None if toml is None else read_rules(toml, log)


def _with_confirmed(rules: CampaignFile, crs: Mapping[str, str], log: ProblemLog) -> CampaignFile:
    for kind in sorted(crs):
        where = Where(CAMPAIGN_FILE, 0, f"--crs {kind}")
        if kind not in CRS_KINDS:
            allowed = ", ".join(CRS_KINDS)
            log.add(Code.UNKNOWN_KEY, where, found=kind, key=kind, hint="", allowed=allowed)
        elif said_crs(f"{kind}_crs", crs[kind]).epsg is None:
            note_unknown_crs(where, f"{kind}_crs", crs[kind], log)
    return replace(rules, confirmed={kind: crs[kind] for kind in sorted(crs)})


def _read(
    files: Folder, rules: CampaignFile, log: ProblemLog, *, partial: bool
) -> tuple[Reading, Tables, Territory | None]:
    tables: Tables = {
        each.kind: _table(each, files=files, rules=rules, log=log) for each in SCHEMAS
    }
    zones = _zones(tables["zones"], rules, files=files, log=log)
    exclusions = _exclusions(tables["exclusions"], rules, zones=zones, log=log)
    places = _Places(zones, exclusions)

    def assemble(tables: Tables, log: ProblemLog) -> tuple[Campaign | None, tuple[Reject, ...]]:
        return _assemble(tables, rules, places, files=files, log=log)

    left_out: tuple[Reject, ...] = ()
    if partial:
        (campaign, rejects), tables, left_out = read_partially(tables, log, assemble)
    else:
        campaign, rejects = assemble(tables, log)
    if log.has_errors():
        campaign = None
    rejects = tuple(sorted((*rejects, *left_out), key=lambda r: (r.file, r.row)))
    return Reading(campaign, log.sorted(), rejects), tables, zones.territory


@dataclass(frozen=True, slots=True)
class _Places:
    """What is read once, since no row of it may be left out."""

    zones: ReadZones
    exclusions: tuple[Exclusion, ...]


def _assemble(
    tables: Tables, rules: CampaignFile, places: _Places, *, files: Folder, log: ProblemLog
) -> tuple[Campaign | None, tuple[Reject, ...]]:
    """Return the campaign that tables make, or None without its rules or faces; and the rejects."""
    zones, exclusions = places.zones, places.exclusions
    maison_ids = _ids_in(tables["maisons"], "maison_id", named=rules.files.maisons is not None)
    maisons = _maisons(tables["maisons"], rules, zones=zones, log=log)
    agents = _agents(tables["agents"], zones, maisons=maisons, maison_ids=maison_ids, log=log)
    faces = _faces(tables["faces"], rules, zones=zones, log=log)
    travel = tables["travel"] and read_travel(tables["travel"], maison_ids, log)
    around = Surroundings(
        periods=rules.periods,
        territory=zones.territory,
        agents=agents,
        agent_ids=_ids_in(tables["agents"], "agent_id"),
        faces=faces,
        exclusions=exclusions,
        sequences=rules.sequences,
        matching=rules.matching,
    )
    locks = tables["locks"] and read_locks(tables["locks"], around, log)
    _check_references(rules, zones=zones, maison_ids=maison_ids, log=log)
    if rules.tour is not None:
        known = TourReferences(rules.toml, zones.ids, maison_ids, tuple(maisons.values()))
        check_references(rules.tour, known, log)
    portraits = read_portraits(files, _ids_in(tables["agents"], "portrait_id"), log)
    if rules.campaign is None or rules.periods is None or faces.faces is None:
        return None, faces.rejects
    campaign = Campaign(
        name=rules.campaign.name,
        periods=rules.periods,
        seed=rules.campaign.seed,
        crs=zones.territory.crs if zones.territory else 0,
        zones=zones.zones,
        maisons=tuple(maisons.values()),
        agents=tuple(agents.values()),
        faces=faces.faces,
        matching=rules.matching,
        tour=rules.tour,
        travel=travel or (),
        locks=locks or (),
        exclusions=exclusions,
        sequences=rules.sequences,
        portraits=portraits,
        inputs=files.inputs(),
        confirmed_crs=rules.confirmed,
        advertiser=rules.campaign.advertiser or "",
        buyer=rules.campaign.buyer or "",
    )
    return campaign, faces.rejects


def _table(schema: Schema, *, files: Folder, rules: CampaignFile, log: ProblemLog) -> Table | None:
    name = getattr(rules.files, schema.kind)
    if name is None:
        return None
    asked_at = rules.toml.where(f"files.{schema.kind}")
    days = rules.periods.days if rules.periods else None
    given = Given(days, rules.defaults if schema.kind == "faces" else {})
    return open_table(files, name, schema=schema, asked_at=asked_at, log=log, given=given)


def _ids_in(table: Table | None, column: str, *, named: bool = True) -> frozenset[str] | None:
    """Return all ids of a file: none if the campaign names no such file, None if not all known."""
    if not named:
        return frozenset()
    return None if table is None else table.ids(column)


def _zones(
    table: Table | None, rules: CampaignFile, *, files: Folder, log: ProblemLog
) -> ReadZones:
    """Return the zones; their territory knows the addresses that a geocoder found."""
    if table is None:
        return ReadZones((), None, None)
    zones = read_zones(table, rules.crs("zones"), log)
    if rules.geocoder is None or zones.territory is None:
        return zones
    found = read_positions(files, rules, log)
    gazetteer = zones.territory.gazetteer.with_found(found, least_score=rules.geocoder.min_score)
    return replace(zones, territory=zones.territory.with_gazetteer(gazetteer))


def _maisons(
    table: Table | None, rules: CampaignFile, *, zones: ReadZones, log: ProblemLog
) -> dict[str, Maison]:
    if table is None:
        return {}
    return read_maisons(table, rules.crs("maisons"), zones=zones, log=log)


def _agents(
    table: Table | None,
    zones: ReadZones,
    *,
    maisons: Mapping[str, Maison],
    maison_ids: frozenset[str] | None,
    log: ProblemLog,
) -> dict[str, Agent]:
    if table is None:
        return {}
    return read_agents(table, zones=zones, maisons=maisons, maison_ids=maison_ids, log=log)


def _faces(
    table: Table | None, rules: CampaignFile, *, zones: ReadZones, log: ProblemLog
) -> ReadFaces:
    if table is None:
        return ReadFaces(None, (), frozenset(), None)
    count = rules.periods.count if rules.periods else None
    said, territory = rules.crs("faces"), zones.territory
    return read_faces(
        table,
        said,
        period_count=count,
        territory=territory,
        log=log,
        min_precision=rules.min_precision,
    )


def _exclusions(
    table: Table | None, rules: CampaignFile, *, zones: ReadZones, log: ProblemLog
) -> tuple[Exclusion, ...]:
    if table is None:
        return ()
    return read_exclusions(table, rules.crs("exclusions"), territory=zones.territory, log=log)


def _check_references(
    rules: CampaignFile, *, zones: ReadZones, maison_ids: frozenset[str] | None, log: ProblemLog
) -> None:
    """Check the zones of the sequences and the depot of the tour."""
    for zone_id in sorted(rules.sequences):
        if zones.ids is not None and zone_id not in zones.ids:
            where = rules.toml.where(f"sequences.{zone_id}")
            hint = did_you_mean(closest(zone_id, zones.ids))
            log.add(Code.UNKNOWN_ZONE, where, found=zone_id, value=zone_id, hint=hint)
    depot = rules.tour.depot if rules.tour else None
    if depot is not None and maison_ids is not None and depot not in maison_ids:
        hint = did_you_mean(closest(depot, maison_ids))
        where = rules.toml.where("tour.depot")
        log.add(Code.UNKNOWN_DEPOT, where, found=depot, depot=depot, hint=hint)
