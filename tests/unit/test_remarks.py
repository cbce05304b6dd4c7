"""Remarks from the pages: what is read, what is refused, and what they are about."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data.read import remarks as reading
from data.read.remarks import read_remarks
from data.write.remarks import remark_lines, remark_summary, remarks_csv, remarks_layer
from geo.crs import LngLat
from geo.errors import CampaignError, Severity
from geo.remarks import FoundRemark, Remark, Subject, distinct, find_subjects
from maps.blocks import level_name
from maps.review import REMARKS_SCHEMA
from tests.browser.plans import hand_made_plan
from tests.builders import tiny_campaign

FACE = {"kind": "face", "lat": 45.1, "lng": 5.7, "label": "12, rue du Bac, Ville"}
ZONE = {"kind": "zone", "level": "Territoire", "label": "T1"}
WHOLE = {"kind": "plan", "label": "L’ensemble du plan"}


def _remark(target: dict[str, Any], **changes: object) -> dict[str, Any]:
    said = {"text": "Trop près de l’école.", "author": "Mme Durand", "at": "2017-10-02T08:30:00Z"}
    return {"target": target, **said, **changes}


def _file(folder: Path, *remarks: object, name: str = "r.json", **changes: object) -> Path:
    head = {"schema": REMARKS_SCHEMA, "plan": "abc", "page": "carte-elus", "campaign": "Essai"}
    path = folder / name
    path.write_text(json.dumps({**head, "remarks": list(remarks), **changes}), encoding="utf-8")
    return path


def _faults(*paths: Path) -> list[tuple[int, str]]:
    with pytest.raises(CampaignError) as caught:
        read_remarks(paths, plan="abc", campaign="Essai")
    assert all(p.remedy and p.message and p.where.file for p in caught.value.problems)
    return [(p.where.row, p.where.column) for p in caught.value.problems]


def test_the_doors_read_the_schema_that_the_pages_write() -> None:
    assert reading.SCHEMA == REMARKS_SCHEMA


def test_what_a_page_saves_is_read_as_it_was_typed(tmp_path: Path) -> None:
    text = "=1+1\n<img src=x onerror=alert(1)> « là »"
    path = _file(tmp_path, _remark(FACE, text=text), _remark(ZONE, author=""), _remark(WHOLE))
    face, zone, whole = read_remarks([path], plan="abc", campaign="Essai").remarks
    assert face.text == text
    assert face.lnglat == LngLat(5.7, 45.1)
    assert (zone.level, zone.label, zone.author) == ("Territoire", "T1", "")
    assert whole.subject is Subject.PLAN
    assert whole.at == datetime(2017, 10, 2, 8, 30, tzinfo=UTC)


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    broken = [
        _remark(FACE | {"lat": 91.0}),
        _remark(FACE | {"lng": "5.7"}),
        _remark(FACE | {"lat": True}),
        _remark({"kind": "maison", "label": "x"}),
        _remark(ZONE | {"script": "alert(1)"}),
        _remark(WHOLE, text="   "),
        _remark(WHOLE, text="x" * 4001),
        _remark(WHOLE, at="hier"),
        _remark(WHOLE, at="2017-10-02T08:30:00"),
        _remark(WHOLE, at="0001-01-01T00:00:00+23:59"),
        "rien",
        _remark(FACE | {"face": 7}),
    ]
    other = _file(tmp_path, name="other.json", schema="placarde/remarques/9")
    assert sorted(_faults(_file(tmp_path, *broken), other)) == sorted(
        [
            (1, "lat"),
            (2, "lng"),
            (3, "lat"),
            (4, "kind"),
            (5, "script"),
            (6, "text"),
            (7, "text"),
            (8, "at"),
            (9, "at"),
            (10, "at"),
            (11, "target"),
            (12, "face"),
            (0, "schema"),
        ]
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe{}",
        b"[" * 100_000,
        b"[]",
        b'{"schema": NaN}',
        b'{"schema": "a", "schema": "b"}',
        b"<html>",
        b'{"schema": ' + b"9" * 5000 + b"}",
    ],
    ids=["empty", "utf16", "deep", "list", "nan", "twice", "html", "digits"],
)
def test_what_is_no_file_of_remarks_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(content)
    assert _faults(path, tmp_path / "absent.json")[0] == (0, "")


def test_a_file_too_large_is_not_read_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", 100)
    assert _faults(_file(tmp_path, _remark(WHOLE))) == [(0, "")]


def test_another_version_of_the_plan_is_a_warning_and_another_campaign_a_refusal(
    tmp_path: Path,
) -> None:
    path = _file(tmp_path, _remark(WHOLE), plan="other")
    read = read_remarks([path], plan="abc", campaign="Essai")
    assert [(p.code, p.severity) for p in read.warnings] == [("other-plan", Severity.WARNING)]
    assert not read.remarks[0].of_this_plan
    assert _faults(_file(tmp_path, plan="other", campaign="Ailleurs")) == [(0, "campaign")]


def test_controls_and_lone_surrogates_become_spaces(tmp_path: Path) -> None:
    path = _file(tmp_path, _remark(WHOLE, text="a\x1b[31mb\r\nc\ud800d"))
    assert read_remarks([path], plan="abc", campaign="Essai").remarks[0].text == "a [31mb\nc d"


def _found(*remarks: Remark) -> tuple[FoundRemark, ...]:
    campaign = tiny_campaign()
    return find_subjects(
        campaign,
        hand_made_plan(campaign),
        remarks,
        level_name=level_name,
        to_xy=lambda place: (place.lng, place.lat),
    )


def _made(subject: Subject, **changes: Any) -> Remark:
    at = datetime(2017, 10, 2, 22, 30, tzinfo=UTC)
    return replace(Remark(subject, "x", "t", "", at), **changes)


def test_a_remark_finds_its_face_by_id_or_by_place_and_its_zone_by_name() -> None:
    campaign = tiny_campaign()
    posting = hand_made_plan(campaign).allocation.postings[0]
    i = list(campaign.faces.face_id).index(posting.face_id)
    place = LngLat(round(float(campaign.faces.lng[i]), 5), round(float(campaign.faces.lat[i]), 5))
    found = _found(
        _made(Subject.FACE, lnglat=place),
        _made(Subject.FACE, lnglat=place, face_id=posting.face_id),
        _made(Subject.FACE, lnglat=place, face_id="gone"),
        _made(Subject.ZONE, label="T1", level=level_name("territoire")),
        _made(Subject.ZONE, label="T1", level="Commune"),
        _made(Subject.PLAN),
    )
    assert [each.is_found for each in found] == [True, True, False, True, False, True]
    assert found[0].face_ids == found[1].face_ids == (posting.face_id,)
    portraits = {agent.agent_id: agent.portrait_id for agent in campaign.agents}
    assert (posting.period, portraits[posting.agent_id]) in found[0].postings
    assert found[3].zone_ids == ("t1",)


def test_remarks_saved_twice_count_once_and_stand_by_their_moment() -> None:
    late = _made(Subject.PLAN, at=datetime(2017, 11, 1, tzinfo=UTC))
    early = _made(Subject.PLAN)
    assert distinct([late, early, deepcopy(late)]) == (early, late)


def test_the_list_is_inert_in_local_time_and_the_layer_holds_what_has_a_place() -> None:
    campaign = tiny_campaign()
    found = _found(
        _made(Subject.PLAN, text="=CMD()"),
        _made(Subject.ZONE, label="T1", level=level_name("territoire")),
        _made(Subject.FACE, lnglat=LngLat(5.0, 45.0), face_id="gone"),
    )
    table = remarks_csv(found).decode("utf-8-sig").splitlines()
    assert table[1].startswith("1;03/10/2017 00:30;;ensemble du plan;x;'=CMD();")
    assert [line.number for line in remark_lines(found)] == [1, 2, 3]
    assert remarks_layer(campaign, found).columns["numero"].tolist() == [2, 3]
    summary = "\n".join(remark_summary(campaign, found, files=2, repeated=1))
    assert "3\u00a0remarques dans 2\u00a0fichiers" in summary
    assert "n° 3" in summary
