"""Runs what compose.yaml runs, without containers: the same commands, settings and secrets.

    python deploy/run_locally.py --database-url postgresql+psycopg://… [--port 8000]

Every service that is built from this folder becomes a process here; the names of services become
this machine, their ports free ones, and the files under /run/secrets are written to a folder that
only this user can read. The database is the one that is given; there is no proxy. It ends, and ends
all it began, when it is told to (SIGTERM, Ctrl-C) or when one of its processes does.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

COMPOSE = Path(__file__).parent.parent / "compose.yaml"
SECRETS = "/run/secrets"
ORDER = ("scheduler", "worker", "api")
LOOK_S = 0.2


@dataclass(frozen=True)
class Here:
    """What stands for the network of containers on this machine."""

    secrets: Path
    ports: Mapping[str, int]

    def text(self, said: str) -> str:
        """Return a word of a command or a setting as it has to be here."""
        for name, port in self.ports.items():
            for host in (name, "127.0.0.1"):
                said = said.replace(f"{host}:{_declared(name)}", f"127.0.0.1:{port}")
        return said.replace(SECRETS, str(self.secrets)).replace("0.0.0.0", "127.0.0.1")  # noqa: S104


def _declared(name: str) -> str:
    return {"scheduler": "8786", "api": "8000"}[name]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run everything until one part ends or a signal comes; return 0 if it was the signal."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database-url", required=True)
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args(arguments)
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with tempfile.TemporaryDirectory(prefix="placarde-") as name:
        folder = Path(name)
        (folder / "database-url").write_text(options.database_url, encoding="utf-8")
        (folder / "signing-secret").write_text(secrets.token_urlsafe(32), encoding="utf-8")
        here = Here(folder, {"scheduler": _free_port(), "api": options.port})
        running: dict[str, subprocess.Popen[bytes]] = {}
        try:
            for service in ORDER:
                running[service] = _start(service, services[service], here)
                _wait_until_healthy(services[service], running[service], here, stopped)
            while not stopped.wait(LOOK_S):
                ended = [name for name, process in running.items() if process.poll() is not None]
                if ended:
                    sys.stderr.write(f"{', '.join(ended)} ended\n")
                    return 1
            return 0
        finally:
            begun = [service for service in reversed(ORDER) if service in running]
            _stop([(running[each], _grace_s(services[each])) for each in begun])


def _start(name: str, service: Mapping[str, Any], here: Here) -> subprocess.Popen[bytes]:
    command = [here.text(word) for word in service["command"]]
    if "--port" in command:
        command[command.index("--port") + 1] = str(here.ports[name])
    told = {key: here.text(str(value)) for key, value in service.get("environment", {}).items()}
    own = {"OMP_NUM_THREADS": "1", "PLACARDE_FOLDER": str(here.secrets / "data")}
    program = Path(sys.executable).parent / command[0]
    return subprocess.Popen([program, *command[1:]], env={**os.environ, **own, **told})  # noqa: S603


def _wait_until_healthy(
    service: Mapping[str, Any],
    process: subprocess.Popen[bytes],
    here: Here,
    stopped: threading.Event,
) -> None:
    """Wait as those do that depend on a service whose health is checked here (not by its image)."""
    kind, *command = service.get("healthcheck", {}).get("test", ["NONE"])
    if kind != "CMD":
        return
    check = [Path(sys.executable).parent / command[0], *map(here.text, command[1:])]
    while process.poll() is None and not stopped.wait(LOOK_S):
        if subprocess.run(check, stderr=subprocess.DEVNULL, check=False).returncode == 0:  # noqa: S603
            return


def _grace_s(service: Mapping[str, Any]) -> int:
    return int(str(service["stop_grace_period"]).removesuffix("s"))


def _stop(processes: Sequence[tuple[subprocess.Popen[bytes], int]]) -> None:
    """End processes one after the other, and kill those that take longer than they are given."""
    for process, within_s in processes:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(within_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
