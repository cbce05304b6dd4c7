from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.plan_json import plan_from_json, plan_schema, plan_to_json
from geo.errors import PlanFolderError
from geo.model import InputFile
from geo.order import LineRecord, LineState
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
from tests.golden.tiny_plan import CREATED, tiny_plan

INPUTS = (InputFile("agents.csv", "0" * 64), InputFile("zones.geojson", "f" * 64))
VERSIONS = {"highspy": "1.14.0", "placarde": "0.1.0"}
SCHEMA = Path(__file__).parents[2] / "docs" / "plan.schema.json"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
wholes = st.integers(0, 10**7)
measures = st.floats(allow_nan=False, allow_infinity=False)
days = st.dates(date(1990, 1, 1), date(2100, 1, 1))
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 - local
statuses = st.sampled_from(Status)
shortfalls = st.lists(st.builds(Shortfall, texts, texts, texts, measures, measures), max_size=2)
postings = st.builds(Posting, st.integers(1, 9), texts, texts)
allocations = st.builds(
    Allocation,
    status=statuses,
    objective=measures,
    bound=measures,
    exposure=measures,
    exposure_bound=measures,
    gap=measures,
    cost_cents=wholes,
    postings=st.lists(postings, max_size=3).map(sorted).map(tuple),
    agents=st.lists(
        st.builds(AgentExposure, texts, measures, measures, measures, measures, wholes), max_size=2
    ).map(tuple),
    quota=st.dictionaries(texts, wholes, max_size=2),
    shortfalls=shortfalls.map(tuple),
    unused=st.dictionaries(texts, wholes, max_size=2),
    solver=texts,
)
tours = st.builds(
    Tour,
    status=statuses,
    drive_s=wholes,
    bound_s=wholes,
    distance_m=wholes,
    stops=st.lists(
        st.builds(Stop, texts, wholes, st.lists(days, max_size=2).map(tuple), moments, moments),
        max_size=2,
    ).map(tuple),
    legs=st.lists(
        st.builds(
            Leg,
            wholes,
            texts,
            texts,
            moments,
            moments,
            wholes,
            wholes,
            st.sampled_from(TravelSource),
        ),
        max_size=2,
    ).map(tuple),
    shortfalls=shortfalls.map(tuple),
    solver=texts,
)
records = st.builds(
    LineRecord, st.integers(1, 9), texts, texts, st.sampled_from(LineState), texts, texts
)
orders = st.lists(records, max_size=3).map(sorted).map(tuple)
plans = st.builds(Plan, st.integers(), allocations, tours, orders)


def as_text(plan: Plan, created: datetime = CREATED) -> str:
    return plan_to_json(plan, inputs=INPUTS, versions=VERSIONS, created=created)


def backwards(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return dict(list(mapping.items())[::-1])


@given(plans)
def test_a_plan_comes_back_as_it_was(plan: Plan) -> None:
    record = plan_from_json(as_text(plan))
    assert record.plan == plan
    assert (record.inputs, record.versions, record.created) == (INPUTS, VERSIONS, CREATED)


@given(plans)
def test_what_comes_back_is_written_as_the_same_text(plan: Plan) -> None:
    text = as_text(plan)
    assert as_text(plan_from_json(text).plan) == text


def test_only_the_date_of_creation_differs_between_two_writings() -> None:
    first = as_text(tiny_plan()).splitlines()
    second = as_text(tiny_plan(), datetime(2027, 1, 1, tzinfo=UTC)).splitlines()
    changed = [a for a, b in zip(first, second, strict=True) if a != b]
    assert changed == [' "created": "2026-11-21T09:30:00Z",']


def test_the_order_of_what_was_given_does_not_reach_the_text() -> None:
    plan = tiny_plan()
    allocation = replace(
        plan.allocation,
        postings=plan.allocation.postings[::-1],
        quota=backwards(plan.allocation.quota),
        unused=backwards(plan.allocation.unused),
    )
    shuffled = plan_to_json(
        replace(plan, allocation=allocation),
        inputs=INPUTS[::-1],
        versions=backwards(VERSIONS),
        created=CREATED,
    )
    assert shuffled == as_text(plan)


def test_a_plan_without_the_states_of_its_lines_still_reads() -> None:
    text = as_text(tiny_plan())
    older = text.replace(',\n "order": []', "")
    assert older != text
    assert plan_from_json(older).plan == tiny_plan()


def test_a_posting_stands_on_one_line() -> None:
    assert '   {"face_id": "f09", "period": 2, "agent_id": "A1"}\n' in as_text(tiny_plan())


def test_a_number_that_is_not_known_is_null_and_never_nan() -> None:
    plan = tiny_plan()
    unknown = replace(plan.allocation, bound=math.inf, gap=math.nan)
    text = as_text(replace(plan, allocation=unknown))
    written = json.loads(text, parse_constant=pytest.fail)["allocation"]
    assert written["bound"] is written["gap"] is None
    read = plan_from_json(text).plan.allocation
    assert math.isnan(read.bound)
    assert math.isnan(read.gap)


def test_numbers_of_numpy_are_written_as_numbers() -> None:
    plan = tiny_plan()
    cost: Any = np.int64(plan.allocation.cost_cents)
    drive: Any = np.int64(plan.tour.drive_s)
    exposure = np.float64(plan.allocation.exposure)
    allocation = replace(plan.allocation, cost_cents=cost, exposure=exposure)
    tour = replace(plan.tour, drive_s=drive)
    assert as_text(Plan(plan.seed, allocation, tour)) == as_text(plan)


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("schema",), "placarde/plan/2", "plan.json, schema"),
        (("seed",), "7", "plan.json, seed"),
        (("created",), "2026-11-21T09:30:00", "plan.json, created"),
        (("surprise",), 1, "plan.json, surprise"),
        (("inputs", "agents.csv"), "abc", "plan.json, inputs.agents.csv"),
        (("allocation", "status"), "perfect", "plan.json, allocation.status"),
        (("allocation", "gap"), math.nan, "plan.json, allocation.gap"),
        (("allocation", "postings", 1, "period"), 0, "plan.json, allocation.postings.1.period"),
        (("allocation", "postings", 1, "period"), 1.5, "plan.json, allocation.postings.1.period"),
        (("tour", "stops", 0, "open_on", 0), "17/10/2017", "plan.json, tour.stops.0.open_on.0"),
        (("tour", "legs", 1, "depart"), "2017-10-17T18:00:00Z", "plan.json, tour.legs.1.depart"),
        (("tour", "legs", 1, "source"), "guess", "plan.json, tour.legs.1.source"),
    ],
)
def test_a_wrong_field_is_named(path: tuple[str | int, ...], value: object, named: str) -> None:
    content = json.loads(as_text(tiny_plan()))
    place: Any = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(PlanFolderError) as refusal:
        plan_from_json(json.dumps(content))
    assert str(refusal.value).startswith(named)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "{", '{"schema": "placarde/plan/1"}'])
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(PlanFolderError, match=r"plan\.json"):
        plan_from_json(text)


def test_a_date_of_creation_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="created"):
        as_text(tiny_plan(), datetime(2026, 11, 21))  # noqa: DTZ001 - what is refused


def test_the_published_schema_is_up_to_date() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == plan_schema()
