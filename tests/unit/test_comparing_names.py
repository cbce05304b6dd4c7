"""What the page of two plans calls them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.comparing import _names


@pytest.mark.parametrize(
    ("folders", "names"),
    [
        (("/a/spring", "/b/autumn"), ("spring", "autumn")),
        (("/a/spring/plan", "/a/autumn/plan"), ("spring/plan", "autumn/plan")),
        (("/plan", "/a/plan"), ("/plan", "a/plan")),
        (("/a/plan", "/a/plan"), ("plan", "plan")),
    ],
)
def test_two_folders_are_told_apart_by_as_little_as_it_takes(
    folders: tuple[str, str], names: tuple[str, str]
) -> None:
    assert _names(Path(folders[0]), Path(folders[1])) == names
