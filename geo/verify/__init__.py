"""All rules of a plan again, by code that shares nothing with the solvers.

`verify` reads a plan as its folder holds it: the campaign that it was made from, what the plan
says, and the order to the media buyer. It knows the rules from the model alone, so that a fault in
a solver, in a file or in a hand that edited it comes to light.

Tolerances, all of them:

- a face is in a zone that is at most `places.BORDER_M` away, and in the parents of that zone; in
  an exclusion if it touches it;
- two faces are too close if they are so by more than `postings.SPACING_TOLERANCE_M`;
- numbers of the certificate agree to `certificate.TOLERANCE`, relative to their size (below 1, to
  1); an equivalent exposure is also given the digits that its utility cannot hold;
- an order has its degrees to 6 decimals and its square metres to 2;
- an estimated drive is at least as long as the great circle, at 130 km/h at most.
"""

from __future__ import annotations

from collections.abc import Sequence

from geo.model import Campaign
from geo.order import OrderLine
from geo.plan import Plan
from geo.verify.certificate import NO_ANSWER, check_certificate
from geo.verify.ledger import Ledger
from geo.verify.orders import check_order
from geo.verify.postings import check_locks, check_postings
from geo.verify.tours import check_tour
from geo.verify.violation import Rule, Violation, breach

__all__ = ["Rule", "Violation", "verify"]


def verify(
    campaign: Campaign,
    plan: Plan,
    order: Sequence[OrderLine],
    *,
    changed_inputs: Sequence[str] = (),
) -> tuple[Violation, ...]:
    """Return every breach of every rule, sorted; nothing for a plan that keeps them all.

    Parameters
    ----------
    campaign
        What the plan was made from, as the doors accept it: its own consistency is not checked.
    plan
        The plan; nothing that it says is taken on trust.
    order
        The lines of the order, as they stand in the file.
    changed_inputs
        Names of the input files that are not, byte for byte, those that the plan was made from.
    """
    ledger = Ledger(campaign, plan.allocation.postings)
    found = {
        *check_postings(ledger),
        *check_certificate(ledger, plan.allocation),
        *check_order(ledger, order),
        *check_tour(campaign, plan.tour),
        *(_changed(name) for name in changed_inputs),
    }
    if plan.allocation.status not in NO_ANSWER:
        found.update(check_locks(ledger))
    return tuple(sorted(found))


def _changed(name: str) -> Violation:
    message = f"Le fichier campaign/{name} a changé depuis que le plan a été calculé."
    return breach(Rule.CHANGED_INPUT, name, message)
