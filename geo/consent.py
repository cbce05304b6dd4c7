"""What an agent agreed to, medium by medium: posters have their own rules (`geo.targeting`)."""

from __future__ import annotations

from datetime import date

from geo.model import Agent, Periods
from geo.targeting import ALL_MEDIA


def consent_days(agent: Agent, medium: str, periods: Periods) -> tuple[date, date] | None:
    """Return first and last day of the campaign on which a portrait may appear in a medium.

    Where the campaign keeps no consents every medium is allowed, as for posters.

    Returns
    -------
    tuple or None
        None where the consent does not cover the medium, or ends before the campaign begins.
    """
    media = agent.consent_media
    if media is not None and medium not in media and ALL_MEDIA not in media:
        return None
    first, last = periods.first_day(1), periods.last_day(periods.count)
    if agent.consent_until is not None:
        last = min(last, agent.consent_until)
    return (first, last) if first <= last else None
