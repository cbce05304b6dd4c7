"""The audit trail of a campaign: read in pages, and exported."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from app.service.access import Action, Granted, needs
from app.service.context import Services, ServicesDep
from app.service.errors import not_found, responses
from app.service.pages import DEFAULT_LIMIT, Cursor, Limit, Page, cursor_of, page_links, place_of
from data.store import audit, campaigns
from data.store.tables import AuditRecord
from data.write.sheet import DELIMITER, LINE_END, MARK, inert

router = APIRouter(tags=["audit"])

COLUMNS = ("seq", "at", "actor", "request_id", "action", "subject", "version", "change")
_AT_ONCE = 500


class AuditEntry(BaseModel):
    """Who did what when. `change` replays it; a private cell is told as changed, without it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "seq": 42,
                "at": "2017-09-04T08:00:00Z",
                "actor": "planificatrice",
                "request_id": "3f0c2b7e5a",
                "action": "plan.swap",
                "subject": "plans/p_7hx3m9wq2v5c8n4p6r2t3",
                "version": 2,
                "change": {"revision": 1, "removed": [], "added": []},
            }
        }
    )

    seq: int
    at: datetime
    actor: str
    request_id: str
    action: str
    subject: str
    version: int | None
    change: dict[str, Any]


@router.get(
    "/campaigns/{campaign_id}/audit",
    operation_id="readAudit",
    summary="Read who did what when in a campaign, the earliest first",
    responses=responses(400, 401, 403, 404, 422),
)
def read_audit(
    campaign_id: str,
    *,
    request: Request,
    _granted: Annotated[Granted, needs(Action.AUDIT_READ)],
    service: ServicesDep,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[AuditEntry]:
    """Read the trail. Nothing in it is ever changed: the database refuses to."""
    place = place_of(service, cursor, of="audit")
    after = place if isinstance(place, int) else None
    with service.store.read() as tx:
        if campaigns.get(tx, campaign_id) is None:
            raise not_found("campaign")
        found = audit.trail(tx, campaign_id, after=after, limit=limit + 1)
    items = [AuditEntry.model_validate(each, from_attributes=True) for each in found[:limit]]
    following = cursor_of(service, items[-1].seq, of="audit") if len(found) > limit else None
    return Page(items=items, links=page_links(request, following=following))


@router.get(
    "/campaigns/{campaign_id}/audit.csv",
    operation_id="exportAudit",
    summary="Export the audit trail of a campaign",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}}},
        **responses(401, 403, 404, 422),
    },
)
def export_audit(
    campaign_id: str,
    *,
    _granted: Annotated[Granted, needs(Action.AUDIT_READ)],
    service: ServicesDep,
) -> StreamingResponse:
    """Export the whole trail, inert in spreadsheets; `change` is JSON."""
    with service.store.read() as tx:
        if campaigns.get(tx, campaign_id) is None:
            raise not_found("campaign")
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return StreamingResponse(
        _lines(service, campaign_id), media_type="text/csv; charset=utf-8", headers=headers
    )


def _lines(service: Services, campaign_id: str) -> Iterator[bytes]:
    """Yield the file part by part; no transaction is open while a part is on its way."""
    yield (MARK + _csv([COLUMNS])).encode()
    after: int | None = None
    while True:
        with service.store.read() as tx:
            found = audit.trail(tx, campaign_id, after=after, limit=_AT_ONCE)
        if not found:
            return
        yield _csv([_cells(each) for each in found]).encode()
        after = found[-1].seq


def _cells(entry: AuditRecord) -> tuple[str, ...]:
    change = json.dumps(entry.change, ensure_ascii=False, sort_keys=True)
    texts = (entry.actor, entry.request_id, entry.action, entry.subject)
    version = "" if entry.version is None else str(entry.version)
    return (str(entry.seq), entry.at.isoformat(), *map(inert, texts), version, inert(change))


def _csv(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=DELIMITER, lineterminator=LINE_END).writerows(rows)
    return text.getvalue()
