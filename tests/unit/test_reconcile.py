"""The order that comes back, held against a plan of three postings, row by row."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geo.errors import Severity
from geo.model import Campaign, Lock, MatchingRules
from geo.order import LineChange, LineRecord, LineState, OrderLine, changed_lines
from geo.plan import Plan, Posting
from geo.reconcile import (
    Change,
    FaceWords,
    Reconciliation,
    Returned,
    ReturnedLine,
    Row,
    check_update,
    reconcile,
    updated_campaign,
)
from geo.reconcile.near import fold
from geo.targeting import target
from tests.builders import lnglat_at
from tests.golden.tiny_plan import plan_campaign, plan_eligibility, tiny_plan

F00, F63, F09 = Posting(1, "f00", "A1"), Posting(1, "f63", "A4"), Posting(2, "f09", "A1")


def line(face_id: str, row: int = 2, **told: Any) -> ReturnedLine:
    return ReturnedLine(Row("", row), face_id, **told)


def answered(
    *lines: ReturnedLine,
    accept: bool = False,
    campaign: Campaign | None = None,
    plan: Plan | None = None,
) -> Reconciliation:
    returned = Returned("retour.csv", lines, {"face_id": "réf. face"})
    campaign = campaign or plan_campaign()
    return reconcile(campaign, plan or tiny_plan(), returned, accept_proposals=accept)


def state_of(found: Reconciliation, posting: Posting) -> LineState | None:
    states = {(r.period, r.face_id, r.agent_id): r.state for r in found.records}
    return states.get((posting.period, posting.face_id, posting.agent_id))


def codes(found: Reconciliation) -> list[tuple[int, str, str]]:
    return [(p.where.row, p.where.column, p.code) for p in found.problems]


# Answers


@pytest.mark.parametrize("state", [LineState.FIRM, LineState.POSTED])
def test_a_line_that_binds_is_locked(state: LineState) -> None:
    found = answered(line("f00", period=1, visual="P1", state=state))
    assert found.locks == (Lock("f00", 1, "A1"),)
    assert state_of(found, F00) is state
    assert found.silent == (F63, F09)
    assert (found.problems, found.proposals) == ((), ())


def test_an_option_binds_nobody_but_is_kept() -> None:
    found = answered(line("f00", period=1, state=LineState.OPTION))
    assert found.locks == ()
    assert state_of(found, F00) is LineState.OPTION


@pytest.mark.parametrize("state", [LineState.REFUSED, LineState.CANCELLED])
def test_the_face_of_a_line_that_ends_stays_free(state: LineState) -> None:
    found = answered(line("f00", period=1, state=state, note="vendue"))
    assert found.locks == (Lock("f00", 1, None),)
    assert found.records == (LineRecord(1, "f00", "A1", state, note="vendue"),)


def test_a_replacement_closes_one_face_and_holds_the_other() -> None:
    found = answered(line("f00", period=1, replacement="f01", new_price_cents=500))
    now = Posting(1, "f01", "A1")
    assert [(a.change, a.now, a.price_cents) for a in found.answers] == [
        (Change.REPLACED, now, 500)
    ]
    assert found.locks == (Lock("f00", 1, None), Lock("f01", 1, "A1"))
    assert state_of(found, F00) is LineState.REPLACED
    assert state_of(found, now) is LineState.FIRM
    assert found.records[0].replaced_by == "f01, vague 1"
    assert found.prices == {"f01": 500}


def test_a_line_moves_to_the_period_that_is_offered() -> None:
    found = answered(line("f00", period=1, new_period=2))
    assert [(a.change, a.now) for a in found.answers] == [(Change.MOVED, Posting(2, "f00", "A1"))]
    assert found.locks == (Lock("f00", 1, None), Lock("f00", 2, "A1"))


def test_a_line_whose_period_was_overwritten_was_moved() -> None:
    found = answered(line("f00", period=2, visual="P1", state=LineState.FIRM))
    assert [(a.change, a.posting, a.now) for a in found.answers] == [
        (Change.MOVED, F00, Posting(2, "f00", "A1"))
    ]


def test_a_line_without_period_is_that_of_its_face_if_there_is_just_one() -> None:
    assert state_of(answered(line("f09", state=LineState.FIRM)), F09) is LineState.FIRM


def test_a_price_is_new_only_where_it_differs() -> None:
    same = answered(line("f00", period=1, price_cents=12_345))
    assert same.prices == {}
    new = answered(line("f00", period=1, price_cents=12_345, new_price_cents=12_000))
    assert new.prices == {"f00": 12_000}
    assert new.answers[0].price_cents == 12_000


def test_a_lock_of_the_planner_gives_way_to_what_the_owner_refuses() -> None:
    campaign = replace(plan_campaign(), locks=(Lock("f00", 1, "A1"), Lock("f20", 2, None)))
    found = answered(line("f00", period=1, state=LineState.REFUSED), campaign=campaign)
    assert found.locks == (Lock("f00", 1, None), Lock("f20", 2, None))


def test_a_line_that_was_closed_before_is_closed_still() -> None:
    record = LineRecord(1, "f20", "A2", LineState.REFUSED)
    plan = replace(tiny_plan(), order=(record,))
    found = answered(line("f20", period=1, visual="P2", state=LineState.REFUSED), plan=plan)
    assert found.records == (record,)
    assert (found.answers, found.problems) == ((), ())


# Proposals


NEAR = {
    "another spelling": (line("F-0", period=1, state=LineState.FIRM), "face-id"),
    "the same place": (
        line(
            "X1",
            period=1,
            state=LineState.FIRM,
            words=FaceWords(lnglat=lnglat_at(2.5, 2.56), format="4X3"),
        ),
        "place",
    ),
    "the same address": (
        line(
            "X1",
            period=1,
            state=LineState.FIRM,
            words=FaceWords(address="place Sainte Anne, face 1", city="AMBERIEU EN BUGEY"),
        ),
        "address",
    ),
}


@pytest.mark.parametrize("name", NEAR)
def test_a_near_miss_is_only_proposed(name: str) -> None:
    told, kind = NEAR[name]
    found = answered(told)
    assert [(p.kind, p.face_id, p.accepted) for p in found.proposals] == [(kind, "f00", False)]
    assert found.open_proposals == found.proposals
    assert (found.locks, found.answers, found.problems) == ((), (), ())
    assert F00 in found.silent


@pytest.mark.parametrize("by", ["row", "option"])
@pytest.mark.parametrize("name", NEAR)
def test_a_near_miss_that_is_accepted_counts_as_the_face(name: str, by: str) -> None:
    told = replace(NEAR[name][0], accepted=by == "row")
    found = answered(told, accept=by == "option")
    assert found.open_proposals == ()
    assert found.locks == (Lock("f00", 1, "A1"),)


def test_a_place_is_near_to_a_hundred_metres_and_no_further() -> None:
    words = FaceWords(lnglat=lnglat_at(2.5, 2.599))
    assert answered(line("X1", period=1, words=words)).proposals[0].distance_m == 99.0
    words = FaceWords(lnglat=lnglat_at(2.5, 2.601))
    assert codes(answered(line("X1", period=1, words=words))) == [(2, "réf. face", "unknown-face")]


def test_a_face_of_another_format_at_that_place_is_not_meant() -> None:
    words = FaceWords(lnglat=lnglat_at(2.5, 2.5), format="8 m²")
    found = answered(line("X1", period=1, words=words))
    assert codes(found)[0][2] == "unknown-face"
    assert found.proposals == ()
    (warning,) = found.warnings
    assert (warning.code, warning.severity) == ("other-format", Severity.WARNING)
    assert (str(warning.where), warning.found) == ("retour.csv, ligne 2, colonne format", "8 m²")
    assert "« f00 », à 0\N{NO-BREAK SPACE}m de là, n’est pas proposée pour « X1 »" in (
        warning.message.replace("«\N{NO-BREAK SPACE}", "« ").replace("\N{NO-BREAK SPACE}»", " »")
    )


def test_a_new_face_where_one_of_another_format_stands_is_asked_about_with_a_warning() -> None:
    told = replace(NEW, words=replace(NEW.words, lnglat=lnglat_at(2.5, 2.5)))
    found = answered(told)
    assert [proposal.kind for proposal in found.proposals] == ["new-face"]
    assert [warning.code for warning in found.warnings] == ["other-format"]
    assert answered(NEW).warnings == ()


def test_a_face_of_the_told_format_is_proposed_without_a_warning() -> None:
    assert answered(NEAR["the same place"][0]).warnings == ()


def test_an_extra_line_like_a_refused_one_is_proposed_in_its_place() -> None:
    refused = line("f00", 2, period=1, visual="P1", state=LineState.REFUSED)
    offered = line("f02", 3, period=1, visual="P1")
    found = answered(refused, offered)
    assert [(p.row.number, p.kind, p.distance_m) for p in found.proposals] == [
        (3, "replacement", 10_000)
    ]
    assert state_of(found, F00) is LineState.REFUSED
    found = answered(refused, offered, accept=True)
    assert state_of(found, F00) is LineState.REPLACED
    assert found.locks == (Lock("f00", 1, None), Lock("f02", 1, "A1"))


def test_an_extra_line_beside_all_others_is_proposed_as_one_more() -> None:
    offered = line("f02", period=1, visual="P1", price_cents=1)
    assert [p.kind for p in answered(offered).proposals] == ["addition"]
    found = answered(offered, accept=True)
    assert [a.change for a in found.answers] == [Change.ADDED]
    assert found.prices == {"f02": 1}


NEW = line(
    "NEUVE 1",
    period=1,
    visual="P1",
    price_cents=9_900,
    words=FaceWords(
        lnglat=lnglat_at(7.0, 7.0), format="8 m²", contacts=700.0, city="Ville", lit=True
    ),
)


def test_a_face_that_is_told_all_about_may_join_the_inventory() -> None:
    assert [p.kind for p in answered(NEW).proposals] == ["new-face"]
    found = answered(NEW, accept=True)
    campaign = updated_campaign(plan_campaign(), found)
    faces = campaign.faces
    assert len(faces) == 65
    row = faces.face_id.tolist().index("NEUVE 1")
    assert faces.face_id.tolist() == sorted(faces.face_id)
    assert (faces.price_cents[row], faces.contacts[row], faces.lit[row]) == (9_900, 700.0, 1)
    assert np.allclose((faces.x[row], faces.y[row]), (897_000, 6_447_000), atol=0.01)
    assert faces.available[row].all()
    assert np.isnan(faces.bearing[row])
    assert check_update(campaign, target(campaign), found, Returned("r.csv", (NEW,))) == ()


# Problems


def test_every_problem_of_a_file_is_told_at_once_with_its_row_and_column() -> None:
    found = answered(
        line("f00", 2, period=1, visual="P9"),
        line("f63", 3, period=1, state=LineState.REPLACED),
        line("f09", 4, period=2),
        line("f09", 5, period=2),
        line("rien", 6, period=1),
        line("f30", 7, period=3),
        line("f31", 8, period=1),
        line("f32", 9, visual="P1"),
    )
    assert codes(found) == [
        (2, "visual", "changed-visual"),
        (3, "replacement", "no-replacement"),
        (5, "réf. face", "duplicate-line"),
        (6, "réf. face", "unknown-face"),
        (7, "period", "period-out-of-range"),
        (8, "visual", "not-ordered"),
        (9, "period", "not-ordered"),
    ]
    assert all(problem.remedy for problem in found.problems)


def test_a_replacement_that_nobody_knows_is_a_problem_of_its_cell() -> None:
    found = answered(line("f00", period=1, replacement="zzz"))
    assert codes(found) == [(2, "replacement", "unknown-face")]


def test_one_face_cannot_be_offered_twice() -> None:
    found = answered(
        line("f00", 2, period=1, replacement="f20"),
        line("f63", 3, period=1, replacement="f20"),
    )
    assert codes(found) == [(3, "replacement", "slot-taken")]


def test_one_face_cannot_have_two_prices() -> None:
    plan = tiny_plan()
    postings = (*plan.allocation.postings, Posting(2, "f00", "A1"))
    plan = replace(plan, allocation=replace(plan.allocation, postings=postings))
    found = answered(
        line("f00", 2, period=1, price_cents=100), line("f00", 3, period=2, price_cents=200),
        plan=plan,
    )  # fmt: skip
    assert codes(found) == [(3, "price", "two-prices")]


def test_the_order_of_the_rows_changes_nothing() -> None:
    lines = [
        line("f00", 2, period=1, replacement="f01"),
        line("f63", 3, period=1, state=LineState.REFUSED, visual="P4"),
        line("f62", 4, period=1, visual="P4"),
        line("f09", 5, state=LineState.FIRM, new_price_cents=77),
        NEW,
    ]
    first = answered(*lines, accept=True)
    order = random.Random(3)  # noqa: S311 - no secret
    for _ in range(10):
        assert answered(*order.sample(lines, len(lines)), accept=True) == first


def test_a_row_that_cannot_be_read_tells_what_is_certain_and_does_nothing() -> None:
    found = answered(
        line("f00", 2, period=1, visual="P9", unread=True),
        line("f63", 3, period=9, unread=True),
        line("f09", 4, period=2, state=LineState.REFUSED, unread=True),
        line("f09", 5, period=2, state=LineState.FIRM),
        line("rien", 6, period=1, unread=True),
        line("f00", 7, replacement="f01", unread=True),
    )
    assert codes(found) == [
        (2, "visual", "changed-visual"),
        (3, "period", "period-out-of-range"),
        (5, "réf. face", "duplicate-line"),
    ]
    assert (found.locks, found.answers, found.proposals, found.records) == ((), (), (), ())


@pytest.mark.parametrize("bad", [{"unread": True}, {"period": 9}])
def test_no_line_counts_as_moved_while_a_row_is_in_doubt(bad: dict[str, Any]) -> None:
    moved = line("f00", 3, period=2, visual="P1", state=LineState.FIRM)
    assert [a.change for a in answered(moved).answers] == [Change.MOVED]
    found = answered(line("f00", 2, **bad), moved)
    assert (found.answers, [p.kind for p in found.proposals]) == ((), ["addition"])


# What is firm has to keep the rules


def test_while_rows_have_problems_only_what_the_others_hold_has_to_keep_the_rules() -> None:
    campaign = replace(rules(spacing_m=8_000, budget_cents=1), locks=(Lock("f00", 1, "A1"),))
    lines = (
        line("f09", 2, period=2, new_period=1),  # too close to the lock, if the lock stays
        line("f63", 3, period=1, replacement="f20"),  # outside the zones of its visual
        line("f00", 4, period=1, state=None, unread=True),  # may end that lock
    )
    returned = Returned("retour.csv", lines)
    found = reconcile(campaign, tiny_plan(), returned)
    updated = updated_campaign(campaign, found)
    told = check_update(updated, target(updated), found, returned)
    assert [(problem.where.row, problem.code) for problem in told] == [(3, "outside-zone")]
    read = replace(returned, lines=(*lines[:2], replace(lines[2], unread=False)))
    found = reconcile(campaign, tiny_plan(), read)
    updated = updated_campaign(campaign, found)
    told = check_update(updated, target(updated), found, read)
    assert {problem.code for problem in told} == {"over-budget", "too-close", "outside-zone"}


def update_codes(campaign: Campaign, *lines: ReturnedLine) -> list[tuple[int, str]]:
    found = answered(*lines, accept=True, campaign=campaign)
    assert found.problems == ()
    updated = updated_campaign(campaign, found)
    problems = check_update(updated, target(updated), found, Returned("retour.csv", lines))
    return [(problem.where.row, problem.code) for problem in problems]


def rules(**changes: Any) -> Campaign:
    campaign = plan_campaign()
    wide = MatchingRules(budget_cents=10**7, max_periods_per_face=2)
    return replace(campaign, matching=replace(wide, **changes))


def test_what_the_buyer_holds_within_the_rules_is_no_problem() -> None:
    firm = line("f00", period=1, state=LineState.FIRM)
    moved = line("f09", 3, period=2, replacement="f01")
    assert update_codes(rules(), firm, moved) == []


def test_a_face_outside_the_zones_of_the_visual_is_refused() -> None:
    assert update_codes(rules(), line("f00", period=1, replacement="f07")) == [(2, "outside-zone")]


def test_a_face_that_is_not_for_sale_then_is_refused() -> None:
    campaign = rules()
    available = campaign.faces.available.copy()
    available[1, 0] = False
    campaign = replace(campaign, faces=replace(campaign.faces, available=available))
    assert update_codes(campaign, line("f00", period=1, replacement="f01")) == [(2, "not-open")]


def test_two_firm_faces_of_one_visual_that_are_too_close_are_refused() -> None:
    campaign = rules(spacing_m=6_000)
    lines = (line("f00", 2, period=1, new_period=2), line("f09", 3, period=2, replacement="f01"))
    assert update_codes(campaign, *lines) == [(3, "too-close")]


def test_a_visual_that_stays_too_long_on_a_face_is_refused() -> None:
    lines = (line("f00", 2, period=1, state=LineState.FIRM), line("f09", 3, replacement="f00"))
    assert update_codes(rules(max_periods_per_face=1), *lines) == [(2, "too-long"), (3, "too-long")]


def test_firm_lines_beyond_the_budget_are_refused() -> None:
    told = line("f00", period=1, state=LineState.FIRM, new_price_cents=20_001)
    assert update_codes(rules(budget_cents=20_000), told) == [(0, "over-budget")]


# What changed


def order_line(face_id: str, **changes: Any) -> OrderLine:
    from data.write.order import order_lines  # noqa: PLC0415 - one line of a real order

    campaign = plan_campaign()
    lines = order_lines(campaign, eligibility=plan_eligibility(campaign), plan=tiny_plan())
    return replace(lines[0], face_id=face_id, **changes)


def test_only_lines_that_changed_are_told_and_a_new_state_is_no_order_to_the_buyer() -> None:
    before = [order_line(face_id) for face_id in "abcde"]
    before[3] = replace(before[3], state="refusée")
    after = [
        order_line("a", state="ferme"),
        order_line("b", price_cents=1, state="ferme"),
        order_line("d", visual="P2"),
        order_line("e"),
    ]
    told = [(c.face_id, c.visual, c.change, c.state) for c in changed_lines(before, after)]
    assert told == [
        ("a", "P1", LineChange.STATE, "ferme"),
        ("b", "P1", LineChange.CHANGED, "ferme"),
        ("c", "P1", LineChange.REMOVED, "annulée"),
        ("d", "P1", LineChange.REMOVED, "refusée"),
        ("d", "P2", LineChange.ADDED, "proposée"),
    ]


@pytest.mark.parametrize(
    ("one", "other"), [("F0012", "f-12"), ("Régie 7/B", "regie 7 b"), ("é", "E")]
)
def test_spellings_that_people_take_for_the_same_fold_together(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("F1-23", "F12-3"), ("F10", "F1"), ("A", "B")])
def test_different_faces_do_not_fold_together(one: str, other: str) -> None:
    assert fold(one) != fold(other)
