"""What words of the command line mean: days, tours that have begun, ranges of budgets."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import typer

MOST_BUDGETS = 200
"""More budgets than that on one curve show nothing more."""
Begun = tuple[Path, date, tuple[tuple[str, date], ...]]


def said_begun(folder: Path | None, today: str, blocked: list[str]) -> Begun | None:
    """Return where a tour that has begun is, the day it is now, and what cannot be reached.

    Raises
    ------
    typer.BadParameter
        If one of them is given without the others that it needs, or a date is none.
    """
    if folder is None:
        if today or blocked:
            raise typer.BadParameter(
                "ne va qu’avec --from, le dossier de la tournée commencée.",
                param_hint="'--today'" if today else "'--blocked'",
            )
        return None
    if not today:
        raise typer.BadParameter("demande aussi --today.", param_hint="'--from'")
    pairs = [text.rpartition(":") for text in blocked]
    return (
        folder,
        _day(today, "'--today'"),
        tuple((maison, _day(day, "'--blocked'")) for maison, _, day in pairs),
    )


def _day(text: str, option: str) -> date:
    """Return the day of e.g. ``2017-10-25`` or ``25/10/2017``.

    Raises
    ------
    typer.BadParameter
        If it is none.
    """
    french = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text, re.ASCII)
    try:
        return date(*map(int, french.group(3, 2, 1))) if french else date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text} ; attendu une date comme 2017-10-25 ou 25/10/2017.", param_hint=option
        ) from error


def said_budgets(text: str) -> tuple[int, int, int]:
    """Return least and most in cents, and how many, of e.g. ``40000:160000:10``.

    Raises
    ------
    typer.BadParameter
        If it is none, or asks for more than `MOST_BUDGETS`.
    """
    euros = r"(\d{1,10})(?:[.,](\d{1,2}))?"
    found = re.fullmatch(rf"{euros}:{euros}:(\d{{1,4}})", text, re.ASCII)
    if found is not None:
        least, most = (
            int(whole) * 100 + int((cents or "").ljust(2, "0"))
            for whole, cents in (found.group(1, 2), found.group(3, 4))
        )
        count = int(found[5])
        if least < most and 2 <= count <= MOST_BUDGETS:
            return least, most, count
    raise typer.BadParameter(
        f"{text} ; attendu MIN:MAX:NOMBRE en euros, comme 40000:160000:10, avec MIN plus petit que "
        f"MAX et de 2 à {MOST_BUDGETS} budgets.",
        param_hint="'--budget'",
    )
