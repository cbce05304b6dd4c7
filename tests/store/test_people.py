"""Keys, roles, links, allowances and erasure, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from data.store import Store, allowances, clock, consents, erasure, folders, keys, links, members
from data.store import plans as plan_store
from data.store.allowances import Rate
from data.store.plans import WithheldError
from data.store.tables import ROWS, CampaignRecord, JobInputRecord, PlanFileRecord, PlanRecord
from tests.service.conftest import BEGINNING, import_campaign
from tests.service.planned import ACT, put_plan
from tests.service.tiny import tiny_files


def test_a_key_is_recognised_until_it_is_revoked(store: Store) -> None:
    with store.write() as tx:
        members.grant(tx, subject="ada", campaign_id="*", role="admin", act=ACT)
        record, key = keys.create(tx, subject="ada", label="é", act=ACT, scopes=["forget"])
    with store.read() as tx:
        known = keys.recognise(tx, key, BEGINNING)
        assert known is not None
        assert known.roles == {("*", "admin")}
        assert known.scopes == {"forget"}
        assert known.use_is_due_at(BEGINNING)
        assert known.holds_at(BEGINNING + timedelta(days=10_000))
    with store.write() as tx:
        keys.note_use(tx, record.key_id, BEGINNING)
        keys.note_use(tx, record.key_id, BEGINNING + timedelta(seconds=30))
    with store.write() as tx:
        found = keys.by_prefix(tx, record.prefix)
        assert found is not None
        assert found.last_used_at == BEGINNING
        assert keys.revoke(tx, record.key_id, act=ACT)
        assert not keys.revoke(tx, record.key_id, act=ACT)
    with store.read() as tx:
        assert keys.recognise(tx, key, BEGINNING) is None


def test_a_bucket_gives_what_is_in_it(store: Store) -> None:
    drawn = []
    for seconds in (0, 0, 0, 30, -100):
        with store.write() as tx:
            at = BEGINNING + timedelta(seconds=seconds)
            drawn.append(allowances.draw(tx, "ada", most=40, rate=Rate(60), at=at).tokens)
    assert drawn == [40, 20, 0, 30, 0]


def test_a_link_is_open_until_its_moment_whatever_the_clock_says(store: Store) -> None:
    plan_id = put_plan(store, import_campaign(store, tiny_files()))
    until = BEGINNING + timedelta(days=1)
    with store.write() as tx:
        plan = tx.get_one(PlanRecord, plan_id)
        link = links.create(tx, plan, view="buyer", label="", expires_at=until, act=ACT)
        assert links.is_open(link, clock.note(tx, BEGINNING))
        links.count_use(tx, link.link_id, at=BEGINNING)
    with store.write() as tx:
        clock.note(tx, until)
    with store.read() as tx:
        found = links.get(tx, link.link_id)
        assert found is not None
        assert (found.uses, found.expires_at) == (1, until)
        assert not links.is_open(found, clock.latest(tx, BEGINNING))


def test_a_person_is_withheld_then_erased_and_a_campaign_purged(store: Store) -> None:
    campaign_id = import_campaign(store, tiny_files())
    plan_id = put_plan(store, campaign_id)
    with store.write() as tx:
        person = erasure.forget(tx, campaign_id, "A1", ACT).person
    with store.read() as tx:
        assert consents.withheld(tx) == [plan_id]
        assert tx.get(ROWS["agents"], (campaign_id, "A1")) is None
        assert "portraits/P1.svg" not in folders.campaign_files(tx, campaign_id)
        with pytest.raises(WithheldError):
            plan_store.files(tx, plan_id)
    with store.write() as tx:
        erasure.forget_plan(tx, tx.get_one(PlanRecord, plan_id), person, revision=None)
        erasure.forget_jobs(tx, campaign_id)
    with store.read() as tx:
        assert plan_store.files(tx, plan_id) == {}
        assert tx.query(JobInputRecord).count() == 0
    with store.write() as tx:
        erasure.purge(tx, campaign_id, ACT)
    with store.read() as tx:
        for table in (CampaignRecord, PlanRecord, PlanFileRecord, ROWS["agents"]):
            assert tx.query(table).count() == 0
