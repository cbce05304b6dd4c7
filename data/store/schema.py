"""Brings the tables of a store up to date: Alembic in this process, once, whoever comes first."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from data.store.engine import Store, Tx

VERSION_TABLE = "schema_version"
MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x706C6163  # any number that nobody else locks in this database
_INSUFFICIENT_PRIVILEGE = "42501"
_NOT_INSTALLED = ("0A000", "58P01", "22023")


class Cause(StrEnum):
    """Why tables cannot be brought up to date, or used as they are."""

    OUTDATED = "the tables are not up to date"
    NEWER = "a newer Placarde made this"
    BEYOND = "these tables are newer: begin with an empty database"
    NO_RIGHT = "PostGIS is missing, and this user may not add it (CREATE EXTENSION postgis)"
    NO_POSTGIS = "PostGIS is not installed on the server of this database"


class SchemaError(Exception):
    """The tables cannot be brought up to date, or used as they are: `cause` says why."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause.value)
        self.cause = cause


def upgrade(store: Store) -> str:
    """Bring the tables up to date, all steps or none; return the step that they are at.

    Several processes may begin at once: one does it, the others wait and find it done.

    Raises
    ------
    SchemaError
        If PostGIS is not there and may not be added, or a newer Placarde made these tables.
    StoreUnavailableError
        If the database does not answer.
    """
    with store.write() as tx:
        return prepare(store, tx)


def prepare(store: Store, tx: Tx, step: str = "head") -> str:
    """Bring the tables to a step inside a transaction that writes; return the step.

    Raises
    ------
    SchemaError
        As `upgrade` does, and if the tables are beyond the step, or it is of a newer Placarde.
    """
    connection = tx.connection()
    if store.is_postgresql:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        _add_postgis(connection)
    found, steps = _step(connection), _steps()
    if not {found or "head", step} <= {*steps, "head"}:
        raise SchemaError(Cause.NEWER)
    if step != "head" and found is not None and steps[found] > steps[step]:
        raise SchemaError(Cause.BEYOND)
    command.upgrade(_config(connection), step)
    return _step(connection) or ""


def current(store: Store) -> str | None:
    """Return the step at which the tables are; None if there are none."""
    with store.read() as tx:
        return _step(tx.connection())


def latest() -> str:
    """Return the step that this Placarde needs."""
    return ScriptDirectory.from_config(_config(None)).get_current_head() or ""


def _config(connection: Connection | None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _step(connection: Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def _steps() -> dict[str, int]:
    """Return the number of each step, from 0."""
    script = ScriptDirectory.from_config(_config(None))
    newest_first = [step.revision for step in script.walk_revisions()]
    return {step: number for number, step in enumerate(reversed(newest_first))}


def _add_postgis(connection: Connection) -> None:
    there = connection.scalar(text("SELECT 1 FROM pg_extension WHERE extname = 'postgis'"))
    if there:
        return
    try:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        if state == _INSUFFICIENT_PRIVILEGE:
            raise SchemaError(Cause.NO_RIGHT) from error
        if state in _NOT_INSTALLED:
            raise SchemaError(Cause.NO_POSTGIS) from error
        raise
