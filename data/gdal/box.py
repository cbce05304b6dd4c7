"""Starts the process apart, hands it a copy of a file, and reads its answer back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from data.gdal.answer import Answer, Refused, read_answer
from data.gdal.child import TOO_LARGE

_CHILD = Path(__file__).with_name("child.py")
_MIB = 1 << 20
_STOPPED = "reading-stopped"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may use. `file_bytes` holds for each file written: unpacked, or the answer."""

    memory_bytes: int = 3072 * _MIB
    cpu_s: int = 120
    file_bytes: int = 1024 * _MIB


def run(
    job: str,
    files: Mapping[str, bytes],
    options: Mapping[str, object] | None = None,
    *,
    limits: Limits = Limits(),
) -> Answer:
    """Return what a job answers about some files, in a process of its own that it may not survive.

    Parameters
    ----------
    job
        ``data.gdal.MODULE:FUNCTION``; the function takes the folder of the files and the options,
        and returns an `Answer` or raises `Refused`.
    files
        Content by name. The names are ours, never the user's.
    options
        Anything that JSON can hold.

    Raises
    ------
    Refused
        If the job refuses the files, or ends otherwise than by an answer: too long, too large,
        crashed (code ``reading-stopped``).
    """
    with tempfile.TemporaryDirectory(prefix="placarde-") as name:
        box = Path(name).resolve()
        (box / "in").mkdir()
        (box / "out").mkdir()
        for file, content in files.items():
            (box / "in" / file).write_bytes(content)
        order = {"job": job, "options": dict(options or {}), "limits": asdict(limits)}
        (box / "job.json").write_text(json.dumps(order), encoding="utf-8")
        status = _status(box, limits)
        answer = _answer(box, status, limits)
    if "refused" in answer.values:
        code, fields = answer.values["refused"]
        raise Refused(code, **fields)
    return answer


def _status(box: Path, limits: Limits) -> int | None:
    """Return the exit status of the child, None where it had to be ended."""
    with subprocess.Popen(  # noqa: S603 - our own interpreter on our own file
        [sys.executable, "-I", "-X", "utf8", str(_CHILD), str(box)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=box / "in",
        env=_environment(box),
        start_new_session=True,
    ) as process:
        try:
            return process.wait(3 * limits.cpu_s)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def _environment(box: Path) -> dict[str, str]:
    """Return the whole environment of the child: nothing of ours but what finds the libraries."""
    kept = {
        name: os.environ[name] for name in ("LD_LIBRARY_PATH", "SystemRoot") if name in os.environ
    }
    return kept | {
        "HOME": str(box),
        "TMPDIR": str(box),
        "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "PROJ_NETWORK": "OFF",
        "GDAL_DRIVER_PATH": "disable",
        "GDAL_HTTP_PROXY": "127.0.0.1:9",
        "GDAL_HTTP_TIMEOUT": "1",
        "GDAL_HTTP_MAX_RETRY": "0",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "GDAL_VRT_ENABLE_PYTHON": "NO",
    }


def _answer(box: Path, status: int | None, limits: Limits) -> Answer:
    if status == 0:
        try:
            return read_answer(box / "out")
        except ValueError as error:
            raise Refused(_STOPPED, detail="le fichier fait échouer sa lecture") from error
    if status is None or status == -signal.SIGXCPU:
        raise Refused(_STOPPED, detail=f"il faut plus de {limits.cpu_s} secondes pour le lire")
    if status in {TOO_LARGE, -signal.SIGXFSZ, -signal.SIGKILL}:
        raise Refused(_STOPPED, detail="une fois ouvert, il est démesuré")
    raise Refused(_STOPPED, detail="le fichier fait échouer sa lecture")
