"""Upkeep takes back what nothing refers to, and nothing that somebody is about to refer to."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, text

from data.store import Store, blobs, folders, open_store
from data.store.tables import BlobRecord, IdempotencyRecord
from data.store.upkeep import ANSWERS_KEPT, vacuum
from tests.store.campaigns import NOW, put_tiny, taken
from tests.stores import Cluster


def test_bytes_are_kept_once(store: Store) -> None:
    with store.write() as tx:
        assert blobs.put(tx, b"same") == blobs.put(tx, b"same")
    with store.write() as tx:
        digest = blobs.put(tx, b"same")
    with store.read() as tx:
        assert tx.scalar(select(func.count()).select_from(BlobRecord)) == 1
        assert blobs.get(tx, digest) == b"same"


def test_what_nothing_refers_to_goes_and_all_else_stays(store: Store) -> None:
    campaign_id = put_tiny(store)
    before = taken(store, campaign_id)
    with store.write() as tx:
        blobs.put(tx, b"nobody's")
        folders.attach(tx, campaign_id, "portraits/P1.svg", b"<svg/>")
    done = vacuum(store, at=NOW)
    assert done.blobs == 1 + (before["portraits/P1.svg"] not in taken(store, campaign_id).values())
    after = taken(store, campaign_id)
    assert after == {**before, "portraits/P1.svg": b"<svg/>"}
    assert vacuum(store, at=NOW).blobs == 0


def test_answers_are_kept_as_long_as_somebody_may_ask_again(store: Store) -> None:
    ages = {
        "old": ANSWERS_KEPT + timedelta(seconds=1),
        "young": ANSWERS_KEPT - timedelta(seconds=1),
    }
    with store.write() as tx:
        for key, age in ages.items():
            answer = {"subject": "anne", "key": key, "fingerprint": "0", "request_id": key}
            tx.execute(insert(IdempotencyRecord), [{**answer, "created_at": NOW - age}])
    assert vacuum(store, at=NOW).answers == 1
    with store.read() as tx:
        assert tx.scalars(select(IdempotencyRecord.key)).all() == ["young"]


@pytest.mark.slow
def test_vacuum_waits_for_whoever_is_about_to_refer_to_kept_bytes(cluster: Cluster) -> None:
    url = cluster.new_database()
    store = open_store(url)
    campaign_id = put_tiny(store)
    with store.write() as tx:
        blobs.put(tx, b"unused so far")
    running = threading.Thread(target=vacuum, args=(store,), kwargs={"at": NOW})
    with store.write() as tx:
        folders.attach(tx, campaign_id, "portraits/X.svg", b"unused so far")
        running.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'blobs'::regclass"
        while not tx.scalar(text(waiting)):
            running.join(0.01)
            assert running.is_alive()
    running.join()
    assert taken(store, campaign_id)["portraits/X.svg"] == b"unused so far"
    store.close()
    cluster.drop(url)
