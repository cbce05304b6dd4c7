"""Zip archives that we did not write: looked at before a single file of them is unpacked."""

from __future__ import annotations

import lzma
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath

from data.gdal.answer import Refused

_MIB = 1 << 20
MOST_UNPACKED = 1024 * _MIB
MOST_ENTRIES = 2000
_MOST_RATIO = 200
_FREE_OF_RATIO = 16 * _MIB
_HOSTILE = "hostile-archive"
_DAMAGED = (
    zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, zlib.error,
    lzma.LZMAError,
)  # fmt: skip


def check_zip(
    path: Path, *, most_bytes: int = MOST_UNPACKED, most_files: int = MOST_ENTRIES
) -> list[zipfile.ZipInfo]:
    """Return the files of a zip archive, sorted by name; every one of them is harmless to unpack.

    What the entries declare is looked at here, and `unpack` holds them to it.

    Raises
    ------
    Refused
        ``wrong-content`` if it is no zip archive; ``hostile-archive`` if a name leads out of the
        folder, is there twice or is a link, if an entry is encrypted, or if it all unpacks to more
        than `most_bytes`, `most_files`, or what honest files shrink to.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except _DAMAGED as error:
        raise Refused("wrong-content", expected="zip", looks_like="") from error
    if len(entries) > most_files:
        raise Refused(_HOSTILE, detail=f"elle contient {len(entries)} fichiers")
    for entry in entries:
        _check_entry(entry)
    names = [entry.filename.casefold() for entry in entries]
    if len(set(names)) < len(names):
        raise Refused(_HOSTILE, detail="deux fichiers y portent le même nom")
    unpacked = sum(entry.file_size for entry in entries)
    packed = path.stat().st_size
    if unpacked > most_bytes or unpacked > max(_FREE_OF_RATIO, _MOST_RATIO * packed):
        size = f"{unpacked / _MIB:.0f} Mio" if unpacked < 1024 * _MIB else f"{unpacked >> 30} Gio"
        raise Refused(_HOSTILE, detail=f"une fois ouverte, elle ferait {size}")
    files = [entry for entry in entries if not entry.is_dir()]
    return sorted(files, key=lambda entry: entry.filename)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name, windows = entry.filename, PureWindowsPath(entry.filename)
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not name or "\0" in name or ".." in parts or windows.drive or windows.root:
        raise Refused(_HOSTILE, detail=f"le chemin {name} sort du dossier")
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise Refused(_HOSTILE, detail=f"{name} est un lien ou un fichier spécial")
    if entry.flag_bits & 0x1:
        raise Refused(_HOSTILE, detail=f"{name} est protégé par un mot de passe")


def unpack(path: Path, entry: zipfile.ZipInfo, target: Path) -> None:
    """Write one file of an archive to `target`, never more of it than it declares.

    Raises
    ------
    Refused
        If it is damaged, or larger than it says.
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open(entry) as source:
            content = source.read(entry.file_size + 1)
    except _DAMAGED as error:
        raise Refused("wrong-content", expected="zip", looks_like="") from error
    if len(content) > entry.file_size:
        raise Refused(_HOSTILE, detail=f"{entry.filename} est plus gros qu’annoncé")
    target.write_bytes(content)
