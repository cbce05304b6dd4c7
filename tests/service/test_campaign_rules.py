"""Every rule that ``campaign.toml`` can hold is reached over the API: when made, when changed."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from fastapi.testclient import TestClient

from data.read.sections import (
    CampaignSection,
    DefaultsSection,
    GeocoderSection,
    MatchingSection,
    TourSection,
)
from tests.service.test_campaigns import unzip

HEAD: dict[str, Any] = {
    "name": "Essai",
    "start": "2017-10-17",
    "periods": 4,
    "period_days": 7,
    "seed": 3,
    "partial": True,
    "advertiser": "Département de l’Isère",
    "buyer": "Agence Exemple",
}
SECTIONS: dict[str, dict[str, Any]] = {
    "matching": {
        "budget_eur": 90000.5,
        "spacing_m": 400,
        "max_periods_per_face": 2,
        "min_faces": 3,
        "distance_km": 6.5,
        "fairness": "max-min",
        "min_precision": "street",
    },
    "defaults": {"contacts": 1500, "price_eur": 80.5, "format": "2 m²"},
    "geocoder": {"min_score": 0.7},
    "sequences": {"secteur-nord": [1, 2]},
    "tour": {
        "start": "2017-10-17",
        "end": "2017-11-17",
        "depot": "m1",
        "kits": 2,
        "kit_zones": ["nord", ""],
        "dwell_days": 1.5,
        "setup_min": 60,
        "takedown_min": 30,
        "max_drive_h": 3.5,
        "driving": "either",
        "drive_from": "07:00",
        "drive_until": "21:30",
        "driver_returns": True,
        "order": [["m1", "m2"]],
        "calendar": "FR-57",
        "school_holidays": "avoid",
        "school_zone": "A",
        "with_posters": True,
        "roads": "estimate",
    },
}


def test_these_are_all_the_keys_that_there_are() -> None:
    """A key that is added to ``campaign.toml`` must be reached too."""
    assert HEAD.keys() == CampaignSection.model_fields.keys()
    for name, model in (
        ("matching", MatchingSection),
        ("defaults", DefaultsSection),
        ("geocoder", GeocoderSection),
        ("tour", TourSection),
    ):
        fixed = {"file"} if name == "geocoder" else set()  # the store gives that file its name
        assert SECTIONS[name].keys() == model.model_fields.keys() - fixed


def test_a_campaign_is_made_with_every_rule_and_given_out_with_them(client: TestClient) -> None:
    made = client.post("/campaigns", json={**HEAD, **SECTIONS})
    assert made.status_code == 201, made.text
    assert made.json()["settings"] == {"campaign": HEAD, **SECTIONS}
    folder = unzip(client.get(f"{made.headers['Location']}/folder.zip").content)
    told = tomllib.loads(folder["campaign.toml"].decode())
    assert told["campaign"]["advertiser"] == "Département de l’Isère"
    assert told["campaign"]["buyer"] == "Agence Exemple"
    assert {name: set(told[name]) for name in SECTIONS} == {
        name: set(section) for name, section in SECTIONS.items()
    }


@pytest.mark.parametrize("section", ["campaign", *SECTIONS])
def test_every_rule_is_changed_and_taken_away(client: TestClient, section: str) -> None:
    required = {name: HEAD[name] for name in ("name", "start", "periods", "period_days")}
    made = client.post("/campaigns", json=required)
    path, wanted = made.headers["Location"], {"campaign": HEAD, **SECTIONS}[section]
    changed = client.patch(path, json={section: wanted}, headers=_seen(made))
    assert changed.status_code == 200, changed.text
    assert changed.json()["settings"][section] == wanted
    away = dict.fromkeys(wanted.keys() - required.keys())
    patch = {section: away if section == "campaign" else None}
    bare = client.patch(path, json=patch, headers=_seen(changed))
    assert bare.status_code == 200, bare.text
    kept = required if section == "campaign" else made.json()["settings"]["campaign"]
    assert bare.json()["settings"] == {"campaign": kept}


def _seen(answer: Any) -> dict[str, str]:
    return {"If-Match": answer.headers["ETag"]}
