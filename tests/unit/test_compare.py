"""Two plans side by side: what they are worth, how fair they are, and what changes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.compare import Swap, compare, equity_of, gini
from geo.plan import AgentExposure, Allocation, Posting, Shortfall, Status


def agent(
    agent_id: str, ratio: float, *, target: float = 100.0, postings: int = 1
) -> AgentExposure:
    return AgentExposure(agent_id, target, ratio * target, ratio, 2 * ratio * target, postings)


def plan_of(*postings: Posting, agents: tuple[AgentExposure, ...], **changes: Any) -> Allocation:
    given: dict[str, Any] = {
        "status": Status.OPTIMAL,
        "objective": 1.5,
        "bound": 1.6,
        "exposure": 0.75,
        "exposure_bound": 0.8,
        "gap": 0.0625,
        "cost_cents": 10_000,
        "postings": postings,
        "agents": agents,
    }
    return Allocation(**given | changes)


A = plan_of(
    Posting(1, "f1", "A1"),
    Posting(1, "f2", "A1"),
    Posting(2, "f1", "A2"),
    agents=(agent("A1", 1.0, postings=2), agent("A2", 0.5)),
)
B = plan_of(
    Posting(1, "f1", "A1"),
    Posting(1, "f2", "A2"),
    Posting(2, "f3", "A2"),
    agents=(agent("A1", 0.5), agent("A2", 0.75, postings=2)),
    objective=1.25,
    cost_cents=9_000,
    shortfalls=(Shortfall("budget", "A1", "…"),),
)


def test_every_posting_is_in_both_in_one_or_has_changed_hands() -> None:
    comparison = compare(A, B)
    assert comparison.both == (Posting(1, "f1", "A1"),)
    assert comparison.swapped == (Swap(1, "f2", "A1", "A2"),)
    assert comparison.only_a == (Posting(2, "f1", "A2"),)
    assert comparison.only_b == (Posting(2, "f3", "A2"),)


def test_each_agent_is_told_what_is_kept_lost_and_gained() -> None:
    one, two = compare(A, B).agents
    assert (one.agent_id, one.kept, one.lost, one.gained) == ("A1", 1, 1, 0)
    assert (two.agent_id, two.kept, two.lost, two.gained) == ("A2", 0, 1, 2)
    assert one.a is A.agents[0]
    assert one.b is B.agents[0]


def test_the_other_way_round_everything_is_the_other_way_round() -> None:
    there, back = compare(A, B), compare(B, A)
    assert (there.a, there.b, there.only_a, there.only_b) == (
        back.b,
        back.a,
        back.only_b,
        back.only_a,
    )
    assert [(s.agent_a, s.agent_b) for s in there.swapped] == [
        (s.agent_b, s.agent_a) for s in back.swapped
    ]


def test_a_plan_differs_from_itself_in_nothing() -> None:
    comparison = compare(A, A)
    assert comparison.a == comparison.b
    assert comparison.both == A.postings
    assert (*comparison.only_a, *comparison.only_b, *comparison.swapped) == ()
    assert comparison.same_targets
    assert all(change.lost == change.gained == 0 for change in comparison.agents)


def test_the_measures_are_those_of_the_plan() -> None:
    measures = compare(A, B).a
    assert (measures.objective, measures.gap, measures.cost_cents) == (1.5, 0.0625, 10_000)
    assert (measures.postings, measures.faces, measures.shortfalls) == (3, 2, 0)
    assert measures.contacts == 300.0
    assert measures.exposure_contacts == pytest.approx(0.75 * 200)
    assert measures.exposure_bound_contacts == pytest.approx(0.8 * 200)
    assert compare(A, B).b.shortfalls == 1


def test_targets_that_differ_are_told() -> None:
    assert compare(A, B).same_targets
    other = plan_of(agents=(agent("A1", 1.0, target=101.0), agent("A2", 0.5)))
    assert not compare(A, other).same_targets


def test_an_agent_that_one_plan_does_not_know_is_in_the_table() -> None:
    alone = plan_of(Posting(1, "f1", "A1"), agents=(agent("A1", 1.0),))
    comparison = compare(A, alone)
    assert [change.agent_id for change in comparison.agents] == ["A1", "A2"]
    assert comparison.agents[1].b is None
    assert not comparison.same_targets


def test_equity_names_the_worst_and_the_best_off() -> None:
    equity = equity_of((agent("A1", 1.0), agent("A2", 0.25), agent("A3", 0.25)))
    assert (equity.least, equity.least_id) == (0.25, "A2")
    assert (equity.most, equity.most_id) == (1.0, "A1")
    assert equity.spread == 0.25
    # |1 - 0.25| twice two ways = 3; 2 × 3 × 1.5 = 9
    assert equity.gini == pytest.approx(3 / 9)


def test_who_has_no_target_does_not_count_for_equity() -> None:
    equity = equity_of((agent("A1", 1.0), agent("A2", 0.0, target=0.0)))
    assert (equity.gini, equity.least_id) == (0.0, "A1")
    assert equity_of(()).spread == 1.0


@given(st.lists(st.floats(0, 10), max_size=12))
def test_gini_is_its_own_definition(values: list[float]) -> None:
    total = sum(values)
    pairs = sum(abs(v - w) for v in values for w in values)
    expected = pairs / (2 * len(values) * total) if total > 0 else 0.0
    assert gini(values) == pytest.approx(expected, abs=1e-9)
    assert 0 <= gini(values) <= 1
