"""What a planner confirms on the command line of the CRS of files."""

from __future__ import annotations

import typer


def confirmed_crs(said: list[str] | None) -> dict[str, str]:
    """Return the CRS of each file, by its key in ``[files]``, of e.g. ``faces=EPSG:2154``.

    Raises
    ------
    typer.BadParameter
        If one is not so written, or a file is named twice.
    """
    confirmed: dict[str, str] = {}
    for text in said or []:
        kind, _, definition = text.partition("=")
        if not definition.strip() or kind.strip() in confirmed:
            raise typer.BadParameter(
                f"{text} ; attendu FICHIER=EPSG:CODE, une fois par fichier, comme faces=EPSG:2154.",
                param_hint="'--crs'",
            )
        confirmed[kind.strip()] = definition.strip()
    return confirmed
