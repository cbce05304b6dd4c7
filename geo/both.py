"""Two campaigns as one, so that two plans can stand on one map."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from geo.crs import WGS84, reproject_points
from geo.model import BoolArray, Campaign, Faces


def united(a: Campaign, b: Campaign) -> Campaign:
    """Return campaign B with what only A knows: faces, agents, later periods.

    Zones, Maisons and dates are B's; a face that both know is as B knows it. For a map only: what
    the campaign asks for is that of B.
    """
    known = {agent.agent_id for agent in b.agents}
    zones = {zone.zone_id for zone in b.zones}
    gone = (
        replace(agent, zones=tuple(zone for zone in agent.zones if zone in zones))
        for agent in a.agents
        if agent.agent_id not in known
    )
    agents = (*b.agents, *gone)
    periods = replace(b.periods, count=max(a.periods.count, b.periods.count))
    return replace(b, agents=agents, periods=periods, faces=_faces(a, b, periods.count))


def _faces(a: Campaign, b: Campaign, periods: int) -> Faces:
    missing = ~np.isin(a.faces.face_id.astype(str), b.faces.face_id.astype(str))
    columns = {}
    for each in fields(Faces):
        of_a, of_b = getattr(a.faces, each.name), getattr(b.faces, each.name)
        if each.name == "available":
            of_a, of_b = _padded(of_a, periods), _padded(of_b, periods)
        columns[each.name] = np.concatenate([of_b, of_a[missing]])
    x, y = reproject_points(columns["lng"], columns["lat"], source=WGS84, target=b.crs)
    order = np.argsort(columns["face_id"].astype(str), kind="stable")
    return Faces(**{name: column[order] for name, column in (columns | {"x": x, "y": y}).items()})


def _padded(available: BoolArray, periods: int) -> BoolArray:
    return np.pad(available, ((0, 0), (0, periods - available.shape[1])))
