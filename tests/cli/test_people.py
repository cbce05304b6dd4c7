"""``placarde key``, ``withdraw`` and ``forget``, as somebody types them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import cli
from app.service import jobs
from data.store import Store, erasure, inputs, keys, members, open_store, plans, schema
from tests.service.conftest import BEGINNING, import_campaign
from tests.service.planned import put_plan, run_here
from tests.service.tiny import tiny_files


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    url = f"sqlite:///{tmp_path / 'placarde.sqlite'}"
    monkeypatch.setenv("PLACARDE_DATABASE_URL", url)
    opened = open_store(url)
    schema.upgrade(opened)
    return opened


def run(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, list(words), input=typed)


def test_a_key_is_printed_alone_works_and_is_revoked(store: Store) -> None:
    made = run("key", "create", "--subject", "sig", "--role", "reader", "--days", "3")
    assert made.exit_code == 0, made.output
    key = made.stdout.strip()
    with store.read() as tx:
        known = keys.recognise(tx, key, BEGINNING)
        assert known is not None
        assert (known.subject, known.roles) == ("sig", frozenset({("*", "reader")}))
        assert members.roles_of(tx, "sig") == {("*", "reader")}
    listed = run("key", "list").stdout
    assert key[:13] in listed
    assert key[14:] not in listed
    assert "Clé révoquée." in run("key", "revoke", key).stderr
    assert "déjà révoquée" in run("key", "revoke", key[:13]).stderr
    assert "révoquée" in run("key", "list").stdout
    with store.read() as tx:
        assert keys.recognise(tx, key, BEGINNING) is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--subject", "Zoé Müller"), "sans espace ni accent"),
        (("--subject", "sig", "--role", "roi"), "attendu admin, planner"),
        (("--subject", "sig", "--scope", "tout"), "campaign.create"),
        (("--subject", "sig", "--role", "reader", "--campaign", "c_0"), "pas de campagne c_0"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_made(
    store: Store, words: tuple[str, ...], told: str
) -> None:
    refused = run("key", "create", *words)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert told in refused.stderr
    with store.read() as tx:
        assert keys.count(tx) == 0


def test_a_consent_is_withdrawn_from_every_plan_once_it_is_confirmed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "run_child", run_here)
    ids = [import_campaign(store, tiny_files()) for _ in range(2)]
    plan_id = put_plan(store, ids[0])
    refused = run("withdraw", "A1", typed="non\n")
    assert (refused.exit_code, "Rien n’a changé" in refused.stderr) == (2, True)
    done = run("withdraw", "A1", typed="oui\n")
    assert done.exit_code == 0, done.output
    for campaign_id, plans_told in zip(
        ids, ("1\u00a0plan concerné", "0\u00a0plan concerné"), strict=True
    ):
        told = f"Campagne {campaign_id}…\n  Accord retiré, {plans_told}.\n"
        assert told in done.stderr
    with store.read() as tx:
        assert b"A1" not in plans.files(tx, plan_id)["plan.json"]
        rows = [inputs.row(tx, campaign_id, "agents", "A1") for campaign_id in ids]
    assert [row.cells["consent_media"] for row in rows if row is not None] == ["", ""]
    assert run("forget", "A1", "--yes").exit_code == 0
    assert run("withdraw", "A1", "--yes", "--campaign", ids[0]).exit_code == 0, "known to its plan"
    nobody = run("withdraw", "A9", "--yes")
    assert (nobody.exit_code, "Aucune campagne" in nobody.stderr) == (2, True)


def test_somebody_is_forgotten_in_every_campaign_once_it_is_confirmed(store: Store) -> None:
    ids = [import_campaign(store, tiny_files()) for _ in range(2)]
    refused = run("forget", "A1", typed="non\n")
    assert (refused.exit_code, "Rien n’a été effacé" in refused.stderr) == (2, True)
    done = run("forget", "A1", typed="oui\n")
    assert done.exit_code == 0, done.output
    assert "2\u00a0campagnes" in done.stderr
    assert done.stderr.count("Effacé des données d’entrée") == 2
    assert "Réécriture de la base" in done.stderr
    assert "2\u00a0lignes, 0\u00a0verrou, 2\u00a0images" in done.stderr
    with store.read() as tx:
        assert erasure.campaigns_of(tx, "A1") == []
        assert set(erasure.campaigns_of(tx, "A2")) == set(ids)
    nobody = run("forget", "A1", "--yes")
    assert (nobody.exit_code, "Aucune campagne" in nobody.stderr) == (2, True)


def test_each_plan_is_told_as_it_is_made_again_without_the_person(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "run_child", run_here)
    campaign_id = import_campaign(store, tiny_files())
    for _ in range(2):
        put_plan(store, campaign_id)
    done = run("forget", "A1", "--yes")
    assert done.exit_code == 0, done.output
    lines = done.stderr.splitlines()
    assert lines[0] == f"Campagne {campaign_id}…"
    assert [line.strip()[:13] for line in lines[2:4]] == [
        "Plan 1 sur 2\u00a0",
        "Plan 2 sur 2\u00a0",
    ]
    assert "2\u00a0plans refaits" in done.stderr
    again = run("forget", "A1", "--yes")
    assert "0\u00a0ligne, 0\u00a0verrou, 0\u00a0image" in again.stderr
