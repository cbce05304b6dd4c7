"""What ``explain``, ``compare`` and ``sweep`` say, in French, and the same as JSON."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from enum import Enum, IntEnum
from typing import Any

from app.studies import Compared, Explained, Swept
from geo.compare import AgentChange, BudgetPoint, Comparison, Measures
from geo.french import counted, euros, listed, number, percent, typeset
from geo.matching.explained.words import agent_lines, face_lines, plan_lines

MOST_SWAPS = 20
"""Faces with another portrait that are named; the rest are counted (``--json`` has all)."""

_MINUS = "\N{MINUS SIGN}"


def changed_lines(explained: Explained) -> list[str]:
    """Return a warning where the inputs are no longer those of the plan."""
    if not explained.changed_inputs:
        return []
    names = listed([f"campaign/{name}" for name in explained.changed_inputs])
    return [typeset(f"Changé depuis le calcul du plan : {names}. L’explication peut être fausse.")]


def explain_lines(explained: Explained) -> list[str]:
    """Return what ``placarde explain`` says."""
    parts = [
        [] if explained.face is None else face_lines(explained.face, explained.context),
        []
        if explained.agent is None
        else agent_lines(explained.agent, explained.margin, explained.context),
        [] if explained.summary is None else plan_lines(explained.summary, explained.context),
    ]
    lines: list[str] = []
    for part in filter(None, parts):
        lines += ["", *part] if lines else part
    return lines


def explain_json(explained: Explained) -> dict[str, Any]:
    """Return what ``placarde explain --json`` prints: the values, and the sentences."""
    return {
        "ok": not explained.changed_inputs,
        "plan": str(explained.folder),
        "changed_inputs": list(explained.changed_inputs),
        "face": plain(explained.face),
        "agent": plain(explained.agent),
        "summary": plain(explained.summary),
        "margin": plain(explained.margin),
        "text": explain_lines(explained),
    }


def compare_lines(compared: Compared) -> list[str]:
    """Return what ``placarde compare`` says: three tables, and what to beware of."""
    comparison = compared.comparison
    lines = [
        typeset(f"A : {compared.folder_a}"),
        typeset(f"B : {compared.folder_b}"),
        "",
        *_table(["", "A", "B", "B − A"], _measure_rows(comparison)),
    ]
    lines += [f"Attention{sentence}" for sentence in _cautions(compared)]
    lines += ["", *_posting_lines(comparison), ""]
    heads = ["Agent", "rapport A", "rapport B", "B − A", "gardés", "perdus", "gagnés"]
    return [*lines, *_table(heads, [_agent_row(change) for change in comparison.agents])]


def comparison_table(compared: Compared) -> tuple[list[list[str]], list[str]]:
    """Return the rows of the measures of two plans, and what to beware of in comparing them."""
    cautions = [sentence.lstrip("\u00a0: ") for sentence in _cautions(compared)]
    return _measure_rows(compared.comparison), [s[:1].upper() + s[1:] for s in cautions]


def compare_json(compared: Compared) -> dict[str, Any]:
    """Return what ``placarde compare --json`` prints."""
    comparison = plain(compared.comparison)
    return {
        "ok": True,
        "plan_a": str(compared.folder_a),
        "plan_b": str(compared.folder_b),
        "same_fairness": compared.fairness_a == compared.fairness_b,
        **comparison,
    }


def sweep_lines(swept: Swept) -> list[str]:
    """Return what ``placarde sweep`` says."""
    heads = ["Budget", "dépensé", "affichages", "contacts équivalents", "rapport min", "manques"]
    rows = [_point_row(point) for point in swept.points]
    return [*_table(heads, rows), "", f"Courbe écrite dans {swept.folder}"]


def sweep_json(swept: Swept) -> dict[str, Any]:
    """Return what ``placarde sweep --json`` prints."""
    return {"ok": True, "out": str(swept.folder), "points": plain(swept.points)}


def plain(value: object) -> Any:  # noqa: ANN401 - JSON is anything
    """Return dataclasses and choices as what JSON knows; a number that is not finite is null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, IntEnum):
        return value.name.lower()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _measure_rows(comparison: Comparison) -> list[list[str]]:
    a, b = comparison.a, comparison.b
    rows: list[tuple[str, float, float, int]] = [
        ("Objectif", a.objective, b.objective, 4),
        ("Exposition équivalente", a.exposure, b.exposure, 4),
        ("Contacts équivalents", a.exposure_contacts, b.exposure_contacts, 0),
        ("Écart prouvé (%)", 100 * a.gap, 100 * b.gap, 2),
        ("Coût (€ HT)", a.cost_cents / 100, b.cost_cents / 100, 2),
        ("Contacts", a.contacts, b.contacts, 0),
        ("Affichages", a.postings, b.postings, 0),
        ("Faces", a.faces, b.faces, 0),
        ("Manques", a.shortfalls, b.shortfalls, 0),
        ("Gini des rapports", a.equity.gini, b.equity.gini, 4),
        ("Rapport le plus bas", a.equity.least, b.equity.least, 4),
        ("Rapport le plus haut", a.equity.most, b.equity.most, 4),
        ("Bas / haut", a.equity.spread, b.equity.spread, 4),
    ]
    return [
        [label, number(x, digits), number(y, digits), _signed(y - x, digits)]
        for label, x, y, digits in rows
    ]


def _cautions(compared: Compared) -> list[str]:
    cautions = []
    if compared.fairness_a != compared.fairness_b:
        cautions.append(
            f" : le réglage fairness vaut {compared.fairness_a:g} dans A et "
            f"{compared.fairness_b:g} dans B ; objectifs et expositions équivalentes ne se "
            "comparent pas."
        )
    if not compared.comparison.same_targets:
        cautions.append(
            " : les parts équitables diffèrent (budget, inventaire ou agents) ; comparez les "
            "contacts équivalents plutôt que les rapports."
        )
    return [typeset(caution) for caution in cautions]


def _posting_lines(comparison: Comparison) -> list[str]:
    swapped = comparison.swapped
    counts = (
        f"Affichages communs : {number(len(comparison.both))} ; "
        f"seulement dans A : {number(len(comparison.only_a))} ; "
        f"seulement dans B : {number(len(comparison.only_b))} ; "
        f"avec un autre portrait : {number(len(swapped))}."
    )
    lines = [
        counts,
        *(
            f"  – face {s.face_id}, vague {s.period} : {s.agent_a} → {s.agent_b}"
            for s in swapped[:MOST_SWAPS]
        ),
    ]
    if len(swapped) > MOST_SWAPS:
        lines.append(f"  – et {counted(len(swapped) - MOST_SWAPS, 'autre', 'autres')}")
    return [typeset(line) for line in lines]


def _agent_row(change: AgentChange) -> list[str]:
    a, b = change.a, change.b
    both = a is not None and b is not None
    return [
        change.agent_id,
        "–" if a is None else number(a.ratio, 3),
        "–" if b is None else number(b.ratio, 3),
        _signed(b.ratio - a.ratio, 3) if both and a and b else "–",
        number(change.kept),
        number(change.lost),
        number(change.gained),
    ]


def _point_row(point: BudgetPoint) -> list[str]:
    measures: Measures = point.measures
    return [
        euros(point.budget_cents),
        euros(measures.cost_cents),
        number(measures.postings),
        f"{number(measures.exposure_contacts)} (à {percent(measures.gap, 2)} du mieux)",
        number(measures.equity.least, 3),
        number(measures.shortfalls),
    ]


def _signed(value: float, decimals: int) -> str:
    """Return a difference with its sign; one that rounds to nothing is ``=``."""
    text = number(abs(value), decimals)
    if not text.strip("0,"):
        return "="
    return f"{'+' if value > 0 else _MINUS}{text}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows under their heads, the first column to the left, the others to the right."""
    whole = [list(heads), *map(list, rows)]
    widths = [max(len(row[column]) for row in whole) for column in range(len(heads))]
    return [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in whole
    ]
