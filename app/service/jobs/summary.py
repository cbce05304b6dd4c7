"""What a list shows of a plan."""

from __future__ import annotations

import math
from typing import Any

from app.tour_summary import shortfall_json
from geo.plan import Allocation, Plan, Tour


def summary_of(plan: Plan) -> dict[str, Any]:
    """Return what a list shows of a plan, as JSON; a number that is not known is null."""
    allocation = plan.allocation
    return {
        "seed": plan.seed,
        "allocation": _allocation(allocation),
        "tour": _tour(plan.tour),
        "shortfalls": [_finite(shortfall_json(each)) for each in plan.shortfalls],
    }


def _allocation(allocation: Allocation) -> dict[str, Any]:
    changes = allocation.changes
    return {
        "status": allocation.status.value,
        **_finite(
            {
                "objective": allocation.objective,
                "bound": allocation.bound,
                "exposure": allocation.exposure,
                "exposure_bound": allocation.exposure_bound,
                "gap": allocation.gap,
            }
        ),
        "cost_cents": int(allocation.cost_cents),
        "postings": len(allocation.postings),
        "faces": len({posting.face_id for posting in allocation.postings}),
        "agents": len({posting.agent_id for posting in allocation.postings}),
        "stopped_by": allocation.stopped_by,
        "changes": None
        if changes is None
        else {"kept": changes.kept, "added": changes.added, "removed": changes.removed},
    }


def _tour(tour: Tour) -> dict[str, Any]:
    return {
        "status": tour.status.value,
        "stops": len(tour.stops),
        "drive_s": int(tour.drive_s),
        "bound_s": int(tour.bound_s),
        "distance_m": int(tour.distance_m),
    }


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in values.items()
    }
