"""Changes of single rows of the inputs of a campaign: added, changed, deleted."""

from __future__ import annotations

from collections.abc import Mapping

import shapely
from sqlalchemy import insert

from data.store import campaigns, consents, plan_consents, withdrawals
from data.store.audit import Act
from data.store.consents import Consent
from data.store.engine import Tx
from data.store.input_records import note, touch, unused_version, values_of
from data.store.input_rows import every, next_position, row
from data.store.rows import (
    Row,
    RowExistsError,
    bounds_of,
    geometry_of,
    row_id_of,
    told,
    told_change,
)
from data.store.tables import ROWS, Base, InputRecord, RowRecord
from data.store.withdrawals import ConsentWithdrawnError


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

    An agent who has withdrawn consents to nothing, whatever the cells say.

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
    if kind == consents.AGENTS and row_id in withdrawals.standing(tx, campaign_id):
        if withdrawals.MEDIA_COLUMN not in record.headings:
            keep_consents(tx, record, but=row_id, act=act)
        cells = {**cells, withdrawals.MEDIA_COLUMN: ""}
    touch(tx, record, [*record.headings, *(c for c in cells if c not in record.headings)])
    whole = {name: cells.get(name, "") for name in record.headings}
    new = Row(row_id, whole, geometry_of(kind, whole, geometry))
    version = unused_version(tx, campaign_id)
    values = values_of(campaign_id, [new], version=version, first=position)
    tx.execute(insert(Base.metadata.tables[kind]), values)
    added = tx.get_one(table, (campaign_id, row_id))
    campaigns.count_change(tx, campaign_id, act)
    change = {"kind": kind, "row_id": row_id, "after": told(kind, added.cells, added.geometry)}
    note(tx, act, "row.add", record, row=added, change=change)
    if kind == consents.AGENTS:
        agreed = plan_consents.of_new(tx, campaign_id, [row_id], ())
        consents.note_withdrawn(tx, campaign_id, agreed, act)
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
    ConsentWithdrawnError
        If an agent who has withdrawn would consent to more than now.
    sqlalchemy.orm.exc.StaleDataError
        If somebody changed the row meanwhile.
    """
    kind, campaign_id = record.kind, record.campaign_id
    campaigns.lock(tx, campaign_id)
    consented = consents.of_campaign(tx, campaign_id) if kind == consents.AGENTS else {}
    after = {**changed.cells, **cells}
    if row_id_of(kind, after, position=changed.position, was=changed.row_id) != changed.row_id:
        raise ValueError("a row keeps its id")
    if kind == consents.AGENTS:
        _check_withdrawn(tx, record, changed.row_id, after, consented)
    _write(tx, record, changed, cells=cells, geometry=geometry, act=act)
    if consented:
        consents.note_withdrawn(tx, campaign_id, consented, act)
    return changed


def _write(
    tx: Tx,
    record: InputRecord,
    changed: RowRecord,
    *,
    cells: Mapping[str, str],
    geometry: shapely.Geometry | None = None,
    act: Act,
) -> None:
    kind, before = record.kind, (dict(changed.cells), changed.geometry)
    after = {**changed.cells, **cells}
    _fill(changed, after, geometry if geometry is not None else changed.geometry, kind)
    touch(tx, record, [*record.headings, *(c for c in cells if c not in record.headings)])
    tx.flush()
    campaigns.count_change(tx, record.campaign_id, act)
    change = told_change(kind, before, (changed.cells, changed.geometry))
    note(tx, act, "row.change", record, row=changed, change=change | {"row_id": changed.row_id})


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
    touch(tx, record, record.headings)
    tx.flush()
    campaigns.count_change(tx, record.campaign_id, act)
    before = told(kind, deleted.cells, deleted.geometry)
    change = {"kind": kind, "row_id": deleted.row_id, "before": before}
    note(tx, act, "row.delete", record, row=deleted, change=change)


def keep_consents(tx: Tx, record: InputRecord, *, but: str, act: Act) -> None:
    """Begin to keep consents: all others agreed to everything, as their absence said.

    Between the first row and the last nobody's consent is compared: whose cell is not written yet
    has withdrawn nothing.
    """
    campaigns.lock(tx, record.campaign_id)
    for each in list(every(tx, record.campaign_id, record.kind)):
        found = row(tx, record.campaign_id, record.kind, each.row_id)
        if found is not None and each.row_id != but:
            cells = {withdrawals.MEDIA_COLUMN: withdrawals.EVERYBODY}
            _write(tx, record, found, cells=cells, act=act)


def _check_withdrawn(
    tx: Tx,
    record: InputRecord,
    agent_id: str,
    cells: Mapping[str, str],
    consented: Mapping[str, Consent],
) -> None:
    keeps = withdrawals.MEDIA_COLUMN in {*record.headings, *cells}
    now = consents.consent_of(cells, keeps=keeps)
    more = withdrawals.is_more(now, consented.get(agent_id, withdrawals.NOTHING))
    if more and agent_id in withdrawals.standing(tx, record.campaign_id):
        raise ConsentWithdrawnError(agent_id)


def _fill(
    record: RowRecord, cells: Mapping[str, str], geometry: shapely.Geometry | None, kind: str
) -> None:
    shape = geometry_of(kind, cells, geometry)
    record.cells = dict(cells)
    record.geometry = shape
    ((record.minx, record.miny, record.maxx, record.maxy),) = bounds_of([Row("", cells, shape)])
