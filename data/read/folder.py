"""A campaign folder as bytes: nothing outside it is read, and every file read is fingerprinted."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path, PurePosixPath, PureWindowsPath

from data.read.codes import Code
from data.read.log import ProblemLog, closest
from data.read.messages import did_you_mean
from geo.errors import Where
from geo.model import InputFile

_MIB = 1 << 20
TABLE_LIMIT = 512 * _MIB
LAYER_LIMIT = 256 * _MIB
TEXT_LIMIT = _MIB
PORTRAIT_LIMIT = 2 * _MIB


class Folder:
    """Reads the files of one campaign folder.

    Parameters
    ----------
    root
        The folder.
    log
        Where files that cannot be read are noted.
    """

    def __init__(self, root: Path, log: ProblemLog) -> None:
        self._root = root
        self._log = log
        self._fingerprints: dict[str, str] = {}

    def read(self, name: str, *, limit: int, asked_at: Where) -> bytes | None:
        """Return the bytes of a file, or None where that is noted as a problem.

        Parameters
        ----------
        name
            Path inside the folder, with ``/``.
        limit
            Most bytes that are read.
        asked_at
            The place that names the file, blamed when there is no such file.
        """
        try:
            return self._read(name, limit=limit, asked_at=asked_at)
        except OSError:
            self._log.add(Code.UNREADABLE_FILE, Where(name))
            return None

    def _read(self, name: str, *, limit: int, asked_at: Where) -> bytes | None:
        path = self.inside(name)
        if path is None:
            self._log.add(Code.PATH_OUTSIDE, asked_at, found=name, path=name)
            return None
        if not path.is_file():
            hint = did_you_mean(closest(name, self.names()))
            self._log.add(Code.MISSING_FILE, asked_at, found=name, path=name, hint=hint)
            return None
        with path.open("rb") as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            self._log.add(Code.FILE_TOO_LARGE, Where(name), limit=f"{limit // _MIB} Mio")
            return None
        if not content:
            self._log.add(Code.EMPTY_FILE, Where(name))
            return None
        self._fingerprints[str(PurePosixPath(name))] = sha256(content).hexdigest()
        return content

    def inside(self, name: str) -> Path | None:
        """Return the real path of a name if it stays in the folder, links included."""
        if not is_relative_name(name):
            return None
        root = self._root.resolve()
        try:
            path = (root / name).resolve()
        except (RuntimeError, ValueError):  # a link to itself; a NUL in the name
            return None
        return path if path.is_relative_to(root) else None

    def names(self, under: str = "") -> list[str]:
        """Return the names of what lies directly in the folder, or in a folder inside it."""
        place = self.inside(under) if under else self._root
        if place is None or not place.is_dir():
            return []
        return sorted(f"{under}/{path.name}" if under else path.name for path in place.iterdir())

    def is_folder(self, name: str) -> bool:
        """Return whether a name is that of a folder inside the campaign folder."""
        place = self.inside(name)
        return place is not None and place.is_dir()

    def inputs(self) -> tuple[InputFile, ...]:
        """Return every file read so far, by name."""
        return tuple(
            InputFile(name, self._fingerprints[name]) for name in sorted(self._fingerprints)
        )


def is_relative_name(name: str) -> bool:
    """Return whether a path is written as one inside a folder, on any system."""
    windows = PureWindowsPath(name)
    if not name or "\\" in name or "\0" in name or windows.drive or windows.root:
        return False
    return not PurePosixPath(name).is_absolute() and ".." not in PurePosixPath(name).parts
