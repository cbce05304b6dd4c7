"""``campaign.toml``: the rules of a campaign, and the names of its files.

The models say what each section may hold. What does not fit is noted, with the line where the key
stands; what does fit is used to go on and check the other files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import ValidationError

from data.read.cells import cents
from data.read.codes import Code
from data.read.log import ProblemLog, closest
from data.read.messages import did_you_mean
from data.read.reference import SaidCrs, note_unknown_crs, said_crs
from data.read.sections import (
    EXAMPLES,
    SECTIONS,
    CampaignSection,
    DefaultsSection,
    FilesSection,
    GeocoderSection,
    MatchingSection,
    Section,
    TourSection,
)
from data.read.toml_file import TomlFile
from data.read.tour_rules import check_tour, tour_rules
from geo.errors import Where
from geo.model import MatchingRules, Periods, TourRules

CRS_KINDS = ("zones", "maisons", "faces", "exclusions")
"""Files whose CRS a planner may say."""

_ALWAYS_REQUIRED = ("zones", "agents", "faces")
_EXPECTED_TYPES = {
    "int_type": "un nombre entier",
    "float_type": "un nombre",
    "string_type": "un texte entre guillemets",
    "date_type": "une date sans guillemets",
    "bool_type": "true ou false",
    "hour": "une heure de la journée entre guillemets",
    "kits": 'un nombre entier ou "min"',
    "order": "une liste d’identifiants de Maisons, ou une liste de telles listes",
    "literal_error": "housenumber, street, locality ou commune",
    "string_pattern_mismatch": "une adresse http:// ou https://, sans identifiant ni paramètre",
    "list_type": "une liste entre crochets",
    "model_type": "une section",
    "dict_type": "une section",
}
_LIMITS = {
    "ge": "au moins {}",
    "gt": "plus de {}",
    "le": "au plus {}",
    "min_length": "au moins {} caractère",
    "max_length": "au plus {} caractères",
}

S = TypeVar("S", bound=Section)


@dataclass(frozen=True, slots=True)
class CampaignFile:
    """What ``campaign.toml`` says, as far as it could be read.

    `campaign` is None where its section cannot be used, `tour` where there is none or it cannot.
    `confirmed` is what the planner says of the CRS of files beside it: it comes first. Faces whose
    points are known less well than `min_precision` are left out.
    """

    toml: TomlFile
    campaign: CampaignSection | None
    files: FilesSection
    matching: MatchingRules
    tour: TourRules | None
    sequences: Mapping[str, frozenset[int]] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    confirmed: Mapping[str, str] = field(default_factory=dict)
    geocoder: GeocoderSection | None = None
    min_precision: str | None = None

    @property
    def periods(self) -> Periods | None:
        """Return the calendar of the posting."""
        section = self.campaign
        if section is None:
            return None
        return Periods(section.start, section.periods, section.period_days)

    def crs(self, kind: str) -> SaidCrs:
        """Return what the campaign says of the CRS of a file, by its key in ``[files]``."""
        key = f"{kind}_crs"
        said = self.confirmed.get(kind) or getattr(self.files, key, None)
        return SaidCrs(key) if said is None else said_crs(key, said)


def read_rules(toml: TomlFile, log: ProblemLog) -> CampaignFile:
    """Return the rules of a campaign; what does not fit is noted and left at its default."""
    _check_section_names(toml, log)
    campaign = _section(CampaignSection, "campaign", toml, log)
    files = _section(FilesSection, "files", toml, log) or FilesSection()
    _check_files(files, toml, log)
    matching = _section(MatchingSection, "matching", toml, log) or MatchingSection()
    defaults = _section(DefaultsSection, "defaults", toml, log) or DefaultsSection()
    tour = _section(TourSection, "tour", toml, log)
    if tour is not None:
        check_tour(tour, toml, log)
    return CampaignFile(
        toml=toml,
        campaign=campaign,
        files=files,
        matching=_matching_rules(matching),
        defaults=_as_cells(defaults),
        tour=None if tour is None else tour_rules(tour),
        sequences=_sequences(toml, None if campaign is None else campaign.periods, log),
        geocoder=_section(GeocoderSection, "geocoder", toml, log),
        min_precision=matching.min_precision,
    )


def _as_cells(section: DefaultsSection) -> dict[str, str]:
    """Return the values of faces that no file gives, as a file would give them."""
    said = section.model_dump(exclude_none=True)
    return {name: _typed(value) for name, value in sorted(said.items())}


def _check_section_names(toml: TomlFile, log: ProblemLog) -> None:
    for name in sorted(set(toml.content) - set(SECTIONS)):
        _note_unknown(name, SECTIONS, toml.where(name), log)
    for name in ("campaign", "files"):
        if name not in toml.content:
            fields = {"key": name, "expected": f"une section [{name}]"}
            log.add(Code.MISSING_KEY, Where(toml.file, 0, name), **fields)


def _note_unknown(key: str, allowed: tuple[str, ...], where: Where, log: ProblemLog) -> None:
    hint = did_you_mean(closest(key, allowed))
    log.add(Code.UNKNOWN_KEY, where, found=key, key=key, hint=hint, allowed=", ".join(allowed))


def _section(model: type[S], name: str, toml: TomlFile, log: ProblemLog) -> S | None:
    """Return a section without the keys that do not fit, or None if it cannot do without them."""
    content = toml.content.get(name)
    if content is None:
        return None
    try:
        return model.model_validate(content)
    except ValidationError as error:
        for fault in error.errors():
            key = ".".join((name, *map(str, fault["loc"])))
            _note_fault(fault, key, allowed=tuple(model.model_fields), toml=toml, log=log)
        wrong = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
    if not isinstance(content, dict):
        return None
    try:
        return model.model_validate({k: v for k, v in content.items() if k not in wrong})
    except ValidationError:
        return None


def _note_fault(
    fault: Mapping[str, Any], key: str, *, allowed: tuple[str, ...], toml: TomlFile, log: ProblemLog
) -> None:
    """Note what pydantic found, in our words."""
    kind, where, found = fault["type"], toml.where(key), _typed(fault["input"])
    context = fault.get("ctx", {})
    limits = [_LIMITS[name].format(_typed(context[name])) for name in _LIMITS if name in context]
    example = EXAMPLES.get(key, "")
    if kind == "extra_forbidden":
        _note_unknown(key.rpartition(".")[2], allowed, where, log)
    elif kind == "missing":
        log.add(Code.MISSING_KEY, where, key=key, expected=example)
    elif kind == "choice":
        log.add(Code.UNKNOWN_CHOICE, where, found=found, value=found, allowed=context["allowed"])
    elif kind == "multiple_of":
        log.add(Code.NOT_HALF_DAYS, where, found=found, value=found)
    elif limits or kind == "finite_number":
        expected = ", ".join(limits) or "un nombre fini"
        log.add(Code.OUT_OF_RANGE, where, found=found, name=key, expected=expected)
    else:
        wanted = _EXPECTED_TYPES.get(kind, "une autre valeur")
        log.add(Code.BAD_TYPE, where, found=found, key=key, expected=wanted, example=example)


def _typed(value: object) -> str:
    """Return a value as it would be written in TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _check_files(files: FilesSection, toml: TomlFile, log: ProblemLog) -> None:
    content = toml.content.get("files")
    if not isinstance(content, dict):
        return
    required = (*_ALWAYS_REQUIRED, *(("maisons",) if "tour" in toml.content else ()))
    for name in required:
        if name not in content:
            key = f"files.{name}"
            log.add(Code.MISSING_KEY, toml.where(key), key=key, expected=EXAMPLES[key])
    for kind in CRS_KINDS:
        name = f"{kind}_crs"
        said = getattr(files, name)
        if said is not None and said_crs(name, said).epsg is None:
            note_unknown_crs(toml.where(f"files.{name}"), name, said, log)


def _matching_rules(section: MatchingSection) -> MatchingRules:
    budget = section.budget_eur
    return MatchingRules(
        budget_cents=None if budget is None else cents(Decimal(repr(budget))),
        spacing_m=section.spacing_m,
        max_periods_per_face=section.max_periods_per_face,
        min_faces=section.min_faces,
        distance_km=section.distance_km,
        fairness=section.fairness,
    )


def _sequences(toml: TomlFile, count: int | None, log: ProblemLog) -> dict[str, frozenset[int]]:
    """Return the periods of each sequenced zone; a period that is none of the campaign is noted."""
    content = toml.content.get("sequences", {})
    if not isinstance(content, dict):
        _note_bad_sequence("sequences", content, "une section", toml, log)
        return {}
    sequences = {}
    for zone_id in sorted(content):
        key, chosen = f"sequences.{zone_id}", content[zone_id]
        if not isinstance(chosen, list) or any(type(period) is not int for period in chosen):
            _note_bad_sequence(key, chosen, "une liste de numéros de vagues", toml, log)
            continue
        sequences[zone_id] = frozenset(chosen)
        for period in sorted(sequences[zone_id]):
            if count is not None and not 1 <= period <= count:
                fields = {"period": period, "count": count}
                log.add(Code.PERIOD_OUT_OF_RANGE, toml.where(key), found=str(period), **fields)
    return sequences


def _note_bad_sequence(
    key: str, found: object, expected: str, toml: TomlFile, log: ProblemLog
) -> None:
    fields = {"key": key, "expected": expected, "example": EXAMPLES["sequences"]}
    log.add(Code.BAD_TYPE, toml.where(key), found=str(found), **fields)
