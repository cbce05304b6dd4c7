"""The one page of a plan for those who only print."""

from __future__ import annotations

from data.write.exports import SYNTHESIS_FILE
from data.write.synthesis import Synthesis, synthesis_pdf
from geo.model import Campaign
from geo.plan import Plan
from geo.targeting import Eligibility
from maps.static import static_map

__all__ = ["SYNTHESIS_FILE", "synthesis_file", "synthesis_of"]


def synthesis_of(campaign: Campaign, plan: Plan, eligibility: Eligibility) -> Synthesis:
    """Return what the page says: the officials' map, and no more than it tells."""
    drawn = static_map(campaign, plan, eligibility)
    return Synthesis(
        title=drawn.head["title"],
        lead=drawn.head["lead"],
        figures=[(figure["value"], figure["label"]) for figure in drawn.head["figures"]],
        svg=drawn.svg,
        portraits=[
            (each["mark"], each["colour"], each["shape"], _label(each["label"], each["detail"]))
            for each in drawn.portraits
        ],
        stops=drawn.stops,
        sources=drawn.sources,
        notice=drawn.head["notice"] or "",
        day=campaign.periods.start,
    )


def synthesis_file(campaign: Campaign, plan: Plan, eligibility: Eligibility) -> bytes:
    """Return ``synthese.pdf``, the same bytes for the same plan."""
    return synthesis_pdf(synthesis_of(campaign, plan, eligibility))


def _label(label: str, detail: str) -> str:
    return f"{label}, {detail}" if detail else label
