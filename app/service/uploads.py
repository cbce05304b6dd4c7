"""Files that people send: one form, one file, its name made harmless; zips unpacked with limits."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from app.service.bodies import FORM
from app.service.context import ServicesDep
from app.service.errors import ApiError, no_room
from data.read.folder import is_relative_name

MOST_FIELDS = 8
MOST_FILES_IN_ZIP = 2000
_BOUNDED = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""What is unpacked bit by bit; of the others a few bytes may fill the memory at once."""
_LONGEST_NAME = 80
_LONGEST_FIELD = 200
_UNSAFE = re.compile(r"[^\w. -]")
_LITTER = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"})
"""What archivers add to a zip, and nobody asked for."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent.

    Parameters
    ----------
    name
        Made of what the sender called it: no path, no letters but those of names of files.
    content
        At most ``upload_limit`` bytes.
    fields
        The other fields of the form.
    """

    name: str
    content: bytes = field(repr=False)
    fields: Mapping[str, str]

    def flag(self, name: str) -> bool:
        """Return whether a field says ``true``.

        Raises
        ------
        ApiError
            422 if it says something else than ``true`` or ``false``.
        """
        said = self.fields.get(name, "false")
        if said not in {"true", "false"}:
            raise bad_form(f"The field {name} is true or false.")
        return said == "true"


def bad_form(detail: str) -> ApiError:
    """Return the error of a form that is not as the API describes it."""
    return ApiError(422, "invalid-request", detail)


async def one_file(request: Request, service: ServicesDep) -> Upload:
    """Return the field ``file`` of a multipart form, and its other fields.

    How long the body is was limited while it came in (`app.service.bodies`).

    Raises
    ------
    ApiError
        413 for a file that is too long, 415 for no form, 422 for a form without its file, 507 if
        there is no room to keep it while it is read.
    """
    if not is_form(request):
        raise ApiError(415, "form-expected", f"A file is sent as {FORM}, in the field file.")
    try:
        async with request.form(max_files=1, max_fields=MOST_FIELDS) as form:
            sent = form.get("file")
            if not isinstance(sent, UploadFile):
                raise bad_form("The field file is missing.")
            content = await sent.read()
            given = [(name, value) for name, value in form.items() if isinstance(value, str)]
            name = safe_name(sent.filename or "")
    except OSError as error:  # the disk, while the form was kept beside the memory
        raise no_room() from error
    if len(content) > service.settings.upload_limit:
        raise ApiError(413, "content-too-large", "The file is longer than this service takes.")
    if any(len(value) > _LONGEST_FIELD for _, value in given):
        raise bad_form("A field of the form is too long.")
    return Upload(name, content, dict(given))


FileDep = Annotated[Upload, Depends(one_file)]


def is_form(request: Request) -> bool:
    """Return whether a request carries a form with files."""
    return request.headers.get("content-type", "").lower().startswith(FORM)


def safe_name(given: str) -> str:
    """Return a name for a file: no path, no control characters, nothing that a door reads into it.

    What stands for a sheet of a workbook (``#``) or a folder is gone; an extension stays.
    """
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", given))[-1]
    clean = _UNSAFE.sub("_", last).strip(". ")
    stem, dot, suffix = clean.rpartition(".")
    if not dot:
        return clean[:_LONGEST_NAME] or "fichier"
    return f"{stem[:_LONGEST_NAME] or 'fichier'}.{suffix[:_LONGEST_NAME]}"


def form_body(
    description: str, fields: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """Return what the OpenAPI document says of a form with a file."""
    properties: dict[str, Any] = {
        "file": {"type": "string", "format": "binary", "description": description},
        **(fields or {}),
    }
    schema = {"type": "object", "required": ["file"], "properties": properties}
    return {"requestBody": {"required": True, "content": {FORM: {"schema": schema}}}}


def unzipped(content: bytes, *, most_bytes: int) -> dict[str, bytes]:
    """Return the files in a zip by their paths; a folder that holds them all is left out.

    Parameters
    ----------
    most_bytes
        Of all files together, as the zip says of itself: no more than that is unpacked of any.

    Raises
    ------
    ApiError
        422 if it is no zip that can be read, or names a path outside of itself, or is compressed in
        a way that is not unpacked bit by bit; 413 if it holds too much.
    """
    files: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if _is_wanted(entry)]
            if len(entries) > MOST_FILES_IN_ZIP:
                raise ApiError(413, "zip-too-large", "The zip holds too many files.")
            if sum(entry.file_size for entry in entries) > most_bytes:
                raise ApiError(413, "zip-too-large", "The files in the zip are too large.")
            for entry in entries:
                if not is_relative_name(entry.filename) or entry.filename in files:
                    raise _bad_zip()
                if entry.compress_type not in _BOUNDED:
                    raise _bad_zip()
                with archive.open(entry) as file:
                    files[entry.filename] = file.read(entry.file_size)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError) as error:
        raise _bad_zip() from error
    except (RuntimeError, NotImplementedError) as error:  # encrypted; an unknown compression
        raise _bad_zip() from error
    return _without_common_folder(files)


def _bad_zip() -> ApiError:
    return ApiError(
        422, "bad-zip", "The file is no zip (deflated) of a campaign folder that can be read."
    )


def _is_wanted(entry: zipfile.ZipInfo) -> bool:
    return not entry.is_dir() and not _LITTER & set(PurePosixPath(entry.filename).parts)


def _without_common_folder(files: Mapping[str, bytes]) -> dict[str, bytes]:
    tops = {PurePosixPath(name).parts[0] for name in files}
    nested = all(len(PurePosixPath(name).parts) > 1 for name in files)
    if len(tops) != 1 or not nested:
        return dict(files)
    return {str(PurePosixPath(*PurePosixPath(name).parts[1:])): c for name, c in files.items()}


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of some files; the same files give the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name)  # dated 1980-01-01
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return target.getvalue()
