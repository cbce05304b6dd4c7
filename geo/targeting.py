"""Which agent's portrait may go on which face, in which periods, and how relevant it is there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from geo.crs import WGS84, reproject_points
from geo.model import POSTER_MEDIUM, Agent, BoolArray, Campaign, FloatArray, IntArray, Periods
from geo.zones import ZoneTree, build_tree, pairs_inside, zones_of_points

ALL_MEDIA = "tous"
"""A consent that covers every medium."""

LEAST_RELEVANCE = float(np.finfo(np.float64).tiny)
"""Relevance is never 0, however far the face: exp(-d) may underflow, eligibility may not."""


@dataclass(frozen=True, slots=True)
class Eligibility:
    """What `target` finds; indices are places in the campaign's own sequences.

    Parameters
    ----------
    levels
        Levels of the zones, coarse to fine.
    face_zone
        Index into the zones or -1, shape ``(n_faces, n_levels)``.
    open
        Whether a face can carry a portrait at all in a period, shape ``(n_faces, n_periods)``: for
        sale, in a zone that is open in that period, and not excluded.
    excluded
        Index into the exclusions of the first that holds the face or -1, shape ``(n_faces,)``.
    edge_face, edge_agent
        The eligible pairs, sorted by face then agent, shape ``(n_edges,)``.
    relevance
        In (0, 1], shape ``(n_edges,)``.
    edge_open
        Whether the face is open and the agent's consent covers posters for the whole period, shape
        ``(n_edges, n_periods)``.
    """

    levels: tuple[str, ...]
    face_zone: IntArray
    open: BoolArray
    excluded: IntArray
    edge_face: IntArray
    edge_agent: IntArray
    relevance: FloatArray
    edge_open: BoolArray


def target(campaign: Campaign) -> Eligibility:
    """Return which agent may be on which face.

    A face is eligible for an agent where one of the agent's zones holds it: is the zone of the face
    at some level, or an ancestor of such a zone. A face outside all zones is eligible for nobody.
    """
    tree = build_tree(campaign.zones)
    faces = campaign.faces
    areas = [zone.area for zone in campaign.zones]
    face_zone = zones_of_points(tree, areas, faces.x, faces.y)
    excluded = _first_exclusion(campaign)
    in_sequence = _open_by_sequence(campaign, tree, face_zone)
    is_open = faces.available & in_sequence & (excluded < 0)[:, None]
    edge_face, edge_agent = _eligible_pairs(campaign, tree, face_zone)
    return Eligibility(
        levels=tree.levels,
        face_zone=face_zone,
        open=is_open,
        excluded=excluded,
        edge_face=edge_face,
        edge_agent=edge_agent,
        relevance=_relevance(campaign, edge_face, edge_agent),
        edge_open=is_open[edge_face] & consented_periods(campaign)[edge_agent],
    )


def consents_to_posters(agent: Agent) -> bool:
    """Return whether the agent's consent covers posters; it does where no consents are kept."""
    media = agent.consent_media
    return media is None or POSTER_MEDIUM in media or ALL_MEDIA in media


def consented_periods(campaign: Campaign) -> BoolArray:
    """Return whether each agent's consent covers posters in each period, ``(n_agents, n_periods)``.

    A period counts only where its last day is not after the end of the consent.
    """
    rows = [_consented(agent, campaign.periods) for agent in campaign.agents]
    return np.array(rows, dtype=np.bool_).reshape(len(rows), campaign.periods.count)


def _consented(agent: Agent, periods: Periods) -> list[bool]:
    if not consents_to_posters(agent):
        return [False] * periods.count
    until = agent.consent_until
    return [until is None or periods.last_day(t) <= until for t in periods.numbers()]


def _first_exclusion(campaign: Campaign) -> IntArray:
    """Return the first exclusion that holds each face, its boundary included, or -1."""
    areas = [exclusion.area for exclusion in campaign.exclusions]
    area, face = pairs_inside(areas, campaign.faces.x, campaign.faces.y)
    first = np.full(len(campaign.faces), -1, dtype=np.int64)
    faces, index = np.unique(face, return_index=True)  # pairs are sorted by face, then exclusion
    first[faces] = area[index]
    return first


def _open_by_sequence(campaign: Campaign, tree: ZoneTree, face_zone: IntArray) -> BoolArray:
    """Return whether posters go up at each face in each period, ``(n_faces, n_periods)``.

    The nearest zone with a sequence decides, from the finest zone of the face up the tree (and,
    where the tree ends early, from the next coarser zone of the face); without one all periods.
    """
    numbers = campaign.periods.numbers()
    has_sequence = np.array([z.zone_id in campaign.sequences for z in campaign.zones], np.bool_)
    allowed = np.array(
        [
            [t in campaign.sequences.get(z.zone_id, numbers) for t in numbers]
            for z in campaign.zones
        ],
        dtype=np.bool_,
    ).reshape(len(campaign.zones), len(numbers))
    decider = np.full(len(face_zone), -1, dtype=np.int64)
    for level in reversed(range(len(tree.levels))):
        for step in tree.chain(face_zone[:, level]):
            rows = np.flatnonzero((decider < 0) & (step >= 0))
            rows = rows[has_sequence[step[rows]]]
            decider[rows] = step[rows]
    is_open = np.ones((len(face_zone), len(numbers)), dtype=np.bool_)
    decided = np.flatnonzero(decider >= 0)
    is_open[decided] = allowed[decider[decided]]
    return is_open


def _eligible_pairs(
    campaign: Campaign, tree: ZoneTree, face_zone: IntArray
) -> tuple[IntArray, IntArray]:
    """Return the pairs (face, agent) where a zone of the agent holds the face, sorted."""
    n_zones, n_agents = len(campaign.zones), len(campaign.agents)
    index = {zone.zone_id: i for i, zone in enumerate(campaign.zones)}
    works_in = [
        (index[zone_id], a)
        for a, agent in enumerate(campaign.agents)
        for zone_id in agent.zones
        if zone_id in index
    ]
    zone, agent = np.array(works_in, dtype=np.int64).reshape(-1, 2).T
    levels = range(len(tree.levels))
    steps = [step for level in levels for step in tree.chain(face_zone[:, level])]
    holding = np.array(steps, dtype=np.int64).reshape(len(steps), len(face_zone))
    step, face = np.nonzero(holding >= 0)
    holds = _incidence(face, holding[step, face], (len(face_zone), n_zones))
    pairs = (holds @ _incidence(zone, agent, (n_zones, n_agents))).tocsr()
    pairs.sort_indices()
    rows, columns = pairs.nonzero()
    return rows.astype(np.int64), columns.astype(np.int64)


def _incidence(row: IntArray, column: IntArray, shape: tuple[int, int]) -> sparse.csr_array:
    return sparse.csr_array((np.ones(len(row), dtype=np.int64), (row, column)), shape=shape)


def _relevance(campaign: Campaign, edge_face: IntArray, edge_agent: IntArray) -> FloatArray:
    """Return exp(-d / distance_km), d in km in the projected CRS; 1 where there is no workplace."""
    distance_km = campaign.matching.distance_km
    if distance_km == 0:
        return np.ones(len(edge_face))
    x, y = _workplaces(campaign)
    faces = campaign.faces
    away_m = np.hypot(faces.x[edge_face] - x[edge_agent], faces.y[edge_face] - y[edge_agent])
    relevance = np.exp(-away_m / 1000 / distance_km)
    unknown = np.isnan(away_m)
    return np.where(unknown, 1.0, np.maximum(relevance, LEAST_RELEVANCE))


def _workplaces(campaign: Campaign) -> tuple[FloatArray, FloatArray]:
    """Return where each agent works, in the projected CRS, ``(n_agents,)`` twice; NaN unknown.

    The agent's own workplace, else the point of the Maison that the agent belongs to.
    """
    maisons = {maison.maison_id: maison.lnglat for maison in campaign.maisons}
    places = [agent.workplace or maisons.get(agent.maison_id or "") for agent in campaign.agents]
    lng = np.array([np.nan if place is None else place.lng for place in places], np.float64)
    lat = np.array([np.nan if place is None else place.lat for place in places], np.float64)
    known = ~np.isnan(lng)
    x, y = np.full(len(places), np.nan), np.full(len(places), np.nan)
    x[known], y[known] = reproject_points(lng[known], lat[known], source=WGS84, target=campaign.crs)
    return x, y
