"""A campaign of the store as the folder that the command line reads, and back.

The folder is the same to the byte for the same rows, wherever they are kept: taken in and given
out again, it does not change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path, PurePosixPath

from sqlalchemy import select

from data.read import Cleaned, Reading, clean_campaign, read_campaign
from data.read.campaign import CAMPAIGN_FILE
from data.read.folder import PORTRAIT_LIMIT
from data.read.portraits import FOLDER as PORTRAITS
from data.read.sections import GeocoderSection
from data.store import blobs, campaigns, inputs, withdrawals
from data.store.audit import Act
from data.store.cleaned_rows import headings_of, rows_of
from data.store.consents import AGENTS, Consent
from data.store.engine import Tx
from data.store.folder_files import FILE_NAMES, POSITIONS_FILE, settings_of, table_file, toml_file
from data.store.rows import Row
from data.store.tables import KINDS, AttachmentRecord, BlobRecord, CampaignRecord
from data.store.unpacked import unpacked

__all__ = ["campaign_files", "headings_of", "import_files", "import_folder", "rows_of"]

_PICTURES = frozenset({".svg", ".png", ".jpg", ".jpeg", ".webp"})


def campaign_files(tx: Tx, campaign_id: str) -> dict[str, bytes]:
    """Return the folder of a campaign: its files by their paths, sorted.

    Raises
    ------
    KeyError
        If there is no such campaign.
    """
    campaign = campaigns.get(tx, campaign_id)
    if campaign is None:
        raise KeyError(campaign_id)
    files = dict(attachments(tx, campaign_id))
    there = []
    for record in inputs.of_campaign(tx, campaign_id):
        there.append(record.kind)
        rows = inputs.every(tx, campaign_id, record.kind)
        files[FILE_NAMES[record.kind]] = table_file(record.kind, record.headings, rows)
    files[CAMPAIGN_FILE] = toml_file(campaign.settings, kinds=there)
    return dict(sorted(files.items()))


def attachments(tx: Tx, campaign_id: str) -> dict[str, bytes]:
    """Return the files of a campaign that are no tables, by their paths."""
    of_campaign = AttachmentRecord.campaign_id == campaign_id
    query = (
        select(AttachmentRecord.path, BlobRecord.content)
        .join(BlobRecord, BlobRecord.sha256 == AttachmentRecord.sha256)
        .where(of_campaign)
        .order_by(AttachmentRecord.path)
    )
    return {path: bytes(content) for path, content in tx.execute(query)}


def attach(tx: Tx, campaign_id: str, path: str, content: bytes) -> None:
    """Keep a file beside the tables of a campaign, instead of the one with that path."""
    digest = blobs.put(tx, content)
    found = tx.get(AttachmentRecord, (campaign_id, path))
    if found is None:
        tx.add(AttachmentRecord(campaign_id=campaign_id, path=path, sha256=digest))
    else:
        found.sha256 = digest
    tx.flush()


def import_files(
    tx: Tx, files: Mapping[str, bytes], *, act: Act, crs: Mapping[str, str] | None = None
) -> tuple[CampaignRecord | None, Reading]:
    """Add the campaign in a folder, whole; nothing is added if it has errors.

    Parameters
    ----------
    files
        By path; those that the campaign does not name are not taken.
    crs
        What the planner confirms of the CRS of files, see `data.read.read_campaign`.

    Returns
    -------
    tuple
        The campaign, None if its files have errors; and what was read, all problems included.

    Raises
    ------
    ValueError
        If a path leads out of the folder.
    """
    with unpacked(files) as folder:
        return import_folder(tx, folder, act=act, crs=crs)


def import_folder(
    tx: Tx, folder: Path, *, act: Act, crs: Mapping[str, str] | None = None
) -> tuple[CampaignRecord | None, Reading]:
    """Do what `import_files` does with a folder on the disk.

    Whoever has withdrawn in another campaign has withdrawn here (`data.store.withdrawals`).
    """
    cleaned = clean_campaign(folder, crs=crs)
    reading = _judged(cleaned, folder, crs)
    if reading.campaign is None or cleaned.rules is None:
        return None, reading
    gone: Mapping[str, Mapping[str, Consent]] = {}
    settings = settings_of(cleaned.rules.toml.content)
    campaign = campaigns.create(tx, name=reading.campaign.name, settings=settings, act=act)
    fingerprints = {file.name: file.sha256 for file in cleaned.inputs}
    for kind in (kind for kind in KINDS if kind in cleaned.tables):
        rows: Sequence[Row] = rows_of(cleaned, kind)
        headings: Sequence[str] = headings_of(rows, kind, cleaned)
        file = cleaned.tables[kind].file
        if kind == AGENTS:
            gone = withdrawals.elsewhere(tx, rows)
            kept = withdrawals.kept(
                rows, headings, withdrawn=withdrawals.least(gone.values()), file=file
            )
            rows, headings = kept.rows, kept.headings
            reading = replace(reading, problems=(*reading.problems, *kept.problems))
        inputs.replace(
            tx,
            campaign.campaign_id,
            kind,
            file_name=PurePosixPath(file).name,
            sha256=fingerprints.get(file, sha256(b"").hexdigest()),
            headings=headings,
            rows=rows,
            problems=[p for p in reading.problems if p.where.file == file],
            act=act,
        )
    for source, agents in gone.items():
        withdrawals.carry(tx, agents, into=campaign.campaign_id, source=source, act=act)
    for path, content in _attached(folder, cleaned).items():
        attach(tx, campaign.campaign_id, path, content)
    return campaign, reading


def _judged(cleaned: Cleaned, folder: Path, crs: Mapping[str, str] | None) -> Reading:
    """Return what reading the folder says: rows are left out only where the campaign allows it."""
    section = None if cleaned.rules is None else cleaned.rules.campaign
    if cleaned.left_out and not (section is not None and section.partial):
        strict = read_campaign(folder, crs=crs)
        return replace(strict, campaign=None)
    return cleaned.reading


def _attached(folder: Path, cleaned: Cleaned) -> dict[str, bytes]:
    """Return the portraits, and the places that a geocoder found, as the store names them."""
    files = {}
    for path in sorted((folder / PORTRAITS).glob("*")):
        inside = path.resolve().is_relative_to(folder.resolve())
        if (
            inside
            and path.suffix.casefold() in _PICTURES
            and path.is_file()
            and path.stat().st_size <= PORTRAIT_LIMIT
        ):
            files[f"{PORTRAITS}/{path.name}"] = path.read_bytes()
    geocoder = cleaned.rules.geocoder if cleaned.rules else None
    found = {file.name for file in cleaned.inputs}
    if isinstance(geocoder, GeocoderSection) and geocoder.file in found:
        files[POSITIONS_FILE] = (folder / geocoder.file).read_bytes()
    return files
