"""``synthese.pdf``: one page for those who only print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from data.write.typeset import Data, compile_pdf
from geo.french import counted

MOST_PORTRAITS = 30
MOST_STOPS = 24
"""What fits on one page in a size that can be read; the rest is counted."""

_LONG = 90
_LONG_TITLE = 160


@dataclass(frozen=True, slots=True)
class Synthesis:
    """What the page says.

    Parameters
    ----------
    title, place
        Of the campaign, and where it is.
    lead
        Sentences.
    figures
        Value and label of each.
    svg
        The map; `portraits` (mark, colour, shape, label) and `stops` (mark, town, days) are its
        legend.
    sources, notice
        Whose data, and what is to be known of them.
    day
        When the campaign starts: the day of the document.
    """

    title: str
    lead: Sequence[str]
    figures: Sequence[tuple[str, str]]
    svg: str
    portraits: Sequence[tuple[str, str, str, str]]
    stops: Sequence[tuple[str, str, str]]
    sources: Sequence[str]
    notice: str
    day: date


def synthesis_pdf(page: Synthesis) -> bytes:
    """Return the page as an accessible PDF; the same page gives the same bytes."""
    return compile_pdf("synthese", _data(page), day=page.day)


def _data(page: Synthesis) -> Mapping[str, Data]:
    described = (
        f"Carte de la campagne : {counted(len(page.portraits), 'portrait', 'portraits')} aux lieux "
        f"d’affichage et {counted(len(page.stops), 'étape', 'étapes')} de l’exposition ; les "
        "listes sous la carte disent de quoi il s’agit."
    )
    return {
        "title": _short(page.title, most=_LONG_TITLE),
        "lead": list(page.lead),
        "figures": [list(figure) for figure in page.figures],
        "svg": page.svg,
        "alt": described,
        "portraits": [
            [mark, colour, shape, _short(label)]
            for mark, colour, shape, label in page.portraits[:MOST_PORTRAITS]
        ],
        "more_portraits": _more(len(page.portraits) - MOST_PORTRAITS, "portrait", "portraits"),
        "stops": [[mark, _short(town), days] for mark, town, days in page.stops[:MOST_STOPS]],
        "more_stops": _more(len(page.stops) - MOST_STOPS, "étape", "étapes"),
        "sources": " ".join(page.sources),
        "notice": page.notice,
    }


def _more(count: int, one: str, many: str) -> str:
    if count <= 0:
        return ""
    return f"Et {counted(count, f'autre {one}', f'autres {many}')} : voir la carte des élus."


def _short(text: str, *, most: int = _LONG) -> str:
    """Return a text, cut at a space if there is one near its end."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    words = cut.rpartition(" ")[0]
    return f"{words if len(words) > most // 2 else cut}…"
