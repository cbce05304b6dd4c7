"""Why a face carries nothing in any period: the reasons, by name."""

from __future__ import annotations

from enum import StrEnum


class Unused(StrEnum):
    """The first reason that holds, in this order."""

    EXCLUDED = "excluded"  # inside an exclusion
    UNAVAILABLE = "unavailable"  # not for sale in any period
    CLOSED = "sequence-closed"  # for sale, but only in periods closed to its zone
    NOBODY_HERE = "no-agent-here"  # no agent works in its zones
    NO_CONSENT = "no-consent"  # agents do, but without consent for its open periods
    LOCKED = "locked-empty"  # kept free by locks in every open period
    SPACING = "spacing"  # whoever would gain is on a face too close
    PRICE = "not-worth-its-price"  # a cent brings more elsewhere
    BUDGET = "budget-spent"  # worth it, but what is left of the budget does not reach
