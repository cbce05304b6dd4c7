"""A store that cannot answer says so, keeps what it has, and answers again when it can."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from data.store import Store, StoreUnavailableError, blobs, open_store, schema
from tests.stores import Cluster

BLOCK = b"x" * 4096


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'placarde.sqlite'}")
    schema.upgrade(opened)
    yield opened
    opened.close()


def put(store: Store, *contents: bytes) -> str:
    with store.write() as tx:
        return [blobs.put(tx, content) for content in contents][-1]


def pragma(store: Store, name: str) -> Any:
    with store.read() as tx:
        return tx.scalar(text(f"PRAGMA {name}"))


def on_each_connection(store: Store, statement: str) -> None:
    def run(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(statement)

    event.listen(store.engine, "connect", run)
    store.engine.dispose()


def test_sqlite_forces_each_commit_to_the_disk_and_lets_readers_read(local: Store) -> None:
    assert pragma(local, "journal_mode") == "wal"
    assert pragma(local, "synchronous") == 2  # FULL
    assert pragma(local, "foreign_keys") == 1


def test_what_a_block_that_fails_wrote_is_not_there(store: Store) -> None:
    def fail() -> None:
        with store.write() as tx:
            blobs.put(tx, b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    digest = sha256(b"half").hexdigest()
    with pytest.raises(KeyError), store.read() as tx:
        blobs.get(tx, digest)


def test_a_reader_changes_nothing(store: Store) -> None:
    with store.read() as tx:
        digest = blobs.put(tx, b"nothing")
    with pytest.raises(KeyError), store.read() as tx:
        blobs.get(tx, digest)


def test_a_full_disk_is_told_and_nothing_is_lost(local: Store) -> None:
    kept = put(local, b"kept")
    pages = pragma(local, "page_count")
    on_each_connection(local, f"PRAGMA max_page_count = {pages + 8}")
    with pytest.raises(StoreUnavailableError) as refused:
        put(local, *(BLOCK + bytes([number]) for number in range(64)))
    assert refused.value.full
    assert "x" * 40 not in str(refused.value)
    assert pragma(local, "integrity_check") == "ok"
    with local.read() as tx:
        assert blobs.get(tx, kept) == b"kept"
        assert tx.scalar(text("SELECT count(*) FROM blobs")) == 1
    on_each_connection(local, "PRAGMA max_page_count = 100000")
    put(local, BLOCK * 10)


def test_a_second_writer_is_told_to_come_back(local: Store) -> None:
    on_each_connection(local, "PRAGMA busy_timeout = 20")
    with local.write() as tx:
        blobs.put(tx, b"first")
        with pytest.raises(StoreUnavailableError) as refused:
            put(local, b"second")
    assert not refused.value.full
    put(local, b"second")


def test_a_mistake_of_ours_is_not_called_an_outage(store: Store) -> None:
    with pytest.raises(DBAPIError), store.read() as tx:
        tx.execute(text("SELECT * FROM no_such_table"))
    with pytest.raises(DBAPIError), store.write() as tx:
        tx.execute(text("INSERT INTO clock (clock_id) VALUES (NULL)"))


@pytest.mark.parametrize("url", ["mysql://u:secret@host/base", "postgresql://u:secret@host/base"])
def test_the_password_of_a_wrong_address_is_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="a store is") as refused:
        open_store(url)
    assert "secret" not in str(refused.value)


def test_a_server_that_is_not_there_is_an_outage(tmp_path: Path) -> None:
    store = open_store(f"postgresql+psycopg://postgres@/base?host={tmp_path}")
    with pytest.raises(StoreUnavailableError), store.read() as tx:
        tx.execute(text("SELECT 1"))


@pytest.mark.slow
def test_a_full_disk_of_the_server_is_told(cluster: Cluster) -> None:
    url = cluster.new_database(empty=True)
    store = open_store(url)
    with pytest.raises(StoreUnavailableError) as refused, store.write() as tx:
        tx.execute(text("DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$"))
    assert refused.value.full
    store.close()
    cluster.drop(url)


def put_while_it_stops(store: Store, server: Cluster) -> None:
    with store.write() as tx:
        blobs.put(tx, b"lost")
        server.stop()
        blobs.put(tx, b"lost too")


@pytest.mark.slow
def test_a_server_that_comes_back_is_used_again_by_the_same_store() -> None:
    server = Cluster()
    server.start()
    store = open_store(server.new_database())
    kept = put(store, b"kept")
    try:
        with pytest.raises(StoreUnavailableError):
            put_while_it_stops(store, server)
        with pytest.raises(StoreUnavailableError), store.read() as tx:
            blobs.get(tx, kept)
        server.start()
        with store.read() as tx:
            assert blobs.get(tx, kept) == b"kept"
            assert tx.scalar(text("SELECT count(*) FROM blobs")) == 1
        put(store, b"more")
    finally:
        store.close()
        server.remove()
