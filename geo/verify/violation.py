"""What `verify` can find: every rule by its code, and one finding."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from geo.french import typeset


class Rule(StrEnum):
    """The rules that a plan keeps, each by the stable code that machines and tests know it by."""

    # The inputs are those that the plan was made from.
    CHANGED_INPUT = "changed-input"

    # The postings name things that exist, once.
    UNKNOWN_FACE = "unknown-face"
    UNKNOWN_AGENT = "unknown-agent"
    UNKNOWN_PERIOD = "unknown-period"
    DUPLICATE_POSTING = "duplicate-posting"

    # The seven hard rules of the matching.
    FACE_SHARED = "face-shared"
    OUTSIDE_ZONE = "outside-zone"
    PERIOD_CLOSED = "period-closed"
    CONSENT_MEDIUM = "consent-medium"
    CONSENT_EXPIRED = "consent-expired"
    FACE_UNAVAILABLE = "face-unavailable"
    FACE_EXCLUDED = "face-excluded"
    OVER_BUDGET = "over-budget"
    SPACING = "spacing"
    ROTATION = "rotation"
    LOCK_NOT_KEPT = "lock-not-kept"
    LOCKED_FREE = "locked-free"

    # What was wanted, and what is owed where it could not be had.
    QUOTA_MISSED = "quota-missed"
    QUOTA_TOO_HIGH = "quota-too-high"
    SHORTFALL_UNNAMED = "shortfall-unnamed"
    ALLOCATION_NOT_MADE = "allocation-not-made"
    NO_ANSWER_WITH_POSTINGS = "no-answer-with-postings"
    NO_ANSWER_WITHOUT_REASON = "no-answer-without-reason"

    # The arithmetic of the certificate.
    AGENT_ROWS = "agent-rows"
    TARGET = "target"
    EXPOSURE = "exposure"
    RATIO = "ratio"
    CONTACTS = "contacts"
    POSTING_COUNT = "posting-count"
    COST = "cost"
    OBJECTIVE = "objective"
    BOUND_BELOW_OBJECTIVE = "bound-below-objective"
    EQUIVALENT_EXPOSURE = "equivalent-exposure"
    EQUIVALENT_BOUND = "equivalent-bound"
    GAP = "gap"
    UNUSED_COUNT = "unused-count"

    # The order to the media buyer says what the allocation says.
    ORDER_MISSING_LINE = "order-missing-line"
    ORDER_EXTRA_LINE = "order-extra-line"
    ORDER_DATES = "order-dates"
    ORDER_VISUAL = "order-visual"
    ORDER_PRICE = "order-price"
    ORDER_FACE = "order-face"
    ORDER_ZONE = "order-zone"
    ORDER_UNSORTED = "order-unsorted"
    ORDER_PERSONAL = "order-personal"

    # The tour as a whole.
    TOUR_NOT_MADE = "tour-not-made"
    TOUR_NOT_ASKED = "tour-not-asked"
    TOUR_WITH_STOPS = "tour-with-stops"
    TOUR_WITHOUT_REASON = "tour-without-reason"
    TOUR_UNSORTED = "tour-unsorted"
    TOO_MANY_KITS = "too-many-kits"
    DRIVE_TOTAL = "drive-total"
    DISTANCE_TOTAL = "distance-total"
    DRIVE_BOUND = "drive-bound"

    # The stops.
    UNKNOWN_MAISON = "unknown-maison"
    MAISON_NOT_VISITED = "maison-not-visited"
    MAISON_VISITED_TWICE = "maison-visited-twice"
    DWELL = "dwell"
    DAYS_UNSORTED = "days-unsorted"
    DAY_OUT_OF_WINDOW = "day-out-of-window"
    DAY_WEEKEND = "day-weekend"
    DAY_HOLIDAY = "day-holiday"
    DAY_CLOSED = "day-closed"
    DAY_WITHOUT_HOURS = "day-without-hours"
    DAY_NOT_ALLOWED = "day-not-allowed"
    DAY_WITHOUT_POSTERS = "day-without-posters"
    DAY_SCHOOL_HOLIDAYS = "day-school-holidays"
    OUTSIDE_WINDOWS = "outside-windows"
    STOP_HOURS = "stop-hours"
    DAY_SKIPPED = "day-skipped"
    FIXED_DAY_MISSED = "fixed-day-missed"
    STOPS_OVERLAP = "stops-overlap"
    KIT_OUT_OF_ZONE = "kit-out-of-zone"
    ORDER_BROKEN = "order-broken"
    ARRIVES_AFTER_OPENING = "arrives-after-opening"
    LEAVES_BEFORE_CLOSING = "leaves-before-closing"

    # The legs.
    LEG_CHAIN = "leg-chain"
    LEG_CLOCK = "leg-clock"
    LEG_OVERNIGHT = "leg-overnight"
    LEG_DAY = "leg-day"
    LEG_HOURS = "leg-hours"
    LEGS_OVERLAP = "legs-overlap"
    EMPTY_LEG_CLOCK = "empty-leg-clock"
    STOP_CLOCK = "stop-clock"
    DAY_DRIVE = "day-drive"
    TRAVEL_TABLE = "travel-table"
    TRAVEL_SOURCE = "travel-source"
    TRAVEL_IMPLAUSIBLE = "travel-implausible"

    # How sure the driving times are.
    LEG_INTERVAL = "leg-interval"
    SPREAD_MISSING = "spread-missing"
    SPREAD_TOTAL = "spread-total"
    SPREAD_HOLDS = "spread-holds"


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One breach of one rule.

    Parameters
    ----------
    rule
        Which rule is broken.
    subject
        The id of what breaks it (a face, an agent, a Maison), or empty for the whole plan.
    message
        One French sentence for the planner, with the values that disagree.
    """

    rule: Rule
    subject: str
    message: str


def breach(rule: Rule, subject: str, message: str) -> Violation:
    """Return a violation whose message is typeset in French."""
    return Violation(rule, subject, typeset(message))
