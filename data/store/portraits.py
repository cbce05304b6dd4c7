"""The picture of one portrait among the files of a campaign: found, put, removed.

It is kept as a folder has it, ``portraits/<portrait_id>.jpg``. Each change counts as a change of
the inputs and is noted in the audit trail, without the picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import select

from data.read.folder import is_relative_name
from data.read.portraits import FOLDER
from data.read.text import normal
from data.store import audit, campaigns
from data.store.audit import Act
from data.store.engine import Tx
from data.store.folders import attach
from data.store.tables import AttachmentRecord

SUFFIXES = {
    "image/svg+xml": ".svg",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
}
"""What the name of a picture ends with, by its media type."""
_LONGEST_NAME = 200


def can_be_named(portrait_id: str) -> bool:
    """Return whether a portrait may be the name of a file in a folder, on any system."""
    name = f"{portrait_id}.jpg"
    return (
        is_relative_name(name)
        and len(name.encode()) <= _LONGEST_NAME
        and not portrait_id.startswith(".")
        and portrait_id == portrait_id.strip()
        and not set(portrait_id) & set('/\\:*?"<>|')
    )


def find(tx: Tx, campaign_id: str, portrait_id: str) -> AttachmentRecord | None:
    """Return the picture of a portrait, the first by name as when a folder is read, or None."""
    return next(iter(_all(tx, campaign_id, portrait_id)), None)


def put(
    tx: Tx, campaign_id: str, portrait_id: str, content: bytes, *, media_type: str, act: Act
) -> AttachmentRecord:
    """Set the picture of a portrait, instead of the one that there is.

    Parameters
    ----------
    portrait_id
        One that `can_be_named`.
    content
        Of this media type, without metadata.
    """
    campaigns.lock(tx, campaign_id)
    path = f"{FOLDER}/{portrait_id}{SUFFIXES[media_type]}"
    for record in _all(tx, campaign_id, portrait_id):
        if record.path != path:
            tx.delete(record)
    attach(tx, campaign_id, path, content)
    told = {"media_type": media_type, "bytes": len(content)}
    _note(tx, act, "portrait.put", campaign_id, portrait_id, change=told)
    return tx.get_one(AttachmentRecord, (campaign_id, path))


def delete(tx: Tx, campaign_id: str, portrait_id: str, *, act: Act) -> None:
    """Remove the picture of a portrait."""
    campaigns.lock(tx, campaign_id)
    for record in _all(tx, campaign_id, portrait_id):
        tx.delete(record)
    tx.flush()
    _note(tx, act, "portrait.delete", campaign_id, portrait_id)


def _all(tx: Tx, campaign_id: str, portrait_id: str) -> Sequence[AttachmentRecord]:
    query = select(AttachmentRecord).where(
        AttachmentRecord.campaign_id == campaign_id,
        AttachmentRecord.path.startswith(f"{FOLDER}/", autoescape=True),
    )
    wanted = normal(portrait_id)
    records = tx.scalars(query.order_by(AttachmentRecord.path)).all()
    return [each for each in records if normal(PurePosixPath(each.path).stem) == wanted]


def _note(
    tx: Tx,
    act: Act,
    action: str,
    campaign_id: str,
    portrait_id: str,
    *,
    change: Mapping[str, Any] | None = None,
) -> None:
    campaigns.count_change(tx, campaign_id, act)
    subject = f"{FOLDER}/{portrait_id}"
    audit.record(tx, act, action, subject=subject, campaign_id=campaign_id, change=change)
