"""What cannot be done is said in French, with its status, and nothing is lost or half written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from data.read import read_campaign
from geo.errors import Problem, Severity
from tests.cli.running import (
    PLAN_FILES,
    Made,
    content,
    names,
    placarde,
    placarde_process,
    plan_document,
    willing_campaign,
)
from tests.contract.campaigns import bad_campaign, bad_kinds, change, good_campaign

# Status 1: the inputs have problems


def as_told(problem: Problem) -> tuple[object, ...]:
    """Return a problem as the command line tells it in JSON, without the names of its parts."""
    where = problem.where
    place = (where.file, where.row or None, where.column or None)
    said = (problem.found, problem.expected, problem.message, problem.remedy)
    return (*place, problem.code, problem.severity, *said)


@pytest.mark.parametrize("kind", bad_kinds())
def test_check_prints_every_problem_as_one_json_object(kind: str, tmp_path: Path) -> None:
    campaign = bad_campaign(kind, tmp_path / "campaign")
    before, reading = content(tmp_path), read_campaign(campaign)
    answer = placarde("check", campaign, "--json")
    document = answer.json()
    told = [tuple(problem.values()) for problem in document["problems"]]
    assert told == [as_told(problem) for problem in reading.problems]
    stops = any(problem.severity is Severity.ERROR for problem in reading.problems)
    assert (answer.status, document["ok"], answer.err) == (int(stops), not stops, "")
    assert content(tmp_path) == before


@pytest.mark.parametrize("kind", ["unknown-zone", "toml-syntax", "negative-price", "zones-overlap"])
def test_check_says_where_each_problem_is_and_what_to_do(kind: str, tmp_path: Path) -> None:
    campaign = bad_campaign(kind, tmp_path / "campaign")
    answer = placarde("check", campaign)
    assert (answer.status, answer.err) == (1, "")
    for problem in read_campaign(campaign).problems:
        said = f"{problem.where}\N{NO-BREAK SPACE}: {problem.message} [erreur, {problem.code}]"
        assert f"{said}\n    → {problem.remedy}\n" in answer.out


def test_check_of_a_good_campaign_counts_what_is_in_it(tmp_path: Path) -> None:
    answer = placarde("check", good_campaign(tmp_path / "campaign"), "--json")
    assert answer.status == 0
    assert answer.json() == {
        "ok": True,
        "campaign": "Carré autour de Grenoble",
        "counts": {"zones": 7, "maisons": 4, "agents": 4, "faces": 9, "periods": 4},
        "rejected_rows": 0,
        "problems": [],
    }


@pytest.mark.parametrize(
    "kind", ["unknown-zone", "toml-syntax", "negative-price", "missing-file", "zone-cycle"]
)
def test_bad_inputs_are_not_planned(kind: str, tmp_path: Path) -> None:
    campaign = bad_campaign(kind, tmp_path / "campaign")
    answer = placarde("plan", campaign, "--out", tmp_path / "plan")
    assert (answer.status, answer.out) == (1, "")
    problems = read_campaign(campaign).problems
    assert problems
    for problem in problems:
        assert problem.message in answer.err
    assert names(tmp_path) == ["campaign"]


@pytest.mark.slow
def test_bad_inputs_leave_an_older_plan_alone(square: Made, tmp_path: Path) -> None:
    shutil.copytree(square.plan, tmp_path / "plan")
    before = content(tmp_path)
    campaign = bad_campaign("unknown-zone", tmp_path / "campaign")
    answer = placarde("plan", campaign, "--out", tmp_path / "plan", "--force", "--json")
    assert answer.status == 1
    document = answer.json()
    assert document["ok"] is False
    assert {problem["code"] for problem in document["problems"]} == {"unknown-zone"}
    shutil.rmtree(campaign)
    assert content(tmp_path) == before
    assert names(tmp_path) == ["plan"]


@pytest.mark.parametrize("place", ["nowhere", "file.txt"])
def test_a_campaign_that_is_no_folder_has_a_problem_too(place: str, tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("")
    for arguments in (
        ("check", tmp_path / place),
        ("plan", tmp_path / place, "--out", tmp_path / "p"),
    ):
        answer = placarde(*arguments)
        assert answer.status == 1
        assert "[erreur, missing-campaign-file]" in answer.out + answer.err
    assert names(tmp_path) == ["file.txt"]


@pytest.mark.slow
def test_warnings_are_shown_and_the_plan_is_made(tmp_path: Path) -> None:
    campaign = bad_campaign("read-as-cp1252", tmp_path / "campaign")
    answer = placarde("plan", campaign, "--out", tmp_path / "plan")
    assert answer.status in (0, 3)
    assert "[avertissement, read-as-cp1252]" in answer.err
    assert placarde("verify", tmp_path / "plan").status == 0


# Status 1: the plan is not what its rules say


def _rewrite_plan(plan: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    document = plan_document(plan)
    edit(document)
    (plan / "plan.json").write_text(json.dumps(document), encoding="utf-8")


def _rewrite_order(plan: Path, edit: Callable[[list[list[str]]], None]) -> None:
    """Edit the cells of the order as they are written, quotes included: no cell holds a ``;``."""
    path = plan / "affichage.csv"
    table = [line.split(";") for line in path.read_bytes().decode().split("\r\n")]
    edit(table)
    path.write_bytes("\r\n".join(";".join(row) for row in table).encode())


def _move_to_a_wrong_agent(plan: Path) -> None:
    def edit(document: dict[str, Any]) -> None:
        postings = document["allocation"]["postings"]
        next(p for p in postings if p["face_id"] == "f01")["agent_id"] = "A2"

    _rewrite_plan(plan, edit)


def _double_a_price(plan: Path) -> None:
    def edit(table: list[list[str]]) -> None:
        row = next(row for row in table if row[0] == "f01")
        row[table[0].index("prix_espace_ht")] = "501,00"

    _rewrite_order(plan, edit)


def _drop_an_order_line(plan: Path) -> None:
    _rewrite_order(plan, lambda table: table.remove(next(r for r in table if r[0] == "f01")))


def _stand_on_a_closed_day(plan: Path) -> None:
    def edit(document: dict[str, Any]) -> None:
        stops = document["tour"]["stops"]
        next(stop for stop in stops if stop["maison_id"] == "m4")["open_on"] = ["2017-11-01"]

    _rewrite_plan(plan, edit)


def _change_an_input(plan: Path) -> None:
    change(plan / "campaign", "inventaire.csv", ("12 000", "13 000"))


def _change_a_portrait(plan: Path) -> None:
    change(plan / "campaign", "portraits/P1.svg", ("<svg", "<svg "))


TAMPERED: dict[str, tuple[Callable[[Path], None], str]] = {
    "a posting of a wrong agent": (_move_to_a_wrong_agent, "outside-zone f01"),
    "a price of the order": (_double_a_price, "order-price f01"),
    "a line less in the order": (_drop_an_order_line, "order-missing-line f01"),
    "a stop on a holiday": (_stand_on_a_closed_day, "day-holiday m4"),
    "an input": (_change_an_input, "changed-input inventaire.csv"),
    "a portrait": (_change_a_portrait, "changed-input portraits/P1.svg"),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", TAMPERED)
def test_verify_names_what_was_changed_in_a_plan(what: str, square: Made, tmp_path: Path) -> None:
    plan = Path(shutil.copytree(square.plan, tmp_path / "plan"))
    assert placarde("verify", plan).status == 0
    tamper, said = TAMPERED[what]
    tamper(plan)
    answer = placarde("verify", plan)
    assert answer.status == 1
    assert any(line.startswith(said) for line in answer.out.splitlines()), answer.out


@pytest.mark.slow
def test_a_changed_portrait_breaks_no_other_rule(square: Made, tmp_path: Path) -> None:
    plan = Path(shutil.copytree(square.plan, tmp_path / "plan"))
    _change_a_portrait(plan)
    *violations, total = placarde("verify", plan).out.splitlines()
    assert len(violations) == 1
    assert total == "1\N{NO-BREAK SPACE}règle violée."


def _without(name: str) -> Callable[[Path], None]:
    def spoil(plan: Path) -> None:
        (plan / name).unlink()

    return spoil


def _cut(name: str) -> Callable[[Path], None]:
    def spoil(plan: Path) -> None:
        (plan / name).write_bytes((plan / name).read_bytes()[:200])

    return spoil


def _unknown_zone(plan: Path) -> None:
    change(plan / "campaign", "agents.csv", (";t1;", ";t9;"))


UNREADABLE: dict[str, tuple[Callable[[Path], None], str]] = {
    "no plan.json": (_without("plan.json"), "ce n’est pas un dossier de plan"),
    "no order": (_without("affichage.csv"), "ce n’est pas un dossier de plan"),
    "no campaign": (_without("campaign/campaign.toml"), "[erreur, missing-campaign-file]"),
    "a cut plan.json": (_cut("plan.json"), "plan.json, tout le fichier"),
    "a cut order": (_cut("affichage.csv"), "affichage.csv"),
    "a campaign with problems": (_unknown_zone, "[erreur, unknown-zone]"),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", UNREADABLE)
def test_verify_says_what_of_a_plan_it_cannot_read(what: str, square: Made, tmp_path: Path) -> None:
    plan = Path(shutil.copytree(square.plan, tmp_path / "plan"))
    spoil, said = UNREADABLE[what]
    spoil(plan)
    answer = placarde("verify", plan)
    assert (answer.status, answer.out) == (1, "")
    assert said in answer.err


@pytest.mark.parametrize("place", ["", "nowhere", "file.txt"])
def test_verify_of_what_is_no_plan_says_so(place: str, tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("")
    answer = placarde("verify", tmp_path / place)
    assert (answer.status, answer.out) == (1, "")
    assert answer.err.endswith("ce n’est pas un dossier de plan\n")
    assert "No such file" not in answer.err


# Status 2: something would be overwritten, or cannot be written


@pytest.mark.slow
def test_a_plan_is_not_overwritten_without_force(square: Made, tmp_path: Path) -> None:
    shutil.copytree(square.plan, tmp_path / "plan")
    before = content(tmp_path)
    answer = placarde("plan", square.campaign, "--out", tmp_path / "plan")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.splitlines() == [
        f"{tmp_path / 'plan'} contient déjà un plan\N{NO-BREAK SPACE}: --force le remplace"
    ]  # and no progress: it is said before any work
    assert content(tmp_path) == before


@pytest.mark.slow
def test_a_plan_is_replaced_with_force_and_leaves_nothing_behind(
    square: Made, tmp_path: Path
) -> None:
    plan = Path(shutil.copytree(square.plan, tmp_path / "plan"))
    (plan / "old").write_text("")
    for seed in ("5", "6"):
        answer = placarde("plan", square.campaign, "--out", plan, "--force", "--seed", seed)
        assert answer.status == 0
        assert plan_document(plan)["seed"] == int(seed)
    assert set(names(plan)) == PLAN_FILES | {"campaign"}
    assert names(tmp_path) == ["plan"]


@pytest.mark.slow
def test_a_plan_can_be_made_again_in_place_from_its_own_copy(square: Made, tmp_path: Path) -> None:
    plan = Path(shutil.copytree(square.plan, tmp_path / "plan"))
    answer = placarde("plan", plan / "campaign", "--out", plan, "--force", "--seed", "3")
    assert answer.status == 0
    assert names(tmp_path) == ["plan"]
    assert content(plan).keys() == content(square.plan).keys()
    assert placarde("verify", plan).status == 0


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_folder_that_is_no_plan_is_never_replaced(force: list[str], tmp_path: Path) -> None:
    campaign = good_campaign(tmp_path / "campaign")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter").write_text("years of work")
    (tmp_path / "file.txt").write_text("")
    before = content(tmp_path)
    for out in ("thesis", "file.txt", "campaign"):
        answer = placarde("plan", campaign, "--out", tmp_path / out, *force)
        assert (answer.status, answer.out) == (2, "")
        assert "n’est pas un dossier de plan" in answer.err
        assert "Lecture" not in answer.err
    assert content(tmp_path) == before


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_the_demo_never_replaces_a_campaign_of_somebody(force: list[str], tmp_path: Path) -> None:
    good_campaign(tmp_path / "campaign")
    before = content(tmp_path)
    answer = placarde("demo", "--out", tmp_path, *force)
    assert (answer.status, answer.out) == (2, "")
    assert "n’est pas la campagne embarquée" in answer.err
    assert content(tmp_path) == before
    assert names(tmp_path) == ["campaign"]


@pytest.mark.slow
def test_the_demo_replaces_itself_only_with_force(isere: Made, tmp_path: Path) -> None:
    for folder in (isere.campaign, isere.plan):
        shutil.copytree(folder, tmp_path / folder.name)
    shutil.rmtree(tmp_path / "plan" / "campaign" / "portraits")
    (tmp_path / "campaign" / "agents.csv").write_text("changed")
    before = content(tmp_path)
    answer = placarde("demo", "--out", tmp_path)
    assert (answer.status, answer.out) == (2, "")
    assert "--force" in answer.err
    assert content(tmp_path) == before
    assert placarde("demo", "--out", tmp_path, "--force").status == 0
    assert names(tmp_path) == ["campaign", "plan"]
    assert content(tmp_path / "campaign") == content(isere.campaign)
    assert content(tmp_path / "plan").keys() == content(isere.plan).keys()


@pytest.mark.parametrize(
    ("out", "reason"),
    [
        ("file.txt/plan", "ce n’est pas un dossier"),
        ("file.txt/deep/down/plan", "ce n’est pas un dossier"),
        ("long" * 100, "nom trop long"),
    ],
)
@pytest.mark.parametrize("command", ["plan", "demo"])
def test_a_place_where_nothing_can_be_written_is_said_before_any_work(
    command: str, out: str, reason: str, tmp_path: Path
) -> None:
    campaign = good_campaign(tmp_path / "campaign")
    (tmp_path / "file.txt").write_text("")
    before = content(tmp_path)
    inputs = [campaign] if command == "plan" else []
    answer = placarde(command, *inputs, "--out", tmp_path / out)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.endswith(f"\N{NO-BREAK SPACE}: {reason}.\n")
    assert len(answer.err.splitlines()) == 1
    assert content(tmp_path) == before


def test_a_refusal_is_one_json_object_where_that_was_asked(tmp_path: Path) -> None:
    campaign = good_campaign(tmp_path / "campaign")
    for out, reason in (("campaign", "pas un dossier de plan"), ("long" * 100, "nom trop long")):
        answer = placarde("plan", campaign, "--out", tmp_path / out, "--json")
        assert (answer.status, answer.err) == (2, "")
        assert answer.json()["ok"] is False
        assert reason in answer.json()["error"]


# Status 3: planned, but not all that was asked for


@dataclass(frozen=True, slots=True)
class Impossible:
    """A wish that cannot be fulfilled: what to change in a good campaign, and the reasons."""

    changes: tuple[tuple[str, str, str], ...]
    reasons: set[tuple[str, str]]


_NO_LOCKS = (("verrous.csv", "f01;2;A1\n", ""), ("verrous.csv", "f04;3;A3\n", ""))
_A4 = "A4;P4;archiviste;;;nord;45.31;5.91;m4;0,5;tous;"

IMPOSSIBLE = {
    "a budget of 1 €": Impossible(
        (("campaign.toml", "900.50", "1"), *_NO_LOCKS),
        {("budget", f"A{number}") for number in range(1, 5)},
    ),
    "an agent without faces": Impossible(
        (
            ("agents.csv", _A4, _A4.replace("nord", "t4")),
            ("inventaire.csv", ";45.25;5.85;", ";45.25;5.55;"),
            ("inventaire.csv", ";45.35;5.95;", ";45.35;5.55;"),
        ),
        {("no-eligible-face", "A4")},
    ),
    "an agent without consent": Impossible(
        (("agents.csv", _A4, _A4.replace("tous", "presse")),), {("no-consent", "A4")}
    ),
    "an agent whose consent is empty": Impossible(
        (("agents.csv", _A4, _A4.replace("tous", "")),), {("no-consent", "A4")}
    ),
    "a consent that ended": Impossible(
        (("agents.csv", _A4, _A4 + "2017-10-20"),), {("consent-ends", "A4")}
    ),
    "more faces for each than there are": Impossible(
        (("campaign.toml", "min_faces = 1", "min_faces = 40"),),
        {("too-few-faces", f"A{number}") for number in range(1, 5)},
    ),
    "locks that cost more than the budget": Impossible(
        (("campaign.toml", "900.50", "100"),), {("lock-budget", "")}
    ),
    "a tour that ends too early": Impossible(
        (("campaign.toml", "2017-11-17", "2017-10-19"), ("maisons.csv", "2017-11-03", "")),
        {
            ("dates-collide", ""),
            ("tour-does-not-fit", ""),
            ("needs-more-days", ""),
            ("needs-more-kits", ""),
            ("needs-fewer-stops", ""),
        },
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_what_cannot_be_done_is_said_with_its_reason(what: str, tmp_path: Path) -> None:
    campaign = willing_campaign(tmp_path / "campaign")
    for file, old, new in IMPOSSIBLE[what].changes:
        change(campaign, file, (old, new))
    answer = placarde("plan", campaign, "--out", tmp_path / "plan")
    assert answer.status == 3, answer.err
    document = plan_document(tmp_path / "plan")
    shortfalls = document["allocation"]["shortfalls"] + document["tour"]["problems"]
    assert {(short["code"], short["subject"]) for short in shortfalls} == IMPOSSIBLE[what].reasons
    for short in shortfalls:
        assert f"  – {short['message']}\n" in answer.out
    verified = placarde("verify", tmp_path / "plan")
    assert verified.status == 0, verified.out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("budget_eur = 90000", "budget_eur = 1", "budget"),
        ("end = 2017-11-17", "end = 2017-10-20", "tour-does-not-fit"),
    ],
)
def test_an_impossible_isere_is_planned_as_far_as_it_goes(
    old: str, new: str, code: str, isere: Made, tmp_path: Path
) -> None:
    campaign = Path(shutil.copytree(isere.campaign, tmp_path / "campaign"))
    change(campaign, "campaign.toml", (old, new))
    answer = placarde("plan", campaign, "--out", tmp_path / "plan", "--json")
    assert answer.status == 3
    document = answer.json()
    assert document["ok"] is False
    assert code in {short["code"] for short in document["shortfalls"]}
    verified = placarde("verify", tmp_path / "plan")
    assert verified.status == 0, verified.out


@pytest.mark.slow
@pytest.mark.parametrize(("end", "status"), [("2017-10-22", 3), ("2017-10-23", 0)])
def test_the_days_that_the_tour_is_said_to_need_are_enough_and_not_too_many(
    end: str, status: int, tmp_path: Path
) -> None:
    campaign = willing_campaign(tmp_path / "campaign")
    change(campaign, "maisons.csv", ("2017-11-03", ""))
    change(campaign, "campaign.toml", ("2017-11-17", "2017-10-19"))
    answer = placarde("plan", campaign, "--out", tmp_path / "plan")
    assert "une fin le 23\N{NO-BREAK SPACE}octobre 2017" in answer.out
    change(campaign, "campaign.toml", ("end = 2017-10-19", f"end = {end}"))
    answer = placarde("plan", campaign, "--out", tmp_path / "plan", "--force")
    assert answer.status == status
    assert placarde("verify", tmp_path / "plan").status == 0


@pytest.mark.slow
def test_a_campaign_that_can_be_planned_ends_with_status_0(square: Made) -> None:
    assert square.answer.status == 0
    assert "n’a pas pu" not in square.answer.out


@pytest.mark.slow
@pytest.mark.parametrize("min_faces", [1, 2, 40])
def test_no_solver_writes_beside_the_json_object(min_faces: int, tmp_path: Path) -> None:
    campaign = willing_campaign(tmp_path / "campaign")
    change(campaign, "campaign.toml", ("min_faces = 1", f"min_faces = {min_faces}"))
    answer = placarde_process("plan", campaign, "--out", tmp_path / "plan", "--json")
    document, plan = answer.json(), plan_document(tmp_path / "plan")
    assert document["ok"] is (answer.status == 0)
    assert document["plan"] == str(tmp_path / "plan")
    for part in ("status", "objective", "bound", "gap"):
        assert document["allocation"][part] == plan["allocation"][part]
    assert document["allocation"]["postings"] == len(plan["allocation"]["postings"])
    assert document["shortfalls"] == plan["allocation"]["shortfalls"] + plan["tour"]["problems"]
    for line in answer.err.splitlines():
        assert line.endswith("…") or line.startswith("  écart au meilleur possible"), line
    assert answer.err.startswith("Lecture")
