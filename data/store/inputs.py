"""The inputs of a campaign, row by row: zones, Maisons, agents, faces, exclusions, travel, locks.

Each change notes itself in the audit trail and counts in the campaign's `rows_version` and in the
`version` of its input. Whoever changes an input holds its campaign meanwhile (`campaigns.lock`).
A change by which an agent's consent is withdrawn withholds the plans that show the portrait
(`data.store.consents`). Rows are read by `data.store.input_rows`, at hand here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import shapely
from sqlalchemy import delete as sql_delete
from sqlalchemy import insert, select, update
from sqlalchemy.orm.attributes import flag_modified

from data.store import audit, campaigns, consents
from data.store.audit import Act
from data.store.engine import Tx
from data.store.input_rows import count, every, next_position, page, row
from data.store.rows import (
    Row,
    RowExistsError,
    bounds_of,
    geometry_of,
    row_id_of,
    told,
    told_change,
)
from data.store.tables import ROWS, Base, CampaignRecord, InputRecord, RowRecord
from data.store.wkb import many_wkb
from geo.errors import Problem, Severity, Where

__all__ = [
    "Row",
    "RowExistsError",
    "add_row",
    "change_row",
    "count",
    "delete",
    "delete_row",
    "every",
    "get",
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
        What was noted in the file, as it was read.

    Raises
    ------
    sqlalchemy.orm.exc.StaleDataError
        If the input was read in `tx`, and somebody changed it meanwhile.
    """
    record = tx.get(InputRecord, (campaign_id, kind))
    campaigns.lock(tx, campaign_id)
    consented = consents.of_campaign(tx, campaign_id) if kind == consents.AGENTS else {}
    version, is_new = _unused_version(tx, campaign_id), record is None
    if record is None:
        record = InputRecord(campaign_id=campaign_id, kind=kind)
        tx.add(record)
    else:
        flag_modified(record, "headings")  # a new version, even of the same file
    record.file_name = file_name[-LONGEST_FILE_NAME:]
    record.sha256 = sha256
    record.headings = list(headings)
    record.problems = [problem_json(problem) for problem in problems]
    record.uploaded_at = act.at
    record.uploaded_by = act.actor
    tx.flush()
    if is_new:
        _touch(tx, record, headings, version=version)
    _forget(tx, campaign_id, kind)
    if rows:
        values = _values(campaign_id, rows, version=version)
        tx.execute(insert(Base.metadata.tables[kind]), values)
    campaigns.count_change(tx, campaign_id, act)
    change = {"kind": kind, "sha256": sha256, "rows": len(rows)}
    _note(tx, act, "input.replace", record, change=change)
    consents.note_withdrawn(tx, campaign_id, consented, act)
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
    _note(tx, act, "input.delete", record, change={"kind": record.kind})


def get(tx: Tx, campaign_id: str, kind: str) -> InputRecord | None:
    """Return an input without its rows; None if there is none."""
    return tx.get(InputRecord, (campaign_id, kind))


def of_campaign(tx: Tx, campaign_id: str) -> Sequence[InputRecord]:
    """Return the inputs of a campaign by kind."""
    query = select(InputRecord).where(InputRecord.campaign_id == campaign_id)
    return tx.scalars(query.order_by(InputRecord.kind)).all()


def add_row(
    tx: Tx,
    record: InputRecord,
    *,
    cells: Mapping[str, str],
    geometry: shapely.Geometry | None = None,
    act: Act,
) -> RowRecord:
    """Add a row at the end of an input.

    Parameters
    ----------
    cells
        Columns that are not among them are empty; those that the input does not know are added to
        its headings.
    geometry
        In WGS84; that of a Maison or a face is made of its cells `lat` and `lon` instead.

    Raises
    ------
    RowExistsError
        If there is a row with this id.
    """
    campaign_id, kind = record.campaign_id, record.kind
    campaigns.lock(tx, campaign_id)
    table = ROWS[kind]
    position = next_position(tx, campaign_id, kind)
    row_id = row_id_of(kind, cells, position=position)
    if tx.get(table, (campaign_id, row_id)) is not None:
        raise RowExistsError(row_id)
    _touch(tx, record, [*record.headings, *(c for c in cells if c not in record.headings)])
    whole = {name: cells.get(name, "") for name in record.headings}
    new = Row(row_id, whole, geometry_of(kind, whole, geometry))
    version = _unused_version(tx, campaign_id)
    values = _values(campaign_id, [new], version=version, first=position)
    tx.execute(insert(Base.metadata.tables[kind]), values)
    added = tx.get_one(table, (campaign_id, row_id))
    campaigns.count_change(tx, campaign_id, act)
    change = {"kind": kind, "row_id": row_id, "after": told(kind, added.cells, added.geometry)}
    _note(tx, act, "row.add", record, row=added, change=change)
    return added


def change_row(
    tx: Tx,
    record: InputRecord,
    changed: RowRecord,
    *,
    cells: Mapping[str, str],
    geometry: shapely.Geometry | None = None,
    act: Act,
) -> RowRecord:
    """Change some cells of a row that was read in `tx`, or its geometry.

    Parameters
    ----------
    cells
        The cells that change; the others stay.
    geometry
        In WGS84; None leaves the one there is. That of a Maison or a face is made of its cells.

    Raises
    ------
    ValueError
        If the cells make another id.
    sqlalchemy.orm.exc.StaleDataError
        If somebody changed the row meanwhile.
    """
    kind, campaign_id = record.kind, record.campaign_id
    campaigns.lock(tx, campaign_id)
    consented = consents.of_campaign(tx, campaign_id) if kind == consents.AGENTS else {}
    before = dict(changed.cells), changed.geometry
    after = {**changed.cells, **cells}
    if row_id_of(kind, after, position=changed.position, was=changed.row_id) != changed.row_id:
        raise ValueError("a row keeps its id")
    _fill(changed, after, geometry if geometry is not None else changed.geometry, kind)
    _touch(tx, record, [*record.headings, *(c for c in cells if c not in record.headings)])
    tx.flush()
    campaigns.count_change(tx, campaign_id, act)
    change = told_change(kind, before, (changed.cells, changed.geometry))
    _note(tx, act, "row.change", record, row=changed, change=change | {"row_id": changed.row_id})
    if consented:
        consents.note_withdrawn(tx, campaign_id, consented, act)
    return changed


def delete_row(tx: Tx, record: InputRecord, deleted: RowRecord, *, act: Act) -> None:
    """Remove a row that was read in `tx`.

    Raises
    ------
    sqlalchemy.orm.exc.StaleDataError
        If somebody changed the row meanwhile.
    """
    kind = record.kind
    campaigns.lock(tx, record.campaign_id)
    tx.delete(deleted)
    _touch(tx, record, record.headings)
    tx.flush()
    campaigns.count_change(tx, record.campaign_id, act)
    before = told(kind, deleted.cells, deleted.geometry)
    change = {"kind": kind, "row_id": deleted.row_id, "before": before}
    _note(tx, act, "row.delete", record, row=deleted, change=change)


def problem_json(problem: Problem) -> dict[str, Any]:
    """Return a problem as a column of JSON keeps it, its place spread out."""
    return {
        "file": problem.where.file,
        "row": problem.where.row or None,
        "column": problem.where.column or None,
        "code": problem.code,
        "severity": problem.severity.value,
        "found": problem.found,
        "expected": problem.expected,
        "message": problem.message,
        "remedy": problem.remedy,
    }


def problem_of(told: Mapping[str, Any]) -> Problem:
    """Return the problem that `problem_json` told."""
    return Problem(
        where=Where(told["file"], told["row"] or 0, told["column"] or ""),
        code=told["code"],
        message=told["message"],
        found=told["found"],
        remedy=told["remedy"],
        severity=Severity(told["severity"]),
        expected=told["expected"],
    )


def _unused_version(tx: Tx, campaign_id: str) -> int:
    """Return a version that nothing of a campaign has had: who saw what was there before is late.

    Every change of an input counts, so no version of an input or a row is above the count.
    """
    query = select(CampaignRecord.rows_version).where(CampaignRecord.campaign_id == campaign_id)
    return (tx.scalar(query) or 0) + 1


def _values(
    campaign_id: str, rows: Sequence[Row], *, version: int, first: int = 1
) -> list[dict[str, Any]]:
    shapes = many_wkb([row.geometry for row in rows])
    return [
        {
            "campaign_id": campaign_id,
            "row_id": row.row_id,
            "position": position,
            "cells": dict(row.cells),
            "version": version,
            "wkb": shape,
            "minx": box[0],
            "miny": box[1],
            "maxx": box[2],
            "maxy": box[3],
        }
        for position, (row, shape, box) in enumerate(
            zip(rows, shapes, bounds_of(rows), strict=True), start=first
        )
    ]


def _fill(
    record: RowRecord, cells: Mapping[str, str], geometry: shapely.Geometry | None, kind: str
) -> None:
    shape = geometry_of(kind, cells, geometry)
    record.cells = dict(cells)
    record.geometry = shape
    ((record.minx, record.miny, record.maxx, record.maxy),) = bounds_of([Row("", cells, shape)])


def _forget(tx: Tx, campaign_id: str, kind: str) -> None:
    table = ROWS[kind]
    tx.execute(
        sql_delete(table)
        .where(table.campaign_id == campaign_id)
        .execution_options(synchronize_session=False)
    )


def _touch(
    tx: Tx, record: InputRecord, headings: Sequence[str], *, version: int | None = None
) -> None:
    """Raise the version of an input; who changes one of its rows need not know its version."""
    tx.execute(
        update(InputRecord)
        .where(InputRecord.campaign_id == record.campaign_id, InputRecord.kind == record.kind)
        .values(version=version or InputRecord.version + 1, headings=list(headings))
        .execution_options(synchronize_session=False)
    )
    tx.refresh(record)


def _note(
    tx: Tx,
    act: Act,
    action: str,
    record: InputRecord,
    *,
    change: Mapping[str, Any],
    row: RowRecord | None = None,
) -> None:
    audit.record(
        tx,
        act,
        action,
        subject=record.kind if row is None else f"{record.kind}/{row.row_id}",
        campaign_id=record.campaign_id,
        version=record.version if row is None else row.version,
        change=change,
    )
