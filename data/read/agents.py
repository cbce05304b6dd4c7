"""The agents: who works where, under which portrait, with which consent."""

from __future__ import annotations

from collections.abc import Mapping

from data.read.cells import identifiers, parts_of
from data.read.codes import Code
from data.read.log import ProblemLog, closest
from data.read.messages import did_you_mean
from data.read.places import locate_workplaces
from data.read.points import Points
from data.read.rows import AgentRow, Context, Rows
from data.read.table import Table
from data.read.zones import ReadZones
from geo.crs import LngLat
from geo.model import Agent, Maison


def read_agents(
    table: Table,
    *,
    zones: ReadZones,
    maisons: Mapping[str, Maison],
    maison_ids: frozenset[str] | None,
    log: ProblemLog,
) -> dict[str, Agent]:
    """Return the agents that have an id, by id in sorted order.

    An agent without coordinates works at the agent's Maison, if there is one. Without a column
    `consent_media` the campaign keeps no consents; with it, an empty cell is no consent.
    """
    ids = identifiers(table, "agent_id", log)
    rows = Rows(table, AgentRow, Context(maison_ids=maison_ids), log)
    portraits, jobs = rows.column("portrait_id"), rows.column("job")
    _check_portraits(table, ids, portraits, log)
    works_in = _zones(table, ids, zones.ids, log)
    points = locate_workplaces(table, zones.territory, log)
    headlines, names = table.cells("headline"), table.cells("name")
    at_maison, shares = rows.column("maison_id"), rows.column("share")
    consents, until = rows.column("consent_media"), rows.column("consent_until")
    agents = [
        Agent(
            agent_id=ids[i],
            portrait_id=portraits[i],
            job=jobs[i],
            zones=works_in[i],
            headline=headlines[i],
            name=names[i],
            workplace=_workplace(points, i, maisons.get(at_maison[i])),
            maison_id=at_maison[i] or None,
            share=shares[i],
            consent_media=consents[i] if table.has("consent_media") else None,
            consent_until=until[i],
        )
        for i in range(len(table))
        if ids[i]
    ]
    return {agent.agent_id: agent for agent in sorted(agents, key=lambda a: a.agent_id)}


def _workplace(points: Points, i: int, maison: Maison | None) -> LngLat | None:
    if points.usable[i]:
        return LngLat(float(points.lng[i]), float(points.lat[i]))
    return maison.lnglat if maison is not None else None


def _check_portraits(table: Table, ids: list[str], portraits: list[str], log: ProblemLog) -> None:
    """Note portraits of two agents: spacing and rotation are kept agent by agent."""
    first: dict[str, int] = {}
    for i, portrait in enumerate(portraits):
        if portrait and first.setdefault(portrait, i) != i:
            earlier = first[portrait]
            log.add(
                Code.SHARED_PORTRAIT,
                table.where(i, "portrait_id"),
                found=portrait,
                value=portrait,
                agent=ids[earlier],
                first=table.rows[earlier],
            )


def _zones(
    table: Table, ids: list[str], known: frozenset[str] | None, log: ProblemLog
) -> list[tuple[str, ...]]:
    """Return the zones of each agent, sorted, each once."""
    works_in = []
    for i, cell in enumerate(table.cells("zones")):
        where = table.where(i, "zones")
        named = sorted(set(parts_of(cell)))
        if not named:
            log.add(Code.AGENT_WITHOUT_ZONES, where, found=cell, agent=ids[i])
        for zone_id in named:
            if known is not None and zone_id not in known:
                hint = did_you_mean(closest(zone_id, known))
                log.add(Code.UNKNOWN_ZONE, where, found=zone_id, value=zone_id, hint=hint)
        works_in.append(tuple(named))
    return works_in
