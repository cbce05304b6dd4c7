"""Jobs that try what a file might; `placarde doctor` and the tests look at what comes of it."""

from __future__ import annotations

import ctypes
import os
import socket
from pathlib import Path
from typing import Any

from data.gdal import drivers
from data.gdal.answer import Answer
from data.gdal.layers import DRIVERS


def prepare(options: dict[str, Any]) -> None:
    """Load GDAL for a suffix, if one is named, as if we knew nothing of some drivers."""
    if options.get("suffix"):
        forgotten = set(options.get("forget", ()))
        drivers.KNOWN = tuple(name for name in drivers.KNOWN if name not in forgotten)
        drivers.load_gdal(DRIVERS[options["suffix"]])


def drivers_left(folder: Path, options: dict[str, Any]) -> Answer:  # noqa: ARG001 - as every job
    """Return the names of the drivers that GDAL has."""
    import pyogrio  # noqa: PLC0415 - as `prepare` has loaded it

    return Answer({"drivers": sorted(pyogrio.list_drivers())})


def surroundings(folder: Path, options: dict[str, Any]) -> Answer:  # noqa: ARG001 - as every job
    """Return the environment, what a file holds, whether a port answers, and which walls stand."""
    return Answer(
        {
            "environment": dict(os.environ),
            "read": _content(options.get("path", os.devnull)),
            "reached": _answers(int(options.get("port", 0))),
            "walls": options["walls"],
        }
    )


def misbehave(folder: Path, options: dict[str, Any]) -> Answer:
    """Do what a job must not: run for ever, take all memory, fill the disk, crash."""
    what = options["what"]
    while what == "spin":
        pass
    if what == "memory":
        return Answer({"taken": len(bytearray(1 << 40))})
    if what == "disk":
        (folder / "full").write_bytes(bytes(1 << 28))
    if what == "crash":
        ctypes.string_at(0)
    raise LookupError(what)


def _content(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
