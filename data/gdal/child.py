"""What runs in the process apart: ``python -I child.py BOX``, where BOX is a folder of its own.

``BOX/job.json`` says what to do, ``BOX/in`` holds the copy of the file, and the answer goes to
``BOX/out``. Nothing else is told to this process: no path of the user's choosing, no environment.
"""

from __future__ import annotations

import errno
import json
import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOO_LARGE = 10
_JOBS = "data.gdal."


def main(box: Path) -> int:
    """Do the job in a box and return the exit status."""
    sys.path.insert(0, str(ROOT))
    from data.gdal.answer import Answer, Refused, write_answer  # noqa: PLC0415 - the path comes first
    from data.gdal.confine import leave_network, limit_resources, lock_files  # noqa: PLC0415

    order = json.loads((box / "job.json").read_bytes())
    limit_resources(**order["limits"])
    walls = {"network": leave_network()}
    module, _, name = order["job"].partition(":")
    if not module.startswith(_JOBS):
        raise ValueError(module)
    jobs = import_module(module)
    if prepare := getattr(jobs, "prepare", None):
        prepare(order["options"])  # loads what can only be loaded before the files are locked
    walls["files"] = lock_files(_readable(), box)
    try:
        answer = getattr(jobs, name)(box / "in", {**order["options"], "walls": walls})
    except Refused as refused:
        answer = Answer({"refused": [refused.code, refused.fields]})
    except MemoryError:
        return TOO_LARGE
    except OSError as error:
        if error.errno == errno.EFBIG:
            return TOO_LARGE
        raise
    write_answer(box / "out", answer)
    return 0


def _readable() -> tuple[Path, ...]:
    """Return the folders of Python, its libraries and ours: modules are still loaded from there."""
    own = (ROOT / "data", ROOT / "geo")
    system = (
        Path("/usr/lib"),
        Path("/lib"),
        Path("/lib64"),
        Path("/dev/null"),
        Path("/dev/urandom"),
    )
    return (Path(sys.prefix), Path(sys.base_prefix), *own, *system)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
