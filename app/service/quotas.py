"""How much a campaign may hold, however it gets there: by file, by row, by picture."""

from __future__ import annotations

from app.service.context import Services
from app.service.errors import ApiError
from data.store import Tx, sizes


def quota_exceeded() -> ApiError:
    """Return the error of a campaign that would hold more than it may."""
    detail = "The files of this campaign would be more than a campaign may hold."
    return ApiError(413, "quota-exceeded", detail)


def check_quota(service: Services, tx: Tx, campaign_id: str) -> None:
    """Refuse what was just changed in `tx` if the campaign holds too much with it.

    The files are made to be counted only where a bound that costs little does not settle it.

    Raises
    ------
    ApiError
        413.
    """
    quota = service.settings.campaign_quota
    tx.flush()
    if sizes.campaign_bytes_at_most(tx, campaign_id) <= quota:
        return
    if sizes.campaign_bytes(tx, campaign_id) > quota:
        raise quota_exceeded()
