"""A folder that appears whole or not at all.

It is filled under a hidden name beside its target, forced to the disk, and renamed. Where a folder
is already there, the two change names in one step of the file system (``renameat2`` with
``RENAME_EXCHANGE``, Linux), so that a crash at any moment leaves the old folder or the new one.
Where the system cannot do that, the old one is moved aside first: a crash between the two renames
leaves both, complete, under hidden names beside the target.
"""

from __future__ import annotations

import ctypes
import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from geo.errors import OutputExistsError

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_CANNOT_EXCHANGE = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}
_OCCUPIED = {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}

Exchange = Callable[[Path, Path], bool]


def exchange_names(one: Path, other: Path) -> bool:
    """Let two existing paths change names in one step; False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    result = rename(
        ctypes.c_int(_AT_FDCWD),
        ctypes.c_char_p(os.fsencode(one)),
        ctypes.c_int(_AT_FDCWD),
        ctypes.c_char_p(os.fsencode(other)),
        ctypes.c_uint(_RENAME_EXCHANGE),
    )
    if result == 0:
        return True
    code = ctypes.get_errno()
    if code in _CANNOT_EXCHANGE:
        return False
    raise OSError(code, os.strerror(code), str(other))


@contextmanager
def whole_folder(
    target: Path, *, may_replace: Callable[[], bool], exchange: Exchange = exchange_names
) -> Iterator[Path]:
    """Yield an empty folder that becomes `target` if the block ends well, and vanishes if not.

    Parameters
    ----------
    target
        Absolute, and not a symbolic link.
    may_replace
        Asked at the last moment: whether the folder that is now at `target` may go. An empty one
        always may.
    exchange
        How two folders change names; returns False where that cannot be done in one step.

    Raises
    ------
    OutputExistsError
        If something is at `target` that may not go.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    work = _hidden_sibling(target)
    work.mkdir()
    try:
        yield work
        _sync_folders(work)
        _put(work, target=target, may_replace=may_replace, exchange=exchange)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def write_file(path: Path, content: bytes) -> None:
    """Write a new file and force it to the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _hidden_sibling(target: Path) -> Path:
    return target.parent / f".placarde-{secrets.token_hex(8)}"


def _put(work: Path, *, target: Path, may_replace: Callable[[], bool], exchange: Exchange) -> None:
    try:
        work.rename(target)  # over nothing or over an empty folder, in one step
    except OSError as error:
        if error.errno not in _OCCUPIED:
            raise
        if not may_replace():
            raise OutputExistsError(f"{target} existe déjà") from error
        _swap(work, target=target, exchange=exchange)
    _sync(target.parent)


def _swap(work: Path, *, target: Path, exchange: Exchange) -> None:
    if exchange(work, target):
        old = work
    else:
        old = _hidden_sibling(target)
        target.rename(old)
        try:
            work.rename(target)
        except BaseException:
            old.rename(target)
            raise
    _sync(target.parent)
    # The new folder is in place: an old file that cannot be removed is no failure of this plan.
    shutil.rmtree(old, ignore_errors=True)


def _sync_folders(root: Path) -> None:
    for folder, _, _ in os.walk(root, topdown=False):
        _sync(Path(folder))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
