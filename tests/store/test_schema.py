"""The tables of the store: made once, as the models say, with what the database sees to itself."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from data.store import Store, open_store, schema
from data.store.audit import Act, record
from data.store.tables import Base, JobRecord

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.mark.filterwarnings("ignore:Did not recognize type 'geometry'")
def test_the_steps_lead_to_the_tables_of_the_models(store: Store) -> None:
    def is_ours(_item: object, name: str | None, kind: str, *_: object) -> bool:
        return not (
            (kind == "table" and name == "spatial_ref_sys")
            or (kind == "column" and name == "geom")
            or (kind == "index" and str(name).endswith("_geom"))
        )

    with store.read() as tx:
        context = MigrationContext.configure(
            tx.connection(),
            opts={
                "version_table": schema.VERSION_TABLE,
                "compare_type": True,
                "include_object": is_ours,
            },
        )
        differences: list[Any] = compare_metadata(context, Base.metadata)
    assert differences == []


def test_upgrading_again_changes_nothing(empty_url: str) -> None:
    store = open_store(empty_url)
    assert schema.current(store) is None
    assert schema.upgrade(store) == schema.latest()
    assert schema.upgrade(store) == schema.latest() == schema.current(store)
    store.close()


def test_jobs_of_an_older_program_keep_their_best_plan(empty_url: str) -> None:
    store = open_store(empty_url)
    with store.write() as tx:
        assert schema.prepare(store, tx, "0002") == "0002"
        at = {"at": "2026-11-22 09:30:00+00:00"}
        tx.execute(text(_OLDER_CAMPAIGN), at)
        tx.execute(text(_OLDER_JOB), at)
    schema.upgrade(store)
    with store.read() as tx:
        job = tx.get_one(JobRecord, "j_1")
        assert (job.status, job.cancel_asked, job.keep_best) == ("running", True, True)
    store.close()


_OLDER_CAMPAIGN = """
INSERT INTO campaigns (campaign_id, name, settings, version, rows_version, created_at, created_by,
changed_at) VALUES ('c_1', 'Carré', '{}', 1, 0, :at, 'anne', :at)
"""
_OLDER_JOB = """
INSERT INTO jobs (job_id, campaign_id, kind, parameters, status, progress, reason, problems,
attempt, worker, cancel_asked, created_at, created_by)
VALUES ('j_1', 'c_1', 'plan', '{}', 'running', '{}', '', '[]', 1, 'w_1', true, :at, 'anne')
"""


@pytest.mark.slow
def test_processes_that_start_at_once_make_the_tables_once(empty_url: str) -> None:
    program = (
        "import sys; from data.store import open_store, schema; "
        "print(schema.upgrade(open_store(sys.argv[1])))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, empty_url], stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    answers = [process.communicate()[0].decode().strip() for process in running]
    assert [process.returncode for process in running] == [0] * 3
    assert answers == [schema.latest()] * 3


def test_tables_of_a_newer_program_are_refused(store: Store) -> None:
    with store.write() as tx:
        tx.execute(text("UPDATE schema_version SET version_num = '9999'"))
    with pytest.raises(schema.SchemaError, match="newer"):
        schema.upgrade(store)


@pytest.mark.parametrize("change", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"])
def test_the_audit_trail_takes_no_change(store: Store, change: str) -> None:
    with store.write() as tx:
        record(tx, Act("anne", NOW, "r1"), "row.change", subject="faces/F1")
    with pytest.raises((DBAPIError, IntegrityError), match="append-only"), store.write() as tx:
        tx.execute(text(change))
    with store.read() as tx:
        assert tx.execute(text("SELECT actor FROM audit")).scalars().all() == ["anne"]
