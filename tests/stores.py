"""Stores for tests: SQLite in a file, and PostgreSQL with PostGIS in a cluster of this process.

A conftest takes what it needs by import: ``from tests.stores import store  # noqa: F401``. What is
on PostgreSQL is marked slow.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from data.store import Store, open_store, schema

SQLITE, POSTGRESQL = "sqlite", "postgresql"
EACH_STORE = (SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.slow))
"""The parameters of a fixture that is run on both."""

_TEMPLATE = "placarde_template"
_PORT = 5432  # part of the name of the socket, and nothing else: there is no network
_STARTUP_S = 60.0
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
}


class Cluster:
    """A PostgreSQL server of our own, reached by a socket in its folder.

    Parameters
    ----------
    settings
        More settings of the server (``{"fsync": "on"}``).
    """

    def __init__(self, **settings: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path is short
        self._settings = {**_SETTINGS, **settings}
        self._numbers = itertools.count(1)
        self._server: subprocess.Popen[bytes] | None = None
        self._has_template = False
        if os.getuid() == 0:
            shutil.chown(self.folder, _account())
        self.folder.chmod(0o755)
        initdb = [_binary("initdb"), "-D", self._data, "-U", "postgres", "--auth=trust"]
        options = ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
        subprocess.run([*_as_account(), *initdb, *options], check=True, stdout=subprocess.DEVNULL)

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        settings = {**self._settings, "port": _PORT, "unix_socket_directories": self.folder}
        options = [f"-c{name}={value}" for name, value in sorted(settings.items())]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [*_as_account(), _binary("postgres"), "-D", self._data, *options],
                stdout=log,
                stderr=log,
            )
        last = time.monotonic() + _STARTUP_S
        while True:
            try:
                psycopg.connect(self._conninfo("postgres")).close()
            except psycopg.OperationalError:
                if self._server.poll() is not None or time.monotonic() > last:
                    raise
                time.sleep(0.05)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: at once, ending what runs, or as if it were killed (`SIGQUIT`)."""
        if self._server is not None:
            self._server.send_signal(how)
            self._server.wait()
            self._server = None

    def remove(self) -> None:
        """Stop the server, and remove all that it kept."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str) -> str:
        """Return the address of a database, as `open_store` takes it."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}&port={_PORT}"

    def run(self, statement: str) -> None:
        """Run one statement of the owner of the cluster."""
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def new_database(self, *, empty: bool = False) -> str:
        """Return the address of a new database, with the tables of a store unless it is empty."""
        if empty:
            name = f"test_{next(self._numbers)}"
            self.run(f"CREATE DATABASE {name}")
            return self.url(name)
        if not self._has_template:
            self.run(f"CREATE DATABASE {_TEMPLATE}")
            store = open_store(self.url(_TEMPLATE))
            schema.upgrade(store)
            store.close()
            self._has_template = True
        return self.copy(self.url(_TEMPLATE))

    def copy(self, url: str) -> str:
        """Return the address of a new database that is as another is, which nobody is using."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {_name(url)} STRATEGY FILE_COPY")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still in it."""
        self.run(f"DROP DATABASE {_name(url)} WITH (FORCE)")

    def _conninfo(self, name: str) -> str:
        return f"host={self.folder} port={_PORT} user=postgres dbname={name}"


_shared: dict[int, Cluster] = {}


def shared_cluster(config: pytest.Config) -> Cluster:
    """Return the one cluster of this process; it ends with the tests."""
    if os.getpid() not in _shared:
        cluster = _shared[os.getpid()] = Cluster()
        config.add_cleanup(cluster.remove)
        cluster.start()
    return _shared[os.getpid()]


@pytest.fixture
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """Return the cluster of this process, for a test that needs PostgreSQL itself."""
    return shared_cluster(request.config)


@pytest.fixture(params=EACH_STORE)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the address of a database without any table, on each kind of store."""
    if request.param == SQLITE:
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
    else:
        cluster = shared_cluster(request.config)
        url = cluster.new_database(empty=True)
        yield url
        cluster.drop(url)


@pytest.fixture(params=EACH_STORE)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the address of a new store, on each kind of store."""
    if request.param == SQLITE:
        url = f"sqlite:///{tmp_path / 'placarde.sqlite'}"
        made = open_store(url)
        schema.upgrade(made)
        made.close()
        yield url
    else:
        cluster = shared_cluster(request.config)
        url = cluster.new_database()
        yield url
        cluster.drop(url)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """Yield a new store, on each kind of store."""
    opened = open_store(store_url)
    yield opened
    opened.close()


@pytest.fixture
def copied(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Yield how to make a store that is as another is, which nobody is using; with its address."""
    made: list[str] = []

    def copy(url: str) -> str:
        if url.startswith(SQLITE):
            path = tmp_path / f"copy-{len(made)}.sqlite"
            shutil.copyfile(url.removeprefix("sqlite:///"), path)
            made.append(f"sqlite:///{path}")
        else:
            made.append(shared_cluster(request.config).copy(url))
        return made[-1]

    yield copy
    for url in made:
        if not url.startswith(SQLITE):
            shared_cluster(request.config).drop(url)


def _name(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


def _account() -> str:
    """Return who runs the server where we are root, which the server refuses to be."""
    names = {account.pw_name for account in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _as_account() -> list[str]:
    """Return the command before a command that runs it as `_account`, and ends it with us."""
    ending = ["setpriv", "--pdeathsig", "INT"]
    if os.getuid() != 0:
        return [*ending, "--"]
    account = pwd.getpwnam(_account())
    return [*ending, f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]


def _binary(name: str) -> str:
    """Return a program of the newest PostgreSQL here; Debian keeps them out of the path."""
    found = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    newest = sorted(found, key=lambda path: int(path.parent.parent.name), reverse=True)
    return str(newest[0]) if newest else name
