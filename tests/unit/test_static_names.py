"""Names on the map for paper: within the drawing, in two lines at most, none over another."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from maps.static_names import SIZE, Name, in_lines, place_names

WIDTH = 1000.0
NO_STOPS = np.empty((0, 2))
LONG = "Le Bourg – communauté de communes du Haut-Pays"


def boxes(name: Name) -> list[tuple[float, float, float, float]]:
    half = [0.2 * SIZE * len(line) for line in name.lines]
    return [
        (name.x - h, name.y + (i - 0.6) * SIZE, name.x + h, name.y + i * SIZE)
        for i, h in enumerate(half)
    ]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("Oisans", ("Oisans",)),
        ("Agglomération grenobloise", ("Agglomération", "grenobloise")),
        (LONG, ("Le Bourg – communauté de", "communes du Haut-Pays")),
        (LONG * 2, ("Le Bourg – communauté de", "communes du Haut-PaysLe…")),
        ("x" * 40, ("x" * 40,)),
        ("x" * 41, ("x" * 39 + "…",)),
        ("", ("",)),
    ],
)
def test_a_name_is_cut_at_a_space_into_two_lines_at_most(name: str, lines: tuple[str, ...]) -> None:
    assert in_lines(name) == lines


def test_names_stay_within_the_drawing() -> None:
    points = np.array([[0.0, 100.0], [WIDTH, 300.0]])
    for name in place_names([LONG, LONG], points, NO_STOPS, width=WIDTH):
        assert all(left >= 0 and right <= WIDTH for left, _, right, _ in boxes(name))


def test_no_name_stands_on_another_one() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(100.0, 700.0, (60, 2))
    placed = place_names([LONG] * 60, points, NO_STOPS, width=WIDTH)
    assert 5 < len(placed) < 60, "some are left out"
    for a, b in combinations([box for name in placed for box in boxes(name)], 2):
        same = any(a in boxes(name) and b in boxes(name) for name in placed)
        assert same or a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_a_name_moves_off_a_stop() -> None:
    stop = np.array([[500.0, 400.0]])
    (name,) = place_names(["Oisans"], stop, stop, width=WIDTH)
    assert np.min(np.hypot(*(name.spine() - stop[0]).T)) >= 15
