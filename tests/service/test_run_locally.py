"""What compose.yaml runs, run without containers on a real PostgreSQL and a real Dask cluster."""

from __future__ import annotations

import io
import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.service.tiny import tiny_files
from tests.stores import Cluster, cluster  # noqa: F401 -- a fixture

ROOT = Path(__file__).parents[2]
PATIENCE_S = 300.0
MOST_FAILURES = 200
"""Of recognition, for one address: far fewer are let through a minute, in all processes."""
BOUNDARY = "a-boundary-that-is-in-no-file"


@dataclass(frozen=True)
class Deployed:
    """The service as it was deployed: its address, its first key, its processes."""

    url: str
    key: str
    process: subprocess.Popen[str]

    def ask(self, path: str, *, method: str = "GET", body: bytes | None = None) -> Any:
        """Return the JSON of an answer."""
        kind = f"multipart/form-data; boundary={BOUNDARY}" if body else "application/json"
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": kind}
        request = urllib.request.Request(  # noqa: S310 -- http on this machine
            self.url + path, body, headers, method=method
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)

    def is_healthy(self) -> bool:
        """Return what the check of the image says of it."""
        image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
        found = re.search(r"^HEALTHCHECK.*?CMD (\[[^\n]*\])$", image, re.MULTILINE | re.DOTALL)
        assert found is not None
        program, *words = json.loads(found[1])
        assert program == "python"
        said = [word.replace("http://127.0.0.1:8000", self.url) for word in words]
        assert said != words
        done = subprocess.run([sys.executable, *said], stderr=subprocess.DEVNULL, check=False)
        return done.returncode == 0


@pytest.fixture
def deployed(cluster: Cluster) -> Iterator[Deployed]:  # noqa: F811 -- the fixture imported above
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = cluster.new_database(empty=True)
    script = str(ROOT / "deploy" / "run_locally.py")
    command = [sys.executable, script, "--database-url", url]
    process = subprocess.Popen(
        [*command, "--port", str(port)], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        assert process.stdout is not None
        key = next(
            found[0] for line in process.stdout if (found := re.search(r"pk_\w+_[\w-]+", line))
        )
        service = Deployed(f"http://127.0.0.1:{port}", key, process)
        _wait_until_ready(service)
        yield service
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_S)
        cluster.drop(url)


def _wait_until_ready(service: Deployed) -> None:
    last = time.monotonic() + PATIENCE_S
    while True:
        try:
            service.ask("/ready")
        except (OSError, urllib.error.URLError):
            assert time.monotonic() < last, "the service never became ready"
            assert service.process.poll() is None, "the service ended"
            time.sleep(0.2)
        else:
            return


@pytest.mark.slow
def test_a_campaign_is_planned_on_the_cluster_by_the_commands_of_the_containers(
    deployed: Deployed,
) -> None:
    made = deployed.ask("/campaigns", method="POST", body=_form(_zipped(tiny_files())))
    place = f"/campaigns/{made['campaign_id']}/plans"
    job = deployed.ask(place, method="POST", body=b"")
    last = time.monotonic() + PATIENCE_S
    while job["status"] in {"accepted", "running"}:
        assert time.monotonic() < last, job
        time.sleep(0.3)
        job = deployed.ask(f"/jobs/{job['jobID']}")
    assert job["status"] == "successful", job
    assert deployed.ask(f"/plans/{job['plan_id']}/verify")["ok"] is True
    assert deployed.is_healthy()
    near, far = "203.0.113.5", "203.0.113.6"
    refused = (_status_of_a_bad_key(deployed, near) for _ in range(MOST_FAILURES))
    assert next(status for status in refused if status != 401) == 429, "whichever process answers"
    assert _status_of_a_bad_key(deployed, far) == 401, "the address is that which the proxy tells"
    deployed.process.send_signal(signal.SIGTERM)
    deployed.process.communicate(timeout=PATIENCE_S)
    assert deployed.process.returncode == 0
    assert not deployed.is_healthy()


def _status_of_a_bad_key(service: Deployed, address: str) -> int:
    headers = {"Authorization": "Bearer pk_0000000000_0", "X-Forwarded-For": address}
    request = urllib.request.Request(service.url + "/campaigns", headers=headers)  # noqa: S310
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=PATIENCE_S)  # noqa: S310 -- http on this machine
    with refused.value as answer:
        return answer.code


def _zipped(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as folder:
        for name, each in files.items():
            folder.writestr(name, each)
    return content.getvalue()


def _form(content: bytes) -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=file; filename=c.zip\r\n\r\n"
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def test_every_process_of_the_service_is_run_here_as_in_the_containers() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    built = {name for name, service in services.items() if "build" in service}
    script = (ROOT / "deploy" / "run_locally.py").read_text(encoding="utf-8")
    order = re.search(r"^ORDER = (.*)$", script, re.MULTILINE)
    assert order is not None
    assert built == set(re.findall(r'"(\w+)"', order[1]))
    assert {"db", "proxy"} == set(services) - built
