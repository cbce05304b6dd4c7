"""Rows of inputs: read by pages, the same on every database, and changed by one at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import select, text
from sqlalchemy.orm.exc import StaleDataError

from data.store import Store, Tx, campaigns, inputs, open_store
from data.store.audit import Act
from data.store.rows import Row, RowExistsError, row_id_of
from data.store.tables import AuditRecord, InputRecord, RowRecord
from geo.crs import Bounds
from tests.store.campaigns import ACT, put_tiny
from tests.stores import Cluster


def input_of(tx: Tx, campaign_id: str, kind: str) -> InputRecord:
    found = inputs.get(tx, campaign_id, kind)
    assert found is not None
    return found


def row_of(tx: Tx, campaign_id: str, kind: str, row_id: str) -> RowRecord:
    found = inputs.row(tx, campaign_id, kind, row_id)
    assert found is not None
    return found


def ids(rows: Sequence[RowRecord]) -> list[str]:
    return [row.row_id for row in rows]


def audit_of(store: Store, action: str) -> list[AuditRecord]:
    with store.read() as tx:
        query = select(AuditRecord).where(AuditRecord.action == action).order_by(AuditRecord.seq)
        return list(tx.scalars(query))


def test_pages_hold_every_row_once_in_the_order_of_the_file(store: Store) -> None:
    campaign_id = put_tiny(store)
    seen, after = [], None
    with store.read() as tx:
        while page := inputs.page(tx, campaign_id, "faces", after=after, limit=10):
            seen += ids(page)
            after = page[-1].position
        assert seen == [row.row_id for row in inputs.every(tx, campaign_id, "faces")]
        assert len(set(seen)) == len(seen) == 64 == inputs.count(tx, campaign_id, "faces")


def test_bounds_find_what_they_meet_and_nothing_else(store: Store) -> None:
    campaign_id = put_tiny(store)
    with store.read() as tx:
        rows = inputs.page(tx, campaign_id, "faces", after=None, limit=100)
        points = {row.row_id: row.geometry for row in rows}
        some = shapely.union_all([p for p in points.values() if p is not None][10:30])
        for bounds in (Bounds(*some.bounds), Bounds(5.7, 45.1, 5.75, 45.2), Bounds(0, 0, 1, 1)):
            box = shapely.box(*bounds)
            met = [i for i, p in points.items() if p is not None and box.intersects(p)]
            found = inputs.page(tx, campaign_id, "faces", after=None, limit=100, bounds=bounds)
            assert ids(found) == met
            assert inputs.count(tx, campaign_id, "faces", bounds=bounds) == len(met)


ODD = ('it"s', "l’été", "a'b", "$.x", "100 %", "", "\\", "true", "1", "[1]", "null")


def test_cells_are_matched_as_text_whatever_they_hold(store: Store) -> None:
    with store.write() as tx:
        campaign_id = campaigns.create(tx, name="x", settings={}, act=ACT).campaign_id
        rows = [Row(f"A{i}", {"agent_id": f"A{i}", "job": job}) for i, job in enumerate(ODD)]
        settings: dict[str, Any] = {"file_name": "a.csv", "sha256": "0" * 64, "problems": ()}
        headings = ("agent_id", "job")
        inputs.replace(tx, campaign_id, "agents", headings=headings, rows=rows, act=ACT, **settings)
    with store.read() as tx:
        for i, job in enumerate(ODD):
            found = inputs.page(tx, campaign_id, "agents", after=None, limit=9, where={"job": job})
            assert ids(found) == [f"A{i}"], job
        both = {"job": ODD[0], "agent_id": "A1"}
        assert inputs.count(tx, campaign_id, "agents", where=both) == 0
        assert inputs.count(tx, campaign_id, "agents", where={'no "such" column': ""}) == len(ODD)


def test_a_change_moves_the_versions_and_the_point(store: Store) -> None:
    campaign_id = put_tiny(store)
    with store.write() as tx:
        record, face = input_of(tx, campaign_id, "faces"), row_of(tx, campaign_id, "faces", "f00")
        campaign = campaigns.get(tx, campaign_id)
        assert campaign is not None
        was = record.version, face.version, campaign.version, campaign.rows_version
        cells = {"price_eur": "99", "lat": "45.2000000", "lon": "5.7000000"}
        inputs.change_row(tx, record, face, cells=cells, act=ACT)
        now = record.version, face.version, campaign.version, campaign.rows_version
        assert [b > a for a, b in zip(was, now, strict=True)] == [True, True, False, True]
    with store.read() as tx:
        face = row_of(tx, campaign_id, "faces", "f00")
        assert face.geometry == shapely.Point(5.7, 45.2)
        assert (face.minx, face.maxy, face.cells["price_eur"]) == (5.7, 45.2, "99")
    (entry,) = audit_of(store, "row.change")
    assert entry.subject == "faces/f00"
    assert entry.change["after"]["cells"] == cells
    assert entry.change["before"]["cells"]["price_eur"] == "100"


def test_a_row_keeps_its_id(store: Store) -> None:
    campaign_id = put_tiny(store)
    with store.write() as tx:
        record, face = input_of(tx, campaign_id, "faces"), row_of(tx, campaign_id, "faces", "f00")
        with pytest.raises(ValueError, match="keeps its id"):
            inputs.change_row(tx, record, face, cells={"face_id": "f01"}, act=ACT)


def test_rows_are_added_at_the_end_and_removed(store: Store) -> None:
    campaign_id = put_tiny(store)
    with store.write() as tx:
        record = input_of(tx, campaign_id, "faces")
        cells = {"face_id": "neuf", "lat": "45.1", "lon": "5.7"}
        added = inputs.add_row(tx, record, cells=cells, act=ACT)
        assert added.position == 65
        assert added.cells["format"] == ""
        with pytest.raises(RowExistsError):
            inputs.add_row(tx, record, cells=cells, act=ACT)
        inputs.delete_row(tx, record, row_of(tx, campaign_id, "faces", "f00"), act=ACT)
    with store.read() as tx:
        page = inputs.page(tx, campaign_id, "faces", after=None, limit=100)
        assert ids(page)[0] == "f01"
        assert ids(page)[-1] == "neuf"
    assert [e.subject for e in audit_of(store, "row.add")] == ["faces/neuf"]
    assert [e.subject for e in audit_of(store, "row.delete")] == ["faces/f00"]


def test_the_audit_trail_replays_to_the_rows_there_are(store: Store) -> None:
    campaign_id = put_tiny(store)
    with store.read() as tx:
        state = {row.row_id: dict(row.cells) for row in inputs.every(tx, campaign_id, "faces")}
    generator = np.random.default_rng(7)
    for number in range(30):
        with store.write() as tx:
            record = input_of(tx, campaign_id, "faces")
            row_id = f"f{generator.integers(70):02}"
            found = inputs.row(tx, campaign_id, "faces", row_id)
            if found is None:
                inputs.add_row(tx, record, cells={"face_id": row_id, "city": "x"}, act=ACT)
            elif number % 3:
                price = {"price_eur": str(number)}
                inputs.change_row(tx, record, found, cells=price, act=ACT)
            else:
                inputs.delete_row(tx, record, found, act=ACT)
    with store.read() as tx:
        query = select(AuditRecord).where(AuditRecord.action.like("row.%"))
        for entry in tx.scalars(query.order_by(AuditRecord.seq)):
            row_id = entry.change["row_id"]
            if entry.action == "row.delete":
                assert entry.change["before"]["cells"] == state.pop(row_id)
                continue
            state[row_id] = state.get(row_id, {}) | entry.change["after"]["cells"]
        rows = inputs.every(tx, campaign_id, "faces")
        assert state == {row.row_id: dict(row.cells) for row in rows}


def test_private_cells_are_told_by_their_columns_alone(store: Store) -> None:
    campaign_id = put_tiny(store)
    with store.write() as tx:
        record, agent = input_of(tx, campaign_id, "agents"), row_of(tx, campaign_id, "agents", "A1")
        cells = {"name": "Jeanne Secrète", "job": "cantonnière", "consent_until": "2018-01-01"}
        inputs.change_row(tx, record, agent, cells=cells, act=ACT)
        inputs.delete_row(tx, record, row_of(tx, campaign_id, "agents", "A2"), act=ACT)
    (entry,) = audit_of(store, "row.change")
    assert entry.change["private"] == ["consent_until", "name"]
    assert entry.change["after"]["cells"] == {"job": "cantonnière"}
    with store.read() as tx:
        told = json.dumps([e.change for e in tx.scalars(select(AuditRecord))], ensure_ascii=False)
    assert "Secr" not in told
    assert "2018" not in told


def test_replacing_an_input_leaves_nothing_of_the_old_one(store: Store) -> None:
    campaign_id = put_tiny(store)
    with store.write() as tx:
        record = input_of(tx, campaign_id, "faces")
        old = record.version, row_of(tx, campaign_id, "faces", "f00").version
        inputs.replace(
            tx, campaign_id, "faces", file_name="x" * 300 + ".csv", sha256="1" * 64,
            headings=("face_id",), rows=[Row("f00", {"face_id": "f00"})], problems=(), act=ACT,
        )  # fmt: skip
    with store.read() as tx:
        new = input_of(tx, campaign_id, "faces"), row_of(tx, campaign_id, "faces", "f00")
        assert new[0].version > old[0]
        assert new[1].version not in old
        assert inputs.count(tx, campaign_id, "faces") == 1
        assert new[0].file_name.endswith(".csv")


def test_an_input_that_is_deleted_is_gone_with_its_rows(store: Store) -> None:
    campaign_id = put_tiny(store)
    with store.write() as tx:
        inputs.delete(tx, input_of(tx, campaign_id, "faces"), act=ACT)
    with store.read() as tx:
        assert inputs.get(tx, campaign_id, "faces") is None
        assert inputs.count(tx, campaign_id, "faces") == 0


def test_ids_of_two_parts_are_never_taken_for_one_another() -> None:
    pairs = [("a~b", "c"), ("a", "b~c"), ("a", "~b~c"), ("a%7Eb", "c"), ("a", "b"), ("a~", "b")]
    found = [row_id_of("travel", {"from_id": a, "to_id": b}, position=1) for a, b in pairs]
    assert len(set(found)) == len(pairs)
    assert found[4] == "a~b"


def test_campaigns_come_in_the_order_in_which_they_were_made(store: Store) -> None:
    made = []
    with store.write() as tx:
        for number in range(7):
            act = Act("anne", ACT.at.replace(minute=number // 3), "r")
            made.append(campaigns.create(tx, name=f"c{number}", settings={}, act=act))
        campaigns.archive(tx, made[3], archived=True, act=ACT)
    seen: list[str] = []
    with store.read() as tx:
        while page := campaigns.page(
            tx, after=seen[-1] if seen else None, limit=2, only=None, archived=False
        ):
            seen += [campaign.campaign_id for campaign in page]
        only = frozenset({made[0].campaign_id, made[3].campaign_id})
        mine = campaigns.page(tx, after=None, limit=9, only=only, archived=False)
        away = campaigns.page(tx, after=None, limit=9, only=None, archived=True)
    names = {campaign.campaign_id: campaign.name for campaign in made}
    assert sorted(names[campaign_id] for campaign_id in seen) == [
        "c0",
        "c1",
        "c2",
        "c4",
        "c5",
        "c6",
    ]
    assert {names[i] for i in seen[:3]} == {"c0", "c1", "c2"}
    assert [campaign.name for campaign in mine] == ["c0"]
    assert [campaign.name for campaign in away] == ["c3"]


@pytest.mark.slow
def test_whoever_saw_an_older_row_or_input_is_refused(cluster: Cluster) -> None:
    url = cluster.new_database()
    store, other = open_store(url), open_store(url)
    campaign_id = put_tiny(store)
    late = other.write()
    tx = late.__enter__()
    record, face = input_of(tx, campaign_id, "faces"), row_of(tx, campaign_id, "faces", "f00")
    with store.write() as first:
        mine = input_of(first, campaign_id, "faces"), row_of(first, campaign_id, "faces", "f00")
        inputs.change_row(first, *mine, cells={"city": "A"}, act=ACT)
    with pytest.raises(StaleDataError):
        inputs.change_row(tx, record, face, cells={"city": "B"}, act=ACT)
    tx.rollback()
    tx.expire_all()
    record = input_of(tx, campaign_id, "faces")
    with store.write() as first:
        mine = input_of(first, campaign_id, "faces"), row_of(first, campaign_id, "faces", "f01")
        inputs.change_row(first, *mine, cells={"city": "A"}, act=ACT)
    with pytest.raises(StaleDataError):
        inputs.delete(tx, record, act=ACT)
    tx.rollback()
    late.__exit__(None, None, None)
    store.close()
    other.close()
    cluster.drop(url)


@pytest.mark.slow
def test_gis_programs_see_real_geometry(cluster: Cluster) -> None:
    url = cluster.new_database()
    store = open_store(url)
    campaign_id = put_tiny(store)
    with store.read() as tx:
        query = "SELECT f_table_name, f_geometry_column, srid, type FROM geometry_columns"
        layers = {tuple(row) for row in tx.execute(text(query))}
        kinds = {"zones": "MULTIPOLYGON", "maisons": "POINT", "faces": "POINT"}
        for kind, shape in kinds.items():
            assert {(kind, "geom", 4326, shape), (f"v_{kind}", "geom", 4326, shape)} <= layers
        where = text(
            "SELECT row_id, price_eur, ST_X(geom) FROM v_faces WHERE campaign_id = :campaign_id "
            "AND geom && ST_MakeEnvelope(5.4, 45.0, 5.6, 45.2, 4326) ORDER BY row_id"
        )
        found = tx.execute(where, {"campaign_id": campaign_id}).all()
        rows = inputs.page(
            tx, campaign_id, "faces", after=None, limit=99, bounds=Bounds(5.4, 45.0, 5.6, 45.2)
        )
        assert [row[0] for row in found] == ids(rows)
        assert 0 < len(found) < 64
        assert found[0][1] == 100.0
        tx.execute(text("SET LOCAL enable_seqscan = off"))
        query = "SELECT row_id FROM faces WHERE geom && ST_MakeEnvelope(5.4, 45.0, 5.5, 45.1, 4326)"
        plan = "\n".join(tx.scalars(text(f"EXPLAIN {query}")))
        assert "ix_faces_geom" in plan
    store.close()
    cluster.drop(url)
