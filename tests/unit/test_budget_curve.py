"""The budget curve: a table that a spreadsheet opens, a chart that stands alone."""

from __future__ import annotations

import math
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from data.write.budget_chart import draw_budget_chart, round_step
from data.write.budget_curve import budget_table, check_curve_target, write_budget_curve
from geo.compare import BudgetPoint, measure
from geo.errors import OutputExistsError
from geo.plan import AgentExposure, Allocation, Posting, Status


def point(
    budget_cents: int, exposure: float, *, bound: float | None = None, **changes: float
) -> BudgetPoint:
    agents = (AgentExposure("A1", 1000.0, 1000 * exposure, exposure, 5000.0, 1),)
    allocation = Allocation(
        status=Status.OPTIMAL,
        objective=exposure,
        bound=exposure,
        exposure=exposure,
        exposure_bound=exposure if bound is None else bound,
        gap=0.0125,
        cost_cents=budget_cents - 100,
        postings=(Posting(1, "f1", "A1"),),
        agents=agents,
    )
    more = changes.get("more", math.nan)
    return BudgetPoint(
        budget_cents,
        Status.OPTIMAL,
        measure(allocation),
        more_contacts=None if math.isnan(more) else more,
    )


POINTS = (
    point(4_000_000, 0.5, more=12.5),
    point(8_000_000, 0.75, bound=0.8),
    point(12_000_000, 0.875),
)


class _Svg(HTMLParser):
    """The elements of a picture, by name, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def test_the_table_has_a_row_a_budget_in_french() -> None:
    text = budget_table(POINTS).decode("utf-8-sig")
    heading, first, second, third, end = text.split("\r\n")
    assert heading.startswith("budget_ht;cout_ht;statut;affichages;faces;contacts;")
    assert first == (
        "40000,00;39999,00;optimal;1;1;5000;0,500000;500,0;500,0;1,2500;0,5000;0,5000;0,0000;12,5;0"
    )
    assert second.split(";")[8] == "800,0"
    assert third.split(";")[-2:] == ["", "0"]
    assert end == ""


def test_a_bound_without_limit_is_an_empty_cell_and_no_point() -> None:
    points = (
        replace(POINTS[0], measures=replace(POINTS[0].measures, exposure_bound_contacts=math.inf)),
    )
    assert budget_table(points).decode("utf-8-sig").splitlines()[1].split(";")[8] == ""
    assert "inf" not in draw_budget_chart(points, name="x")


def test_the_chart_says_in_words_what_it_shows() -> None:
    picture = _Svg(draw_budget_chart(POINTS, name="Fiers de notre action"))
    assert picture.open == []
    (svg,) = picture.named("svg")
    assert (svg["role"], svg["lang"], svg["aria-labelledby"]) == ("img", "fr", "titre texte")
    assert {each.get("id") for each in picture.named("title")} >= {"titre"}
    assert picture.named("desc") == [{"id": "texte"}]
    text = "".join(picture.text)
    for said in ("Budget (€ HT)", "Contacts équivalents", "plan calculé", "Fiers de notre action"):
        assert said in text
    assert "40\N{NARROW NO-BREAK SPACE}000" in text


def test_more_exposure_is_drawn_higher_and_more_budget_further_right() -> None:
    picture = _Svg(draw_budget_chart(POINTS, name="x"))
    dots = [(float(c["cx"] or ""), float(c["cy"] or "")) for c in picture.named("circle")]
    assert len(dots) == 3
    across, heights = zip(*dots, strict=True)
    assert sorted(across) == list(across)
    assert sorted(heights, reverse=True) == list(heights)
    # The axis begins at 0: heights above it are as the values, 500 to 750 to 875.
    bottom = max(float(line["y1"] or "") for line in picture.named("line"))
    tall = [bottom - height for height in heights]
    assert tall[1] / tall[0] == pytest.approx(1.5, rel=0.02)


def test_a_name_from_a_file_is_text_and_nothing_else() -> None:
    drawn = draw_budget_chart(POINTS, name="<script>alert(1)</script> & \x07 <!--")
    assert "<script" not in drawn
    assert "\x07" not in drawn
    assert "&lt;script&gt;" in drawn


def test_a_curve_without_any_allocation_is_a_sentence() -> None:
    nothing = tuple(replace(each, status=Status.INFEASIBLE) for each in POINTS)
    picture = _Svg(draw_budget_chart(nothing, name="x"))
    assert picture.named("circle") == []
    assert "Aucun budget ne permet d’affichage." in "".join(picture.text)


def test_a_curve_of_nothing_but_zeros_can_be_drawn() -> None:
    assert _Svg(draw_budget_chart((point(0, 0.0),), name="x")).open == []


@pytest.mark.parametrize(
    ("least", "step"), [(0.9, 1), (1, 1), (1.1, 2), (3, 5), (6, 10), (70, 100), (0.03, 0.05)]
)
def test_ticks_stand_at_round_steps(least: float, step: float) -> None:
    assert round_step(least) == pytest.approx(step)


def test_both_files_appear_together_and_the_same_each_time(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        write_budget_curve(folder, POINTS, name="x", force=False)
    assert sorted(path.name for path in one.iterdir()) == ["budget.csv", "budget.svg"]
    for name in ("budget.csv", "budget.svg"):
        assert (one / name).read_bytes() == (two / name).read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_a_curve_is_only_replaced_when_asked(tmp_path: Path) -> None:
    target = tmp_path / "courbe"
    write_budget_curve(target, POINTS, name="x", force=False)
    before = (target / "budget.csv").read_bytes()
    with pytest.raises(OutputExistsError, match="--force"):
        write_budget_curve(target, POINTS[:1], name="x", force=False)
    assert (target / "budget.csv").read_bytes() == before
    write_budget_curve(target, POINTS[:1], name="x", force=True)
    assert (target / "budget.csv").read_bytes() != before


def test_a_folder_with_anything_else_in_it_is_never_replaced(tmp_path: Path) -> None:
    target = tmp_path / "courbe"
    write_budget_curve(target, POINTS, name="x", force=False)
    (target / "notes.txt").write_text("à garder", encoding="utf-8")
    with pytest.raises(OutputExistsError, match="autre chose"):
        check_curve_target(target, force=True)
    file = tmp_path / "fichier"
    file.write_text("", encoding="utf-8")
    with pytest.raises(OutputExistsError):
        check_curve_target(file, force=True)
    check_curve_target(tmp_path / "nouveau", force=False)
