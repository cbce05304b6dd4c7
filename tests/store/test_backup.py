"""A backup holds everything, as of one moment, and gives it back on any database."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from data.store import Store, blobs, open_store, schema
from data.store.audit import Act, record
from data.store.backup import backup
from data.store.engine import StoreUnavailableError
from data.store.restore import BackupError, StoreNotEmptyError, restore
from data.store.tables import AuditRecord, Base, ClockRecord
from tests.store.campaigns import ACT, NOW, isere_files, put, put_tiny, taken
from tests.stores import POSTGRESQL, SQLITE, shared_cluster

DIRECTIONS = (
    (SQLITE, SQLITE),
    pytest.param((SQLITE, POSTGRESQL), marks=pytest.mark.slow),
    pytest.param((POSTGRESQL, SQLITE), marks=pytest.mark.slow),
)


@pytest.fixture(params=DIRECTIONS, ids="-to-".join)
def kinds(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Return from which kind of store to which other a backup goes."""
    return request.param[0], request.param[1]


@pytest.fixture
def pair(
    kinds: tuple[str, str], request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Store, Store]]:
    """Yield a store with tables, and another without any."""
    urls = []
    for number, kind in enumerate(kinds):
        if kind == SQLITE:
            urls.append(f"sqlite:///{tmp_path / f'{number}.sqlite'}")
        else:
            urls.append(shared_cluster(request.config).new_database(empty=True))
    one, other = map(open_store, urls)
    schema.upgrade(one)
    yield one, other
    for opened, url in zip((one, other), urls, strict=True):
        opened.close()
        if not url.startswith(SQLITE):
            shared_cluster(request.config).drop(url)


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Store]:
    """Yield a store in a file."""
    opened = open_store(f"sqlite:///{tmp_path / 'local.sqlite'}")
    schema.upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def spare(tmp_path: Path) -> Iterator[Store]:
    """Yield a store in a file without any table."""
    opened = open_store(f"sqlite:///{tmp_path / 'spare.sqlite'}")
    yield opened
    opened.close()


def everything(store: Store) -> dict[str, list[Any]]:
    with store.read() as tx:
        return {
            table.name: [tuple(row) for row in tx.execute(select(table))]
            for table in Base.metadata.sorted_tables
        }


def by_key(rows: dict[str, list[Any]]) -> dict[str, list[str]]:
    return {name: sorted(map(repr, found)) for name, found in rows.items()}


def test_what_is_restored_elsewhere_is_the_same_in_every_row_and_byte(
    pair: tuple[Store, Store], tmp_path: Path
) -> None:
    store, other = pair
    campaign_id = put_tiny(store)
    file = tmp_path / "placarde.zip"
    counted = backup(store, file, at=NOW)
    assert counted["faces"] == 64
    assert restore(other, file) == counted
    assert by_key(everything(other)) == by_key(everything(store))
    assert taken(other, campaign_id) == taken(store, campaign_id)
    assert schema.current(other) == schema.latest()


def test_a_restored_store_goes_on_counting_where_the_other_stopped(
    pair: tuple[Store, Store], tmp_path: Path
) -> None:
    store, other = pair
    put_tiny(store)
    backup(store, tmp_path / "placarde.zip", at=NOW)
    restore(other, tmp_path / "placarde.zip")
    with other.write() as tx:
        last = tx.scalar(select(func.max(AuditRecord.seq))) or 0
        record(tx, ACT, "row.change", subject="faces/F1")
    with other.read() as tx:
        assert tx.scalar(select(func.max(AuditRecord.seq))) == last + 1 > 1


@pytest.mark.slow
def test_the_isere_comes_back_to_the_byte(pair: tuple[Store, Store], tmp_path: Path) -> None:
    store, other = pair
    campaign_id = put(store, isere_files())
    backup(store, tmp_path / "placarde.zip", at=NOW)
    restore(other, tmp_path / "placarde.zip")
    assert taken(other, campaign_id) == taken(store, campaign_id)


def test_a_store_that_holds_something_is_not_restored_into(
    local: Store, spare: Store, tmp_path: Path
) -> None:
    put_tiny(local)
    backup(local, tmp_path / "placarde.zip", at=NOW)
    schema.upgrade(spare)
    with spare.write() as tx:
        tx.add(ClockRecord(clock_id=1, latest=NOW))
    with pytest.raises(StoreNotEmptyError):
        restore(spare, tmp_path / "placarde.zip")
    with spare.read() as tx:
        assert tx.scalar(text("SELECT count(*) FROM faces")) == 0


def test_a_backup_is_of_one_moment_though_others_write_meanwhile(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from data.store import backup as module  # noqa: PLC0415 -- the module, not the function

    put_tiny(store)
    write = module._write_table
    written: list[str] = []

    def interrupted(archive: zipfile.ZipFile, tx: Any, table: Any) -> dict[str, Any]:
        if not written:
            tx.execute(select(func.count()).select_from(AuditRecord))
            put_tiny(store)
        written.append(table.name)
        return write(archive, tx, table)

    monkeypatch.setattr(module, "_write_table", interrupted)
    assert backup(store, tmp_path / "placarde.zip", at=NOW)["campaigns"] == 1
    assert len(everything(store)["campaigns"]) == 2


def test_a_file_that_is_there_stays_unless_it_may_go(local: Store, tmp_path: Path) -> None:
    file = tmp_path / "placarde.zip"
    file.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        backup(local, file, at=NOW)
    assert file.read_bytes() == b"mine"
    backup(local, file, at=NOW, replace=True)
    assert zipfile.is_zipfile(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_backup_that_fails_leaves_nothing(
    local: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from data.store import backup as module  # noqa: PLC0415 -- the module, not the function

    def full(*_: object) -> dict[str, Any]:
        raise StoreUnavailableError("disk", full=True)

    monkeypatch.setattr(module, "_write_table", full)
    folder = tmp_path / "backups"
    folder.mkdir()
    with pytest.raises(StoreUnavailableError):
        backup(local, folder / "placarde.zip", at=NOW)
    assert list(folder.iterdir()) == []


def rewritten(source: Path, target: Path, changes: dict[str, bytes | None]) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = changes.get(name, old.read(name)) if name in changes else old.read(name)
            if content is not None:
                new.writestr(name, content)


def damages(file: Path) -> dict[str, dict[str, bytes | None]]:
    with zipfile.ZipFile(file) as archive:
        faces = archive.read("tables/faces.jsonl")
        manifest = json.loads(archive.read("manifest.json"))
        blob = next(name for name in archive.namelist() if name.startswith("blobs/"))
    return {
        "a row less": {"tables/faces.jsonl": faces.partition(b"\n")[2]},
        "a cell that was changed": {"tables/faces.jsonl": faces.replace(b"4x3", b"8x3", 1)},
        "no manifest": {"manifest.json": None},
        "a table less": {"tables/zones.jsonl": None},
        "other bytes": {blob: b"other"},
        "another format": {"manifest.json": json.dumps({**manifest, "format": "x"}).encode()},
        "half a line": {"tables/faces.jsonl": faces[:-10]},
    }


def test_a_damaged_backup_restores_nothing(local: Store, spare: Store, tmp_path: Path) -> None:
    put_tiny(local)
    file = tmp_path / "placarde.zip"
    backup(local, file, at=NOW)
    for number, (what, changes) in enumerate(damages(file).items()):
        damaged = tmp_path / f"{number}.zip"
        rewritten(file, damaged, changes)
        with pytest.raises(BackupError):
            restore(spare, damaged)
        assert schema.current(spare) is None, what
    (tmp_path / "cut.zip").write_bytes(file.read_bytes()[:-100])
    with pytest.raises(BackupError):
        restore(spare, tmp_path / "cut.zip")
    assert restore(spare, file)["faces"] == 64


def test_a_backup_of_a_newer_program_is_refused(local: Store, spare: Store, tmp_path: Path) -> None:
    file = tmp_path / "placarde.zip"
    backup(local, file, at=NOW)
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    newer = tmp_path / "newer.zip"
    rewritten(file, newer, {"manifest.json": json.dumps({**manifest, "step": "9999"}).encode()})
    with pytest.raises(schema.SchemaError, match="newer"):
        restore(spare, newer)


def test_a_backup_of_an_older_program_is_restored_and_brought_up_to_date(
    local: Store, spare: Store, tmp_path: Path
) -> None:
    put_tiny(local)
    file = tmp_path / "placarde.zip"
    backup(local, file, at=NOW)
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    older = tmp_path / "older.zip"
    rewritten(file, older, {"manifest.json": json.dumps({**manifest, "step": "0001"}).encode()})
    restore(spare, older)
    assert schema.current(spare) == schema.latest() != "0001"
    with pytest.raises(DBAPIError, match="append-only"), spare.write() as tx:
        tx.execute(text("DELETE FROM audit"))


def test_a_store_that_is_not_up_to_date_is_not_backed_up(empty_url: str, tmp_path: Path) -> None:
    store = open_store(empty_url)
    with pytest.raises(schema.SchemaError):
        backup(store, tmp_path / "placarde.zip", at=NOW)
    store.close()


def test_every_kind_of_value_comes_back(pair: tuple[Store, Store], tmp_path: Path) -> None:
    store, other = pair
    odd = Act("é\u2028\U0001f600", NOW.replace(microsecond=123456), "r")
    change = {"text": "\u00a0", "number": 0.1, "nothing": None, "list": [1, {"a": False}]}
    content = bytes(range(256))
    with store.write() as tx:
        record(tx, odd, "row.change", subject="faces/F1", change=change)
        digest = blobs.put(tx, content)
    backup(store, tmp_path / "placarde.zip", at=NOW)
    restore(other, tmp_path / "placarde.zip")
    with other.read() as tx:
        (entry,) = tx.scalars(select(AuditRecord))
        assert (entry.actor, entry.at, entry.change) == (odd.actor, odd.at, change)
        assert entry.campaign_id is None
        assert blobs.get(tx, digest) == content
