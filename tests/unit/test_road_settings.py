from __future__ import annotations

from pathlib import Path

import pytest

from app.settings import road_settings


@pytest.mark.parametrize(
    ("environment", "cache"),
    [
        ({"PLACARDE_CACHE": "/srv/cache", "XDG_CACHE_HOME": "/x"}, "/srv/cache/routes.sqlite"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/placarde/routes.sqlite"),
        ({}, str(Path.home() / ".cache/placarde/routes.sqlite")),
        (
            {"PLACARDE_CACHE": "", "XDG_CACHE_HOME": ""},
            str(Path.home() / ".cache/placarde/routes.sqlite"),
        ),
    ],
)
def test_the_answers_of_a_server_are_kept_where_the_environment_says(
    environment: dict[str, str], cache: str
) -> None:
    assert road_settings(environment).cache == Path(cache)


def test_the_server_is_named_by_the_environment_and_by_default_there_is_none() -> None:
    assert road_settings({"PLACARDE_ROADS": "ign"}).server == "ign"
    assert road_settings({}).server == ""
