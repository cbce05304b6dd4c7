"""A file read in the context of its campaign: the folder with the file in the place of its kind."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.service.errors import ApiError
from data.read import Cleaned, Reading, Reject, clean_campaign, read_campaign
from data.read.campaign import CAMPAIGN_FILE
from data.store.folder_files import FILE_NAMES
from data.store.folders import headings_of, rows_of
from data.store.rows import Row
from data.store.unpacked import unpacked
from data.write.campaign_copy import toml_text
from geo.errors import Problem, Severity

LONGEST_SUBJECT = 200
"""Characters that the audit trail has for a kind and the id of a row."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that somebody sent, and what they say of it."""

    kind: str
    name: str
    content: bytes
    crs: str = ""
    sheet: str = ""
    partial: bool = False


@dataclass(frozen=True, slots=True)
class ReadUpload:
    """What a file holds.

    Parameters
    ----------
    rows, headings
        For the store.
    problems
        Of the file itself: warnings, and the reasons of the rows left out.
    rejects
        Rows left out, only where the sender allows it.
    elsewhere
        How many problems the campaign has beside the file.
    """

    rows: Sequence[Row]
    headings: tuple[str, ...]
    problems: tuple[Problem, ...]
    rejects: tuple[Reject, ...]
    elsewhere: int


def read_upload(files: Mapping[str, bytes], sent: Sent) -> ReadUpload:
    """Return the rows of a file, read by the doors with the rest of its campaign around it.

    Parameters
    ----------
    files
        The folder of the campaign.

    Raises
    ------
    ApiError
        422 with all problems of the file.
    """
    folder_files, name = _in_place(files, sent)
    said = {sent.kind: sent.crs} if sent.crs else None
    with unpacked(folder_files) as folder:
        cleaned = clean_campaign(folder, crs=said)
        left_out = tuple(reject for reject in cleaned.left_out if reject.file == name)
        reading: Reading = cleaned.reading
        if left_out and not (sent.partial or _is_partial(cleaned)):
            reading = read_campaign(folder, crs=said)
        own = tuple(p for p in reading.problems if _is_of(p, name, sent.kind))
        if sent.kind not in cleaned.tables or any(p.severity is Severity.ERROR for p in own):
            raise ApiError(422, "input-problems", "The file has problems.", problems=own)
        rows = rows_of(cleaned, sent.kind)
    refuse_long_ids(sent.kind, [row.row_id for row in rows])
    return ReadUpload(
        rows=rows,
        headings=headings_of(rows, sent.kind, cleaned),
        problems=own,
        rejects=left_out,
        elsewhere=len(reading.problems) - len(own),
    )


def refuse_long_ids(kind: str, row_ids: Sequence[str]) -> None:
    """Refuse ids that are too long to be told of.

    Raises
    ------
    ApiError
        422.
    """
    if any(len(kind) + 1 + len(row_id) > LONGEST_SUBJECT for row_id in row_ids):
        raise ApiError(422, "id-too-long", "The ids that a row is known by are too long.")


def _in_place(files: Mapping[str, bytes], sent: Sent) -> tuple[dict[str, bytes], str]:
    """Return the folder with a file in the place of its kind, and the name that it has there."""
    others = {name: content for name, content in files.items() if name != FILE_NAMES[sent.kind]}
    name = sent.name if sent.name not in others else f"{sent.kind}-{sent.name}"
    document = tomllib.loads(files[CAMPAIGN_FILE].decode())
    document["files"][sent.kind] = f"{name}#{sent.sheet}" if sent.sheet else name
    toml = toml_text(document).encode()
    return {**others, name: sent.content, CAMPAIGN_FILE: toml}, name


def _is_partial(cleaned: Cleaned) -> bool:
    section = None if cleaned.rules is None else cleaned.rules.campaign
    return section is not None and section.partial


def _is_of(problem: Problem, name: str, kind: str) -> bool:
    """Return whether a problem is one of the file, or of what was said of it."""
    where = problem.where
    said = {f"files.{kind}", f"files.{kind}_crs", f"--crs {kind}"}
    return where.file == name or (where.file == CAMPAIGN_FILE and where.column in said)
