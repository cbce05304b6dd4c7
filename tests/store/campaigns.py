"""Campaign folders for the tests of the store, and how to put them there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from data.isere import CAMPAIGN_FILES, campaign_folder
from data.store import Store, folders
from data.store.audit import Act
from tests.service.tiny import tiny_files

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
ACT = Act("anne", NOW, "r_1")


def isere_files() -> dict[str, bytes]:
    """Return the files of the embedded campaign."""
    return {name: (campaign_folder() / name).read_bytes() for name in CAMPAIGN_FILES}


def files_in(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder by their paths."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def put(store: Store, files: Mapping[str, bytes]) -> str:
    """Return the id of a campaign that is put into a store."""
    with store.write() as tx:
        record, reading = folders.import_files(tx, files, act=ACT)
        assert record is not None, reading.problems
        return record.campaign_id


def put_tiny(store: Store) -> str:
    """Return the id of the tiny campaign, put into a store."""
    return put(store, tiny_files())


def taken(store: Store, campaign_id: str) -> dict[str, bytes]:
    """Return the folder of a campaign."""
    with store.read() as tx:
        return folders.campaign_files(tx, campaign_id)
