"""Explaining, comparing and sweeping through the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli import raw
from tests.cli.running import CREATED, Made, names, placarde, plan_document

pytestmark = pytest.mark.slow


def posted_face(made: Made) -> str:
    return str(plan_document(made.plan)["allocation"]["postings"][0]["face_id"])


def test_a_posting_is_explained_with_who_is_there(square: Made) -> None:
    posting = plan_document(square.plan)["allocation"]["postings"][0]
    answer = placarde("explain", square.plan, "--face", posting["face_id"])
    assert answer.status == 0
    assert f"Face {posting['face_id']}" in answer.out
    assert posting["agent_id"] in answer.out
    assert "Vague" in answer.out
    assert answer.err == ""


def test_an_agent_is_explained_with_what_binds(square: Made) -> None:
    agent_id = plan_document(square.plan)["allocation"]["agents"][0]["agent_id"]
    answer = placarde("explain", square.plan, "--agent", agent_id)
    assert answer.status == 0
    assert answer.out.startswith(agent_id)
    assert "Ce qui limite d’abord ce portrait" in answer.out


def test_without_a_question_the_whole_plan_is_explained(square: Made) -> None:
    asked = placarde("explain", square.plan, "--summary")
    assert placarde("explain", square.plan).out == asked.out
    assert "Exposition équivalente" in asked.out
    assert "Équité" in asked.out


def test_an_explanation_as_json_holds_the_values_and_the_sentences(square: Made) -> None:
    face_id = posted_face(square)
    document = placarde("explain", square.plan, "--face", face_id, "--json").json()
    assert document["ok"] is True
    assert document["face"]["face_id"] == face_id
    assert document["agent"] is document["summary"] is None
    agents = {period["agent_id"] for period in document["face"]["periods"]}
    assert agents - {None}
    bars = {o["bar"] for period in document["face"]["periods"] for o in period["offers"]}
    assert "own" in bars
    assert document["text"][0].startswith(f"Face {face_id}")


@pytest.mark.parametrize(
    ("option", "said"), [("--face", "Aucune face"), ("--agent", "Aucun agent")]
)
def test_an_unknown_name_is_wrong_usage(square: Made, option: str, said: str) -> None:
    answer = placarde("explain", square.plan, option, "Z99")
    assert (answer.status, answer.out) == (2, "")
    assert f"{said} ne s’appelle Z99" in answer.err
    as_json = placarde("explain", square.plan, option, "Z99", "--json")
    assert as_json.json() == {"ok": False, "error": answer.err.strip()}


def test_inputs_that_have_changed_are_told_before_the_explanation(
    square: Made, tmp_path: Path
) -> None:
    plan = tmp_path / "plan"
    shutil.copytree(square.plan, plan)
    toml = plan / "campaign" / "campaign.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + "\n# relu\n", encoding="utf-8")
    answer = placarde("explain", plan, "--summary")
    assert answer.status == 0
    assert "campaign/campaign.toml" in answer.err
    assert placarde("explain", plan, "--summary", "--json").json()["changed_inputs"]


def test_what_is_no_plan_folder_is_refused(tmp_path: Path) -> None:
    for command in (("explain", tmp_path), ("compare", tmp_path, tmp_path)):
        answer = placarde(*command)
        assert (answer.status, answer.out) == (1, "")
        assert "ce n’est pas un dossier de plan" in answer.err


def test_a_plan_is_compared_with_itself(square: Made) -> None:
    answer = placarde("compare", square.plan, square.plan)
    assert answer.status == 0
    assert "Gini des rapports" in answer.out
    assert "Attention" not in answer.out
    document = placarde("compare", square.plan, square.plan, "--json").json()
    assert document["same_targets"] is True
    assert document["only_a"] == document["only_b"] == document["swapped"] == []
    postings = plan_document(square.plan)["allocation"]["postings"]
    assert len(document["both"]) == len(postings)


def test_a_plan_with_other_rules_is_compared_with_care(square: Made, tmp_path: Path) -> None:
    campaign = tmp_path / "campaign"
    shutil.copytree(square.campaign, campaign)
    toml = campaign / "campaign.toml"
    text = toml.read_text(encoding="utf-8")
    assert "fairness" not in text  # 3 where nothing is said
    toml.write_text(text.replace("[matching]", "[matching]\nfairness = 0"), encoding="utf-8")
    made = placarde("plan", campaign, "--out", tmp_path / "plan", env=CREATED)
    assert made.status == square.answer.status
    answer = placarde("compare", square.plan, tmp_path / "plan")
    assert answer.status == 0
    assert "fairness vaut 3 dans A et 0 dans B" in answer.out


def test_a_sweep_writes_a_row_a_budget_and_more_money_is_worth_more(
    square: Made, tmp_path: Path
) -> None:
    out = tmp_path / "courbe"
    answer = placarde("sweep", square.campaign, "--budget", "200:1000:3", "--out", out)
    assert answer.status == 0, answer.err
    assert names(out) == ["budget.csv", "budget.svg"]
    rows = raw.rows(out / "budget.csv")
    assert [row["budget_ht"] for row in rows] == ["200,00", "600,00", "1000,00"]
    worth = [float(row["contacts_equivalents"].replace(",", ".")) for row in rows]
    assert worth == sorted(worth)
    for row in rows:
        assert float(row["cout_ht"].replace(",", ".")) <= float(row["budget_ht"].replace(",", "."))
    assert "Budget 3 sur 3" in answer.err
    again = placarde("sweep", square.campaign, "--budget", "200:1000:3", "--out", out)
    assert (again.status, again.out) == (2, "")
    assert "--force" in again.err


def test_a_sweep_as_json_is_one_object(square: Made, tmp_path: Path) -> None:
    answer = placarde(
        "sweep", square.campaign, "--budget", "200:400:2", "--out", tmp_path / "courbe", "--json"
    )
    points = answer.json()["points"]
    assert [point["budget_cents"] for point in points] == [20_000, 40_000]


def test_a_face_of_the_isere_is_explained_in_money(isere: Made) -> None:
    answer = placarde("explain", isere.plan, "--face", posted_face(isere))
    assert answer.status == 0
    assert "le portrait y vaut" in answer.out
    assert "au prix marginal du budget" in answer.out


def test_a_sweep_and_a_tour_take_a_confirmed_crs(square: Made, tmp_path: Path) -> None:
    confirmed = ("--crs", "faces=Lambert")
    for command in (("sweep", square.campaign, "--budget", "100:200:2"), ("tour", square.campaign)):
        answer = placarde(*command, "--out", tmp_path / "out", *confirmed)
        assert answer.status == 1
        assert "--crs faces" in answer.err
        assert not (tmp_path / "out").exists()
