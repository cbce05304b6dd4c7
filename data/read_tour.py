"""The tour that was given out before: from a plan folder, or from a folder of a tour alone."""

from __future__ import annotations

from pathlib import Path

from data.plan_json import plan_from_json
from data.tour_json import TOUR_JSON, tour_from_json
from data.write.folder import PLAN_FILE
from geo.errors import PlanFolderError
from geo.french import NBSP, system_reason
from geo.plan import Tour


def read_past_tour(folder: Path) -> Tour:
    """Return the tour in a plan folder, or the best one in a folder of ``placarde tour``.

    Raises
    ------
    PlanFolderError
        If the folder is neither, or its file cannot be read.
    """
    alone = (folder / TOUR_JSON).is_file()
    path = folder / (TOUR_JSON if alone else PLAN_FILE)
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = system_reason(error.errno, otherwise=str(error))
        raise PlanFolderError(
            f"{path}{NBSP}: illisible ({reason}){NBSP}; "
            "ce n’est ni un dossier de plan ni un dossier de tournée"
        ) from error
    return tour_from_json(content)[0] if alone else plan_from_json(content).plan.tour
