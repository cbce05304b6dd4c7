"""The matching against every allocation there is, on instances small enough to list them all."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.matching import MatchingProblem, build_problem, solve
from geo.matching.reference import Reference, solve_by_highs
from geo.model import Campaign, Lock, MatchingRules
from geo.plan import Allocation, Posting, Status
from geo.targeting import Eligibility, target
from tests.builders import faces_at, tiny_campaign

DELTA = 0.1
Pick = tuple[int, int, int]  # face, period from 0, agent


@st.composite
def campaigns(draw: st.DrawFn) -> Campaign:
    """Return up to 4 faces in the middle of the square, 3 agents around them, 2 periods."""
    n = draw(st.integers(0, 4))
    near = st.sampled_from([19.6, 19.8, 20.0, 20.3, 21.0])
    places = [(draw(near), draw(near)) for _ in range(n)]
    whole = st.integers(0, 5)
    contacts = [1000.0 * draw(whole) for _ in range(n)]
    prices = [100 * draw(whole) for _ in range(n)]
    available = [[draw(st.integers(0, 4)) > 0 for _ in range(2)] for _ in range(n)]
    faces = faces_at(places, periods=2, contacts=contacts, price_cents=prices, available=available)
    zones = st.sampled_from(["t1", "t2", "t4", "nord", "sud", "dep", "dep"])
    agents = tuple(
        replace(agent, zones=(draw(zones),), share=draw(st.sampled_from([0.5, 1.0, 1.0, 3.0])))
        for agent in tiny_campaign().agents[: draw(st.integers(1, 3))]
    )
    rules = MatchingRules(
        budget_cents=draw(st.one_of(st.none(), st.integers(0, 1800))),
        spacing_m=draw(st.sampled_from([0.0, 250.0, 500.0, 5000.0])),
        max_periods_per_face=draw(st.integers(1, 2)),
        min_faces=draw(st.integers(0, 3)),
        distance_km=draw(st.sampled_from([0.0, 8.0, 30.0])),
        fairness=draw(st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0])),
    )
    campaign = tiny_campaign(faces=faces, agents=agents, matching=rules, maisons=())
    return replace(campaign, locks=_locks(draw, campaign))


def _locks(draw: st.DrawFn, campaign: Campaign) -> tuple[Lock, ...]:
    if not len(campaign.faces):
        return ()
    who = st.sampled_from([None, *(agent.agent_id for agent in campaign.agents)])
    locks = draw(
        st.dictionaries(
            st.tuples(st.sampled_from(campaign.faces.face_id.tolist()), st.integers(1, 2)),
            who,
            max_size=2,
        )
    )
    return tuple(Lock(face, period, agent) for (face, period), agent in sorted(locks.items()))


@dataclass(frozen=True)
class Case:
    """A campaign, who may be where, and the rules by plain loops."""

    campaign: Campaign
    eligibility: Eligibility

    @property
    def problem(self) -> MatchingProblem:
        return build_problem(self.campaign, self.eligibility)

    def open_picks(self) -> list[Pick]:
        found = self.eligibility
        return [
            (int(f), t, int(a))
            for e, (f, a) in enumerate(zip(found.edge_face, found.edge_agent, strict=True))
            for t in range(self.campaign.periods.count)
            if found.edge_open[e, t]
        ]

    def broken(self, picks: Iterable[Pick]) -> set[str]:
        """Return the hard rules that an allocation breaks."""
        picks, rules, faces = list(picks), self.campaign.matching, self.campaign.faces
        broken = set()
        if len({(f, t) for f, t, _ in picks}) < len(picks):
            broken.add("one portrait a face and period")
        if not set(picks) <= set(self.open_picks()):
            broken.add("zones, consents, availability, exclusions")
        cost = sum(int(faces.price_cents[f]) for f, _, _ in picks)
        if rules.budget_cents is not None and cost > rules.budget_cents:
            broken.add("budget")
        for (f, t, a), (g, u, b) in combinations(picks, 2):
            apart = math.dist((faces.x[f], faces.y[f]), (faces.x[g], faces.y[g]))
            if a == b and t == u and f != g and apart < rules.spacing_m:
                broken.add("spacing")
        stays = Counter((f, a) for f, _, a in picks)
        if any(n > rules.max_periods_per_face for n in stays.values()):
            broken.add("rotation")
        if not self.locks_hold(picks):
            broken.add("locks")
        return broken

    def locks_hold(self, picks: list[Pick]) -> bool:
        carried = {(str(self.campaign.faces.face_id[f]), t + 1): a for f, t, a in picks}
        index = {agent.agent_id: a for a, agent in enumerate(self.campaign.agents)}
        return all(
            carried.get((k.face_id, k.period)) == (index[k.agent_id] if k.agent_id else None)
            for k in self.campaign.locks
        )

    def allocations(self) -> Iterator[list[Pick]]:
        """Yield every allocation that keeps the hard rules."""
        options: dict[tuple[int, int], list[Pick | None]] = {}
        for f, t, a in self.open_picks():
            options.setdefault((f, t), [None]).append((f, t, a))
        for chosen in product(*options.values()):
            picks = [pick for pick in chosen if pick is not None]
            if not self.broken(picks):
                yield picks

    def missing(self, picks: Iterable[Pick]) -> int:
        count = Counter(a for _, _, a in picks)
        wanted = self.campaign.matching.min_faces
        return sum(max(0, wanted - count[a]) for a in range(len(self.campaign.agents)))

    def objective(self, picks: Iterable[Pick]) -> float:
        agents, found = self.campaign.agents, self.eligibility
        rho = dict(
            zip(
                zip(found.edge_face.tolist(), found.edge_agent.tolist(), strict=True),
                found.relevance.tolist(),
                strict=True,
            )
        )
        total, most = sum(agent.share for agent in agents), self.most_exposure()
        exposure = dict.fromkeys(range(len(agents)), 0.0)
        for f, _, a in picks:
            exposure[a] += rho[f, a] * float(self.campaign.faces.contacts[f])
        if most == 0:
            return 0.0
        return sum(
            agent.share * self.utility(exposure[a] / (most * agent.share / total))
            for a, agent in enumerate(agents)
        )

    def utility(self, ratio: float) -> float:
        alpha = self.campaign.matching.fairness
        if alpha == 1:
            return math.log((DELTA + ratio) / DELTA)
        return float(((DELTA + ratio) ** (1 - alpha) - DELTA ** (1 - alpha)) / (1 - alpha))

    def most_exposure(self) -> float:
        """Return Y by a fractional knapsack."""
        found, faces = self.eligibility, self.campaign.faces
        best: dict[tuple[int, int], float] = {}
        for e, f in enumerate(found.edge_face.tolist()):
            for t in np.flatnonzero(found.edge_open[e]).tolist():
                value = float(found.relevance[e] * faces.contacts[f])
                best[f, t] = max(best.get((f, t), 0.0), value)
        offers = [(value, int(faces.price_cents[f])) for (f, _), value in best.items() if value > 0]
        offers.sort(key=lambda offer: offer[0] / offer[1] if offer[1] else math.inf, reverse=True)
        left, bought = self.campaign.matching.budget_cents, 0.0
        for value, price in offers:
            part = 1.0 if left is None or price <= left else left / price
            bought += value * part
            left = None if left is None else left - round(part * price)
        return bought

    def best(self) -> tuple[int, float] | None:
        """Return the fewest missing postings and the best objective with these; None: no way."""
        found = [(self.missing(picks), -self.objective(picks)) for picks in self.allocations()]
        return (min(found)[0], -min(found)[1]) if found else None

    def picks_of(self, postings: Iterable[Posting]) -> list[Pick]:
        face = {str(face_id): f for f, face_id in enumerate(self.campaign.faces.face_id)}
        agent = {agent.agent_id: a for a, agent in enumerate(self.campaign.agents)}
        return [(face[p.face_id], p.period - 1, agent[p.agent_id]) for p in postings]


def case_of(campaign: Campaign) -> Case:
    return Case(campaign, target(campaign))


def check(case: Case, answer: Reference | Allocation, best: tuple[int, float]) -> None:
    fewest, optimum = best
    picks = case.picks_of(answer.postings)
    assert case.broken(picks) == set()
    assert case.missing(picks) == fewest
    near = 1e-9 * max(1.0, abs(optimum))
    assert answer.objective == pytest.approx(case.objective(picks), rel=1e-9, abs=1e-9)
    assert answer.objective <= optimum + near
    assert answer.bound >= answer.objective


def check_highs(campaign: Campaign) -> None:
    case = case_of(campaign)
    best = case.best()
    answer = solve_by_highs(case.problem)
    assert (answer is None) == (best is None)
    if answer is None or best is None:
        return
    check(case, answer, best)
    assert answer.missing == best[0]
    assert answer.missing_proven
    assert answer.bound >= best[1] - 1e-9 * max(1.0, abs(best[1]))
    assert answer.gap <= 0.01


def check_solve(campaign: Campaign) -> None:
    case = case_of(campaign)
    best = case.best()
    answer = solve(case.problem)
    assert (answer.status is Status.INFEASIBLE) == (best is None)
    if best is None:
        assert answer.postings == ()
        assert answer.shortfalls
        return
    check(case, answer, best)
    keeping = [
        case.objective(picks)
        for picks in case.allocations()
        if all(
            sum(campaign.agents[a].agent_id == agent_id for _, _, a in picks) >= quota
            for agent_id, quota in answer.quota.items()
        )
    ]
    assert answer.bound >= max(keeping) - 1e-9 * max(1.0, *keeping)
    assert (answer.status is Status.OPTIMAL) == (answer.gap <= 0.01)


FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MANY = settings(FEW, max_examples=600)


@FEW
@given(campaigns())
def test_highs_finds_what_all_allocations_show(campaign: Campaign) -> None:
    check_highs(campaign)


@settings(FEW, max_examples=15)
@given(campaigns())
def test_the_answer_lies_between_the_rules_and_the_best_there_is(campaign: Campaign) -> None:
    check_solve(campaign)


@pytest.mark.slow
@MANY
@given(campaigns())
def test_highs_finds_what_all_allocations_show_many_times(campaign: Campaign) -> None:
    check_highs(campaign)


@pytest.mark.slow
@MANY
@given(campaigns())
def test_the_answer_lies_between_the_rules_and_the_best_many_times(campaign: Campaign) -> None:
    check_solve(campaign)


@FEW
@given(campaigns())
def test_doubled_prices_and_budget_leave_what_is_proven_in_agreement(campaign: Campaign) -> None:
    budget = campaign.matching.budget_cents
    faces = replace(campaign.faces, price_cents=2 * campaign.faces.price_cents)
    rules = replace(campaign.matching, budget_cents=None if budget is None else 2 * budget)
    agree(campaign, replace(campaign, faces=faces, matching=rules))


@FEW
@given(campaigns(), st.sampled_from([0.001, 7.0, 1000.0]))
def test_scaled_contacts_leave_what_is_proven_in_agreement(
    campaign: Campaign, scale: float
) -> None:
    faces = replace(campaign.faces, contacts=scale * campaign.faces.contacts)
    agree(campaign, replace(campaign, faces=faces))


def agree(campaign: Campaign, other: Campaign) -> None:
    """Check that what one answer reaches, the bound of the other allows."""
    first, second = (solve_by_highs(case_of(c).problem) for c in (campaign, other))
    assert (first is None) == (second is None)
    if first is None or second is None:
        return
    near = 1e-9 * max(1.0, first.bound)
    assert first.missing == second.missing
    assert first.objective <= second.bound + near
    assert second.objective <= first.bound + near
