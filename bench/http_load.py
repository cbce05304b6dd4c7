"""Many clients asking one server for pages at once: wrk where it is installed, else threads here.

The threads share the two cores with what they measure, and are slower than wrk: their figures are
those of a weaker server, never of a better one.
"""

from __future__ import annotations

import http.client
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}
_SCRIPT = """
local paths = { %s }
local i = math.random(#paths)
request = function()
  i = i %% #paths + 1
  return wrk.format("GET", paths[i])
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What many clients saw: requests a second, milliseconds at two percentiles, failed answers."""

    client: str
    requests_s: float
    p50_ms: float
    p99_ms: float
    failed: int


def load(
    origin: str, paths: Sequence[str], *, headers: Mapping[str, str], clients: int, seconds: int
) -> Load:
    """Ask for pages in turn, as many clients at once, for some seconds."""
    ask = _wrk if shutil.which("wrk") else _threads
    return ask(origin, paths, headers, clients, seconds)


def _wrk(
    origin: str, paths: Sequence[str], headers: Mapping[str, str], clients: int, seconds: int
) -> Load:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "pages.lua"
        script.write_text(_SCRIPT % ", ".join(f'"{path}"' for path in paths))
        told = [f"-H{name}: {value}" for name, value in headers.items()]
        command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout=10s", "--latency"]
        done = subprocess.run(
            [*command, "-s", script, *told, origin], capture_output=True, text=True, check=True
        )
    return _parsed(done.stdout)


def _parsed(text: str) -> Load:
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    errors = re.search(
        r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text
    )
    requests_s = re.search(r"Requests/sec:\s+([\d.]+)", text)
    if requests_s is None:
        raise RuntimeError(text)
    return Load(
        "wrk",
        float(requests_s[1]),
        _percentile(text, 50),
        _percentile(text, 99),
        int(failed[1] if failed else 0) + sum(map(int, errors.groups() if errors else ())),
    )


def _percentile(text: str, percent: int) -> float:
    match = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s|m)\s*$", text, re.MULTILINE)
    if match is None:
        raise RuntimeError(text)
    return float(match[1]) * _UNITS[match[2]]


def _threads(
    origin: str, paths: Sequence[str], headers: Mapping[str, str], clients: int, seconds: int
) -> Load:
    taken: list[float] = []
    failed = [0]
    ends = time.monotonic() + seconds
    address = urlsplit(origin)

    def client(number: int) -> None:
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        turn = number
        while time.monotonic() < ends:
            start = time.perf_counter()
            connection.request("GET", paths[turn % len(paths)], headers=dict(headers))
            answer = connection.getresponse()
            answer.read()
            taken.append((time.perf_counter() - start) * 1000)
            failed[0] += answer.status != http.HTTPStatus.OK
            turn += 1
        connection.close()

    threads = [threading.Thread(target=client, args=(i,)) for i in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("wrk is not installed: threads of Python asked instead", file=sys.stderr)
    p50, p99 = np.percentile(taken, [50, 99]).tolist()
    return Load("threads", len(taken) / seconds, p50, p99, failed[0])
