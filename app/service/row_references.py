"""What refers to a row of an input: rows of other inputs, and rules of the campaign."""

from __future__ import annotations

from collections.abc import Mapping

from data.read.cells import parts_of
from data.store import Tx, inputs
from data.store.tables import CampaignRecord

MOST_REFERRING = 20
"""Rows that are named to whoever would delete what they refer to."""


def referring(tx: Tx, campaign: CampaignRecord, kind: str, row_id: str) -> list[tuple[str, str]]:
    """Return rows (kind and id, at most `MOST_REFERRING`) and rules that refer to a row."""
    campaign_id = campaign.campaign_id
    found: list[tuple[str, str]] = []
    for other, column in _REFERRING.get(kind, ()):
        rows = inputs.page(
            tx, campaign_id, other, after=None, limit=MOST_REFERRING, where={column: row_id}
        )
        found += [(other, row.row_id) for row in rows]
    if kind == "zones":
        found += [
            ("agents", row.row_id)
            for row in inputs.every(tx, campaign_id, "agents")
            if row_id in parts_of(row.cells.get("zones", ""))
        ]
    found += [(CAMPAIGN, key) for key in _rules_on(campaign, kind, row_id)]
    return found[:MOST_REFERRING]


CAMPAIGN = "campaign"
_REFERRING: Mapping[str, tuple[tuple[str, str], ...]] = {
    "zones": (("zones", "parent_id"), ("maisons", "zone_id")),
    "maisons": (("agents", "maison_id"), ("travel", "from_id"), ("travel", "to_id")),
    "agents": (("locks", "agent_id"),),
    "faces": (("locks", "face_id"),),
}


def _rules_on(campaign: CampaignRecord, kind: str, row_id: str) -> list[str]:
    """Return the keys of the rules that name a zone or a Maison."""
    tour = campaign.settings.get("tour", {})
    if kind == "zones":
        named = {
            "sequences": campaign.settings.get("sequences", {}),
            "tour.kit_zones": tour.get("kit_zones", []),
        }
        return [key for key, ids in named.items() if row_id in ids]
    if kind == "maisons":
        order = [each for chain in tour.get("order", []) for each in _chain(chain)]
        named = {"tour.depot": [tour.get("depot")], "tour.order": order}
        return [key for key, ids in named.items() if row_id in ids]
    return []


def _chain(chain: object) -> list[str]:
    return [str(each) for each in chain] if isinstance(chain, list) else [str(chain)]
