"""A campaign folder again without some of its agents: no row, no lock, no portrait of theirs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path, PurePosixPath

from data.read import Cleaned, clean_campaign
from data.read.portraits import FOLDER as PORTRAITS
from data.read.text import normal
from data.write.cleaned import AS_THEY_WERE, write_cleaned
from geo.errors import CampaignError, errors_among

_THEIRS = frozenset({"agents", "locks"})
"""Files that name agents."""


def write_campaign_without(source: Path, target: Path, agent_ids: Collection[str]) -> None:
    """Write into `target`, an empty folder, the campaign in `source` without these agents.

    Files that name no agent are copied byte for byte, unless they share a workbook with one that
    does.

    Raises
    ------
    CampaignError
        If the campaign cannot be read.
    """
    cleaned = clean_campaign(source)
    if cleaned.reading.campaign is None:
        raise CampaignError(errors_among(cleaned.reading.problems))
    agents = cleaned.reading.campaign.agents
    left = {agent.portrait_id for agent in agents if agent.agent_id not in agent_ids}
    gone = {agent.portrait_id for agent in agents} - left
    tables = {
        kind: table.without(_rows_of(table.cells("agent_id"), table.rows, agent_ids))
        if kind in _THEIRS
        else table
        for kind, table in cleaned.tables.items()
        if kind in _rewritten(cleaned)
    }
    inputs = tuple(file for file in cleaned.inputs if not _is_portrait_of(file.name, gone))
    write_cleaned(
        target, folder=source, cleaned=replace(cleaned, tables=tables, inputs=inputs, left_out=())
    )


def _rewritten(cleaned: Cleaned) -> Collection[str]:
    """Return the kinds whose file is written anew."""
    paths = {kind: name.partition("#")[0] for kind, name in cleaned.names.items()}
    theirs = {paths[kind] for kind in _THEIRS if kind in paths}
    return {kind for kind, path in paths.items() if path in theirs and kind not in AS_THEY_WERE}


def _rows_of(
    cells: list[str], rows: Collection[int], agent_ids: Collection[str]
) -> Collection[int]:
    return {row for row, cell in zip(rows, cells, strict=True) if normal(cell) in agent_ids}


def _is_portrait_of(name: str, portrait_ids: Collection[str]) -> bool:
    path = PurePosixPath(name)
    return path.parts[0] == PORTRAITS and normal(path.stem) in portrait_ids
