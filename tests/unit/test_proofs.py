"""Proofs of posting held against three postings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from geo.errors import Severity
from geo.order import LineRecord, LineState
from geo.plan import Plan, Posting
from geo.reconcile import Returned, Row, check_proofs
from geo.reconcile.proof import Proof, ProofRow, Proofs, Verdict
from tests.builders import lnglat_at
from tests.golden.tiny_plan import plan_campaign, tiny_plan

F00, F63, F09 = Posting(1, "f00", "A1"), Posting(1, "f63", "A4"), Posting(2, "f09", "A1")
AT_F00 = lnglat_at(2.5, 2.5)


def photo(face_id: str, number: int = 2, **changes: Any) -> ProofRow:
    told: dict[str, Any] = {"photo": "IMG.jpg", "taken_on": date(2017, 10, 17)} | changes
    return ProofRow(Row("", number), face_id, **told)


def proofs(*rows: ProofRow, accept: bool = False, plan: Plan | None = None) -> Proofs:
    plan = plan or tiny_plan()
    return check_proofs(
        plan_campaign(), plan, Returned("pige.csv", ()), rows, accept_proposals=accept
    )


def of_f00(*rows: ProofRow) -> Proof:
    return next(proof for proof in proofs(*rows).proofs if proof.posting == F00)


def test_every_line_of_the_order_has_a_verdict() -> None:
    found = proofs(photo("f00", lnglat=AT_F00))
    assert [(p.posting, p.verdict) for p in found.proofs] == [
        (F00, Verdict.AS_PLANNED),
        (F63, Verdict.MISSING),
        (F09, Verdict.MISSING),
    ]
    assert found.count(Verdict.MISSING) == 2
    assert found.records == (LineRecord(1, "f00", "A1", LineState.POSTED),)


def test_up_to_two_days_after_the_first_a_poster_is_in_time() -> None:
    in_time = of_f00(photo("f00", taken_on=date(2017, 10, 19)))
    assert (in_time.verdict, in_time.days_late) == (Verdict.AS_PLANNED, 2)
    late = of_f00(photo("f00", taken_on=date(2017, 10, 20)))
    assert (late.verdict, late.days_late) == (Verdict.LATE, 3)


def test_before_its_first_day_a_poster_is_not_late() -> None:
    early = of_f00(photo("f00", taken_on=date(2017, 10, 15)))
    assert (early.verdict, early.days_late) == (Verdict.AS_PLANNED, 0)


def test_a_photo_more_than_a_hundred_metres_away_shows_another_place() -> None:
    near = of_f00(photo("f00", lnglat=lnglat_at(2.5, 2.599)))
    assert (near.verdict, near.distance_m) == (Verdict.AS_PLANNED, 99.0)
    far = of_f00(photo("f00", lnglat=lnglat_at(2.5, 2.601), taken_on=date(2017, 10, 30)))
    assert (far.verdict, far.distance_m) == (Verdict.ELSEWHERE, 101.0)


def test_what_went_up_elsewhere_is_not_posted() -> None:
    assert proofs(photo("f00", lnglat=lnglat_at(5, 5))).records == ()


def test_of_several_photos_the_best_one_counts() -> None:
    elsewhere = photo("f00", 2, lnglat=lnglat_at(5, 5), photo="a.jpg")
    late = photo("f00", 3, taken_on=date(2017, 10, 22), lnglat=AT_F00, photo="b.jpg")
    right = photo("f00", 4, taken_on=date(2017, 10, 18), lnglat=AT_F00, photo="c.jpg")
    assert of_f00(elsewhere, late, right).photo == "c.jpg"
    assert of_f00(right, late, elsewhere).photo == "c.jpg"
    assert of_f00(elsewhere, late).verdict is Verdict.LATE


def test_a_row_without_a_photo_proves_nothing() -> None:
    found = proofs(photo("f00", photo=""))
    assert found.count(Verdict.MISSING) == 3
    assert found.problems == ()


def test_a_row_that_cannot_be_read_proves_nothing_and_its_face_is_looked_at() -> None:
    read = proofs(photo("f00", unread=True), photo("nulle part", 3, unread=True))
    assert read.count(Verdict.MISSING) == 3
    assert [(p.where.row, p.code) for p in read.problems] == [(3, "unknown-face")]


def test_a_photo_of_a_face_with_several_periods_is_that_of_its_day() -> None:
    plan = tiny_plan()
    postings = (*plan.allocation.postings, Posting(2, "f00", "A1"))
    plan = replace(plan, allocation=replace(plan.allocation, postings=postings))
    found = proofs(photo("f00", taken_on=date(2017, 10, 25)), plan=plan)
    assert [p.posting for p in found.proofs if p.verdict is Verdict.AS_PLANNED] == [
        Posting(2, "f00", "A1")
    ]
    by_period = proofs(photo("f00", taken_on=date(2017, 10, 25), period=1), plan=plan)
    assert [p.posting for p in by_period.proofs if p.verdict is Verdict.LATE] == [F00]


def test_a_near_miss_is_only_proposed_until_it_is_accepted() -> None:
    row = photo("F-0")
    assert [(p.kind, p.face_id) for p in proofs(row).open_proposals] == [("face-id", "f00")]
    assert proofs(row).count(Verdict.MISSING) == 3
    assert proofs(row, accept=True).count(Verdict.AS_PLANNED) == 1
    assert proofs(replace(row, accepted=True)).open_proposals == ()


def test_problems_name_their_row_and_only_what_was_not_ordered_is_a_warning() -> None:
    found = proofs(
        photo("f00", 2, taken_on=None), photo("rien", 3), photo("f20", 4), photo("f09", 5, period=1)
    )
    told = [(p.where.row, p.where.column, p.code, p.severity) for p in found.problems]
    assert told == [
        (2, "taken_on", "no-date", Severity.ERROR),
        (3, "face_id", "unknown-face", Severity.ERROR),
        (4, "face_id", "not-ordered", Severity.WARNING),
        (5, "face_id", "not-ordered", Severity.WARNING),
    ]


def test_the_remark_of_a_line_outlives_its_proof() -> None:
    record = LineRecord(1, "f00", "A1", LineState.FIRM, note="angle")
    found = proofs(photo("f00"), plan=replace(tiny_plan(), order=(record,)))
    assert found.records == (LineRecord(1, "f00", "A1", LineState.POSTED, note="angle"),)
