"""Rows that people edit: judged as if their file were read, told to the trail, never lost."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.service.errors import ApiError
from app.service.rows import Asked, checked
from data.read import read_campaign
from data.store import Store, Tx, audit, campaigns, inputs
from data.store.folder_files import FILE_NAMES
from data.store.folders import campaign_files
from data.store.unpacked import unpacked
from geo.errors import Problem, Severity
from tests.builders import lnglat_at
from tests.service.conftest import import_campaign
from tests.service.test_inputs import EXCLUSION
from tests.service.tiny import tiny_files

ANY = {"If-Match": "*"}
SQUARE = {
    "type": "Polygon",
    "coordinates": [[[5.5, 45.1], [5.6, 45.1], [5.6, 45.2], [5.5, 45.2], [5.5, 45.1]]],
}
BOW = {
    "type": "Polygon",
    "coordinates": [[[5.5, 45.1], [5.6, 45.2], [5.6, 45.1], [5.5, 45.2], [5.5, 45.1]]],
}


def rich_files() -> dict[str, bytes]:
    """Return the tiny campaign with driving times, locks and an exclusion."""
    files = tiny_files()
    more = 'travel = "t.csv"\nlocks = "l.csv"\nexclusions = "e.geojson"\n\n[matching]'
    toml = files["campaign.toml"].decode().replace("\n[matching]", more)
    toml += '\n[sequences]\n"t1" = [1]\n'
    return files | {
        "campaign.toml": toml.encode(),
        "t.csv": b"from_id;to_id;minutes;km\nm1;m2;30;25\nm2;m1;31;25\n",
        "l.csv": b"face_id;period;agent_id\nf00;1;A1\nf63;2;\nf03;1;A1\n",
        "e.geojson": EXCLUSION,
    }


@pytest.fixture
def rich(store: Store) -> str:
    """Return the id of a campaign with inputs of every kind."""
    return import_campaign(store, rich_files())


def edit(client: TestClient, url: str, *, tag: str = "*", **cells: Any) -> Any:
    return client.patch(url, json={"cells": cells}, headers={"If-Match": tag})


def codes(answer: Any) -> set[tuple[str, str]]:
    return {(p["column"], p["code"]) for p in answer.json()["problems"]}


def test_a_cell_is_changed_and_kept_in_its_one_spelling(client: TestClient, tiny: str) -> None:
    url = f"/campaigns/{tiny}/faces/rows/f01"
    answer = edit(client, url, price_eur=" 1 234,50 € ", lit="O", available="2 | 1", contacts=12.5)
    assert answer.status_code == 200, answer.text
    cells = client.get(url).json()["cells"]
    wanted = {"price_eur": "1234.5", "lit": "oui", "available": "1|2", "contacts": "12.5"}
    assert {name: cells[name] for name in wanted} == wanted


def test_a_point_moves_with_its_cells(client: TestClient, tiny: str) -> None:
    place = lnglat_at(7, 8)
    url = f"/campaigns/{tiny}/faces/rows/f01"
    edit(client, url, lat=f"{place.lat:.5f}".replace(".", ","), lon=place.lng)
    told = client.get(url).json()
    found = told["geometry"]["coordinates"]
    assert found == pytest.approx([place.lng, place.lat], abs=1e-5)
    assert [float(told["cells"][name]) for name in ("lon", "lat")] == found


def test_all_problems_of_a_row_are_told_at_once_and_nothing_is_changed(
    client: TestClient, tiny: str
) -> None:
    url = f"/campaigns/{tiny}/faces/rows/f01"
    before = client.get(url).json()
    answer = edit(client, url, price_eur="cher", contacts="", available="3", lat=12, bearing=400)
    assert answer.status_code == 422
    assert codes(answer) == {
        ("price_eur", "unreadable-number"),
        ("contacts", "missing-value"),
        ("available", "period-out-of-range"),
        ("lat", "point-far-away"),
        ("bearing", "out-of-range"),
    }
    assert {p["row"] for p in answer.json()["problems"]} == {3}
    assert client.get(url).json() == before


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"cells": {"prix": 5}}, "unknown-column"),
        ({"cells": {"x": 5}}, "unknown-column"),
        ({"cells": {"face_id": "f02"}}, "id-fixed"),
        ({"cells": {"city": "a\x00b"}}, "input-problems"),
        ({"cells": {"price_eur": True}}, "invalid-request"),
        ({"cells": {"price_eur": [1]}}, "invalid-request"),
        ({"cells": {}, "autre": 1}, "invalid-request"),
        ({"geometry": SQUARE}, "no-geometry"),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused(
    client: TestClient, tiny: str, body: object, code: str
) -> None:
    answer = client.patch(f"/campaigns/{tiny}/faces/rows/f01", json=body, headers=ANY)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_lone_surrogate_in_a_cell_is_refused(client: TestClient, tiny: str) -> None:
    for body in ('{"cells":{"city":"\\ud800"}}', '{"cells":{"\\ud800":"x"}}'):
        headers = {"If-Match": "*", "Content-Type": "application/json"}
        answer = client.patch(f"/campaigns/{tiny}/faces/rows/f01", content=body, headers=headers)
        assert answer.status_code == 422


def test_an_edit_needs_the_etag_of_the_row_and_a_late_one_is_told_what_changed(
    client: TestClient, tiny: str
) -> None:
    url = f"/campaigns/{tiny}/faces/rows/f01"
    tag = client.get(url).headers["ETag"]
    assert client.patch(url, json={"cells": {}}).status_code == 428
    done = edit(client, url, tag=tag, price_eur=7)
    assert done.headers["ETag"] == client.get(url).headers["ETag"] != tag
    late = edit(client, url, tag=tag, price_eur=8)
    assert (late.status_code, late.headers["ETag"]) == (412, done.headers["ETag"])
    assert late.json()["current"]["cells"]["price_eur"] == "7"


@pytest.mark.parametrize("row_id", ["f99", "%00", "a%2Fb", "..%2Ff01", "f01%20"])
def test_a_row_that_is_not_there_is_not_found(client: TestClient, tiny: str, row_id: str) -> None:
    assert client.get(f"/campaigns/{tiny}/faces/rows/{row_id}").status_code == 404


def test_a_row_is_added_at_the_end_and_found_by_its_address(client: TestClient, tiny: str) -> None:
    url, place = f"/campaigns/{tiny}/faces/rows", lnglat_at(3, 3)
    cells = {"face_id": "n/1 é?", "format": "4x3", "lat": place.lat, "lon": place.lng}
    cells |= {"contacts": 500, "price_eur": "90"}
    added = client.post(url, json={"cells": cells})
    assert added.status_code == 201, added.text
    read = client.get(added.headers["Location"])
    assert read.json()["row_id"] == "n/1 é?"
    assert read.headers["ETag"] == added.headers["ETag"]
    assert client.post(url, json={"cells": cells}).status_code == 409
    assert client.get(f"/campaigns/{tiny}/check").json()["ok"] is True
    gone = client.delete(added.headers["Location"], headers={"If-Match": added.headers["ETag"]})
    assert gone.status_code == 204
    again = client.post(url, json={"cells": cells})
    assert again.headers["ETag"] != added.headers["ETag"]


def test_a_first_row_begins_its_file(client: TestClient, tiny: str) -> None:
    url = f"/campaigns/{tiny}/locks"
    lock = {"face_id": "f00", "period": 1, "agent_id": "A1"}
    added = client.post(f"{url}/rows", json={"cells": lock})
    assert (added.status_code, added.json()["row_id"]) == (201, "f00~1")
    assert client.get(url).json()["rows"] == 1
    free = client.patch(
        f"{url}/rows/f00~1", json={"cells": {"agent_id": None}}, headers={"If-Match": "*"}
    )
    assert free.json()["cells"]["agent_id"] == ""
    assert client.get(f"/campaigns/{tiny}/check").json()["ok"] is True


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"face_id": "f99", "period": 1, "agent_id": "A1"}, ("face_id", "unknown-face")),
        ({"face_id": "f01", "period": 1, "agent_id": "A9"}, ("agent_id", "unknown-agent")),
        ({"face_id": "f01", "period": 3, "agent_id": "A1"}, ("period", "period-out-of-range")),
        ({"face_id": "f01", "period": 2, "agent_id": "A1"}, ("period", "lock-closed-period")),
        ({"face_id": "f62", "period": 1, "agent_id": "A1"}, ("agent_id", "lock-not-eligible")),
    ],
)
def test_a_lock_is_held_against_every_rule(
    client: TestClient, rich: str, cells: dict[str, object], problem: tuple[str, str]
) -> None:
    answer = client.post(f"/campaigns/{rich}/locks/rows", json={"cells": cells})
    assert (answer.status_code, codes(answer)) == (422, {problem})


def test_locks_of_one_portrait_keep_their_distance(client: TestClient, rich: str) -> None:
    headers = {"If-Match": client.get(f"/campaigns/{rich}").headers["ETag"]}
    far = {"matching": {"spacing_m": 6000}}
    client.patch(f"/campaigns/{rich}", json=far, headers=headers)
    lock = {"face_id": "f01", "period": 1, "agent_id": "A1"}
    answer = client.post(f"/campaigns/{rich}/locks/rows", json={"cells": lock})
    assert codes(answer) == {("face_id", "locks-too-close")}


def test_an_edit_that_breaks_a_lock_is_taken_and_says_so(client: TestClient, rich: str) -> None:
    answer = edit(client, f"/campaigns/{rich}/faces/rows/f00", available="2")
    assert answer.status_code == 200
    assert codes(answer) == {("period", "lock-unavailable")}
    assert {p["file"] for p in answer.json()["problems"]} == {"verrous.csv"}
    consent = edit(client, f"/campaigns/{rich}/agents/rows/A1", consent_media="exposition")
    assert ("agent_id", "lock-without-consent") in codes(consent)


@pytest.mark.parametrize(
    ("row", "referring"),
    [
        ("faces/rows/f00", ("locks", "f00~1")),
        ("agents/rows/A1", ("locks", "f00~1")),
        ("zones/rows/t1", ("agents", "A1")),
        ("zones/rows/sud", ("zones", "t1")),
        ("maisons/rows/m1", ("campaign", "tour.depot")),
        ("maisons/rows/m2", ("travel", "m1~m2")),
    ],
)
def test_what_others_refer_to_is_not_deleted(
    client: TestClient, rich: str, row: str, referring: tuple[str, str]
) -> None:
    answer = client.delete(f"/campaigns/{rich}/{row}", headers=ANY)
    assert (answer.status_code, answer.json()["code"]) == (409, "referred-to")
    named = {(each["kind"], each["row_id"]) for each in answer.json()["referring"]}
    assert referring in named
    assert client.get(f"/campaigns/{rich}/{row}").status_code == 200


def test_a_polygon_is_changed_and_a_broken_one_is_not(client: TestClient, rich: str) -> None:
    url = f"/campaigns/{rich}/exclusions/rows/1"
    moved = client.patch(url, json={"geometry": SQUARE}, headers=ANY)
    assert moved.status_code == 200, moved.text
    assert client.get(url).json()["cells"]["reason"] == "école"
    found = client.get(url).json()["geometry"]
    assert found["type"] in {"Polygon", "MultiPolygon"}
    broken = client.patch(url, json={"geometry": BOW}, headers=ANY)
    assert (broken.status_code, codes(broken)) == (422, {("geometry", "invalid-polygon")})
    for nothing in ({"type": "Point", "coordinates": [5, 45]}, {"type": "Polygon"}, {"a": 1}):
        answer = client.patch(url, json={"geometry": nothing}, headers=ANY)
        assert answer.status_code == 422, answer.text
    assert client.get(url).json()["geometry"] == found


def test_a_zone_is_judged_with_all_the_others(client: TestClient, rich: str) -> None:
    url = f"/campaigns/{rich}/zones/rows"
    assert edit(client, f"{url}/t1", name="Le Sud-Ouest").status_code == 200
    assert codes(edit(client, f"{url}/t1", parent_id="t9")) == {("parent_id", "unknown-parent")}
    assert edit(client, f"{url}/dep", parent_id="t1").status_code == 422
    shrunk = client.patch(f"{url}/dep", json={"geometry": SQUARE}, headers=ANY)
    assert shrunk.status_code == 422
    assert client.get(f"/campaigns/{rich}/check").json()["ok"] is True


def test_a_territory_that_changed_is_the_one_that_faces_are_held_against(
    client: TestClient, tiny: str
) -> None:
    url = f"/campaigns/{tiny}"
    outside = lnglat_at(-3, 3)
    assert edit(client, f"{url}/faces/rows/f00", price_eur=5).status_code == 200
    cells: dict[str, Any] = {"lat": outside.lat, "lon": outside.lng}
    assert edit(client, f"{url}/faces/rows/f00", **cells).status_code == 422
    client.delete(f"{url}/zones", headers=ANY)
    assert edit(client, f"{url}/faces/rows/f00", **cells).status_code == 200


def test_a_consent_column_is_not_begun_by_one_row(client: TestClient) -> None:
    files = tiny_files()
    rows = [r.split(";")[:-2] for r in files["agents.csv"].decode().splitlines()]
    agents = "\n".join(";".join(row) for row in rows).encode()
    rules = {"name": "Sans", "start": "2017-10-17", "periods": 2, "period_days": 7}
    url = client.post("/campaigns", json=rules).headers["Location"]
    for kind, content in (("zones", files["zones.geojson"]), ("agents", agents)):
        name = FILE_NAMES[kind]
        assert client.post(f"{url}/{kind}", files={"file": (name, content)}).status_code == 201
    answer = edit(client, f"{url}/agents/rows/A1", consent_media="affichage")
    assert (answer.status_code, answer.json()["code"]) == (422, "consents-not-kept")


def test_the_trail_tells_what_changed_and_nothing_private(
    client: TestClient, store: Store, tiny: str
) -> None:
    edit(client, f"/campaigns/{tiny}/faces/rows/f01", price_eur=7)
    edit(client, f"/campaigns/{tiny}/agents/rows/A1", name="Autre Secret", job="chef")
    with store.read() as tx:
        *_, price, name = audit.trail(tx, tiny, after=None, limit=100)
    assert (price.subject, price.change["row_id"]) == ("faces/f01", "f01")
    assert (price.change["before"], price.change["after"]) == (
        {"cells": {"price_eur": "100"}},
        {"cells": {"price_eur": "7"}},
    )
    assert name.change["after"] == {"cells": {"job": "chef"}}
    assert name.change["private"] == ["name"]
    assert "Secret" not in str(name.change)


EDITS = {
    "faces": {
        "price_eur": ["", "abc", "-5", "1e9", "12,5", "1.234", "99999999999"],
        "contacts": ["", "0", "x", "10", "1 000"],
        "available": ["", "1", "3", "0", "aucune", "1|2", "a"],
        "lat": ["", "45.05", "12", "abc", "91", "45°03'N"],
        "lon": ["5.5", "", "-200"],
        "lit": ["oui", "peut-être", ""],
        "format": ["", "4x3"],
        "bearing": ["361", "-1", "90"],
        "surface_m2": ["0", "12", "x"],
    },
    "agents": {
        "portrait_id": ["P2", "", "P9"],
        "job": ["", "x"],
        "zones": ["", "t1", "t9", "t1|t2", "sud|xx"],
        "maison_id": ["m1", "m9", ""],
        "share": ["0", "-1", "2", "x", ""],
        "consent_media": ["", "affichage", "radio"],
        "consent_until": ["2017-01-01", "hier", "31/12/2018"],
        "workplace_lat": ["", "12", "45.2"],
    },
    "maisons": {
        "name": ["", "x"],
        "zone_id": ["t1", "t4", "t9", ""],
        "lat": ["", "45.2", "0"],
        "city": ["", "y"],
    },
    "locks": {"agent_id": ["", "A1", "A2", "A9"]},
    "travel": {"minutes": ["", "-1", "x", "90"], "km": ["6000", "12", ""]},
}
CHOICES = [
    (kind, column, cell)
    for kind, columns in EDITS.items()
    for column, cells in columns.items()
    for cell in cells
]


@pytest.mark.slow
@given(data=st.data())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_an_edited_row_is_judged_as_its_file_would_be(
    store: Store, rich: str, data: st.DataObject
) -> None:
    kind, *_ = data.draw(st.sampled_from(CHOICES))
    choices = EDITS[kind]
    columns = data.draw(st.lists(st.sampled_from(sorted(choices)), min_size=1, unique=True))
    cells = {column: data.draw(st.sampled_from(choices[column])) for column in columns}
    with store.write() as tx:
        records = inputs.page(tx, rich, kind, after=None, limit=100)
        row = data.draw(st.sampled_from([record.row_id for record in records]))
        found = _judged_alone(store, tx, rich, kind, row, cells)
        whole = _judged_in_its_file(tx, rich, kind, row, cells)
        tx.rollback()
    assert found == whole


def _judged_alone(  # noqa: PLR0917 -- a helper of one test
    store: Store, tx: Tx, campaign_id: str, kind: str, row_id: str, cells: dict[str, str]
) -> set[tuple[str, str]]:
    campaign = campaigns.get(tx, campaign_id)
    row = inputs.row(tx, campaign_id, kind, row_id)
    assert campaign is not None
    assert row is not None
    record = inputs.get(tx, campaign_id, kind)
    try:
        checked(store, tx, Asked(campaign, kind, record, cells, None, row, row.position))
    except ApiError as error:
        return _errors(error.problems)
    return set()


def _judged_in_its_file(
    tx: Tx, campaign_id: str, kind: str, row_id: str, cells: dict[str, str]
) -> set[tuple[str, str]]:
    files = campaign_files(tx, campaign_id)
    name = FILE_NAMES[kind]
    table = csv.DictReader(io.StringIO(files[name].decode()), delimiter=";")
    rows = list(table)
    place = [r.row_id for r in inputs.every(tx, campaign_id, kind)].index(row_id)
    rows[place] |= cells
    text = io.StringIO()
    names = [*(table.fieldnames or ()), *(c for c in cells if c not in (table.fieldnames or ()))]
    writer = csv.DictWriter(text, names, delimiter=";", restval="")
    writer.writeheader()
    writer.writerows(rows)
    with unpacked(files | {name: text.getvalue().encode()}) as folder:
        problems = read_campaign(folder).problems
    return _errors([p for p in problems if p.where.file == name])  # two rows may share the blame


def _errors(problems: Any) -> set[tuple[str, str]]:
    every: list[Problem] = list(problems)
    return {(p.where.column, p.code) for p in every if p.severity is Severity.ERROR}
