"""One database, SQLite or PostgreSQL, and its transactions."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from data.store.marks import Mark, Marks

Tx = Session
"""A transaction that is open: reads and writes go through it, and its opener commits."""

BUSY_MS = 10_000
TURN_S = 30.0
"""How long a writer waits for the others of its process."""
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    f"busy_timeout={BUSY_MS}",
)


_PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)
"""The primary result codes of SQLite of what may work later (https://sqlite.org/rescode.html)."""


class StoreUnavailableError(Exception):
    """The database does not answer, is too busy or has no room left; the same may work later.

    `full` tells that the disk is.
    """

    def __init__(self, message: str, *, full: bool = False) -> None:
        super().__init__(message)
        self.full = full


class Store:
    """A database with the tables of Placarde.

    Parameters
    ----------
    engine
        On SQLite or PostgreSQL.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._session = sessionmaker(engine, expire_on_commit=False)
        self._turn = threading.Lock()
        self._marks = None if self.is_postgresql else Marks(Path(engine.url.database or ""))

    @property
    def is_postgresql(self) -> bool:
        """Return whether this is PostgreSQL (with PostGIS)."""
        return self.engine.dialect.name == "postgresql"

    def mark(self) -> Mark | None:
        """Return what changes whenever anything is committed, by whichever process.

        None where it cannot be told without waiting: on PostgreSQL, or if the file cannot be read.
        What is read after a mark holds as long as the mark is the same.
        """
        return self._marks.now() if self._marks else None

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Open a transaction that sees one state of the store; what it changes is lost.

        Raises
        ------
        StoreUnavailableError
            If the database does not answer.
        """
        with _unavailable(), self._session() as tx:
            yield tx

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """Open a transaction that is committed if the block ends well, and undone if not.

        On SQLite one writer is let in at a time, before it reads: nothing that it read is changed
        under it.

        Raises
        ------
        StoreUnavailableError
            If the database does not answer or has no room; nothing is written then.
        """
        with _unavailable(), self._in_turn(), self._session() as tx:
            tx.connection(execution_options={"placarde_writes": True})
            yield tx
            tx.commit()

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Let one writer of this process at a time ask SQLite, which has no queue of its own.

        Whoever waits here holds no connection: readers are not kept out.
        """
        if self.is_postgresql:
            yield
            return
        if not self._turn.acquire(timeout=TURN_S):
            raise StoreUnavailableError("too many writers are waiting")
        try:
            yield
        finally:
            self._turn.release()

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()
        if self._marks:
            self._marks.close()


def open_store(url: str) -> Store:
    """Return the store at a SQLAlchemy address; its tables are as `data.store.schema` left them.

    Parameters
    ----------
    url
        ``sqlite:///folder/placarde.sqlite`` or ``postgresql+psycopg://user@host/base``.

    Raises
    ------
    ValueError
        If the address is of neither; it is not repeated, since it may hold a password.
    """
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        engine = create_engine(
            address,
            pool_size=10,
            max_overflow=40,  # as many as there are threads that ask: a connection costs nothing
            pool_timeout=5,
            connect_args={"timeout": BUSY_MS / 1000},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return Store(engine)
    if address.drivername == "postgresql+psycopg":
        engine = create_engine(
            address,
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=10,
            pool_timeout=5,
            connect_args={"connect_timeout": 3},
        )
        return Store(engine)
    raise ValueError("a store is sqlite:///… or postgresql+psycopg://…")


def _prepare_sqlite(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say when a transaction begins
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") == "AUTOCOMMIT":
        return  # VACUUM is done outside of any transaction
    writes = options.get("placarde_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except PoolTimeoutError as error:
        raise StoreUnavailableError("every connection to the database is busy") from error
    except DBAPIError as error:
        if not _may_pass(error):
            raise
        raise StoreUnavailableError(_reason(error), full=_is_full(error)) from error


def _may_pass(error: DBAPIError) -> bool:
    """Return whether the database is to blame, and not what it was asked.

    SQLite calls a missing table operational too: there the code decides.
    """
    original = error.orig
    if isinstance(original, sqlite3.Error):
        code = getattr(original, "sqlite_errorcode", None)
        return code is not None and code & 0xFF in _PASSING
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


def _reason(error: DBAPIError) -> str:
    """Return what happened without the statement and its values."""
    return f"{type(error.orig).__name__}"


def _is_full(error: DBAPIError) -> bool:
    original = error.orig
    if isinstance(original, sqlite3.Error):
        return getattr(original, "sqlite_errorcode", None) in {
            sqlite3.SQLITE_FULL,
            sqlite3.SQLITE_IOERR_WRITE,
        }
    return getattr(original, "sqlstate", None) == "53100"  # disk_full
