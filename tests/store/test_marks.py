"""Marks: equal as long as nothing was committed, by whichever process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from data.store import Store, members, open_store
from data.store.marks import Marks
from tests.service.planned import ACT


def test_a_mark_is_the_same_until_something_is_committed(store: Store) -> None:
    if store.is_postgresql:
        assert store.mark() is None  # only the server could tell
        return
    before = store.mark()
    assert before is not None
    with store.read() as tx:
        members.roles_of(tx, "ada")
    assert store.mark() == before
    with pytest.raises(ZeroDivisionError):
        _change_and_fail(store)
    assert store.mark() == before
    with store.write() as tx:
        members.grant(tx, subject="ada", campaign_id="*", role="admin", act=ACT)
    assert store.mark() != before


def test_another_process_changes_the_mark(tmp_path: Path) -> None:
    path = tmp_path / "placarde.sqlite"
    store = open_store(f"sqlite:///{path}")
    with store.write() as tx:
        tx.connection().exec_driver_sql("CREATE TABLE t (x)")
    before = store.mark()
    change = f"import sqlite3; sqlite3.connect({os.fspath(path)!r}).execute('CREATE TABLE u (x)')"
    subprocess.run([sys.executable, "-c", change], check=True)
    assert store.mark() != before
    store.close()


def test_stores_of_one_process_never_have_a_mark_in_common(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path / name}.sqlite" for name in ("one", "one", "two")]
    stores = [open_store(url) for url in urls]
    for store in stores:
        with store.write() as tx:
            tx.connection().exec_driver_sql("CREATE TABLE IF NOT EXISTS t (x)")
    marks = [store.mark() for store in stores]
    stores[0].close()
    marks.append(stores[0].mark())  # opened once more
    assert None not in marks
    assert len(set(marks)) == len(marks)
    for store in stores:
        store.close()


def test_a_file_that_is_not_there_has_no_mark_and_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "none.sqlite"
    marks = Marks(path)
    assert marks.now() is None
    assert not path.exists()
    path.write_bytes(b"no database at all" * 100)
    assert marks.now() is None


def _change_and_fail(store: Store) -> None:
    with store.write() as tx:
        members.grant(tx, subject="ada", campaign_id="*", role="admin", act=ACT)
        raise ZeroDivisionError
