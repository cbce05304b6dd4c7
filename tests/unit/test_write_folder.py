from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from data.read import read_campaign
from data.read_plan import PlanFolder, read_plan_folder
from data.write import check_target, write_plan_folder
from geo.errors import CampaignError, OutputExistsError, PlanFolderError
from geo.model import Campaign, InputFile
from geo.plan import (
    AgentExposure,
    Allocation,
    Leg,
    Plan,
    Posting,
    Status,
    Stop,
    Tour,
    TravelSource,
)
from geo.targeting import target as target_campaign
from tests.golden.tiny_plan import CREATED, tiny_rejects

LATER = datetime(2027, 1, 2, 3, 4, tzinfo=UTC)
PAGES = {"carte-elus.html": "<!doctype html><p>é</p>", "carte-regie.html": "<!doctype html>"}
OUTPUTS = {
    "affichage.csv",
    "affichage.xlsx",
    "affichage-machine.csv",
    "carte-elus.html",
    "carte-regie.html",
    "plan.json",
    "rejets.csv",
    "tournee.csv",
    "tournee.gpx",
    "feuille-de-route.pdf",
    "tournee.ics",
}
INPUTS = {"agents.csv", "campaign.toml", "faces.csv", "maisons.csv", "zones.geojson"}

CAMPAIGN = """
[campaign]
name = "Deux carrés"
start = 2017-10-17
periods = 2
period_days = 7

[files]
zones = "zones.geojson"
maisons = "maisons.csv"
agents = "agents.csv"
faces = "faces.csv"

[matching]
min_faces = 1

[tour]
start = 2017-10-17
end = 2017-11-17
depot = "m1"
"""
MAISONS = """maison_id;name;city;lat;lon
m1;Maison Une;Un;45,15;5,65
m2;Maison Deux;Deux;45,15;5,75
"""
AGENTS = """agent_id;portrait_id;job;name;zones
A1;P1;agente des routes;Camille Secret;ouest
A2;P2;archiviste;Claude Secret;est
"""
FACES = """face_id;format;lat;lon;contacts;price_eur;operator;insee
f1;4x3;45,151;5,651;1000;100;=Régie;01004
f2;4x3;45,152;5,752;1000;120,5;Régie;38185
"""


# No file system takes so long a name: the writing fails after the inputs are copied.
IMPOSSIBLE_PAGES = {**PAGES, f"{'x' * 300}.html": ""}


def square(zone_id: str, west: float, east: float, parent: str | None) -> dict[str, object]:
    ring = [[west, 45.1], [east, 45.1], [east, 45.2], [west, 45.2], [west, 45.1]]
    level = "territoire" if parent else "departement"
    return {
        "type": "Feature",
        "properties": {
            "zone_id": zone_id,
            "name": zone_id.capitalize(),
            "level": level,
            "parent_id": parent,
        },
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


@dataclass(frozen=True)
class Work:
    """A campaign folder and what is needed to write its plan."""

    folder: Path
    campaign: Campaign

    def write(self, target: Path, *, force: bool = False, created: datetime = CREATED) -> None:
        self.write_pages(target, PAGES, force=force, created=created)

    def write_pages(
        self,
        target: Path,
        pages: dict[str, str],
        *,
        force: bool = False,
        created: datetime = CREATED,
    ) -> None:
        write_plan_folder(
            target,
            campaign_folder=self.folder,
            campaign=self.campaign,
            eligibility=target_campaign(self.campaign),
            plan=two_postings(),
            pages=pages,
            rejects=tiny_rejects(),
            created=created,
            force=force,
        )


@pytest.fixture
def work(tmp_path: Path) -> Work:
    folder = tmp_path / "campagne"
    folder.mkdir()
    zones = [
        square("dep", 5.6, 5.8, None),
        square("ouest", 5.6, 5.7, "dep"),
        square("est", 5.7, 5.8, "dep"),
    ]
    texts = {
        "campaign.toml": CAMPAIGN,
        "zones.geojson": json.dumps({"type": "FeatureCollection", "features": zones}),
        "maisons.csv": MAISONS,
        "agents.csv": AGENTS,
        "faces.csv": FACES,
        "notes privées.txt": "rien à faire dans un plan",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    reading = read_campaign(folder)
    assert reading.campaign is not None, reading.problems
    return Work(folder, reading.campaign)


@pytest.fixture
def plan_folder(work: Work, tmp_path: Path) -> Path:
    target = tmp_path / "sortie" / "plan"
    work.write(target)
    return target


def two_postings() -> Plan:
    allocation = Allocation(
        status=Status.OPTIMAL,
        objective=-1.0,
        bound=-1.0,
        exposure=0.5,
        exposure_bound=0.5,
        gap=0.0,
        cost_cents=22_050,
        postings=(Posting(1, "f1", "A1"), Posting(2, "f2", "A2")),
        agents=(AgentExposure("A1", 1.0, 1.0, 1.0, 1.0, 1),),
    )
    day, moments = date(2017, 10, 18), (_at(18, 8), _at(18, 18))
    table = TravelSource.TABLE
    tour = Tour(
        status=Status.OPTIMAL,
        drive_s=1200,
        bound_s=1200,
        distance_m=16_000,
        stops=(Stop("m2", 1, (day,), *moments),),
        legs=(
            Leg(1, "m1", "m2", _at(18, 7), _at(18, 7, 10), 600, 8_000, table),
            Leg(1, "m2", "m1", _at(18, 18), _at(18, 18, 10), 600, 8_000, table),
        ),
    )
    return Plan(0, allocation, tour)


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2017, 10, day, hour, minute)  # noqa: DTZ001 - local, as in a Tour


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def change(path: Path, old: str, new: str) -> None:
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new).encode())


def test_a_plan_folder_holds_every_output_and_the_inputs_it_was_made_from(
    work: Work, plan_folder: Path
) -> None:
    written = content(plan_folder)
    assert written.keys() == OUTPUTS | {f"campaign/{name}" for name in INPUTS}
    for name in INPUTS:
        assert written[f"campaign/{name}"] == (work.folder / name).read_bytes()
    noted = json.loads(written["plan.json"])["inputs"]
    assert noted == {
        name: sha256((work.folder / name).read_bytes()).hexdigest() for name in sorted(INPUTS)
    }
    assert written["carte-elus.html"].decode() == PAGES["carte-elus.html"]


def test_the_plan_tells_the_versions_that_would_make_it_again(plan_folder: Path) -> None:
    versions = json.loads((plan_folder / "plan.json").read_bytes())["versions"]
    assert list(versions) == ["highspy", "ortools", "placarde"]
    assert all(versions.values())


def test_a_plan_folder_reads_back_as_what_was_written(work: Work, plan_folder: Path) -> None:
    read = read_plan_folder(plan_folder)
    assert read.plan == two_postings()
    assert read.campaign_folder == plan_folder / "campaign"
    assert read.campaign.agents == work.campaign.agents
    assert [line.face_id for line in read.order] == ["f1", "f2"]
    assert (read.order[0].operator, read.order[0].insee) == ("=Régie", "01004")
    assert (read.order[1].zone, read.order[1].price_cents) == ("Est", 12_050)
    assert [line.step for line in read.tour_lines] == ["départ", "1", "retour"]
    assert {file.name for file in read.inputs} == INPUTS
    assert read.changed_inputs == ()
    assert read.created == CREATED


def test_the_order_tells_nothing_of_the_agents(plan_folder: Path) -> None:
    for name in ("affichage.csv", "tournee.csv", "tournee.ics", "tournee.gpx"):
        text = (plan_folder / name).read_text(encoding="utf-8-sig")
        assert "Secret" not in text
        assert "archiviste" not in text
        assert "A1" not in text


def test_only_the_date_of_creation_differs_between_two_plan_folders(
    work: Work, plan_folder: Path, tmp_path: Path
) -> None:
    work.write(tmp_path / "again", created=LATER)
    first, second = content(plan_folder), content(tmp_path / "again")
    first_lines = first.pop("plan.json").splitlines()
    second_lines = second.pop("plan.json").splitlines()
    assert first == second
    changed = [a for a, b in zip(first_lines, second_lines, strict=True) if a != b]
    assert changed == [b' "created": "2026-11-21T09:30:00Z",']


def test_a_plan_is_not_replaced_unless_asked(work: Work, plan_folder: Path) -> None:
    before = content(plan_folder.parent)
    with pytest.raises(OutputExistsError, match="--force"):
        work.write(plan_folder, created=LATER)
    assert content(plan_folder.parent) == before


def test_a_plan_is_replaced_as_a_whole_when_asked(work: Work, plan_folder: Path) -> None:
    (plan_folder / "carte-vieille.html").write_text("old", encoding="utf-8")
    work.write(plan_folder, force=True, created=LATER)
    assert content(plan_folder).keys() == OUTPUTS | {f"campaign/{name}" for name in INPUTS}
    assert read_plan_folder(plan_folder).created == LATER
    assert [path.name for path in plan_folder.parent.iterdir()] == ["plan"]


def test_a_plan_can_be_made_again_from_its_own_copy_of_the_inputs(plan_folder: Path) -> None:
    read = read_plan_folder(plan_folder)
    Work(read.campaign_folder, read.campaign).write(plan_folder, force=True)
    assert read_plan_folder(plan_folder).plan == read.plan


@pytest.mark.parametrize("name", ["photo.jpg", "plan.json"])
@pytest.mark.parametrize("force", [False, True])
def test_a_folder_that_is_no_plan_is_never_replaced(
    work: Work, tmp_path: Path, name: str, *, force: bool
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / name).write_text('{"schema": "someone/else/1"}', encoding="utf-8")
    before = content(tmp_path)
    with pytest.raises(OutputExistsError, match="jamais remplacé"):
        work.write(home, force=force)
    assert content(tmp_path) == before


def test_a_file_is_never_replaced(work: Work, tmp_path: Path) -> None:
    file = tmp_path / "plan"
    file.write_text("notes", encoding="utf-8")
    with pytest.raises(OutputExistsError):
        work.write(file, force=True)
    assert file.read_text(encoding="utf-8") == "notes"


@pytest.mark.parametrize("force", [False, True])
def test_an_empty_folder_may_be_filled(work: Work, tmp_path: Path, *, force: bool) -> None:
    (tmp_path / "plan").mkdir()
    work.write(tmp_path / "plan", force=force)
    assert read_plan_folder(tmp_path / "plan").changed_inputs == ()


def test_a_link_to_a_plan_stays_a_link(work: Work, plan_folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "dernier"
    link.symlink_to(plan_folder)
    work.write(link, force=True, created=LATER)
    assert link.is_symlink()
    assert read_plan_folder(plan_folder).created == LATER


def test_what_will_be_refused_can_be_known_before_any_work(plan_folder: Path) -> None:
    check_target(plan_folder.parent / "new", force=False)
    check_target(plan_folder, force=True)
    with pytest.raises(OutputExistsError):
        check_target(plan_folder, force=False)


def test_a_failure_in_the_middle_leaves_nothing(work: Work, tmp_path: Path) -> None:
    before = content(tmp_path)
    with pytest.raises(OSError, match="name too long"):
        work.write_pages(tmp_path / "plan", IMPOSSIBLE_PAGES)
    assert content(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == {"campagne"}


def test_a_failure_in_the_middle_leaves_the_old_plan(work: Work, plan_folder: Path) -> None:
    before = content(plan_folder.parent)
    with pytest.raises(OSError, match="name too long"):
        work.write_pages(plan_folder, IMPOSSIBLE_PAGES, force=True)
    assert content(plan_folder.parent) == before
    assert [path.name for path in plan_folder.parent.iterdir()] == ["plan"]


@pytest.mark.parametrize("name", ["../page.html", "a/b.html", "plan.json", "", ".html/"])
def test_a_page_cannot_take_the_place_of_another_file(
    work: Work, tmp_path: Path, name: str
) -> None:
    with pytest.raises(ValueError, match="not the name of a page"):
        work.write_pages(tmp_path / "plan", {name: "<p>"})
    assert not (tmp_path / "plan").exists()


@pytest.mark.parametrize("name", ["faces.csv", "campaign.toml"])
def test_an_input_that_changed_since_it_was_read_stops_the_writing(
    work: Work, tmp_path: Path, name: str
) -> None:
    with (work.folder / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(CampaignError) as refusal:
        work.write(tmp_path / "plan")
    assert [(p.where.file, p.code) for p in refusal.value.problems] == [(name, "input-changed")]
    assert {path.name for path in tmp_path.iterdir()} == {"campagne"}


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "gone.csv"])
def test_nothing_outside_the_campaign_folder_is_copied(
    work: Work, tmp_path: Path, name: str
) -> None:
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    stray = InputFile(name, sha256(b"secret").hexdigest())
    campaign = replace(work.campaign, inputs=(*work.campaign.inputs, stray))
    with pytest.raises(CampaignError, match="n’est plus"):
        Work(work.folder, campaign).write(tmp_path / "plan")
    assert not (tmp_path / "plan").exists()


def test_an_input_that_changed_in_the_plan_folder_is_told(plan_folder: Path) -> None:
    change(plan_folder / "campaign" / "faces.csv", ";120,5;", ";120,4;")
    read: PlanFolder = read_plan_folder(plan_folder)
    assert read.changed_inputs == ("faces.csv",)


def test_an_input_that_plan_json_does_not_name_is_told(plan_folder: Path) -> None:
    noted = json.loads((plan_folder / "plan.json").read_bytes())["inputs"]["faces.csv"]
    change(plan_folder / "plan.json", f'"faces.csv": "{noted}", ', f'"gone.csv": "{noted}", ')
    assert read_plan_folder(plan_folder).changed_inputs == ("faces.csv", "gone.csv")


def test_a_copy_of_the_inputs_with_problems_is_told_as_such(plan_folder: Path) -> None:
    change(plan_folder / "campaign" / "faces.csv", ";120,5;", ";-3;")
    with pytest.raises(CampaignError) as refusal:
        read_plan_folder(plan_folder)
    assert refusal.value.problems[0].where.file == "faces.csv"


@pytest.mark.parametrize("name", ["plan.json", "affichage.csv", "tournee.csv"])
def test_a_missing_file_is_named(plan_folder: Path, name: str) -> None:
    (plan_folder / name).unlink()
    with pytest.raises(PlanFolderError, match=name):
        read_plan_folder(plan_folder)


def test_an_order_that_was_edited_out_of_its_form_is_refused_with_its_place(
    plan_folder: Path,
) -> None:
    change(plan_folder / "affichage.csv", "120,50", "120.50")
    with pytest.raises(
        PlanFolderError, match=r"^affichage\.csv, ligne 3, colonne prix_espace_ht\xa0:"
    ):
        read_plan_folder(plan_folder)


def test_an_order_that_was_edited_in_its_form_is_read_as_it_stands(plan_folder: Path) -> None:
    change(plan_folder / "affichage.csv", "120,50", "999,00")
    assert read_plan_folder(plan_folder).order[1].price_cents == 99_900
