"""What lets remarks on a page find their plan again."""

from __future__ import annotations

import hashlib

from geo.plan import Plan

REMARKS_SCHEMA = "placarde/remarques/1"


def plan_digest(plan: Plan) -> str:
    """Return twelve hexadecimal digits that tell one plan from another.

    The first of the SHA-256 of its postings and stops in order, one a line; see
    ``docs/formats.md``. No id can be read back from them.
    """
    postings = [f"{p.period};{p.face_id};{p.agent_id}" for p in sorted(plan.allocation.postings)]
    stops = sorted(
        f"{s.maison_id};{s.kit};{'|'.join(day.isoformat() for day in s.open_on)}"
        for s in plan.tour.stops
    )
    return hashlib.sha256("\n".join([*postings, *stops]).encode()).hexdigest()[:12]
