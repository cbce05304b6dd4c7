"""Inputs over the API: files through the doors, whole or not at all, within limits."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from fastapi.testclient import TestClient

from app.service.access import Role
from app.service.settings import ServiceSettings
from data.store import Store, audit
from geo.crs import LAMBERT_93
from tests.builders import lnglat_at
from tests.layers import geopackage
from tests.service.conftest import AsRole
from tests.service.tiny import tiny_files

FILES = tiny_files()
EXCLUSION = (
    '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"motif":"école"},'
    '"geometry":{"type":"Polygon","coordinates":[[[5.5,45.1],[5.51,45.1],[5.51,45.11],[5.5,45.1]]]}}'
    "]}"
).encode()
MORE = {
    "exclusions": ("interdits.geojson", EXCLUSION),
    "travel": ("trajets.csv", b"from_id;to_id;minutes;km\nm1;m2;30;25\nm2;m1;31;25\n"),
    "locks": ("verrous.csv", b"face_id;period;agent_id\nf00;1;A1\nf63;2;\n"),
}
UPLOADS = {
    "zones": ("zones.geojson", FILES["zones.geojson"]),
    "maisons": ("maisons.csv", FILES["maisons.csv"]),
    "agents": ("agents.csv", FILES["agents.csv"]),
    "faces": ("inventaire.csv", FILES["inventaire.csv"]),
    **MORE,
}
ANY = {"If-Match": "*"}


def send(
    client: TestClient, url: str, file: tuple[str, bytes], *, put: str = "", **fields: str
) -> Any:
    """Send a file by POST, or by PUT over what `put` is the ETag of."""
    if put:
        return client.put(url, files={"file": file}, data=fields, headers={"If-Match": put})
    return client.post(url, files={"file": file}, data=fields)


@pytest.fixture
def empty(client: TestClient) -> str:
    """Return the address of a campaign without inputs."""
    rules = {"name": "Vide", "start": "2017-10-17", "periods": 2, "period_days": 7}
    return str(client.post("/campaigns", json=rules).headers["Location"])


def faces_csv(*rows: str) -> bytes:
    """Return an inventory with a heading in French."""
    heading = "id_face;format;lat;lon;contacts;prix"
    return "\n".join((heading, *rows, "")).encode()


def face(face_id: str, contacts: str = "1000", price: str = "100") -> str:
    place = lnglat_at(5, 5)
    return f"{face_id};4x3;{place.lat:.6f};{place.lng:.6f};{contacts};{price}"


def test_a_campaign_is_put_together_file_by_file(client: TestClient, empty: str) -> None:
    for kind, file in UPLOADS.items():
        answer = send(client, f"{empty}/{kind}", file)
        assert answer.status_code == 201, answer.text
        assert answer.headers["Location"] == f"{empty}/{kind}"
        assert (answer.json()["rejected"], answer.json()["problems"]) == (0, [])
    rows = {kind: each["rows"] for kind, each in client.get(empty).json()["inputs"].items()}
    assert rows == {
        "zones": 7,
        "maisons": 4,
        "agents": 4,
        "faces": 64,
        "exclusions": 1,
        "travel": 2,
        "locks": 2,
    }
    check = client.get(f"{empty}/check").json()
    assert (check["ok"], check["errors"]) == (True, 0)


def test_a_file_with_problems_is_refused_with_all_of_them_and_stores_nothing(
    client: TestClient, empty: str
) -> None:
    send(client, f"{empty}/zones", UPLOADS["zones"])
    wrong = faces_csv(face("f1", contacts="beaucoup"), face("f2", price=""), face("f2"))
    answer = send(client, f"{empty}/faces", ("Inventaire du Nord.csv", wrong))
    assert answer.status_code == 422
    told = {(p["row"], p["column"], p["code"]) for p in answer.json()["problems"]}
    assert told >= {
        (2, "contacts", "unreadable-number"),
        (3, "prix", "missing-value"),
        (4, "id_face", "duplicate-id"),
    }
    assert {p["file"] for p in answer.json()["problems"]} == {"Inventaire du Nord.csv"}
    assert client.get(f"{empty}/faces").status_code == 404


def test_good_rows_go_in_and_the_others_come_back_where_that_is_wanted(
    client: TestClient, empty: str
) -> None:
    send(client, f"{empty}/zones", UPLOADS["zones"])
    mixed = faces_csv(face("f1", contacts="beaucoup"), face("f2"), face("f3", price="?"))
    answer = send(client, f"{empty}/faces", ("i.csv", mixed), partial="true")
    assert (answer.status_code, answer.json()["rejected"]) == (201, 2)
    assert [reject["row"] for reject in answer.json()["rejects"]] == [2, 4]
    assert answer.json()["rejects"][0]["values"]["id_face"] == "f1"
    rows = client.get(f"{empty}/faces/rows").json()["items"]
    assert [row["row_id"] for row in rows] == ["f2"]


def test_a_file_is_read_in_the_context_of_its_campaign(client: TestClient, empty: str) -> None:
    for kind in ("zones", "maisons"):
        send(client, f"{empty}/{kind}", UPLOADS[kind])
    strange = FILES["agents.csv"].replace(b";t1;", b";t7;")
    answer = send(client, f"{empty}/agents", ("agents.csv", strange))
    assert {p["code"] for p in answer.json()["problems"]} == {"unknown-zone"}
    assert "elsewhere" not in answer.json()


def test_other_crs_sheets_and_layers_are_taken(
    client: TestClient, empty: str, tmp_path: Path
) -> None:
    send(client, f"{empty}/zones", UPLOADS["zones"])
    x, y = 895_000, 6_445_000
    metres = f"id_face;format;x;y;contacts;prix\nf1;4x3;{x};{y};1000;100\n".encode()
    silent = send(client, f"{empty}/faces", ("metres.csv", metres))
    assert {p["code"] for p in silent.json()["problems"]} >= {"missing-crs"}
    said = send(client, f"{empty}/faces", ("metres.csv", metres), crs="EPSG:2154")
    assert said.status_code == 201, said.text
    (row,) = client.get(f"{empty}/faces/rows").json()["items"]
    place = lnglat_at(5, 5)
    assert row["geometry"]["coordinates"] == pytest.approx([place.lng, place.lat], abs=1e-6)
    book = io.BytesIO()
    with pd.ExcelWriter(book, engine="xlsxwriter") as writer:
        table = pd.read_csv(io.BytesIO(metres), sep=";")
        table.to_excel(writer, sheet_name="Autre", index=False)
        table.to_excel(writer, sheet_name="Inventaire", index=False)
    sheet = send(
        client,
        f"{empty}/faces",
        ("classeur.xlsx", book.getvalue()),
        put="*",
        crs="EPSG:2154",
        sheet="Inventaire",
    )
    assert sheet.status_code == 200, sheet.text
    layer = gpd.GeoDataFrame(table[["id_face", "format", "contacts", "prix"]]).set_geometry(
        gpd.points_from_xy([x], [y], crs=LAMBERT_93)
    )
    name = geopackage(layer, tmp_path, "faces")
    file = (name, (tmp_path / name).read_bytes())
    assert send(client, f"{empty}/faces", file, put="*").status_code == 200
    (again,) = client.get(f"{empty}/faces/rows").json()["items"]
    assert again["geometry"] == row["geometry"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\temp\\faces.csv", "faces.csv"),
        ("a\nb\x01<script>.csv", "a_0Ab_01_script_.csv"),
        ("campaign.toml", None),
        ("zones.geojson.csv", "zones.geojson.csv"),
        ("inventaire.csv#Feuil1.csv", "inventaire.csv_Feuil1.csv"),
        ("." * 300 + "é" * 300 + ".csv", "é" * 80 + ".csv"),
        ("", None),
    ],
)
def test_the_name_of_a_file_is_not_believed(
    client: TestClient, empty: str, sent: str, kept: str | None
) -> None:
    answer = send(client, f"{empty}/faces", (sent, faces_csv(face("f1"))))
    if kept is None:
        assert answer.status_code == 422
    else:
        assert answer.json()["file_name"] == kept


def test_a_file_named_like_another_of_the_campaign_does_not_stand_in_for_it(
    client: TestClient, empty: str
) -> None:
    send(client, f"{empty}/maisons", UPLOADS["maisons"])
    answer = send(client, f"{empty}/faces", ("maisons.csv", faces_csv(face("f1"))))
    assert answer.status_code == 201
    assert client.get(f"{empty}/maisons").json()["rows"] == 4


def test_something_else_than_a_form_with_a_file_is_refused(client: TestClient, empty: str) -> None:
    url = f"{empty}/faces"
    assert client.post(url, content=faces_csv(face("f1"))).status_code == 415
    assert client.post(url, json={}).status_code == 415
    assert client.post(url, files={"fichier": ("f.csv", b"x")}).status_code == 422
    assert send(client, url, ("f.csv", b"x"), partial="oui").status_code == 422
    broken = {"Content-Type": "multipart/form-data"}
    assert client.post(url, content=b"x", headers=broken).status_code == 400
    assert send(client, url, ("f.csv", b"")).status_code == 422


def test_a_kind_that_is_none_is_not_found(client: TestClient, tiny: str) -> None:
    assert client.get(f"/campaigns/{tiny}/agent").status_code == 404
    assert client.get(f"/campaigns/{tiny}/facesx").status_code == 404


def test_a_file_is_sent_once_by_post_and_replaced_by_put_with_its_etag(
    client: TestClient, tiny: str
) -> None:
    url, file = f"/campaigns/{tiny}/faces", UPLOADS["faces"]
    again = send(client, url, file)
    assert (again.status_code, again.json()["code"]) == (409, "exists")
    tag = again.headers["ETag"]
    assert client.put(url, files={"file": file}).status_code == 428
    done = send(client, url, file, put=tag)
    assert done.status_code == 200
    assert done.headers["ETag"] != tag
    late = send(client, url, file, put=tag)
    assert late.status_code == 412
    assert late.json()["current"]["version"] == done.json()["version"]


def test_an_edit_of_a_row_makes_the_file_another_one(client: TestClient, tiny: str) -> None:
    url = f"/campaigns/{tiny}/faces"
    tag = client.get(url).headers["ETag"]
    client.patch(f"{url}/rows/f01", json={"cells": {"price_eur": 1}}, headers=ANY)
    assert send(client, url, UPLOADS["faces"], put=tag).status_code == 412
    assert client.get(f"{url}/rows/f01").json()["cells"]["price_eur"] == "1"


def test_who_saw_a_row_before_its_file_was_replaced_does_not_change_the_new_one(
    client: TestClient, tiny: str
) -> None:
    url = f"/campaigns/{tiny}/faces"
    seen = client.get(f"{url}/rows/f01").headers["ETag"]
    send(client, url, UPLOADS["faces"], put="*")
    answer = client.patch(
        f"{url}/rows/f01", json={"cells": {"price_eur": 1}}, headers={"If-Match": seen}
    )
    assert answer.status_code == 412
    whole = client.get(url).headers["ETag"]
    client.delete(url, headers=ANY)
    send(client, url, UPLOADS["faces"])
    assert client.get(url).headers["ETag"] != whole


def test_a_deleted_file_is_gone_with_its_rows(client: TestClient, tiny: str) -> None:
    url = f"/campaigns/{tiny}/faces"
    assert client.delete(url).status_code == 428
    assert client.delete(url, headers={"If-Match": '"0"'}).status_code == 412
    assert client.delete(url, headers=ANY).status_code == 204
    assert client.get(url).status_code == client.get(f"{url}/rows").status_code == 404
    assert client.delete(url, headers=ANY).status_code == 404


def test_what_was_read_before_is_not_sent_again(client: TestClient, tiny: str) -> None:
    url = f"/campaigns/{tiny}/faces"
    for path in ("", "/rows", "/rows/f01"):
        tag = client.get(url + path).headers["ETag"]
        answer = client.get(url + path, headers={"If-None-Match": tag})
        assert (answer.status_code, answer.headers["ETag"]) == (304, tag)


def test_rows_come_page_by_page_in_the_order_of_the_file(client: TestClient, tiny: str) -> None:
    url: str | None = f"/campaigns/{tiny}/faces/rows?limit=30"
    seen: list[str] = []
    while url:
        page = client.get(url).json()
        seen += [row["row_id"] for row in page["items"]]
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    assert seen == [f"f{i:02}" for i in range(64)]


def test_names_and_consents_of_agents_are_for_planners_alone(
    client: TestClient, as_role: AsRole, tiny: str
) -> None:
    url = f"/campaigns/{tiny}/agents/rows"
    assert client.get(f"{url}/A1").json()["cells"]["name"] == "Nom Secret A1"
    approver = as_role(Role.APPROVER)
    for path in ("", "/A1"):
        told = approver.get(url + path).text
        assert "Secret" not in told
        assert "consent" not in told
        assert "portrait_id" in told
    assert as_role(Role.BUYER).get(url).status_code == 403


def test_the_trail_tells_of_a_file_and_never_what_is_private_in_it(
    client: TestClient, store: Store, tiny: str
) -> None:
    send(client, f"/campaigns/{tiny}/agents", UPLOADS["agents"], put="*")
    with store.read() as tx:
        *_, entry = audit.trail(tx, tiny, after=None, limit=100)
    assert (entry.action, entry.subject, entry.change["rows"]) == ("input.replace", "agents", 4)
    assert "Secret" not in str(entry.change)


class TestSmallLimits:
    """A service that takes little."""

    @pytest.fixture
    def settings(self, settings: ServiceSettings) -> ServiceSettings:
        return ServiceSettings(
            database_url=settings.database_url,
            folder=settings.folder,
            secret=settings.secret,
            upload_limit=200_000,
            campaign_quota=250_000,
        )

    def test_a_file_that_is_too_long_is_refused_by_its_length_alone(
        self, client: TestClient, empty: str
    ) -> None:
        answer = send(client, f"{empty}/faces", ("f.csv", b"x" * 300_000))
        assert (answer.status_code, answer.json()["code"]) == (413, "content-too-large")
        just = send(client, f"{empty}/faces", ("f.csv", b"x" * 200_001))
        assert just.status_code == 413

    def test_a_body_that_does_not_say_its_length_is_read_no_further_than_the_limit(
        self, client: TestClient, empty: str
    ) -> None:
        def parts() -> Iterator[bytes]:
            yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="f.csv"\r\n\r\n'
            for _ in range(1000):
                yield b"x" * 10_000

        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        answer = client.post(f"{empty}/faces", content=parts(), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "content-too-large")

    def test_json_that_is_too_long_is_refused(self, client: TestClient, empty: str) -> None:
        long = {"cells": {"face_id": "x" * 5_000_000}}
        assert client.post(f"{empty}/faces/rows", json=long).status_code == 413

    def test_the_files_of_a_campaign_are_no_more_than_its_quota(
        self, client: TestClient, empty: str
    ) -> None:
        def many(prefix: str) -> bytes:
            return faces_csv(*(face(f"{prefix}{i:04}") for i in range(3000)))

        first = send(client, f"{empty}/faces", ("f.csv", many("a")))
        assert first.status_code == 201, first.text
        assert send(client, f"{empty}/faces", ("f.csv", many("b")), put="*").status_code == 200
        over = send(client, f"{empty}/zones", ("z.geojson", b"x" * 150_000))
        assert (over.status_code, over.json()["code"]) == (413, "quota-exceeded")


def test_a_stranger_s_file_is_not_even_read(nobody: TestClient, tiny: str) -> None:
    answer = nobody.post(f"/campaigns/{tiny}/faces", content=b"no form at all")
    assert answer.status_code == 401
