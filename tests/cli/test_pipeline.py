"""From a campaign folder to a plan folder through the command line, on the real Isère."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from tests.cli import raw
from tests.cli.running import (
    CREATED,
    PLAN_FILES,
    Made,
    content,
    names,
    placarde,
    placarde_process,
    plan_document,
)

INPUTS = {"campaign.toml", "zones.geojson", "maisons.csv", "agents.csv", "inventaire.csv"}
PORTRAITS = {f"portraits/portrait-{number:02}.svg" for number in range(1, 19)}
OPEN_PERIODS = {"secteur-nord": {1, 2}, "secteur-sud": {3, 4}}
BUDGET_CENTS = 9_000_000
PAGES = ("carte-interne.html", "carte-regie.html", "carte-elus.html")


def planned_again(
    made: Made, folder: Path, *options: str, env: dict[str, str] | None = None
) -> Path:
    """Plan the same campaign into another folder, which is returned."""
    answer = placarde("plan", made.campaign, "--out", folder, *options, env=env or CREATED)
    assert answer.status == made.answer.status
    return folder


def told(plan: Path) -> dict[str, object]:
    """Return everything that a plan folder says, whatever its inputs were named and when."""
    document = plan_document(plan)
    del document["inputs"], document["created"]
    files = content(plan)
    del files["plan.json"]
    outputs = {name: data for name, data in files.items() if not name.startswith("campaign/")}
    return {"plan.json": document, **outputs}


# What is in the folders


@pytest.mark.slow
def test_the_demo_writes_a_campaign_and_its_plan_and_nothing_else(isere: Made) -> None:
    assert isere.answer.status == 0, isere.answer.err
    assert names(isere.campaign.parent) == ["campaign", "plan"]
    inputs = content(isere.campaign)
    assert set(inputs) == INPUTS | PORTRAITS
    files = content(isere.plan)
    assert set(files) == PLAN_FILES | {f"campaign/{name}" for name in inputs}
    assert {f"campaign/{name}": data for name, data in inputs.items()}.items() <= files.items()


@pytest.mark.slow
def test_the_demo_says_what_it_planned_and_how_good_that_is(isere: Made) -> None:
    said = isere.answer.out
    plan = plan_document(isere.plan)
    assert "18\N{NO-BREAK SPACE}portraits" in said
    assert "13\N{NO-BREAK SPACE}étapes" in said
    assert "temps de route estimés" in said
    assert str(isere.plan) in said
    assert plan["allocation"]["gap"] <= 0.01
    assert plan["tour"]["status"] == "optimal"
    assert plan["tour"]["drive_s"] == plan["tour"]["bound_s"]


@pytest.mark.slow
def test_progress_goes_to_standard_error(isere: Made) -> None:
    for step in ("Lecture", "Ciblage", "Affectation", "Tournée", "Cartes", "Écriture"):
        assert re.search(rf"^{step}.*…$", isere.answer.err, re.MULTILINE), step
    assert "…" not in isere.answer.out


@pytest.mark.slow
def test_the_plan_of_the_demo_verifies(isere: Made) -> None:
    answer = placarde("verify", isere.plan)
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.startswith("Toutes les règles sont respectées")


# What the files say, read without any code of Placarde


@pytest.mark.slow
def test_every_posting_lies_in_a_zone_where_its_agent_works(isere: Made) -> None:
    zones = raw.polygons(isere.campaign / "zones.geojson")
    faces = raw.points(isere.campaign / "inventaire.csv")
    agents = {row["agent_id"]: row for row in raw.rows(isere.campaign / "agents.csv")}
    postings = plan_document(isere.plan)["allocation"]["postings"]
    outside = [
        posting
        for posting in postings
        if not any(
            zones[zone_id].covers(faces[posting["face_id"]])
            for zone_id in agents[posting["agent_id"]]["zones"].split("|")
        )
    ]
    assert len(postings) > 1000
    assert {posting["agent_id"] for posting in postings} == agents.keys()
    assert outside == []


@pytest.mark.slow
def test_every_posting_is_in_a_period_in_which_its_secteur_is_open(isere: Made) -> None:
    layer = isere.campaign / "zones.geojson"
    zones, parents = raw.polygons(layer), raw.parents(layer)
    assert {parents[zone] for zone in zones if zone.startswith("territoire-")} == set(OPEN_PERIODS)
    faces = raw.points(isere.campaign / "inventaire.csv")
    for posting in plan_document(isere.plan)["allocation"]["postings"]:
        secteurs = [s for s in OPEN_PERIODS if zones[s].covers(faces[posting["face_id"]])]
        assert any(posting["period"] in OPEN_PERIODS[secteur] for secteur in secteurs), posting


@pytest.mark.slow
def test_the_order_is_the_allocation_and_costs_what_the_inventory_asks(isere: Made) -> None:
    portraits = {
        row["agent_id"]: row["portrait_id"] for row in raw.rows(isere.campaign / "agents.csv")
    }
    asked = {
        row["face_id"]: row["price_eur"] for row in raw.rows(isere.campaign / "inventaire.csv")
    }
    allocation = plan_document(isere.plan)["allocation"]
    order = raw.rows(isere.plan / "affichage.csv")
    lines = [(int(line["vague"]), line["ref_face"], line["visuel_ref"]) for line in order]
    postings = [
        (p["period"], p["face_id"], portraits[p["agent_id"]]) for p in allocation["postings"]
    ]
    assert lines == sorted(lines) == sorted(postings)
    for line in order:
        assert float(line["prix_espace_ht"].replace(",", ".")) == float(asked[line["ref_face"]])
    cents = sum(round(100 * float(asked[face_id])) for _, face_id, _ in lines)
    assert cents == allocation["cost_cents"] <= BUDGET_CENTS


@pytest.mark.slow
def test_no_face_carries_two_portraits_in_one_period(isere: Made) -> None:
    order = raw.rows(isere.plan / "affichage.csv")
    assert len({(line["ref_face"], line["vague"]) for line in order}) == len(order)


@pytest.mark.slow
def test_the_exhibition_stands_once_at_every_maison_on_working_days(isere: Made) -> None:
    maisons = {row["maison_id"] for row in raw.rows(isere.campaign / "maisons.csv")}
    stops = plan_document(isere.plan)["tour"]["stops"]
    days = [date.fromisoformat(day) for stop in stops for day in stop["open_on"]]
    assert sorted(stop["maison_id"] for stop in stops) == sorted(maisons)
    assert days == sorted(set(days))
    assert date(2017, 10, 17) <= days[0] <= days[-1] <= date(2017, 11, 17)
    assert all(day.weekday() < 5 for day in days)
    assert not {date(2017, 11, 1), date(2017, 11, 11)} & set(days)


# The same again, and in another order


@pytest.mark.slow
def test_the_same_inputs_and_seed_give_the_same_bytes_on_one_core_and_on_all(
    isere: Made, tmp_path: Path
) -> None:
    # The demo ran on one core, with one thread and another order of hashing.
    answer = placarde_process(
        "plan",
        isere.campaign,
        "--out",
        tmp_path / "plan",
        PYTHONHASHSEED="2",
        OMP_NUM_THREADS=None,
        OPENBLAS_NUM_THREADS="2",
        **CREATED,
    )
    assert answer.status == 0
    again, before = content(tmp_path / "plan"), content(isere.plan)
    assert again.keys() == before.keys()
    assert [name for name in before if again[name] != before[name]] == []


@pytest.mark.slow
def test_a_plan_of_another_seed_says_so_and_verifies(isere: Made, tmp_path: Path) -> None:
    plan = planned_again(isere, tmp_path / "plan", "--seed", "7")
    assert plan_document(plan)["seed"] == 7
    assert placarde("verify", plan).status == 0


@pytest.mark.slow
def test_the_order_of_rows_in_the_isere_changes_nothing(isere: Made, tmp_path: Path) -> None:
    shutil.copytree(isere.campaign, tmp_path / "campaign")
    raw.shuffle_inputs(tmp_path / "campaign", seed=1)
    answer = placarde_process("plan", tmp_path / "campaign", "--out", tmp_path / "plan")
    assert answer.status == 0
    assert told(tmp_path / "plan") == told(isere.plan)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_rows_in_locks_and_travel_times_changes_nothing(
    square: Made, tmp_path: Path, seed: int
) -> None:
    shutil.copytree(square.campaign, tmp_path / "campaign")
    raw.shuffle_inputs(tmp_path / "campaign", seed=seed)
    assert placarde("plan", tmp_path / "campaign", "--out", tmp_path / "plan").status == 0
    assert told(tmp_path / "plan") == told(square.plan)
    files, before = content(tmp_path / "plan"), content(square.plan)
    changed = {name for name in files if files[name] != before[name]} - {"plan.json"}
    assert changed == {
        name
        for name in before
        if name.startswith("campaign/") and name.endswith((".csv", ".geojson"))
    }


@pytest.mark.slow
def test_the_date_of_creation_is_the_only_thing_that_the_clock_changes(
    square: Made, tmp_path: Path
) -> None:
    later = planned_again(square, tmp_path / "plan", env={"SOURCE_DATE_EPOCH": "1508313600"})
    files, before = content(later), content(square.plan)
    assert {name for name in files if files[name] != before[name]} == {"plan.json"}
    pairs = zip(files["plan.json"].splitlines(), before["plan.json"].splitlines(), strict=True)
    assert [pair for pair in pairs if pair[0] != pair[1]] == [
        (b' "created": "2017-10-18T08:00:00Z",', b' "created": "2017-10-17T08:00:00Z",')
    ]


# The pages


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_the_network_for_background_tiles_only(isere: Made, name: str) -> None:
    page = raw.read_page(isere.plan / name)
    assert [asked for asked in page.asked if not asked.startswith(("data:", "#"))] == []
    rules = {rule.split()[0]: rule.split()[1:] for rule in page.policy.split(";")}
    assert rules["default-src"] == ["'none'"]
    assert rules["img-src"] == ["data:", *raw.TILES]
    allowed = [
        source for rule in rules for source in rules[rule] if not source.startswith("'sha256-")
    ]
    assert set(allowed) == {"'none'", "data:", *raw.TILES}


@pytest.mark.slow
def test_the_officials_page_tells_no_price_no_agent_id_and_no_consent(isere: Made) -> None:
    page = raw.read_page(isere.plan / "carte-elus.html").text
    assert "La plus grande cuisine de l’Isère" in page
    for private in ("€", "prix", "tarif", "budget", "consent", "agent-", "portrait-"):
        assert private not in page.casefold(), private
    for until in ("2018-12-31", "31/12/2018", "31 décembre 2018"):
        assert until not in page
    assert not re.search(r"\b[FP]\d{4}\b", page)


@pytest.mark.slow
def test_the_buyers_files_tell_nothing_about_the_agents(isere: Made) -> None:
    page = raw.read_page(isere.plan / "carte-regie.html").text
    order = (isere.plan / "affichage.csv").read_text(encoding="utf-8-sig")
    assert "portrait-01" in page
    assert "portrait-01" in order
    for agent in raw.rows(isere.campaign / "agents.csv"):
        for text in (page, order):
            assert agent["agent_id"] not in text
            assert agent["job"] not in text
    assert "consent" not in page + order
