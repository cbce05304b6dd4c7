"""The inputs of a campaign, row by row: zones, Maisons, agents, faces, exclusions, travel, locks.

Each change notes itself in the audit trail and counts in the campaign's `rows_version` and in the
`version` of its input. Whoever changes an input holds its campaign meanwhile (`campaigns.lock`).
A change by which an agent's consent is withdrawn withholds the plans that show the portrait
(`data.store.consents`); one that would bring it back does not (`data.store.withdrawals`).

Whole files are changed here; single rows by `data.store.row_changes`, and read by
`data.store.input_rows`: both are at hand here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete as sql_delete
from sqlalchemy import insert
from sqlalchemy.orm.attributes import flag_modified

from data.problem_json import problem_json, problem_of
from data.store import campaigns, consents, plan_consents, withdrawals
from data.store.audit import Act
from data.store.engine import Tx
from data.store.input_records import get, note, of_campaign, touch, unused_version, values_of
from data.store.input_rows import count, every, next_position, page, row
from data.store.row_changes import add_row, change_row, delete_row, keep_consents
from data.store.rows import Row, RowExistsError
from data.store.tables import ROWS, Base, InputRecord
from data.store.withdrawals import ConsentWithdrawnError
from geo.errors import Problem

__all__ = [
    "ConsentWithdrawnError",
    "Row",
    "RowExistsError",
    "add_row",
    "change_row",
    "count",
    "delete",
    "delete_row",
    "every",
    "get",
    "keep_consents",
    "next_position",
    "of_campaign",
    "page",
    "problem_json",
    "problem_of",
    "replace",
    "row",
]

LONGEST_FILE_NAME = 200


def replace(
    tx: Tx,
    campaign_id: str,
    kind: str,
    *,
    file_name: str,
    sha256: str,
    headings: Sequence[str],
    rows: Sequence[Row],
    problems: Iterable[Problem],
    act: Act,
) -> InputRecord:
    """Set all rows of an input, whatever was there before.

    Parameters
    ----------
    file_name, sha256
        Of the file that was uploaded.
    headings
        The columns of the cells, in order.
    rows
        In the order of the file.
    problems
        What was noted in the file, as it was read. Added to it is whom a withdrawal was kept for
        (`data.store.withdrawals`).

    Raises
    ------
    sqlalchemy.orm.exc.StaleDataError
        If the input was read in `tx`, and somebody changed it meanwhile.
    """
    record = tx.get(InputRecord, (campaign_id, kind))
    campaigns.lock(tx, campaign_id)
    consented = consents.of_campaign(tx, campaign_id) if kind == consents.AGENTS else {}
    noted = tuple(problems)
    if kind == consents.AGENTS:
        left = withdrawals.left_by(tx, campaign_id, consented)
        kept = withdrawals.kept(rows, headings, withdrawn=left, file=file_name)
        rows, headings, noted = kept.rows, kept.headings, (*noted, *kept.problems)
    version, is_new = unused_version(tx, campaign_id), record is None
    if record is None:
        record = InputRecord(campaign_id=campaign_id, kind=kind)
        tx.add(record)
    else:
        flag_modified(record, "headings")  # a new version, even of the same file
    record.file_name = file_name[-LONGEST_FILE_NAME:]
    record.sha256 = sha256
    record.headings = list(headings)
    record.problems = [problem_json(problem) for problem in noted]
    record.uploaded_at = act.at
    record.uploaded_by = act.actor
    tx.flush()
    if is_new:
        touch(tx, record, headings, version=version)
    _forget(tx, campaign_id, kind)
    if rows:
        values = values_of(campaign_id, rows, version=version)
        tx.execute(insert(Base.metadata.tables[kind]), values)
    campaigns.count_change(tx, campaign_id, act)
    change = {"kind": kind, "sha256": sha256, "rows": len(rows)}
    note(tx, act, "input.replace", record, change=change)
    if kind == consents.AGENTS:
        new = plan_consents.of_new(tx, campaign_id, [row.row_id for row in rows], consented)
        consents.note_withdrawn(tx, campaign_id, {**new, **consented}, act)
    return record


def delete(tx: Tx, record: InputRecord, *, act: Act) -> None:
    """Remove an input that was read in `tx`, with all its rows.

    Raises
    ------
    sqlalchemy.orm.exc.StaleDataError
        If somebody changed it meanwhile.
    """
    campaigns.lock(tx, record.campaign_id)
    tx.delete(record)
    tx.flush()
    _forget(tx, record.campaign_id, record.kind)
    campaigns.count_change(tx, record.campaign_id, act)
    note(tx, act, "input.delete", record, change={"kind": record.kind})


def _forget(tx: Tx, campaign_id: str, kind: str) -> None:
    table = ROWS[kind]
    tx.execute(
        sql_delete(table)
        .where(table.campaign_id == campaign_id)
        .execution_options(synchronize_session=False)
    )
