"""The rules of a campaign as JSON: checked by the reader of ``campaign.toml``, changed by parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.service.errors import ApiError
from data.read.campaign_file import CampaignFile, read_rules
from data.read.log import ProblemLog
from data.read.text import first_control
from data.read.toml_file import parse_toml
from data.store.folder_files import FILE_NAMES, settings_of, toml_file
from data.store.tables import CampaignRecord
from geo.errors import Problem

CAMPAIGN_FILE = "campaign.toml"
DEEPEST = 6
"""Levels of objects and lists in the rules; those of ``campaign.toml`` need four."""


def rules_of(campaign: CampaignRecord) -> CampaignFile:
    """Return the rules of a campaign of the store, as its readers want them."""
    rules = _read(campaign.settings, ProblemLog())
    if rules is None:
        raise ValueError("a campaign of the store whose rules cannot be read")
    return rules


def checked_settings(settings: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """Return rules as the store keeps them, and what a planner should know of them.

    Raises
    ------
    ApiError
        422 with all problems, named as in ``campaign.toml``.
    """
    refuse_unwritable(settings)
    log = ProblemLog()
    if "files" in settings:
        raise ApiError(422, "invalid-request", "The files of a campaign are its inputs.")
    rules = _read(settings, log)
    if rules is None or log.has_errors():
        raise ApiError(422, "input-problems", "The rules have problems.", problems=log.sorted())
    return settings_of(rules.toml.content), log.sorted()


def _read(settings: Mapping[str, Any], log: ProblemLog) -> CampaignFile | None:
    content = toml_file(settings, kinds=FILE_NAMES)
    toml = parse_toml(content, CAMPAIGN_FILE, log)
    return None if toml is None else read_rules(toml, log)


def merged(target: object, patch: object) -> Any:  # noqa: ANN401 -- what JSON holds
    """Return a document changed by a merge patch (RFC 7396, section 2)."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def refuse_unwritable(value: object) -> None:
    """Refuse texts that no reader of the store is safe with, nulls, and nesting without end.

    Raises
    ------
    ApiError
        422.
    """
    for depth, each in _parts(value, 0):
        if depth > DEEPEST or each is None:
            raise ApiError(422, "invalid-request", "A value is null, or nested too deeply.")
        if isinstance(each, str) and first_control(each):
            raise ApiError(422, "invalid-request", "A text holds a control character.")


def _parts(value: object, depth: int) -> Iterator[tuple[int, object]]:
    yield depth, value
    if depth > DEEPEST:
        return
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield depth, key
            yield from _parts(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            yield from _parts(each, depth + 1)
