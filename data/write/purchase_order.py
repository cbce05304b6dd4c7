"""``bon-de-commande.pdf``: the order as a document that two people sign."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from data.write.sheet import show_day
from data.write.typeset import Data, compile_pdf
from geo.french import NBSP, counted, euros, number, quoted, span
from geo.model import Campaign
from geo.order import OrderLine
from geo.precision import FacePosition, found_positions

_CONDITIONS = (
    "Référence du devis",
    "Date limite de remise des affiches",
    "Adresse de livraison des affiches",
    "Conditions d’annulation et de report",
    "Preuves de pose (pige) : forme et délai",
    "Conditions et délai de règlement",
    "Adresse de facturation, numéro d’engagement",
)
_COUNTED = ("Affichages", "Faces", f"Total{NBSP}HT")
_NO_NAME = "–"


def purchase_order_pdf(
    campaign: Campaign, lines: Sequence[OrderLine], *, advertiser: str = "", buyer: str = ""
) -> bytes:
    """Return the purchase order as a tagged PDF/A; the same order gives the same bytes.

    Parameters
    ----------
    lines
        Of the order, sorted by period, then face.
    advertiser, buyer
        Names; those of the campaign where they are empty, and a blank to fill where it has none.
    """
    data = {
        "title": f"Bon de commande – {campaign.name}",
        "advertiser": advertiser or campaign.advertiser,
        "buyer": buyer or campaign.buyer,
        **_summary(campaign, lines),
        **_tables(campaign, lines),
        "conditions": [condition.replace(" :", f"{NBSP}:") for condition in _CONDITIONS],
    }
    return compile_pdf("bon-de-commande", data, day=campaign.periods.start)


def _summary(campaign: Campaign, lines: Sequence[OrderLine]) -> dict[str, Data]:
    periods = campaign.periods
    days = span(periods.first_day(1), periods.last_day(periods.count))
    faces = len({line.face_id for line in lines})
    visuals = len({line.visual for line in lines})
    return {
        "intro": f"Campagne {quoted(campaign.name)}, {days}.",
        "subject": (
            f"{counted(len(lines), 'affichage', 'affichages')} de "
            f"{counted(visuals, 'visuel', 'visuels')} sur {counted(faces, 'face', 'faces')}, en "
            f"{counted(periods.count, 'vague', 'vagues')} de "
            f"{counted(periods.days, 'jour', 'jours')}. La liste est en annexe{NBSP}; les prix "
            "sont ceux de l’espace, hors taxes."
        ),
        "total": _price(sum(line.price_cents for line in lines)),
    }


def _tables(campaign: Campaign, lines: Sequence[OrderLine]) -> dict[str, Data]:
    days = {
        period: span(campaign.periods.first_day(period), campaign.periods.last_day(period))
        for period in campaign.periods.numbers()
    }
    positions = found_positions(campaign.faces)
    return {
        "period-heads": ["Vague", "Dates", *_COUNTED],
        "periods": _sums(lines, lambda line: (str(line.period), days[line.period])),
        "total-row": ["Total", "", *_counts(lines)],
        "format-heads": ["Format", *_COUNTED],
        "formats": _sums(lines, lambda line: (line.format or _NO_NAME,)),
        "operator-heads": ["Afficheur", *_COUNTED],
        "operators": _sums(lines, lambda line: (line.operator or _NO_NAME,)),
        "visual-heads": ["Visuel", *_COUNTED],
        "visuals": _sums(lines, lambda line: (line.visual,)),
        "annex": (
            "Triée par vague, puis par face. L’état est celui de la commande à ce jour."
            if lines
            else "La commande ne compte aucun affichage."
        ),
        "line-heads": [
            "Vague", "Dates", "Face", "Afficheur", "Adresse", "Format", "Zone", "Visuel", "État",
            f"Prix{NBSP}HT",
        ],
        "lines": [_line(line, positions.get(line.face_id)) for line in lines],
    }  # fmt: skip


def _sums(
    lines: Iterable[OrderLine], key: Callable[[OrderLine], tuple[str, ...]]
) -> list[list[str]]:
    groups: dict[tuple[str, ...], list[OrderLine]] = defaultdict(list)
    for line in lines:
        groups[key(line)].append(line)
    return [[*at, *_counts(groups[at])] for at in sorted(groups, key=_natural)]


def _natural(key: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    """Sort numbers by size and before words."""
    return (int(key[0]) if key[0].isdigit() else 10**9, key)


def _counts(lines: Sequence[OrderLine]) -> list[str]:
    faces = len({line.face_id for line in lines})
    return [number(len(lines)), number(faces), _price(sum(line.price_cents for line in lines))]


def _price(cents: int) -> str:
    """Return an amount with its cents, whether there are any or not: amounts stand in columns."""
    return euros(cents) if cents % 100 else f"{number(cents / 100, 2)}{NBSP}€"


def _line(line: OrderLine, position: FacePosition | None) -> list[str]:
    """Return a row of the annex; a place that was found by its address asks to be confirmed."""
    unsure = "" if position is None else f"à confirmer{NBSP}: {position.words}"
    address = ", ".join(part for part in (line.address, line.city, unsure) if part)
    return [
        str(line.period),
        f"{show_day(line.start)} – {show_day(line.end)}",
        line.face_id,
        line.operator,
        address,
        line.format,
        line.zone,
        line.visual,
        line.state,
        _price(line.price_cents),
    ]
