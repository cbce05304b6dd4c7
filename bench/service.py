"""How fast the service answers: pages of features, the same while a plan is made, memory.

Run ``python -m bench.service [--seconds 10] [--minutes 1] [--postgresql]``. The service is the one
that ``placarde serve`` starts, in a process of its own, with one worker and no limit of requests.
It holds the embedded campaign with its plan, and one with 20,000 faces. Clients are on the same
machine and share its cores.
"""

from __future__ import annotations

import argparse
import csv
import http.client
import io
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.http_load import Load, load
from data.isere import CAMPAIGN_FILES, campaign_folder
from data.store import folders, open_store
from data.store.audit import Act

CLIENTS = 32
LARGE = 20_000
_INVENTORY = "inventaire.csv"
_PATIENCE_S = 600


@dataclass(slots=True)
class Served:
    """A service that runs."""

    port: int
    process: subprocess.Popen[str]
    key: str = field(repr=False)

    @property
    def origin(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        """Return what lets a client in."""
        return {"Authorization": f"Bearer {self.key}"}

    def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 -- JSON
        """Return the JSON of an answer; None of one without content."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        text = None if body is None else json.dumps(body)
        headers = {**self.headers, "Content-Type": "application/json"}
        connection.request(method, path.removeprefix(self.origin), text, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:500]!r}")
        return json.loads(content) if content else None

    def rss_mb(self) -> float:
        """Return the memory that the process has now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found[1]) / 1000 if found else float("nan")

    def cpu_s(self) -> float:
        """Return the processor time of the process until now."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(folder: Path, database_url: str) -> Iterator[Served]:
    """Start the service on a free port, and stop it at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "PLACARDE_FOLDER": str(folder),
        "PLACARDE_DATABASE_URL": database_url,
        "PLACARDE_REQUESTS_A_MINUTE": "0",
    }
    placarde = Path(sys.executable).with_name("placarde")
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [placarde, "serve", "--port", str(port)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            yield Served(port, process, _first_key(process))
        finally:
            process.terminate()
            process.wait()


def _first_key(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None  # noqa: S101 -- it was asked for
    for line in process.stdout:
        if found := re.search(r"pk_\w+", line):
            rest = line[found.start() :].split()
            return rest[0]
    raise RuntimeError("the service did not start")


def wait_until_ready(service: Served) -> None:
    """Wait until the service answers."""
    for _ in range(_PATIENCE_S):
        try:
            service.ask("GET", "/ready")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the service is not ready")


def embedded_files() -> dict[str, bytes]:
    """Return the embedded campaign."""
    folder = campaign_folder()
    return {name: (folder / name).read_bytes() for name in CAMPAIGN_FILES}


def large_files() -> dict[str, bytes]:
    """Return the embedded campaign with `LARGE` faces: its own over and over, a little apart."""
    files = embedded_files()
    rows = list(csv.DictReader(io.StringIO(files[_INVENTORY].decode("utf-8-sig")), delimiter=";"))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=";")
    writer.writeheader()
    for number in range(LARGE):
        again, row = divmod(number, len(rows))
        apart = {"face_id": f"L{number:05}", "panel_id": f"LP{number:05}"}
        moved = {"lon": f"{float(rows[row]['lon']) + again * 1e-5:.6f}"}
        writer.writerow({**rows[row], **apart, **moved})
    return {**files, _INVENTORY: text.getvalue().encode()}


def add_campaign(database_url: str, files: Mapping[str, bytes]) -> str:
    """Put a campaign into the store; return its id."""
    store = open_store(database_url)
    with store.write() as tx:
        act = Act("bench", datetime.now(UTC), "request-of-bench")
        record, reading = folders.import_files(tx, files, act=act)
        if record is None:
            raise RuntimeError(str(reading.problems))
        campaign_id = record.campaign_id
    store.close()
    return campaign_id


def make_plan(service: Served, campaign_id: str) -> None:
    """Have a plan made, and wait for it."""
    job = service.ask("POST", f"/campaigns/{campaign_id}/plans", {})
    for _ in range(_PATIENCE_S):
        status = service.ask("GET", f"/jobs/{job['jobID']}")
        if status["status"] == "successful":
            return
        if status["status"] in {"failed", "dismissed"}:
            raise RuntimeError(str(status))
        time.sleep(1)
    raise RuntimeError("the plan takes too long")


def page_paths(service: Served, campaign_id: str, collection: str) -> list[str]:
    """Return the paths of all pages of a collection, found by their links."""
    path = f"/campaigns/{campaign_id}/ogc/collections/{collection}/items?limit=100"
    paths: list[str] = []
    while path:
        path = path.removeprefix(service.origin)
        paths.append(path)
        links = service.ask("GET", path)["links"]
        path = next((each["href"] for each in links if each["rel"] == "next"), "")
    return paths


def boxes(campaign_id: str, n: int) -> list[str]:
    """Return paths of pages that were never asked for: the same box, moved a little each time."""
    base = f"/campaigns/{campaign_id}/ogc/collections/faces/items?limit=100&bbox="
    return [f"{base}5.{i:05},44.5,6.2,46" for i in range(n)]


def whole_inventory(service: Served, campaign_id: str) -> tuple[float, float, int]:
    """Return milliseconds to the first byte and to the last of all faces, and their number."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=120)
    start = time.perf_counter()
    connection.request("GET", f"/campaigns/{campaign_id}/faces.geojson", headers=service.headers)
    answer = connection.getresponse()
    first = answer.read(1)
    to_first = (time.perf_counter() - start) * 1000
    content = first + answer.read()
    to_last = (time.perf_counter() - start) * 1000
    connection.close()
    return to_first, to_last, len(json.loads(content)["features"])


def measure(service: Served, isere: str, large: str, *, seconds: int, minutes: float) -> None:
    """Print the rows of the table."""
    pages = page_paths(service, isere, "faces") + page_paths(service, isere, "postings")
    _row("pages of 100, asked for before", service, pages, seconds)
    _row("pages of 100, each new", service, boxes(isere, 20_000), seconds)
    job = service.ask(
        "POST", f"/campaigns/{large}/plans", {"limits": {"gap": 0, "seconds": 20 * seconds}}
    )
    path = f"/jobs/{job['jobID']}"
    while service.ask("GET", path)["status"] == "accepted":
        time.sleep(0.1)
    _row("the same pages, while a plan is made", service, pages, seconds)
    still = service.ask("GET", path)["status"]
    print(f"\nThe job was {still} when these requests ended.\n")
    service.ask("DELETE", path)
    while service.ask("GET", path)["status"] == "running":
        time.sleep(0.2)
    runs = [whole_inventory(service, large) for _ in range(5)]
    to_first, to_last, n = sorted(runs, key=lambda run: run[1])[2]
    print(f"{n:,} faces as GeoJSON: first byte after {to_first:.0f} ms, last {to_last:.0f} ms\n")
    _memory(service, pages + boxes(isere, 5000), large, minutes)


def _row(name: str, service: Served, paths: list[str], seconds: int) -> None:
    spent = service.cpu_s()
    found: Load = load(
        service.origin, paths, headers=service.headers, clients=CLIENTS, seconds=seconds
    )
    each = (service.cpu_s() - spent) / max(1.0, found.requests_s * seconds) * 1000
    print(
        f"| {name} | {found.requests_s:,.0f} | {found.p50_ms:.0f} | {found.p99_ms:.0f} "
        f"| {each:.2f} | {found.failed} |",
        flush=True,
    )


def _memory(service: Served, paths: list[str], large: str, minutes: float) -> None:
    """Print the memory of the service while it is asked all the time."""
    seconds = max(1, round(minutes * 60))
    asked = threading.Thread(
        target=load,
        args=(service.origin, paths),
        kwargs={"headers": service.headers, "clients": CLIENTS, "seconds": seconds},
    )
    asked.start()
    seen: list[float] = []
    while asked.is_alive():
        whole_inventory(service, large)
        seen.append(service.rss_mb())
        time.sleep(min(5.0, seconds / 12))
    asked.join()
    third = max(1, len(seen) // 3)
    print(
        f"memory over {minutes:g} minutes of requests, MB: first third at most "
        f"{max(seen[:third]):.0f}, last third at most {max(seen[-third:]):.0f}, at all "
        f"{max(seen):.0f}\n"
    )


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Yield the address of an empty store."""
    if kind == "SQLite":
        yield f"sqlite:///{folder / 'placarde.sqlite'}"
        return
    from tests.stores import Cluster  # noqa: PLC0415 -- it needs a server that may not be installed

    cluster = Cluster(fsync="on", synchronous_commit="on", full_page_writes="on")
    try:
        cluster.start()
        yield cluster.new_database(empty=True)
    finally:
        cluster.remove()


def main(arguments: list[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.service")
    parser.add_argument("--seconds", type=int, default=10, help="of each row (10)")
    parser.add_argument("--minutes", type=float, default=1, help="of the memory (1)")
    parser.add_argument("--postgresql", action="store_true", help="on a server of its own, too")
    asked = parser.parse_args(arguments)
    for kind in ("SQLite", *(["PostgreSQL"] if asked.postgresql else [])):
        with tempfile.TemporaryDirectory(prefix="placarde-bench-") as name:
            folder = Path(name)
            with database(kind, folder) as url, served(folder, url) as service:
                wait_until_ready(service)
                isere, large = (
                    add_campaign(url, files) for files in (embedded_files(), large_files())
                )
                make_plan(service, isere)
                print(f"\n{kind}, load {os.getloadavg()[0]:.1f} before, {CLIENTS} clients:\n")
                print("| asked for | requests/s | p50, ms | p99, ms | processor ms each | failed |")
                print("|---|--:|--:|--:|--:|--:|", flush=True)
                measure(service, isere, large, seconds=asked.seconds, minutes=asked.minutes)


if __name__ == "__main__":
    main()
