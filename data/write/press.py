"""``presse.csv``: which portrait goes into which edition of the press, by consent only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from data.write.sheet import DAY, TEXT, WHOLE, Column, write_sheet
from geo.consent import consent_days
from geo.model import Campaign
from geo.plan import Plan
from geo.targeting import Eligibility

PRESS = "presse"
_COMMUNE = "commune"


@dataclass(frozen=True, slots=True)
class PressLine:
    """A portrait in the edition of a zone."""

    level: str
    zone_id: str
    zone: str
    visual: str
    postings: int
    start: date
    end: date


_PRESS_COLUMNS = (
    Column("niveau", "level", TEXT),
    Column("zone_id", "zone_id", TEXT),
    Column("zone_edition", "zone", TEXT),
    Column("visuel_ref", "visual", TEXT),
    Column("affichages", "postings", WHOLE),
    Column("date_debut", "start", DAY),
    Column("date_fin", "end", DAY),
)


def press_lines(
    campaign: Campaign, *, eligibility: Eligibility, plan: Plan
) -> tuple[PressLine, ...]:
    """Return which portrait goes into which edition: the zones above the commune where it works.

    A portrait is in the edition of a zone where one of the agent's zones is that zone, lies in it
    or holds it. `postings` counts its posters there.
    """
    levels = [level for level in eligibility.levels if level.casefold() != _COMMUNE]
    ancestors = _ancestors(campaign)
    posted = _posted(campaign, eligibility=eligibility, plan=plan)
    lines: list[PressLine] = []
    for row, zone in enumerate(campaign.zones):
        for agent in campaign.agents if zone.level in levels else ():
            days = consent_days(agent, PRESS, campaign.periods)
            meets = any(
                other in ancestors[zone.zone_id] or zone.zone_id in ancestors.get(other, ())
                for other in agent.zones
            )
            if days is not None and meets:
                count = posted[row, agent.agent_id]
                place = (zone.level, zone.zone_id, zone.name)
                lines.append(PressLine(*place, agent.portrait_id, count, *days))
    return tuple(
        sorted(lines, key=lambda line: (levels.index(line.level), line.zone_id, line.visual))
    )


def _ancestors(campaign: Campaign) -> dict[str, set[str]]:
    """Return each zone's id with those of all zones that hold it."""
    parents = {zone.zone_id: zone.parent_id for zone in campaign.zones}
    found: dict[str, set[str]] = {}
    for zone_id in parents:
        chain: set[str] = set()
        walk: str | None = zone_id
        while walk is not None and walk not in chain:
            chain.add(walk)
            walk = parents.get(walk)
        found[zone_id] = chain
    return found


def _posted(
    campaign: Campaign, *, eligibility: Eligibility, plan: Plan
) -> Counter[tuple[int, str]]:
    index = {str(face_id): i for i, face_id in enumerate(campaign.faces.face_id)}
    count: Counter[tuple[int, str]] = Counter()
    for posting in plan.allocation.postings:
        for zone in set(eligibility.face_zone[index[posting.face_id]].tolist()) - {-1}:
            count[zone, posting.agent_id] += 1
    return count


def press_csv(lines: Sequence[PressLine]) -> bytes:
    """Return one row for each portrait in each edition."""
    return write_sheet(_PRESS_COLUMNS, lines)
