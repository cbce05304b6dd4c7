"""Keeps a local store and its secret to their owner, however they were left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from app.service.settings import SECRET_FILE, SQLITE, STORE_FILE, ServiceSettings, SettingError
from geo.french import NBSP

_OTHERS = 0o077
_BESIDE = ("", "-journal", "-shm", "-wal")
"""What SQLite keeps beside its file."""


def keep_to_owner(settings: ServiceSettings, *, tell: Callable[[str], None]) -> None:
    """Take from everybody else the right to read the files of a local store, and its folder.

    A folder that holds anything else besides is left as it is: its files are closed all the same.

    Raises
    ------
    SettingError
        If a file is not ours to close; says how it is done.
    """
    for path in (*_files(settings), *_folders(settings)):
        mode = path.stat().st_mode & 0o777
        if not mode & _OTHERS:
            continue
        try:
            path.chmod(mode & ~_OTHERS)
        except OSError as error:
            raise SettingError(
                f"{path}{NBSP}: d’autres que vous peuvent lire ces données personnelles. Faites "
                f"exécuter par leur propriétaire{NBSP}: chmod go-rwx {path}"
            ) from error
        tell(f"{path}{NBSP}: réservé désormais à son propriétaire.")


def _files(settings: ServiceSettings) -> Iterator[Path]:
    store = _store_file(settings)
    beside = [] if store is None else [store.with_name(f"{store.name}{end}") for end in _BESIDE]
    for path in (settings.folder / SECRET_FILE, *beside):
        if path.is_file():
            yield path


def _folders(settings: ServiceSettings) -> Iterator[Path]:
    ours = {SECRET_FILE, *(f"{STORE_FILE}{end}" for end in _BESIDE)}
    folder = settings.folder
    if folder.is_dir() and {path.name for path in folder.iterdir()} <= ours:
        yield folder


def _store_file(settings: ServiceSettings) -> Path | None:
    """Return the file of a store on SQLite."""
    if not settings.database_url.startswith(SQLITE):
        return None
    return Path(settings.database_url.removeprefix(SQLITE).partition("?")[0])
