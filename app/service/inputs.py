"""Files of inputs as the API takes them: through the doors, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from app.service.access import Granted
from app.service.acts import act_of
from app.service.campaigns import (
    hold_campaign,
    open_campaign,
    refuse_archived,
)
from app.service.context import Services
from app.service.errors import RETRY_AFTER_S, ApiError, not_found
from app.service.etag import check_if_match
from app.service.input_models import RejectItem, UploadAnswer, tag_of, view_of
from app.service.quotas import quota_exceeded
from app.service.reading import ReadUpload, Sent, read_upload
from data.store import Tx, inputs
from data.store.audit import Act
from data.store.folder_files import FILE_NAMES
from data.store.folders import campaign_files
from data.store.tables import CampaignRecord, InputRecord

ATTEMPTS = 3
MOST_REJECTS = 1000
_CONTEXT: Mapping[str, tuple[str, ...]] = {
    "zones": (),
    "maisons": ("zones",),
    "agents": ("zones", "maisons"),
    "faces": ("zones",),
    "exclusions": ("zones",),
    "travel": ("maisons",),
    "locks": ("zones", "agents", "faces", "exclusions"),
}
"""The kinds that a file of each kind is read against."""


def open_input(tx: Tx, campaign_id: str, kind: str) -> InputRecord:
    """Return an input.

    Raises
    ------
    ApiError
        404 if there is none of this kind, or no such campaign.
    """
    open_campaign(tx, campaign_id)
    found = inputs.get(tx, campaign_id, kind)
    if found is None:
        raise not_found("input")
    return found


@dataclass(frozen=True, slots=True)
class Taking:
    """A file that is to be stored: where, by whom, and over what."""

    campaign_id: str
    sent: Sent
    granted: Granted
    request_id: str
    replaces: bool
    if_match: str | None


class _ContextChangedError(Exception):
    """What a file was read against is no longer what is stored."""


def take(service: Services, taking: Taking) -> tuple[UploadAnswer, str]:
    """Store a file, whole or not at all; return what it holds, and its ETag.

    The file is read outside of any transaction. Where what it was read against has changed
    meanwhile it is read again: what is stored fits what it is stored beside.

    Raises
    ------
    ApiError
        404, 409, 412, 413, 422, 428; 503 if the campaign does not hold still.
    """
    for _ in range(ATTEMPTS):
        with service.store.read() as tx:
            _check_may_take(tx, open_campaign(tx, taking.campaign_id), taking)
            context = _context(tx, taking)
            files = campaign_files(tx, taking.campaign_id)
        _check_quota(service, files, taking.sent)
        read = read_upload(files, taking.sent)
        try:
            return _stored(service, taking, read, context)
        except _ContextChangedError:
            continue
    raise ApiError(
        503,
        "busy",
        "The campaign was changed again and again while the file was read. Try again.",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


def _stored(
    service: Services, taking: Taking, read: ReadUpload, context: tuple[object, ...]
) -> tuple[UploadAnswer, str]:
    with service.store.write() as tx:
        act = act_of(service, taking.granted, taking.request_id, tx)
        campaign = hold_campaign(tx, taking.campaign_id)
        _check_may_take(tx, campaign, taking)
        if _context(tx, taking) != context:
            raise _ContextChangedError
        record = _replace(tx, taking, read, act)
        answer = UploadAnswer(
            **view_of(tx, record, taking.granted).model_dump(),
            rejected=len(read.rejects),
            rejects=[
                RejectItem(row=each.row, reason=each.reason, values=dict(each.values))
                for each in read.rejects[:MOST_REJECTS]
            ],
            elsewhere=read.elsewhere,
        )
        return answer, tag_of(record)


def _replace(tx: Tx, taking: Taking, read: ReadUpload, act: Act) -> InputRecord:
    sent = taking.sent
    return inputs.replace(
        tx,
        taking.campaign_id,
        sent.kind,
        file_name=sent.name,
        sha256=sha256(sent.content).hexdigest(),
        headings=read.headings,
        rows=read.rows,
        problems=read.problems,
        act=act,
    )


def _check_may_take(tx: Tx, campaign: CampaignRecord, taking: Taking) -> None:
    refuse_archived(campaign)
    record = inputs.get(tx, taking.campaign_id, taking.sent.kind)
    if not taking.replaces:
        if record is not None:
            detail = "There is such a file already: replace it by PUT, with its ETag in If-Match."
            raise ApiError(409, "exists", detail, headers={"ETag": tag_of(record)})
        return
    if record is None:
        raise not_found("input")
    now = view_of(tx, record, taking.granted).model_dump(mode="json")
    check_if_match(taking.if_match, tag_of(record), now=now)


def _context(tx: Tx, taking: Taking) -> tuple[object, ...]:
    campaign = open_campaign(tx, taking.campaign_id)
    kinds = _CONTEXT[taking.sent.kind]
    records = [inputs.get(tx, taking.campaign_id, kind) for kind in kinds]
    return (campaign.version, *(record and record.version for record in records))


def _check_quota(service: Services, files: Mapping[str, bytes], sent: Sent) -> None:
    others = sum(len(c) for name, c in files.items() if name != FILE_NAMES[sent.kind])
    if others + len(sent.content) > service.settings.campaign_quota:
        raise quota_exceeded()
