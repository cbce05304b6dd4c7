"""A correct allocation is broken in every way, and each way is found as what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from geo.model import Lock
from geo.plan import Posting, Shortfall, Status
from geo.verify import Rule, verify
from tests.honest_plan import POSTINGS, Case, honest_case, rich_campaign

Break = Callable[[], Case]


def with_posting(period: int, face_id: str, agent_id: str, **changes: Any) -> Break:
    """Return what makes the case with one posting more, everything else still true of it."""
    postings = (*POSTINGS, Posting(period, face_id, agent_id))
    return lambda: honest_case(rich_campaign(**changes), postings)


def without(*face_ids: str, **allocation: Any) -> Break:
    postings = tuple(p for p in POSTINGS if p.face_id not in face_ids)
    return lambda: honest_case(postings=postings, **allocation)


def with_agent(agent_id: str, **changes: Any) -> Break:
    def make() -> Case:
        agents = rich_campaign().agents
        changed = tuple(replace(a, **changes) if a.agent_id == agent_id else a for a in agents)
        return honest_case(rich_campaign(agents=changed))

    return make


def with_rules(**changes: Any) -> Break:
    matching = replace(rich_campaign().matching, **changes)
    return lambda: honest_case(rich_campaign(matching=matching))


def with_locks(*locks: Lock) -> Break:
    return lambda: honest_case(rich_campaign(locks=locks))


def with_allocation(**changes: Any) -> Break:
    def make() -> Case:
        case = honest_case()
        allocation = replace(case.plan.allocation, **changes)
        return replace(case, plan=replace(case.plan, allocation=allocation))

    return make


def with_number(name: str, change: Callable[[float], float]) -> Break:
    return with_allocation(**{name: change(getattr(honest_case().plan.allocation, name))})


def with_row(**change: Callable[[Any], Any]) -> Break:
    def make() -> Case:
        first, *others = honest_case().plan.allocation.agents
        changed = {name: alter(getattr(first, name)) for name, alter in change.items()}
        return with_allocation(agents=(replace(first, **changed), *others))()

    return make


def with_equivalents(*, exposure: float = 1, bound: float = 1) -> Break:
    """Return what makes the case with other equivalent exposures, and the gap that they have."""

    def make() -> Case:
        told = honest_case().plan.allocation
        least, most = told.exposure * exposure, told.exposure_bound * bound
        return with_allocation(exposure=least, exposure_bound=most, gap=1 - least / most)()

    return make


def share_one_portrait() -> Case:
    agents = rich_campaign().agents
    twins = (agents[0], replace(agents[1], portrait_id="P1"), *agents[2:])
    return honest_case(rich_campaign(agents=twins), (*POSTINGS, Posting(1, "f01", "A2")))


def one_portrait_of_two_on_a_face() -> Case:
    agents = rich_campaign().agents
    twins = (agents[0], replace(agents[1], portrait_id="P1"), *agents[2:])
    sequences = {"t3": frozenset({1, 2})}
    postings = (*POSTINGS, Posting(2, "f00", "A2"))
    return honest_case(rich_campaign(agents=twins, sequences=sequences), postings)


def bound_too_low() -> Case:
    objective = honest_case().plan.allocation.objective
    return honest_case(bound=objective * (1 - 1e-6))


def no_answer(status: Status, *, postings: bool, reason: bool) -> Break:
    def make() -> Case:
        case = honest_case(postings=POSTINGS if postings else ())
        shortfalls = (Shortfall("budget", "", "Il manque 1 €."),) if reason else ()
        allocation = replace(case.plan.allocation, status=status, shortfalls=shortfalls)
        return replace(case, plan=replace(case.plan, allocation=allocation))

    return make


named_a1 = Shortfall("too-few", "A1", "Il manque 1 pose.", 2, 1)
rows = honest_case().plan.allocation.agents
nan = float("nan")

BREAKS: dict[str, tuple[Break, set[Rule]]] = {
    # what does not exist, or twice
    "a face nobody has": (with_posting(1, "f99", "A1"), {Rule.UNKNOWN_FACE}),
    "an agent nobody knows": (with_posting(1, "f10", "A9"), {Rule.UNKNOWN_AGENT}),
    "a period before the first": (with_posting(0, "f10", "A1"), {Rule.UNKNOWN_PERIOD}),
    "a period after the last": (with_posting(3, "f10", "A1"), {Rule.UNKNOWN_PERIOD}),
    "a posting twice": (with_posting(1, "f00", "A1"), {Rule.DUPLICATE_POSTING}),
    # rule 1
    "two portraits on a face": (with_posting(1, "f00", "A2"), {Rule.FACE_SHARED}),
    # rule 2
    "a face outside the zones": (with_posting(1, "f60", "A1"), {Rule.OUTSIDE_ZONE}),
    "a period closed to the parent": (with_posting(2, "f16", "A1"), {Rule.PERIOD_CLOSED}),
    "a period closed to the zone itself": (
        lambda: honest_case(rich_campaign(sequences={"t3": frozenset({1})})),
        {Rule.PERIOD_CLOSED},
    ),
    "consent for the press alone": (
        with_agent("A1", consent_media=frozenset({"presse"})),
        {Rule.CONSENT_MEDIUM},
    ),
    "consent for nothing": (
        with_agent("A1", consent_media=frozenset()),
        {Rule.CONSENT_MEDIUM},
    ),
    "consent that has ended": (with_posting(2, "f53", "A4"), {Rule.CONSENT_EXPIRED}),
    "consent that ends the day before the last": (
        with_agent("A3", consent_until=date(2017, 10, 29)),
        {Rule.CONSENT_EXPIRED},
    ),
    # rule 3
    "a face not for sale": (with_posting(2, "f50", "A3"), {Rule.FACE_UNAVAILABLE}),
    "a face inside an exclusion": (with_posting(1, "f49", "A3"), {Rule.FACE_EXCLUDED}),
    "a face on the edge of an exclusion": (with_posting(1, "f57", "A3"), {Rule.FACE_EXCLUDED}),
    # rule 4
    "a cent over the budget": (with_rules(budget_cents=66_699), {Rule.OVER_BUDGET}),
    # rule 5
    "two faces too close": (with_posting(1, "f01", "A1"), {Rule.SPACING}),
    "two agents with one portrait too close": (share_one_portrait, {Rule.SPACING}),
    "two faces a centimetre and a half too close": (
        with_rules(spacing_m=10_000.015),
        {Rule.SPACING},
    ),
    # rule 6
    "a portrait that stays": (with_posting(2, "f32", "A3"), {Rule.ROTATION}),
    "a portrait that stays by two agents": (one_portrait_of_two_on_a_face, {Rule.ROTATION}),
    # rule 7
    "a lock left empty": (without("f61"), {Rule.LOCK_NOT_KEPT}),
    "a lock given to another": (with_locks(Lock("f05", 1, "A1")), {Rule.LOCK_NOT_KEPT}),
    "a lock kept in the wrong period": (with_locks(Lock("f32", 2, "A3")), {Rule.LOCK_NOT_KEPT}),
    "a face locked free": (with_posting(1, "f63", "A4"), {Rule.LOCKED_FREE}),
    # what is owed
    "a quota missed": (
        without("f02", quota={"A1": 2}, shortfalls=(named_a1,)),
        {Rule.QUOTA_MISSED},
    ),
    "a quota that nobody asked for": (with_allocation(quota={"A4": 3}), {Rule.QUOTA_TOO_HIGH}),
    "a quota of a stranger": (
        with_allocation(quota={"A9": 1}),
        {Rule.QUOTA_TOO_HIGH, Rule.QUOTA_MISSED},
    ),
    "too few faces and no word of it": (without("f02"), {Rule.SHORTFALL_UNNAMED}),
    "too few faces and a word about another": (
        without("f02", shortfalls=(replace(named_a1, subject="A2"),)),
        {Rule.SHORTFALL_UNNAMED},
    ),
    "an allocation not asked for": (
        with_allocation(status=Status.NOT_ASKED),
        {Rule.ALLOCATION_NOT_MADE},
    ),
    "impossible with postings": (
        no_answer(Status.INFEASIBLE, postings=True, reason=True),
        {Rule.NO_ANSWER_WITH_POSTINGS},
    ),
    "impossible without a reason": (
        no_answer(Status.INFEASIBLE, postings=False, reason=False),
        {Rule.NO_ANSWER_WITHOUT_REASON},
    ),
    "given up without a reason": (
        no_answer(Status.UNKNOWN, postings=False, reason=False),
        {Rule.NO_ANSWER_WITHOUT_REASON},
    ),
    # the certificate
    "an agent without a row": (with_allocation(agents=rows[1:]), {Rule.AGENT_ROWS}),
    "an agent with two rows": (with_allocation(agents=(*rows, rows[0])), {Rule.AGENT_ROWS}),
    "a row of a stranger": (
        with_allocation(agents=(*rows, replace(rows[0], agent_id="A9"))),
        {Rule.AGENT_ROWS},
    ),
    "a target too high": (with_row(target=lambda t: t * (1 + 1e-8)), {Rule.TARGET}),
    "an exposure too high": (with_row(exposure=lambda y: y + 0.001), {Rule.EXPOSURE}),
    "a ratio too high": (with_row(ratio=lambda r: r + 1e-8), {Rule.RATIO}),
    "a contact too many": (with_row(contacts=lambda c: c + 1), {Rule.CONTACTS}),
    "a posting too many in the count": (with_row(postings=lambda n: n + 1), {Rule.POSTING_COUNT}),
    "a row that is no number": (with_row(exposure=lambda _: nan), {Rule.EXPOSURE}),
    "a cent too little": (with_number("cost_cents", lambda c: c - 1), {Rule.COST}),
    "an objective too high": (with_number("objective", lambda v: v * (1 + 1e-8)), {Rule.OBJECTIVE}),
    "an objective that is no number": (with_number("objective", lambda _: nan), {Rule.OBJECTIVE}),
    "a bound that the plan beats": (bound_too_low, {Rule.BOUND_BELOW_OBJECTIVE}),
    "a bound that is no number": (
        with_number("bound", lambda _: nan),
        {Rule.BOUND_BELOW_OBJECTIVE, Rule.EQUIVALENT_BOUND},
    ),
    "an equivalent exposure too high": (
        with_equivalents(exposure=1.001),
        {Rule.EQUIVALENT_EXPOSURE},
    ),
    "an equivalent bound too low": (with_equivalents(bound=0.999), {Rule.EQUIVALENT_BOUND}),
    "a gap too small": (with_number("gap", lambda g: g / 2), {Rule.GAP}),
    "an unused face forgotten": (
        with_allocation(unused={"not-needed": 54}),
        {Rule.UNUSED_COUNT},
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_allocation_is_found_as_what_it_is(name: str) -> None:
    make, rules = BREAKS[name]
    case = make()
    assert {v.rule for v in verify(case.campaign, case.plan, case.order)} == rules


@pytest.mark.parametrize("status", [Status.INFEASIBLE, Status.UNKNOWN])
def test_no_answer_with_a_reason_owes_nothing_else(status: Status) -> None:
    case = no_answer(status, postings=False, reason=True)()
    assert verify(case.campaign, case.plan, case.order) == ()
