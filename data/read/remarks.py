"""The files of remarks that the pages of a plan save: JSON from anybody's browser, or hand.

Each file is read whole or refused, and all faults of all files are told at once. In the place of a
problem, ``row`` is the rank of the remark in its file, from 1.
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from geo.crs import LngLat
from geo.errors import CampaignError, Problem, Severity, Where
from geo.french import NBSP, counted, quoted, system_reason
from geo.remarks import Remark, Subject

SCHEMA = "placarde/remarques/1"
MOST_BYTES = 4_000_000
MOST_REMARKS = 5_000
MOST_FAULTS = 50
"""Nobody mends more faults of one file than that at once."""

_YEARS = range(2000, 2100)  # no campaign of ours, and no overflow when the zone changes
_TEXT, _LABEL, _NAME = 4_000, 1_000, 240
_HEAD = {"schema", "plan", "page", "campaign", "remarks"}
_REMARK = {"target", "text", "author", "at"}
_TARGETS = {
    Subject.FACE: {"kind", "label", "face", "lat", "lng"},
    Subject.ZONE: {"kind", "label", "level"},
    Subject.PLAN: {"kind", "label"},
}
_SAVE_AGAIN = "Demander à son auteur d’enregistrer de nouveau le fichier depuis la carte."


@dataclass(frozen=True, slots=True)
class ReadRemarks:
    """The remarks of all files, in the order of the files, and what the planner should know."""

    remarks: tuple[Remark, ...]
    warnings: tuple[Problem, ...]


@dataclass(slots=True)
class _File:
    """A file that is being read: its name, and what is wrong in it."""

    name: str
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, message: str, *, row: int = 0, key: str = "", found: object = "") -> None:
        shown = found if isinstance(found, str) else repr(found)
        where = Where(self.name, row, key)
        self.problems.append(
            Problem(where, "bad-remark", message, found=_short(shown), remedy=_SAVE_AGAIN)
        )

    def text(
        self, holder: Mapping[str, Any], key: str, *, row: int = 0, most: int, empty: bool = False
    ) -> str:
        """Return a text without controls but line breaks; what is none is a fault."""
        value = holder.get(key)
        if not isinstance(value, str) or (not empty and not value.strip()) or len(value) > most:
            wanted = f"attendu un texte de {most} caractères au plus"
            self.wrong(f"{wanted}{'' if empty else ', non vide'}.", row=row, key=key, found=value)
            return ""
        return _clean(value)

    def keys(self, holder: Mapping[str, Any], known: set[str], *, row: int = 0) -> None:
        for key in sorted(holder.keys() - known):
            self.wrong(
                "Cette clé n’est pas de celles qu’une carte écrit.", row=row, key=_short(key)
            )


def read_remarks(paths: Sequence[Path], *, plan: str, campaign: str) -> ReadRemarks:
    """Return the remarks of these files.

    Parameters
    ----------
    plan
        Digest of the plan at hand, as its pages carry it. A file of another plan of the same
        campaign is read, with a warning; one of another campaign is refused.
    campaign
        Name of the campaign.

    Raises
    ------
    CampaignError
        With every fault of every file.
    """
    problems: list[Problem] = []
    remarks: list[Remark] = []
    for path in paths:
        file = _File(str(path))
        document = _document(file, path)
        if document is not None:
            remarks += _remarks(file, document, plan=plan, campaign=campaign)
        problems += _most(file)
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise CampaignError(problems)
    return ReadRemarks(tuple(remarks), tuple(problems))


def _most(file: _File) -> list[Problem]:
    more = len(file.problems) - MOST_FAULTS
    if more <= 0:
        return file.problems
    last = Problem(
        Where(file.name),
        "bad-remark",
        f"Et {counted(more, 'autre défaut', 'autres défauts')} de ce fichier.",
        remedy=_SAVE_AGAIN,
    )
    return [*file.problems[:MOST_FAULTS], last]


def _document(file: _File, path: Path) -> dict[str, Any] | None:
    """Return the object that a file holds; None, with its fault noted, where there is none."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        file.wrong(f"Illisible{NBSP}: {system_reason(error.errno, otherwise=str(error))}.")
        return None
    if len(content) > MOST_BYTES:
        file.wrong(f"Plus de {MOST_BYTES // 1_000_000}{NBSP}Mo{NBSP}: ce n’est pas ce fichier-là.")
        return None
    try:
        document = json.loads(
            content.decode("utf-8-sig"), object_pairs_hook=_unique, parse_constant=_no_number
        )
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", "") or "texte, nombre ou clé que JSON n’admet pas"
        line = getattr(error, "lineno", 0)
        at = f" (ligne {line} du fichier)" if line else ""
        file.wrong(f"Ce n’est pas du JSON en UTF-8{at}{NBSP}: {reason}.")
        return None
    if not isinstance(document, dict):
        file.wrong("attendu l’objet JSON qu’une carte enregistre.", found=document)
        return None
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key twice")
    return found


def _no_number(name: str) -> float:
    raise ValueError(name)


def _remarks(file: _File, document: Mapping[str, Any], *, plan: str, campaign: str) -> list[Remark]:
    if document.get("schema") != SCHEMA:
        file.wrong(f"attendu {quoted(SCHEMA)}.", key="schema", found=document.get("schema"))
        return []
    file.keys(document, _HEAD)
    told = file.text(document, "plan", most=_NAME)
    page = file.text(document, "page", most=_NAME)
    named = file.text(document, "campaign", most=_LABEL, empty=True)
    same = told == plan
    if told and not same:
        _other_plan(file, named=named, campaign=_clean(campaign))
    rows = document.get("remarks")
    if not isinstance(rows, list) or len(rows) > MOST_REMARKS:
        file.wrong(f"attendu une liste de {MOST_REMARKS} remarques au plus.", key="remarks")
        return []
    found = [_remark(file, row, i, page=page, same=same) for i, row in enumerate(rows, start=1)]
    return [remark for remark in found if remark is not None]


def _other_plan(file: _File, *, named: str, campaign: str) -> None:
    if named != campaign:
        file.wrong(
            f"Ces remarques sont celles d’une autre campagne que {quoted(_short(campaign))}.",
            key="campaign",
            found=named,
        )
        return
    file.problems.append(
        Problem(
            Where(file.name, 0, "plan"),
            "other-plan",
            "Ces remarques ont été faites sur une autre version du plan.",
            remedy="Vérifier qu’elles valent encore ; la colonne « autre_version » les signale.",
            severity=Severity.WARNING,
        )
    )


def _remark(file: _File, row: object, rank: int, *, page: str, same: bool) -> Remark | None:
    if not isinstance(row, dict) or not isinstance(row.get("target"), dict):
        file.wrong("attendu une remarque, avec ce dont elle parle.", row=rank, key="target")
        return None
    before = len(file.problems)
    target = row["target"]
    kinds = [kind for kind in Subject if kind == target.get("kind")]
    if not kinds:
        wanted = "attendu « face », « zone » ou « plan »."
        file.wrong(wanted, row=rank, key="kind", found=target.get("kind"))
        return None
    subject = kinds[0]
    file.keys(row, _REMARK, row=rank)
    file.keys(target, _TARGETS[subject], row=rank)
    text = file.text(row, "text", row=rank, most=_TEXT)
    author = file.text({"author": "", **row}, "author", row=rank, most=_NAME, empty=True)
    label = file.text(target, "label", row=rank, most=_LABEL)
    on_face, on_zone = subject is Subject.FACE, subject is Subject.ZONE
    level = file.text(target, "level", row=rank, most=_NAME) if on_zone else ""
    has_id = on_face and "face" in target
    face_id = file.text(target, "face", row=rank, most=_NAME) if has_id else ""
    lnglat = _lnglat(file, target, rank) if on_face else None
    at = _moment(file, row, rank)
    if len(file.problems) > before or at is None:
        return None
    return Remark(subject, label, text, author, at, face_id, level, lnglat, page, same)


def _lnglat(file: _File, target: Mapping[str, Any], rank: int) -> LngLat | None:
    values = []
    for key, most in (("lng", 180), ("lat", 90)):
        value = target.get(key)
        degrees = (
            value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
        )
        if not abs(degrees) <= most:  # so that NaN is out too
            wanted = f"attendu un nombre de degrés de -{most} à {most}."
            file.wrong(wanted, row=rank, key=key, found=value)
        else:
            values.append(float(degrees))
    return LngLat(*values) if len(values) == 2 else None


def _moment(file: _File, row: Mapping[str, Any], rank: int) -> datetime | None:
    value = row.get("at")
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is not None and moment.year in _YEARS:
        return moment
    wanted = "attendu une date et une heure avec leur fuseau, comme 2017-10-17T08:30:00Z."
    file.wrong(wanted, row=rank, key="at", found=value)
    return None


def _clean(text: str) -> str:
    """Return the text with a space for each control but line breaks, and for lone surrogates."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = (c if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs"} else " " for c in lines)
    return "".join(plain).strip()


def _short(text: str) -> str:
    shown = _clean(text).replace("\n", " ")
    return shown if len(shown) <= 60 else f"{shown[:59]}…"
