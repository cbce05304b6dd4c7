"""``tournee.json``: a tour without a plan around it, for machines, written and read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

from pydantic import AwareDatetime, Field, ValidationError

from data.plan_json import (
    Entry,
    Sha256,
    TourEntry,
    faults_text,
    json_lines,
    tour_entry,
    tour_of,
)
from geo.errors import PlanFolderError
from geo.model import InputFile
from geo.plan import Tour

TOUR_SCHEMA_ID: Final = "placarde/tour/1"
TOUR_JSON = "tournee.json"


class TourDocument(Entry):
    """The whole of ``tournee.json``; `created` is the only field that the same tour may change."""

    schema_id: Literal["placarde/tour/1"] = Field(alias="schema")
    created: AwareDatetime
    versions: dict[str, str]
    inputs: dict[str, Sha256]
    tour: TourEntry
    alternatives: tuple[TourEntry, ...]


def tour_to_json(
    tours: Sequence[Tour],
    *,
    inputs: Sequence[InputFile],
    versions: Mapping[str, str],
    created: datetime,
) -> str:
    """Return ``tournee.json`` of the best tour and of the others."""
    document = TourDocument(
        schema_id=TOUR_SCHEMA_ID,
        created=created,
        versions=dict(sorted(versions.items())),
        inputs={file.name: file.sha256 for file in sorted(inputs, key=lambda file: file.name)},
        tour=tour_entry(tours[0]),
        alternatives=tuple(map(tour_entry, tours[1:])),
    )
    return "".join(json_lines(document.model_dump(mode="json", by_alias=True))) + "\n"


def tour_from_json(text: str | bytes) -> tuple[Tour, ...]:
    """Return the tours that `tour_to_json` was given.

    Raises
    ------
    PlanFolderError
        With the path of each field that is missing, unknown or wrong.
    """
    try:
        document = TourDocument.model_validate_json(text)
    except ValidationError as error:
        raise PlanFolderError(faults_text(error, file=TOUR_JSON)) from error
    return tuple(map(tour_of, (document.tour, *document.alternatives)))
