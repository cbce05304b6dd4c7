"""The embedded example: the Département de l’Isère and its campaign « Fiers de notre action ».

The folder is a campaign like any other. Its zones, communes and populations are real, its agents,
portraits and inventory fictitious: see ``README.md`` beside this file. ``python -m
data.isere.build`` makes all of it again from its sources.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

AGENT_COUNT = 18

CAMPAIGN_FILES: tuple[str, ...] = (
    "campaign.toml",
    "zones.geojson",
    "maisons.csv",
    "agents.csv",
    "inventaire.csv",
    *(f"portraits/portrait-{number:02d}.svg" for number in range(1, AGENT_COUNT + 1)),
)
"""What a copy of the campaign needs, relative to `campaign_folder`, with ``/`` between folders."""


def campaign_folder() -> Path:
    """Return the folder of the embedded campaign, as it is installed.

    Raises
    ------
    FileNotFoundError
        If the package is not installed as plain files (inside a zip archive, for instance).
    """
    folder = Path(str(files(__name__)))
    if not folder.is_dir():
        raise FileNotFoundError(f"the embedded campaign is not a plain folder: {folder}")
    return folder
