"""Files kept in the store, as a folder for those who read folders."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from data.read.folder import is_relative_name


@contextmanager
def unpacked(files: Mapping[str, bytes]) -> Iterator[Path]:
    """Yield a new folder that holds these files by their paths; it vanishes with the block.

    Raises
    ------
    ValueError
        If a path leads out of the folder, or two of them cannot both be.
    """
    for path in files:
        if not is_relative_name(path):
            raise ValueError("a path that leads out of its folder")
    with tempfile.TemporaryDirectory(prefix="placarde-") as name:
        root = Path(name).resolve()
        for path, content in sorted(files.items()):
            target = root / path
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
                raise ValueError("two paths that cannot both be") from error
        yield root
