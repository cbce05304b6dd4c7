"""``affichage.csv``: the order to the media buyer. Nothing in it is about a person."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.write.sheet import CENTS, CODE, DAY, TEXT, WHOLE, YES_NO, Column, decimal, optional
from geo.model import Campaign
from geo.order import LineState, OrderLine
from geo.plan import Plan
from geo.targeting import Eligibility

_COMMUNE = "commune"
_DEGREE_DECIMALS = 6
_SURFACE_DECIMALS = 2

ORDER_COLUMNS = (
    Column("ref_face", "face_id", CODE),
    Column("afficheur", "operator", TEXT),
    Column("commune", "city", TEXT),
    Column("code_insee", "insee", CODE),
    Column("adresse", "address", TEXT),
    Column("lat", "lat", decimal(_DEGREE_DECIMALS)),
    Column("lon", "lon", decimal(_DEGREE_DECIMALS)),
    Column("support", "support", TEXT),
    Column("format", "format", TEXT),
    Column("surface_m2", "surface_m2", optional(decimal(_SURFACE_DECIMALS))),
    Column("eclaire", "lit", optional(YES_NO)),
    Column("zone", "zone", TEXT),
    Column("vague", "period", WHOLE),
    Column("date_debut", "start", DAY),
    Column("date_fin", "end", DAY),
    Column("visuel_ref", "visual", CODE),
    Column("prix_espace_ht", "price_cents", CENTS),
    Column("statut", "state", TEXT),
)


def order_lines(
    campaign: Campaign, *, eligibility: Eligibility, plan: Plan
) -> tuple[OrderLine, ...]:
    """Return one line a posting, sorted by period, then face.

    The zone is the finest one that is coarser than a commune (see `order_zone_names`).
    """
    postings = sorted(plan.allocation.postings)
    rows = {face_id: row for row, face_id in enumerate(campaign.faces.face_id.tolist())}
    portraits = {agent.agent_id: agent.portrait_id for agent in campaign.agents}
    states = {(line.period, line.face_id, line.agent_id): line.state for line in plan.order}
    zones = order_zone_names(
        campaign, eligibility=eligibility, faces=[rows[posting.face_id] for posting in postings]
    )
    return tuple(
        _order_line(
            campaign,
            row=rows[posting.face_id],
            period=posting.period,
            visual=portraits[posting.agent_id],
            zone=zone,
            state=states.get(
                (posting.period, posting.face_id, posting.agent_id), LineState.PROPOSED
            ),
        )
        for posting, zone in zip(postings, zones, strict=True)
    )


def _order_line(
    campaign: Campaign, *, row: int, period: int, visual: str, zone: str, state: LineState
) -> OrderLine:
    faces = campaign.faces
    surface = float(faces.surface_m2[row])
    lit = int(faces.lit[row])
    return OrderLine(
        face_id=faces.face_id[row],
        operator=faces.operator[row],
        city=faces.city[row],
        insee=faces.insee[row],
        address=faces.address[row],
        lat=round(float(faces.lat[row]), _DEGREE_DECIMALS),
        lon=round(float(faces.lng[row]), _DEGREE_DECIMALS),
        support=faces.support[row],
        format=faces.format[row],
        surface_m2=None if np.isnan(surface) else round(surface, _SURFACE_DECIMALS),
        lit=None if lit < 0 else bool(lit),
        zone=zone,
        period=period,
        start=campaign.periods.first_day(period),
        end=campaign.periods.last_day(period),
        visual=visual,
        price_cents=int(faces.price_cents[row]),
        state=state.value,
    )


def order_zone_names(
    campaign: Campaign, *, eligibility: Eligibility, faces: Sequence[int]
) -> tuple[str, ...]:
    """Return the name of the zone that a media buyer knows each face by.

    The commune stands in a column of its own, so the zone is the finest one at a level coarser than
    ``commune`` (the territoire, in the reference campaign). A face in no such zone, and a campaign
    without such a level, show the finest zone that there is; a face in no zone shows nothing.

    Parameters
    ----------
    faces
        Indices into ``campaign.faces``.
    """
    levels = [level.casefold() for level in eligibility.levels]
    coarser = levels.index(_COMMUNE) if _COMMUNE in levels else len(levels)
    # Fine to coarse above the commune, then whatever is left, finest first.
    preference = [*range(coarser - 1, -1, -1), *range(len(levels) - 1, coarser - 1, -1)]
    names: list[str] = []
    for face in faces:
        zones = (int(eligibility.face_zone[face, level]) for level in preference)
        known = next((zone for zone in zones if zone >= 0), None)
        names.append("" if known is None else campaign.zones[known].name)
    return tuple(names)
