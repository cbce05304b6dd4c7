"""What an agent's consent covers."""

from __future__ import annotations

from geo.model import POSTER_MEDIUM, Agent, Periods

EVERY_MEDIUM = "tous"


def covers_posters(agent: Agent) -> bool:
    """Return whether posters are among the media; where no consents are kept, they are."""
    media = agent.consent_media
    return media is None or POSTER_MEDIUM in media or EVERY_MEDIUM in media


def covers_period(agent: Agent, periods: Periods, period: int) -> bool:
    """Return whether the consent lasts to the last day of the period."""
    return agent.consent_until is None or periods.last_day(period) <= agent.consent_until
