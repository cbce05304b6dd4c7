"""One posting changed by hand: every rule that it would break, and what it would cost.

The rules are those of `geo.verify`, and so is the arithmetic: a swap that is only tried is judged
by the same code that judges whole plans.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from data.store import Tx, inputs
from geo.errors import UnknownNameError
from geo.french import NBSP, quoted
from geo.model import Campaign, Lock
from geo.plan import AgentExposure, Plan, Posting, Status
from geo.verify import Rule, Violation, worth
from geo.verify.certificate import Rows, check_certificate, expected_rows
from geo.verify.ledger import Ledger
from geo.verify.postings import check_locks, check_postings, cost_of

OWED = frozenset({Rule.QUOTA_MISSED, Rule.SHORTFALL_UNNAMED})
"""What a plan owes agents: a planner may take it back, and the plan then says so."""

_NO_ANSWER = frozenset({Status.INFEASIBLE, Status.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Swap:
    """A face, a period from 1, and who is to be on it: an agent, or nobody."""

    period: int
    face_id: str
    agent_id: str | None


@dataclass(frozen=True, slots=True)
class Worth:
    """What postings are worth: `objective`, equivalent `exposure`, `gap` to the plan's bound."""

    objective: float
    exposure: float
    gap: float
    cost_cents: int
    postings: int


@dataclass(frozen=True, slots=True)
class Bench:
    """A plan laid out so that swaps are tried quickly.

    `locks` are those of the campaign as it is now, beside those that the plan was made with.
    `broken` is what the plan breaks before any swap.
    """

    campaign: Campaign
    plan: Plan
    broken: frozenset[Violation]
    rows: Rows
    worth: Worth


@dataclass(frozen=True, slots=True)
class AgentPrice:
    """What an agent has before and after a swap."""

    before: AgentExposure
    after: AgentExposure


@dataclass(frozen=True, slots=True)
class Trial:
    """A swap that was tried.

    Parameters
    ----------
    removed, added
        The postings that go and come; None where there is none.
    violations
        Of hard rules that the plan did not break before: with any the swap cannot be.
    owed
        What the plan promised to agents and would no longer keep.
    bound_holds
        Whether the bound of the plan holds for what the swap makes of it: it does where nothing is
        `owed`. Where it does not a new one is computed when the swap is carried out.
    """

    swap: Swap
    postings: tuple[Posting, ...]
    removed: Posting | None
    added: Posting | None
    violations: tuple[Violation, ...]
    owed: tuple[Violation, ...]
    before: Worth
    after: Worth
    agents: tuple[AgentPrice, ...]

    @property
    def is_allowed(self) -> bool:
        """Return whether no hard rule breaks."""
        return not self.violations

    @property
    def bound_holds(self) -> bool:
        """Return whether the gap is to a bound that still holds."""
        return not self.owed


def lay_out(campaign: Campaign, plan: Plan, *, locks: Iterable[Lock] = ()) -> Bench:
    """Return a plan laid out for swaps.

    Parameters
    ----------
    locks
        Decisions taken since the plan was made; those on other places than the plan's own count.
    """
    own = {(lock.face_id, lock.period) for lock in campaign.locks}
    known = {str(face_id) for face_id in campaign.faces.face_id}
    newer = [k for k in locks if (k.face_id, k.period) not in own and k.face_id in known]
    campaign = replace(campaign, locks=tuple(sorted((*campaign.locks, *newer), key=_lock_place)))
    ledger = Ledger(campaign, plan.allocation.postings)
    rows = expected_rows(ledger)
    broken = frozenset((*_hard(ledger), *_owed(ledger, plan)))
    return Bench(campaign, plan, broken, rows, _worth(ledger, plan, rows))


def try_swap(bench: Bench, swap: Swap) -> Trial:
    """Return what a swap would break and cost; nothing is changed.

    Raises
    ------
    UnknownNameError
        If there is no such face, period or agent, or the plan allocates nothing at all.
    """
    check_names(bench.campaign, swap)
    postings = bench.plan.allocation.postings
    there = [p for p in postings if (p.period, p.face_id) == (swap.period, swap.face_id)]
    added = None if swap.agent_id is None else Posting(swap.period, swap.face_id, swap.agent_id)
    after = tuple(sorted({*(p for p in postings if p not in there), *([added] if added else [])}))
    removed = next((p for p in there if p != added), None)
    ledger = Ledger(bench.campaign, after)
    rows = expected_rows(ledger)
    concerned = {p.agent_id for p in (removed, added) if p is not None}
    return Trial(
        swap,
        postings=after,
        removed=removed,
        added=None if added in there else added,
        violations=tuple(sorted(set(_hard(ledger)) - bench.broken)),
        owed=tuple(sorted(set(_owed(ledger, bench.plan)) - bench.broken)),
        before=bench.worth,
        after=_worth(ledger, bench.plan, rows),
        agents=tuple(AgentPrice(bench.rows[a], rows[a]) for a in sorted(concerned)),
    )


def check_names(campaign: Campaign, swap: Swap) -> None:
    """Refuse names that the campaign does not know.

    Raises
    ------
    UnknownNameError
        Names the first of them.
    """
    if swap.face_id not in set(campaign.faces.face_id.tolist()):
        raise UnknownNameError(f"La face {quoted(swap.face_id)} n’est pas dans l’inventaire.")
    if swap.period not in campaign.periods.numbers():
        count = campaign.periods.count
        raise UnknownNameError(
            f"La vague {swap.period} n’existe pas{NBSP}: la campagne en a {count}."
        )
    if swap.agent_id is not None and swap.agent_id not in {a.agent_id for a in campaign.agents}:
        raise UnknownNameError(f"L’agent {quoted(swap.agent_id)} n’est pas dans la campagne.")


def can_be_swapped(plan: Plan) -> bool:
    """Return whether a plan has an allocation to change."""
    return plan.allocation.status not in _NO_ANSWER


def _hard(ledger: Ledger) -> list[Violation]:
    return [*check_postings(ledger), *check_locks(ledger)]


def _owed(ledger: Ledger, plan: Plan) -> list[Violation]:
    postings = ledger.postings
    allocation = replace(plan.allocation, postings=postings)
    return [v for v in check_certificate(ledger, allocation) if v.rule in OWED]


def _worth(ledger: Ledger, plan: Plan, rows: Rows) -> Worth:
    """Return what postings are worth; the gap is to the bound of the plan."""
    agents = ledger.campaign.agents
    alpha = ledger.campaign.matching.fairness
    ratios = {agent_id: row.ratio for agent_id, row in rows.items()}
    exposure = worth.equivalent_of_ratios(agents, ratios, alpha)
    most = plan.allocation.exposure_bound
    return Worth(
        objective=worth.total_utility(agents, ratios, alpha),
        exposure=exposure,
        gap=1 - exposure / most if most > 0 else 0.0,
        cost_cents=cost_of(ledger),
        postings=len(ledger.postings),
    )


def _lock_place(lock: Lock) -> tuple[str, int, str]:
    return lock.face_id, lock.period, lock.agent_id or ""


def live_locks(tx: Tx, campaign_id: str) -> tuple[Lock, ...]:
    """Return the locks of a campaign as it is now, by face and period."""
    rows = (row.cells for row in inputs.every(tx, campaign_id, "locks"))
    locks = [
        Lock(cells["face_id"], int(cells["period"]), cells.get("agent_id") or None)
        for cells in rows
        if cells["period"].isdecimal()
    ]
    return tuple(sorted(locks, key=_lock_place))
