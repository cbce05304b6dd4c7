"""API keys: made and shown once, listed by prefix, revoked at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.service.access import Action, Granted, needs
from app.service.acts import act_of
from app.service.context import RequestId, Services, ServicesDep
from app.service.errors import ApiError, not_found, responses
from app.service.pages import DEFAULT_LIMIT, Cursor, Limit, Page, cursor_of, page_links, place_of
from data.store import keys
from data.store.tables import KeyRecord

router = APIRouter(tags=["keys"])

SUBJECT = r"^[A-Za-z0-9._@:+|/-]+$"
LABEL = r"^[^\x00-\x1f\x7f]*$"
LONGEST_DAYS = 3650
Subject = Annotated[str, Field(pattern=SUBJECT, min_length=1, max_length=200)]
Label = Annotated[str, Field(pattern=LABEL, max_length=100)]
Days = Annotated[int, Field(ge=1, le=LONGEST_DAYS)]


class NewKey(BaseModel):
    """A key to make. `scopes` limits it to some actions; null lets it do what its subject may."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "subject": "sig-isere",
                "label": "QGIS, poste 12",
                "scopes": ["campaign.read", "features.read"],
                "expires_in_days": 365,
            }
        },
    )

    subject: Subject
    label: Label = ""
    scopes: list[Action] | None = None
    expires_in_days: Days | None = None


class Key(BaseModel):
    """A key without its secret; it is found by its prefix."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "key_id": "k_7hx3m9wq2v5c8n4p6r2t3",
                "prefix": "pk_4k7m2x9q1c",
                "subject": "sig-isere",
                "label": "QGIS, poste 12",
                "scopes": ["campaign.read", "features.read"],
                "created_at": "2017-09-04T08:00:00Z",
                "expires_at": "2018-09-04T08:00:00Z",
                "revoked_at": None,
                "last_used_at": None,
            }
        }
    )

    key_id: str
    prefix: str
    subject: str
    label: str
    scopes: list[Action] | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class ShownKey(Key):
    """A key as it is answered once, when it is made: `key` is what its holder sends."""

    key: str


@router.post(
    "/keys",
    operation_id="createKey",
    summary="Make an API key, shown this once",
    status_code=201,
    responses=responses(401, 403, 422),
)
def create_key(
    new: NewKey,
    granted: Annotated[Granted, needs(Action.KEY_MANAGE)],
    service: ServicesDep,
    request_id: RequestId,
    response: Response,
) -> ShownKey:
    """Make a key; its rights are those of its subject, within its scopes.

    Who holds a limited key makes none that may do more.
    """
    own = granted.principal.scopes
    if own is not None and (new.scopes is None or not own.issuperset(new.scopes)):
        raise ApiError(403, "wider-scopes", "A key makes no key that may do more than itself.")
    with service.store.write() as tx:
        act = act_of(service, granted, request_id, tx)
        lasts = new.expires_in_days
        record, key = keys.create(
            tx,
            subject=new.subject,
            label=new.label,
            scopes=[keys.EVERY_SCOPE] if new.scopes is None else [s.value for s in new.scopes],
            expires_at=None if lasts is None else act.at + timedelta(days=lasts),
            act=act,
        )
    response.headers["Location"] = f"/keys/{record.key_id}"
    return ShownKey(**_shown(record).model_dump(), key=key)


@router.get(
    "/keys",
    operation_id="listKeys",
    summary="List the API keys, without their secrets",
    responses=responses(400, 401, 403, 422),
)
def list_keys(
    request: Request,
    _granted: Annotated[Granted, needs(Action.KEY_MANAGE)],
    service: ServicesDep,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[Key]:
    """List keys, those that are revoked or expired too."""
    after = place_of(service, cursor, of="keys")
    with service.store.read() as tx:
        found = keys.page(tx, after=None if after is None else str(after), limit=limit + 1)
    following = (
        cursor_of(service, found[limit - 1].key_id, of="keys") if len(found) > limit else None
    )
    return Page(
        items=[_shown(record) for record in found[:limit]],
        links=page_links(request, following=following),
    )


@router.get(
    "/keys/{key_id}",
    operation_id="readKey",
    summary="Read what an API key is for",
    responses=responses(401, 403, 404, 422),
)
def read_key(
    key_id: str, _granted: Annotated[Granted, needs(Action.KEY_MANAGE)], service: ServicesDep
) -> Key:
    """Read a key without its secret."""
    return _shown(_found(service, key_id))


@router.post(
    "/keys/{key_id}/revoke",
    operation_id="revokeKey",
    summary="Revoke an API key, at once and for ever",
    responses=responses(401, 403, 404, 422),
)
def revoke_key(
    key_id: str,
    granted: Annotated[Granted, needs(Action.KEY_MANAGE)],
    service: ServicesDep,
    request_id: RequestId,
) -> Key:
    """Revoke a key; one that is revoked already stays so."""
    _found(service, key_id)
    with service.store.write() as tx:
        keys.revoke(tx, key_id, act=act_of(service, granted, request_id, tx))
    return _shown(_found(service, key_id))


def _found(service: Services, key_id: str) -> KeyRecord:
    with service.store.read() as tx:
        record = keys.get(tx, key_id)
    if record is None:
        raise not_found("key")
    return record


def _shown(record: KeyRecord) -> Key:
    limited = keys.EVERY_SCOPE not in record.scopes
    known = [action for action in Action if action.value in record.scopes]
    return Key(
        key_id=record.key_id,
        prefix=f"{keys.SCHEME}_{record.prefix}",
        subject=record.subject,
        label=record.label,
        scopes=known if limited else None,
        created_at=record.created_at,
        expires_at=record.expires_at,
        revoked_at=record.revoked_at,
        last_used_at=record.last_used_at,
    )
