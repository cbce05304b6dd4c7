"""How two tours of the same stops differ for those who drive them."""

from __future__ import annotations

from geo.plan import Tour

Pair = frozenset[str]
"""Two places, one driven to after the other, whichever comes first."""


def pairs_of(tour: Tour) -> frozenset[Pair]:
    """Return the pairs of places between which a tour drives its kits."""
    legs = (leg for leg in tour.legs if not leg.empty and leg.from_id != leg.to_id)
    return frozenset(frozenset({leg.from_id, leg.to_id}) for leg in legs)


def left_out(one: Tour, other: Tour) -> int:
    """Return how many of the pairs of the first tour the second one does not drive between."""
    return len(pairs_of(one) - pairs_of(other))


def is_reverse(one: Tour, other: Tour) -> bool:
    """Return whether the kits of the second tour drive the loops of the first the other way."""
    return one.stops != () and sorted(_orders(one)) == sorted(
        tuple(reversed(order)) for order in _orders(other)
    )


def _orders(tour: Tour) -> list[tuple[str, ...]]:
    """Return the stops of each kit in their order."""
    return [
        tuple(stop.maison_id for stop in tour.stops if stop.kit == kit)
        for kit in sorted({stop.kit for stop in tour.stops})
    ]
