"""Signed links: their tokens, and the one page that each of them opens.

A token is the id of a link and an HMAC over all that it allows: which plan, which view, until when.
What the store says of a link and what was signed must agree, so that a link edited in the database
opens nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from app.service.context import Services
from app.service.errors import ApiError
from app.service.plan_files import BY_NAME, PlanFile, content_of, zone_file
from data.store import clock, links, plans
from data.store.tables import LinkRecord

OFFICIALS, BUYER = "officials", "buyer"
VIEW = re.compile(r"(officials|buyer)|officials-([a-z0-9]+(?:-[a-z0-9]+)*)")
_TOKEN = re.compile(r"(l_[0-9a-z]{21})\.([A-Za-z0-9_-]{43})")


def file_of(view: str) -> PlanFile | None:
    """Return the file that a view is; None if there is no such view.

    The page of one zone is ``officials-`` and its name (`app.service.zone_pages`): it is made when
    it is asked for, whether or not the plan has such a zone.
    """
    found = VIEW.fullmatch(view)
    if found is None:
        return None
    if found[1]:
        return BY_NAME["carte-elus.html" if view == OFFICIALS else "carte-regie.html"]
    return zone_file(found[2])


def token_of(service: Services, record: LinkRecord) -> str:
    """Return the token of a link."""
    return f"{record.link_id}.{_signature(service, record)}"


def follow(service: Services, token: str, *, counted: bool) -> bytes | None:
    """Return the page that a token opens; None for every token that opens nothing.

    Parameters
    ----------
    counted
        Whether it is opened by somebody, and not only looked at by a program that checks links.

    Raises
    ------
    WithheldError
        While the page is being made again without a portrait.
    """
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        return None
    with service.store.read() as tx:
        record = links.get(tx, parts[1])
        if record is None:
            return None
        if not hmac.compare_digest(parts[2], _signature(service, record)):
            return None
        file = file_of(record.view)
        content = None if file is None else plans.file(tx, record.plan_id, file.name)
    if file is None or (content is None and not file.zone):
        return None
    if not _use(service, record.link_id, counted=counted):
        return None
    return _made(service, record.plan_id, file) if content is None else content


def _made(service: Services, plan_id: str, file: PlanFile) -> bytes | None:
    """Return the page of a zone that was not kept of this revision; None if there is none."""
    try:
        return content_of(service, plan_id, file, names=False).content
    except ApiError as error:
        if error.status in {404, 410, 422}:
            return None
        raise


def _use(service: Services, link_id: str, *, counted: bool) -> bool:
    """Return whether a link is still good, and count its use; note the moment even if it is not.

    A moment that has been seen does not come back: set the clock back, and the link stays expired.
    """
    with service.store.write() as tx:
        now = clock.note(tx, service.clock())
        record = links.get(tx, link_id)
        if record is None or not links.is_open(record, now):
            return False
        if counted:
            links.count_use(tx, link_id, at=now)
        return True


def _signature(service: Services, record: LinkRecord) -> str:
    until = str(int(record.expires_at.timestamp()))
    signed = f"link\n{record.link_id}\n{record.plan_id}\n{record.view}\n{until}".encode()
    digest = hmac.digest(service.settings.secret, signed, hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
