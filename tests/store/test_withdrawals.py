"""A withdrawal stands: no file, row, copy or folder brings a consent back; a new consent does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from data.store import Store, consents, folders, inputs, withdrawals
from data.store.audit import Act
from data.store.consents import Consent
from data.store.rows import Row
from data.store.tables import InputRecord
from tests.service.conftest import BEGINNING, import_campaign
from tests.service.tiny import tiny_files

ACT = Act("planificatrice", BEGINNING, "request-of-tests")


@pytest.fixture
def campaign_id(store: Store) -> str:
    return import_campaign(store, tiny_files())


def withdraw(store: Store, campaign_id: str, agent_id: str, **cells: str) -> None:
    """Let an agent agree to less: to nothing, or to what the cells say."""
    with store.write() as tx:
        record = inputs.get(tx, campaign_id, "agents")
        row = inputs.row(tx, campaign_id, "agents", agent_id)
        assert record is not None
        assert row is not None
        said = cells or {"consent_media": ""}
        inputs.change_row(tx, record, row, cells=said, act=ACT)
        consents.withdraw(tx, campaign_id, [agent_id], ACT)


def rows_of(store: Store, campaign_id: str) -> list[Row]:
    with store.read() as tx:
        return list(inputs.every(tx, campaign_id, "agents"))


def agreed(store: Store, campaign_id: str) -> dict[str, str]:
    return {row.row_id: row.cells["consent_media"] for row in rows_of(store, campaign_id)}


def send(store: Store, campaign_id: str, rows: Sequence[Row]) -> InputRecord:
    """Send a file of agents in the place of the one there is."""
    with store.write() as tx:
        return inputs.replace(
            tx,
            campaign_id,
            "agents",
            file_name="agents.csv",
            sha256="0" * 64,
            headings=list(rows[0].cells),
            rows=rows,
            problems=[],
            act=ACT,
        )


BOTH = "affichage|exposition"


def test_an_older_file_restores_no_consent_and_says_whose(store: Store, campaign_id: str) -> None:
    older = rows_of(store, campaign_id)
    withdraw(store, campaign_id, "A2")
    record = send(store, campaign_id, older)
    assert agreed(store, campaign_id) == {"A1": BOTH, "A2": "", "A3": BOTH, "A4": BOTH}
    (told,) = record.problems
    assert (told["code"], told["severity"]) == ("consent-withdrawn", "warning")
    assert "A2" in told["message"]
    assert "Nom" not in told["message"]


def test_a_file_without_consents_restores_none_either(store: Store, campaign_id: str) -> None:
    withdraw(store, campaign_id, "A2")
    bare = [
        replace(row, cells={n: c for n, c in row.cells.items() if not n.startswith("consent")})
        for row in rows_of(store, campaign_id)
    ]
    record = send(store, campaign_id, bare)
    assert "consent_media" in record.headings
    assert agreed(store, campaign_id) == {"A1": "tous", "A2": "", "A3": "tous", "A4": "tous"}


def test_a_file_that_is_deleted_and_sent_again_restores_nothing(
    store: Store, campaign_id: str
) -> None:
    older = rows_of(store, campaign_id)
    withdraw(store, campaign_id, "A2", consent_media="affichage")
    with store.write() as tx:
        record = inputs.get(tx, campaign_id, "agents")
        assert record is not None
        inputs.delete(tx, record, act=ACT)
    send(store, campaign_id, older)
    assert agreed(store, campaign_id)["A2"] == ""


def test_what_is_left_of_a_consent_stays_and_no_more(store: Store, campaign_id: str) -> None:
    older = rows_of(store, campaign_id)
    withdraw(store, campaign_id, "A2", consent_media="affichage", consent_until="2017-10-20")
    send(store, campaign_id, older)
    (row,) = [row for row in rows_of(store, campaign_id) if row.row_id == "A2"]
    assert (row.cells["consent_media"], row.cells["consent_until"]) == ("affichage", "2017-10-20")
    less = [
        replace(each, cells={**each.cells, "consent_until": "2017-10-18"})
        if each.row_id == "A2"
        else each
        for each in rows_of(store, campaign_id)
    ]
    assert send(store, campaign_id, less).problems == []


def test_a_row_brings_no_consent_back_edited_or_added(store: Store, campaign_id: str) -> None:
    (older,) = [row for row in rows_of(store, campaign_id) if row.row_id == "A2"]
    withdraw(store, campaign_id, "A2")
    with store.write() as tx:
        record, row = inputs.get(tx, campaign_id, "agents"), None
        row = inputs.row(tx, campaign_id, "agents", "A2")
        assert record is not None
        assert row is not None
        with pytest.raises(inputs.ConsentWithdrawnError):
            inputs.change_row(tx, record, row, cells={"consent_media": "web"}, act=ACT)
        inputs.change_row(tx, record, row, cells={"headline": "Autre"}, act=ACT)
        inputs.delete_row(tx, record, row, act=ACT)
        tx.flush()
        added = inputs.add_row(tx, record, cells=dict(older.cells), act=ACT)
        assert added.cells["consent_media"] == ""


def test_a_new_consent_ends_a_withdrawal_until_the_next(store: Store, campaign_id: str) -> None:
    older = rows_of(store, campaign_id)
    withdraw(store, campaign_id, "A2")
    with store.write() as tx:
        assert withdrawals.standing(tx, campaign_id) == {"A2"}
        withdrawals.give(tx, campaign_id, "A2", given_on=date(2017, 9, 4), act=ACT)
        assert withdrawals.standing(tx, campaign_id) == frozenset()
        assert consents.withdrawn_since(tx, campaign_id, ACT.at) == []
    assert send(store, campaign_id, older).problems == []
    assert agreed(store, campaign_id)["A2"] == BOTH
    withdraw(store, campaign_id, "A2")
    with store.read() as tx:
        assert withdrawals.standing(tx, campaign_id) == {"A2"}


def test_a_folder_taken_in_again_keeps_what_the_same_person_withdrew(
    store: Store, campaign_id: str
) -> None:
    withdraw(store, campaign_id, "A2")
    withdraw(store, campaign_id, "A3", consent_media="affichage")
    files = tiny_files()
    files["agents.csv"] = files["agents.csv"].replace(b"Nom Secret A4", b"Quelqu un d autre")
    withdraw(store, campaign_id, "A4")
    with store.write() as tx:
        made, reading = folders.import_files(tx, files, act=ACT)
        assert made is not None
        again = made.campaign_id
    expected = {"A1": BOTH, "A2": "", "A3": "affichage", "A4": BOTH}
    assert agreed(store, again) == expected
    told = [each for each in reading.problems if each.code == "consent-withdrawn"]
    assert [each.message.count("A2") + each.message.count("A3") for each in told] == [1, 1]
    with store.read() as tx:
        assert withdrawals.standing(tx, again) == {"A2", "A3"}
        record = inputs.get(tx, again, "agents")
        assert record is not None
        assert len(record.problems) == 2


def test_less_is_never_more() -> None:
    nothing, until = Consent(frozenset(), None), Consent(frozenset({"web"}), date(2018, 1, 1))
    for_ever = Consent(frozenset({"web"}), None)
    assert withdrawals.is_more(for_ever, until)
    assert withdrawals.is_more(until, nothing)
    assert not withdrawals.is_more(until, for_ever)
    assert not withdrawals.is_more(nothing, until)
