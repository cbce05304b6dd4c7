"""The budget curve as a small picture: an SVG that stands alone and says what it shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from data.write.text import plain
from geo.compare import BudgetPoint
from geo.french import euros, number, typeset
from geo.plan import Status

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 96, 24, 60, 64
TICKS = 8

_STYLE = (
    "text{font:13px sans-serif;fill:#222}.t{font-size:16px;font-weight:bold}"
    ".g{stroke:#ddd;stroke-width:1}.x{stroke:#222;stroke-width:1}"
    ".p{fill:none;stroke:#0b5394;stroke-width:2.5}.d{fill:#0b5394}"
    ".b{fill:none;stroke:#7a3b00;stroke-width:1.5;stroke-dasharray:6 4}"
)
_HEAD = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
    f'height="{HEIGHT}" role="img" lang="fr" aria-labelledby="titre texte">'
)


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear scale from values to pixels, with round ticks."""

    low: float
    high: float
    first_px: float
    last_px: float

    def at(self, value: float) -> str:
        """Return where a value lies, to a tenth of a pixel."""
        part = (value - self.low) / (self.high - self.low)
        return f"{self.first_px + part * (self.last_px - self.first_px):.1f}"

    def ticks(self) -> list[float]:
        """Return the round values of the axis (steps of 1, 2 or 5 times a power of ten)."""
        step = round_step((self.high - self.low) / TICKS)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [step * i for i in range(first, last + 1)]


def round_step(least: float) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that is not below `least` > 0."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))


def draw_budget_chart(points: Sequence[BudgetPoint], *, name: str) -> str:
    """Return the chart: equivalent contacts found, and at best, over the budget.

    Points without any allocation are left out. The axis of contacts begins at 0, so that heights
    compare; the two lines differ in colour, in stroke and by their labels.
    """
    shown = [point for point in points if point.status is not Status.INFEASIBLE]
    title = escape(typeset(plain(f"Ce que le budget achète : {name}")))
    parts = [
        _HEAD,
        f'<title id="titre">{title}</title>',
        f'<desc id="texte">{escape(describe(shown))}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text class="t" x="{LEFT}" y="26">{title}</text>',
        *(_plot(shown) if shown else []),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def describe(points: Sequence[BudgetPoint]) -> str:
    """Return in words what the chart shows, for those who cannot see it."""
    if not points:
        return "Aucun budget ne permet d’affichage."
    rows = [
        f"{euros(point.budget_cents)} : {number(point.measures.exposure_contacts)}"
        for point in points
    ]
    return typeset(
        "Contacts équivalents (exposition équivalente multipliée par la somme des parts "
        f"équitables) selon le budget. {' ; '.join(rows)}."
    )


def _plot(points: Sequence[BudgetPoint]) -> list[str]:
    budgets = [point.budget_cents / 100 for point in points]
    found = [point.measures.exposure_contacts for point in points]
    best = [
        (x, point.measures.exposure_bound_contacts)
        for x, point in zip(budgets, points, strict=True)
        if math.isfinite(point.measures.exposure_bound_contacts)
    ]
    margin = (max(budgets) - min(budgets)) / 20 or max(budgets) / 10 or 1.0
    across = Axis(
        max(min(budgets) - margin, 0), max(budgets) + margin, float(LEFT), float(WIDTH - RIGHT)
    )
    highest = max([*found, *(y for _, y in best)])
    up = Axis(0.0, highest * 1.08 or 1.0, float(HEIGHT - BOTTOM), float(TOP))
    return [
        *_grid(across, up),
        _line(across, up, list(zip(budgets, found, strict=True)), css="p"),
        _line(across, up, best, css="b"),
        *(
            f'<circle class="d" cx="{across.at(x)}" cy="{up.at(y)}" r="4">'
            f"<title>{escape(typeset(f'{number(x)} € : {number(y)}'))}</title></circle>"
            for x, y in zip(budgets, found, strict=True)
        ),
        *_legend(),
    ]


def _grid(across: Axis, up: Axis) -> list[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    middle = (LEFT + right) / 2
    lines = []
    for value in up.ticks():
        y = up.at(value)
        lines.append(f'<line class="g" x1="{LEFT}" y1="{y}" x2="{right}" y2="{y}"/>')
        lines.append(
            f'<text x="{LEFT - 8}" y="{y}" dy="4" text-anchor="end">{number(value)}</text>'
        )
    for value in across.ticks():
        x = across.at(value)
        lines.append(f'<line class="x" x1="{x}" y1="{bottom}" x2="{x}" y2="{bottom + 5}"/>')
        lines.append(f'<text x="{x}" y="{bottom + 20}" text-anchor="middle">{number(value)}</text>')
    lines.append(f'<line class="x" x1="{LEFT}" y1="{bottom}" x2="{right}" y2="{bottom}"/>')
    lines.append(f'<text x="{middle}" y="{HEIGHT - 16}" text-anchor="middle">Budget (€ HT)</text>')
    lines.append(f'<text x="{LEFT}" y="{TOP - 10}">Contacts équivalents</text>')
    return lines


def _line(across: Axis, up: Axis, places: Sequence[tuple[float, float]], *, css: str) -> str:
    points = " ".join(f"{across.at(x)},{up.at(y)}" for x, y in places)
    return f'<polyline class="{css}" points="{points}"/>'


def _legend() -> list[str]:
    x, y = WIDTH - RIGHT - 250, HEIGHT - BOTTOM - 44
    return [
        f'<rect x="{x - 8}" y="{y - 16}" width="258" height="48" fill="#fff" opacity="0.85"/>',
        f'<line class="p" x1="{x}" y1="{y - 4}" x2="{x + 30}" y2="{y - 4}"/>',
        f'<text x="{x + 38}" y="{y}">plan calculé</text>',
        f'<line class="b" x1="{x}" y1="{y + 18}" x2="{x + 30}" y2="{y + 18}"/>',
        f'<text x="{x + 38}" y="{y + 22}">au mieux possible (prouvé)</text>',
    ]
