"""A plan of the tiny campaign, made by hand, and every file that is written of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from data.plan_json import plan_to_json
from data.read.reading import Reject
from data.write.folder import plan_tables
from data.write.rejects import rejects_csv
from geo.model import Campaign, Faces, InputFile
from geo.plan import (
    AgentExposure,
    Allocation,
    Leg,
    Plan,
    Posting,
    Shortfall,
    Status,
    Stop,
    Tour,
    TravelSource,
)
from geo.targeting import Eligibility
from tests.builders import tiny_campaign

CREATED = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def plan_campaign() -> Campaign:
    """Return the tiny campaign with an inventory in which every kind of cell appears."""
    campaign = tiny_campaign()
    faces = campaign.faces
    maisons = (
        replace(
            campaign.maisons[0],
            name="Maison du Département « Sud & Cie »",
            address="3, rue de l’Île; bât. <B>",
            postcode="38000",
            opening="Mo-Fr 09:00-17:00",
        ),
        replace(campaign.maisons[1], city="Saint-Étienne-de-Saint-Geoirs", precision="commune"),
        *campaign.maisons[2:],
    )
    return replace(campaign, maisons=maisons, faces=_motley(faces))


def _motley(faces: Faces) -> Faces:
    changes: dict[str, Any] = {
        name: getattr(faces, name).copy()
        for name in ("operator", "insee", "city", "address", "surface_m2", "lit", "price_cents")
    }
    changes["operator"][0] = '=HYPERLINK("http://exemple.invalid")'
    changes["insee"][0] = "01004"
    changes["city"][0] = "Ambérieu-en-Bugey"
    changes["address"][0] = 'Place "Sainte-Anne"; face 1'
    changes["surface_m2"][0] = 8.5
    changes["surface_m2"][9] = np.nan
    changes["lit"][0] = 1
    changes["lit"][9] = 0
    changes["price_cents"][0] = 12_345
    changes["price_cents"][9] = 5
    return replace(faces, **changes)


def plan_eligibility(campaign: Campaign) -> Eligibility:
    """Return where the faces of the tiny square lie, worked out by their kilometres alone."""
    row_of = {zone.zone_id: row for row, zone in enumerate(campaign.zones)}
    n = len(campaign.faces)
    east, north = np.arange(n) % 8 >= 4, np.arange(n) // 8 >= 4
    territoire = np.array([row_of["t1"], row_of["t2"], row_of["t3"], row_of["t4"]])
    face_zone = np.column_stack(
        [
            np.full(n, row_of["dep"]),
            np.where(north, row_of["nord"], row_of["sud"]),
            territoire[east + 2 * north],
        ]
    ).astype(np.int64)
    nothing = np.zeros(0, dtype=np.int64)
    return Eligibility(
        levels=("departement", "secteur", "territoire"),
        face_zone=face_zone,
        open=np.ones((n, campaign.periods.count), dtype=np.bool_),
        excluded=np.full(n, -1, dtype=np.int64),
        edge_face=nothing,
        edge_agent=nothing,
        relevance=np.zeros(0),
        edge_open=np.zeros((0, campaign.periods.count), dtype=np.bool_),
    )


def tiny_plan() -> Plan:
    """Return three postings and the tour of two kits: every kind of value that a plan has."""
    return Plan(seed=7, allocation=_allocation(), tour=_tour())


def _allocation() -> Allocation:
    return Allocation(
        status=Status.FEASIBLE,
        objective=-1.25,
        bound=-1.2,
        exposure=0.7912345678901234,
        exposure_bound=0.8,
        gap=0.010956790137345750,
        cost_cents=22_350,
        postings=(Posting(1, "f00", "A1"), Posting(1, "f63", "A4"), Posting(2, "f09", "A1")),
        agents=(
            AgentExposure("A1", 2000.0, 1500.5, 0.75025, 2000.0, 2),
            AgentExposure("A4", 1000.0, 1000.0, 1.0, 1000.0, 1),
        ),
        quota={"A4": 1, "A1": 2},
        shortfalls=(
            Shortfall("no-eligible-face", "A2", "Aucune face pour « A2 ».", wanted=2, got=0),
        ),
        unused={"no-buyer": 60, "excluded": 1},
        solver="made by hand",
    )


def _tour() -> Tour:
    table, estimate = TravelSource.TABLE, TravelSource.ESTIMATE
    return Tour(
        status=Status.OPTIMAL,
        drive_s=10_830,
        bound_s=10_830,
        distance_m=120_449,
        stops=(
            Stop("m1", 1, (date(2017, 10, 17),), _at(17, 8), _at(17, 18)),
            Stop("m2", 1, (date(2017, 10, 20), date(2017, 10, 23)), _at(17, 18, 45), _at(23, 18)),
            Stop("m3", 2, (date(2017, 10, 17),), _at(17, 8, 50), _at(17, 18)),
        ),
        legs=(
            Leg(1, "m1", "m1", _at(17, 8), _at(17, 8), 0, 0, table),
            Leg(1, "m1", "m2", _at(17, 18), _at(17, 18, 45), 2_730, 30_050, estimate),
            Leg(1, "m2", "m1", _at(23, 18), _at(23, 18, 45), 2_700, 30_049, table),
            Leg(2, "m1", "m3", _at(17, 8), _at(17, 8, 50), 3_000, 30_350, table),
            Leg(2, "m3", "m1", _at(17, 18), _at(17, 18, 40), 2_400, 30_000, table),
        ),
        shortfalls=(Shortfall("no-day", "m4", "« m4 » n’a aucun jour ouvert.", wanted=1),),
        solver="made by hand",
    )


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2017, 10, day, hour, minute)  # noqa: DTZ001 - local, as in a Tour


def tiny_rejects() -> tuple[Reject, ...]:
    """Return two rejects, not in the order in which they are written."""
    return (
        Reject("inventaire.csv", 12, "Hors du territoire.", {"face_id": "F12", "lat": "51,5"}),
        Reject("inventaire.csv", 3, "Hors du territoire.", {"=cmd": "-1", "lat": "50;0"}),
    )


def tiny_outputs() -> dict[str, bytes]:
    """Return every text of the plan folder of the tiny plan, maps and inputs apart."""
    campaign, plan = plan_campaign(), tiny_plan()
    inputs = (InputFile("zones.geojson", "ab" * 32), InputFile("agents.csv", "cd" * 32))
    text = plan_to_json(plan, inputs=inputs, versions={"placarde": "0.1.0"}, created=CREATED)
    tables = plan_tables(campaign, eligibility=plan_eligibility(campaign), plan=plan)
    texts = {
        name: content for name, content in tables.items() if not name.endswith((".xlsx", ".pdf"))
    }
    return {"plan.json": text.encode(), "rejets.csv": rejects_csv(tiny_rejects()), **texts}
