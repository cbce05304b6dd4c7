"""Messages between a process and its child: one line of JSON, then the bytes of its files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from app.service.jobs.executor import Files


def send(
    stream: IO[bytes], head: Mapping[str, Any], files: Mapping[str, bytes] | None = None
) -> None:
    """Write a message.

    Raises
    ------
    OSError
        If nobody reads any more.
    """
    given = files or {}
    sizes = [[path, len(content)] for path, content in given.items()]
    stream.write(json.dumps({**head, "files": sizes}).encode() + b"\n")
    stream.writelines(given.values())
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], Files] | None:
    """Return the next message; None where the other side is gone, in the middle of one too."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    head: dict[str, Any] = json.loads(line)
    files: Files = {}
    for path, size in head.pop("files"):
        content = stream.read(size)
        if len(content) < size:
            return None
        files[path] = content
    return head, files
