"""The order goes out, comes back changed, and goes out again: by the command line, on disk."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path

import pytest

from data.write.road_table import ROAD_COLUMNS, RoadLine
from data.write.sheet import write_sheet
from tests.cli import raw
from tests.cli.running import CREATED, Answer, Made, content, placarde, plan_document

pytestmark = pytest.mark.slow

Rows = list[dict[str, str]]


def send_back(
    made: Made, path: Path, change: Callable[[Rows], Rows], *, add: Mapping[str, str] | None = None
) -> Path:
    """Write the order of a plan as a buyer returns it: more columns, and other cells."""
    rows = [{**row, **(add or {})} for row in raw.rows(made.plan / "affichage.csv")]
    rows = change(rows)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode("cp1252"))
    return path


def reconciled(made: Made, returned: Path, out: Path, *options: str) -> Answer:
    before = content(made.plan)
    answer = placarde("reconcile", made.plan, returned, "--out", out, *options, env=CREATED)
    assert content(made.plan) == before  # whatever happened, the plan that went out is untouched
    return answer


def confirmed(rows: Rows) -> Rows:
    return [{**row, "statut": "Confirmé"} for row in rows]


def test_an_order_that_is_confirmed_as_a_whole_comes_out_firm_and_unchanged(
    square: Made, tmp_path: Path
) -> None:
    returned = send_back(square, tmp_path / "retour.csv", confirmed)
    answer = reconciled(square, returned, tmp_path / "plan2")
    assert answer.status in {0, 3}, answer.err
    before, after = plan_document(square.plan), plan_document(tmp_path / "plan2")
    assert after["allocation"]["postings"] == before["allocation"]["postings"]
    assert {line["state"] for line in after["order"]} == {"ferme"}
    rows = raw.rows(tmp_path / "plan2" / "affichage.csv")
    assert {row["statut"] for row in rows} == {"ferme"}
    changes = raw.rows(tmp_path / "plan2" / "affichage-modifications.csv")
    assert [{**row, "modification": None} for row in changes] == [
        {"modification": None, **row} for row in rows
    ]
    assert {row["modification"] for row in changes} == {"statut"}
    assert f"ne change pas\N{NO-BREAK SPACE}; {len(rows)}\N{NO-BREAK SPACE}nouveaux statuts" in (
        answer.out
    )
    assert placarde("verify", tmp_path / "plan2").status == 0


def test_a_refused_line_goes_and_what_is_firm_stays(square: Made, tmp_path: Path) -> None:
    def change(rows: Rows) -> Rows:
        return [{**rows[0], "statut": "refusée"}, *confirmed(rows[1:])]

    returned = send_back(square, tmp_path / "retour.csv", change)
    answer = reconciled(square, returned, tmp_path / "plan2", "--json")
    document = answer.json()
    assert document["counts"]["refused"] == 1
    first, *others = raw.rows(square.plan / "affichage.csv")
    now = {(r["ref_face"], r["vague"]): r for r in raw.rows(tmp_path / "plan2" / "affichage.csv")}
    assert (first["ref_face"], first["vague"]) not in now
    for row in others:
        kept = now[row["ref_face"], row["vague"]]
        assert (kept["visuel_ref"], kept["statut"]) == (row["visuel_ref"], "ferme")
    changes = raw.rows(tmp_path / "plan2" / "affichage-modifications.csv")
    gone = [row for row in changes if row["modification"] == "supprimée"]
    assert [(row["ref_face"], row["statut"]) for row in gone] == [(first["ref_face"], "refusée")]
    assert document["order"]["removed"] == 1
    assert document["order"]["added"] == sum(row["modification"] == "ajoutée" for row in changes)
    assert document["order"]["state"] == len(others)
    assert sum(document["order"].values()) == len(changes)
    assert placarde("verify", tmp_path / "plan2").status == 0


def test_a_replaced_line_gives_its_place_to_the_face_that_the_buyer_names(
    square: Made, tmp_path: Path
) -> None:
    before = raw.rows(square.plan / "affichage.csv")
    gone = next(row for row in before if row["ref_face"] == "f01")
    assert "f02" not in {row["ref_face"] for row in before}  # the other side of that panel is free

    def change(rows: Rows) -> Rows:
        return [
            {**r, "statut": "remplacée", "remplacement": "f02"} if r["ref_face"] == "f01" else r
            for r in rows
        ]

    returned = send_back(square, tmp_path / "retour.csv", change, add={"remplacement": ""})
    answer = reconciled(square, returned, tmp_path / "plan2", "--json")
    assert answer.json()["counts"]["replaced"] == 1
    changes = {r["ref_face"]: r for r in raw.rows(tmp_path / "plan2/affichage-modifications.csv")}
    assert (changes["f01"]["modification"], changes["f01"]["statut"]) == ("supprimée", "remplacée")
    assert (changes["f02"]["modification"], changes["f02"]["statut"]) == ("ajoutée", "ferme")
    for column in ("vague", "visuel_ref"):
        assert changes["f02"][column] == gone[column]
    assert placarde("verify", tmp_path / "plan2").status == 0


def test_new_prices_are_those_of_the_new_plan(square: Made, tmp_path: Path) -> None:
    def change(rows: Rows) -> Rows:
        face = rows[0]["ref_face"]
        return [{**r, "nouveau prix": "1,50 €" if r["ref_face"] == face else ""} for r in rows]

    returned = send_back(square, tmp_path / "retour.csv", change, add={"nouveau prix": ""})
    assert reconciled(square, returned, tmp_path / "plan2").status in {0, 3}
    face = raw.rows(square.plan / "affichage.csv")[0]["ref_face"]
    inventory = raw.rows(tmp_path / "plan2" / "campaign" / "inventaire-retour.csv")
    assert {row["price_eur"] for row in inventory if row["face_id"] == face} == {"1.50"}
    rows = raw.rows(tmp_path / "plan2" / "affichage.csv")
    assert {row["prix_espace_ht"] for row in rows if row["ref_face"] == face} <= {"1,50"}
    assert placarde("verify", tmp_path / "plan2").status == 0


def test_a_second_round_starts_from_the_first(square: Made, tmp_path: Path) -> None:
    returned = send_back(square, tmp_path / "retour.csv", confirmed)
    reconciled(square, returned, tmp_path / "plan2")
    again = Made(tmp_path / "plan2" / "campaign", tmp_path / "plan2", square.answer)

    def cancel(rows: Rows) -> Rows:
        return [{**rows[0], "statut": "annulée"}]

    second = send_back(again, tmp_path / "retour2.csv", cancel)
    answer = reconciled(again, second, tmp_path / "plan3", "--json")
    assert answer.json()["counts"]["cancelled"] == 1
    states = [line["state"] for line in plan_document(tmp_path / "plan3")["order"]]
    assert states.count("annulée") == 1
    assert states.count("ferme") == len(states) - 1
    assert placarde("verify", tmp_path / "plan3").status == 0


def test_what_is_only_likely_waits_for_the_planner(square: Made, tmp_path: Path) -> None:
    def misspell(rows: Rows) -> Rows:
        first = {**rows[0], "ref_face": f" {rows[0]['ref_face'].lower()}-", "statut": "ferme"}
        return [first, *rows[1:]]

    returned = send_back(square, tmp_path / "retour.csv", misspell)
    answer = reconciled(square, returned, tmp_path / "plan2")
    assert answer.status == 3
    assert "1\N{NO-BREAK SPACE}proposition à accepter" in answer.out
    assert "ligne 2\N{NO-BREAK SPACE}:" in answer.out
    assert "ferme" not in {r["statut"] for r in raw.rows(tmp_path / "plan2" / "affichage.csv")}
    reconciled(square, returned, tmp_path / "plan3", "--accept-proposals")
    rows = raw.rows(tmp_path / "plan3" / "affichage.csv")
    assert [row["statut"] for row in rows].count("ferme") == 1


def test_every_problem_is_told_at_once_and_nothing_is_written(square: Made, tmp_path: Path) -> None:
    def spoil(rows: Rows) -> Rows:
        rows = [*rows, {**rows[0]}]
        rows[0] = {**rows[0], "visuel_ref": "inconnu"}
        rows[1] = {**rows[1], "ref_face": "jamais vue", "lat": "", "lon": "", "adresse": ""}
        rows[2] = {**rows[2], "statut": "peut-être"}
        rows[3] = {**rows[3], "remplacement": "f09"}  # of the other end of the square
        return rows

    returned = send_back(square, tmp_path / "retour.csv", spoil, add={"remplacement": ""})
    answer = reconciled(square, returned, tmp_path / "plan2", "--json")
    assert answer.status == 1
    problems = answer.json()["problems"]
    last = len(raw.rows(square.plan / "affichage.csv")) + 2
    assert [(p["row"], p["code"]) for p in problems] == [
        (2, "changed-visual"),
        (3, "unknown-face"),
        (4, "unknown-state"),  # a cell that cannot be read keeps nothing else from being told,
        (5, "outside-zone"),  # not even which rules the rest would break
        (last, "duplicate-line"),
    ]
    assert all(p["file"] == "retour.csv" and p["column"] and p["remedy"] for p in problems)
    assert not (tmp_path / "plan2").exists()


def test_a_plan_is_never_replaced_by_its_own_answer(square: Made, tmp_path: Path) -> None:
    returned = send_back(square, tmp_path / "retour.csv", confirmed)
    answer = reconciled(square, returned, square.plan, "--force")
    assert answer.status == 2
    assert "un autre dossier" in answer.err


def test_a_returned_file_that_is_not_there_is_named(square: Made, tmp_path: Path) -> None:
    answer = reconciled(square, tmp_path / "rien.csv", tmp_path / "plan2")
    assert answer.status == 2
    assert "rien.csv" in answer.err


def test_the_workbook_makes_the_same_round_trip_as_the_csv(square: Made, tmp_path: Path) -> None:
    answer = reconciled(square, square.plan / "affichage.xlsx", tmp_path / "plan2", "--json")
    lines = raw.rows(square.plan / "affichage.csv")
    counts = answer.json()["counts"]
    assert (counts["unchanged"], counts["silent"]) == (len(lines), 0)


def test_photos_tell_what_is_posted_and_the_plan_keeps_it(square: Made, tmp_path: Path) -> None:
    rows = raw.rows(square.plan / "affichage.csv")
    first, second = rows[0], rows[1]
    day = first["date_debut"]
    far = f"{float(second['lat'].replace(',', '.')) + 0.01:.6f}"
    pige = tmp_path / "pige.csv"
    pige.write_text(
        "ref_face;vague;photo;date_pose;lat;lon\n"
        f"{first['ref_face']};{first['vague']};a.jpg;{day};{first['lat']};{first['lon']}\n"
        f"{second['ref_face']};{second['vague']};b.jpg;{second['date_debut']};{far};"
        f"{second['lon']}\n",
        encoding="utf-8",
    )
    answer = reconciled(square, pige, tmp_path / "plan2", "--json")
    counts = answer.json()["counts"]
    missing = len(rows) - 2
    assert counts == {"as-planned": 1, "late": 0, "elsewhere": 1, "missing": missing}
    verdicts = [row["constat"] for row in raw.rows(tmp_path / "plan2" / "pige.csv")]
    assert sorted(verdicts) == sorted(["conforme", "ailleurs", *["sans preuve"] * missing])
    states = [row["statut"] for row in raw.rows(tmp_path / "plan2" / "affichage.csv")]
    assert states.count("posée") == 1
    assert placarde("verify", tmp_path / "plan2").status == 0
    said = reconciled(square, pige, tmp_path / "plan3").out
    assert "1\N{NO-BREAK SPACE}affichage conforme" in said
    assert "photo prise à" in said


def test_the_roads_that_a_server_told_go_with_the_plan(square: Made, tmp_path: Path) -> None:
    plan = Path(shutil.copytree(square.plan, tmp_path / "plan"))
    used = {(leg["from_id"], leg["to_id"]) for leg in plan_document(plan)["tour"]["legs"]}
    own = {("m1", "m2"), ("m2", "m1"), ("m1", "m1"), ("m3", "m4")}
    ids = ("m1", "m2", "m3", "m4")
    pair = next(p for p in product(ids, ids) if p[0] != p[1] and p not in used | own)
    road = RoadLine(*pair, 41.0, 30.0)
    (plan / "trajets.csv").write_bytes(write_sheet(ROAD_COLUMNS, [road]))
    returned = send_back(square, tmp_path / "retour.csv", confirmed)
    answer = placarde("reconcile", plan, returned, "--out", tmp_path / "plan2", env=CREATED)
    assert answer.status in {0, 3}, answer.err
    kept = (tmp_path / "plan2" / "trajets.csv").read_bytes()
    assert kept == (plan / "trajets.csv").read_bytes()
