"""What a campaign is worth under several budgets: a table for spreadsheets and a small chart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.write.atomic import whole_folder, write_file
from data.write.budget_chart import draw_budget_chart
from data.write.sheet import CENTS, TEXT, WHOLE, Column, decimal, optional, write_sheet
from geo.compare import BudgetPoint
from geo.errors import OutputExistsError
from geo.french import NBSP

TABLE_FILE = "budget.csv"
CHART_FILE = "budget.svg"


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of ``budget.csv``."""

    budget_cents: int
    cost_cents: int
    status: str
    postings: int
    faces: int
    contacts: float
    exposure: float
    exposure_contacts: float
    bound_contacts: float | None
    gap_percent: float
    least: float
    most: float
    gini: float
    more_contacts: float | None
    shortfalls: int


_COLUMNS = (
    Column("budget_ht", "budget_cents", CENTS),
    Column("cout_ht", "cost_cents", CENTS),
    Column("statut", "status", TEXT),
    Column("affichages", "postings", WHOLE),
    Column("faces", "faces", WHOLE),
    Column("contacts", "contacts", decimal(0)),
    Column("exposition_equivalente", "exposure", decimal(6)),
    Column("contacts_equivalents", "exposure_contacts", decimal(1)),
    Column("contacts_equivalents_au_mieux", "bound_contacts", optional(decimal(1))),
    Column("ecart_pourcent", "gap_percent", decimal(4)),
    Column("rapport_min", "least", decimal(4)),
    Column("rapport_max", "most", decimal(4)),
    Column("gini", "gini", decimal(4)),
    Column("contacts_pour_1000_eur_de_plus", "more_contacts", optional(decimal(1))),
    Column("manques", "shortfalls", WHOLE),
)


def write_budget_curve(
    target: Path, points: Sequence[BudgetPoint], *, name: str, force: bool
) -> None:
    """Write ``budget.csv`` and ``budget.svg`` into a folder, both or neither.

    Parameters
    ----------
    target
        The folder to make; see `check_curve_target`.
    name
        The name of the campaign, for the title of the chart.

    Raises
    ------
    OutputExistsError
        If `target` may not be replaced. Nothing is changed then.
    """
    check_curve_target(target, force=force)
    place = target.resolve()

    def may_replace() -> bool:
        return force and is_curve_folder(place)

    with whole_folder(place, may_replace=may_replace) as work:
        write_file(work / TABLE_FILE, budget_table(points))
        write_file(work / CHART_FILE, draw_budget_chart(points, name=name).encode())


def check_curve_target(target: Path, *, force: bool) -> None:
    """Refuse at once what `write_budget_curve` would refuse to replace.

    Raises
    ------
    OutputExistsError
        If there is anything at `target` but an empty folder, or, with `force`, a folder that holds
        a budget curve and nothing else.
    """
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not is_curve_folder(target):
        raise OutputExistsError(
            f"{target} existe déjà et contient autre chose qu’une courbe de budget{NBSP}: "
            "rien n’y est remplacé"
        )
    if not force:
        raise OutputExistsError(
            f"{target} contient déjà une courbe de budget{NBSP}: --force la remplace"
        )


def is_curve_folder(folder: Path) -> bool:
    """Return whether a folder holds the two files of a budget curve, and nothing else."""
    return folder.is_dir() and {path.name for path in folder.iterdir()} == {TABLE_FILE, CHART_FILE}


def budget_table(points: Sequence[BudgetPoint]) -> bytes:
    """Return ``budget.csv``, one row a budget, in the order given."""
    return write_sheet(_COLUMNS, (_line(point) for point in points))


def _line(point: BudgetPoint) -> _Line:
    measures = point.measures
    bound = measures.exposure_bound_contacts
    return _Line(
        budget_cents=point.budget_cents,
        cost_cents=measures.cost_cents,
        status=point.status.value,
        postings=measures.postings,
        faces=measures.faces,
        contacts=measures.contacts,
        exposure=measures.exposure,
        exposure_contacts=measures.exposure_contacts,
        bound_contacts=bound if math.isfinite(bound) else None,
        gap_percent=100 * measures.gap,
        least=measures.equity.least,
        most=measures.equity.most,
        gini=measures.equity.gini,
        more_contacts=point.more_contacts,
        shortfalls=measures.shortfalls,
    )
