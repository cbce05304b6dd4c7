"""Remarks for the planner: a list for people, a summary in words, and a layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from data.write.layers import Layer
from data.write.sheet import (
    CODE,
    MOMENT,
    TEXT,
    WHOLE,
    YES_NO,
    Column,
    decimal,
    optional,
    write_sheet,
)
from geo.french import counted, long_date, quoted, typeset
from geo.model import Campaign
from geo.remarks import FoundRemark, Remark, Subject

LAYER = "remarques"
_PARIS = ZoneInfo("Europe/Paris")
_WORDS = {Subject.FACE: "face", Subject.ZONE: "zone", Subject.PLAN: "ensemble du plan"}


@dataclass(frozen=True, slots=True)
class RemarkLine:
    """A line of the list; the moment is local time."""

    number: int
    at: datetime
    author: str
    subject: str
    label: str
    text: str
    ref: str
    carries: str
    lat: float | None
    lon: float | None
    page: str
    is_found: bool
    is_other_plan: bool


REMARK_COLUMNS = (
    Column("numero", "number", WHOLE),
    Column("date", "at", MOMENT),
    Column("auteur", "author", TEXT),
    Column("objet", "subject", TEXT),
    Column("designation", "label", TEXT),
    Column("remarque", "text", TEXT),
    Column("reference", "ref", CODE),
    Column("affichages", "carries", TEXT),
    Column("lat", "lat", optional(decimal(5))),
    Column("lon", "lon", optional(decimal(5))),
    Column("carte", "page", TEXT),
    Column("retrouvee", "is_found", YES_NO),
    Column("autre_version", "is_other_plan", YES_NO),
)


def remark_lines(found: Sequence[FoundRemark]) -> tuple[RemarkLine, ...]:
    """Return the lines of the list, numbered from 1 in the order given."""
    return tuple(_line(i, each) for i, each in enumerate(found, start=1))


def _line(number: int, found: FoundRemark) -> RemarkLine:
    remark = found.remark
    place = remark.lnglat
    return RemarkLine(
        number=number,
        at=local(remark).replace(second=0, microsecond=0),
        author=remark.author,
        subject=_WORDS[remark.subject],
        label=remark.label,
        text=remark.text,
        ref=", ".join(found.face_ids or found.zone_ids) or remark.face_id,
        carries=", ".join(f"vague {period} : {portrait}" for period, portrait in found.postings),
        lat=None if place is None else place.lat,
        lon=None if place is None else place.lng,
        page=remark.page,
        is_found=found.is_found,
        is_other_plan=not remark.of_this_plan,
    )


def local(remark: Remark) -> datetime:
    """Return when a remark was made, at the time of mainland France, without its offset."""
    return remark.at.astimezone(_PARIS).replace(tzinfo=None)


def remarks_csv(found: Sequence[FoundRemark]) -> bytes:
    """Return the list as a French spreadsheet opens it."""
    return write_sheet(REMARK_COLUMNS, remark_lines(found))


def remarks_layer(campaign: Campaign, found: Sequence[FoundRemark]) -> Layer:
    """Return a point for each remark that has a place: its face, or a point inside its zone."""
    placed = [
        (line, each)
        for line, each in zip(remark_lines(found), found, strict=True)
        if each.x is not None
    ]
    points = np.array([(each.x, each.y) for _, each in placed], dtype=np.float64).reshape(-1, 2)
    texts = ("author", "subject", "label", "text", "ref", "carries", "page")
    headings = {column.field: column.heading for column in REMARK_COLUMNS}
    columns = {"numero": np.array([line.number for line, _ in placed], dtype=np.int64)}
    columns["date"] = np.array([line.at.isoformat() for line, _ in placed], dtype=object)
    for name in texts:
        values = [getattr(line, name) for line, _ in placed]
        columns[headings[name]] = np.array(values, dtype=object)
    others = ["oui" if line.is_other_plan else "non" for line, _ in placed]
    columns["autre_version"] = np.array(others, dtype=object)
    shapes = np.asarray(shapely.points(points), dtype=object)
    return Layer(LAYER, "Remarques", "Point", campaign.crs, shapes, columns)


def last_day(found: Sequence[FoundRemark], *, otherwise: date) -> date:
    """Return the day of the last remark."""
    return max((local(each.remark).date() for each in found), default=otherwise)


def remark_summary(
    campaign: Campaign, found: Sequence[FoundRemark], *, files: int, repeated: int
) -> list[str]:
    """Return what was gathered, in French, line by line.

    Parameters
    ----------
    files, repeated
        How many files were read, and how many remarks stood in them more than once.
    """
    count = Counter(each.remark.subject for each in found)
    told = (
        f"{counted(len(found), 'remarque', 'remarques')} dans "
        f"{counted(files, 'fichier', 'fichiers')} : {count[Subject.FACE]} sur des faces, "
        f"{count[Subject.ZONE]} sur des zones, {count[Subject.PLAN]} sur l’ensemble du plan."
    )
    lines = [f"Remarques sur {quoted(campaign.name)}", "", told]
    if repeated:
        lines.append(
            f"{counted(repeated, 'répétition', 'répétitions')} d’une remarque déjà lue : comptée "
            "une seule fois."
        )
    others = sum(not each.remark.of_this_plan for each in found)
    if others:
        lines.append(
            f"À relire : {counted(others, 'remarque', 'remarques')} sur une autre version."
        )
    lost = [i for i, each in enumerate(found, start=1) if not each.is_found]
    if lost:
        lines.append(
            "Objet introuvable dans cette campagne, à reprendre à la main : "
            f"n° {', '.join(map(str, lost))}."
        )
    for line in remark_lines(found):
        lines += ["", *_told(line)]
    return [typeset(line) for line in lines]


def _told(line: RemarkLine) -> list[str]:
    who = line.author or "Sans nom"
    about = line.label + (f" (réf. {line.ref})" if line.ref and line.ref not in line.label else "")
    head = f"{line.number}. {line.subject.capitalize()} – {_flat(about)}"
    said = f"   « {_flat(line.text)} »"
    rest = [f"   {_flat(who)}, {long_date(line.at.date())}, sur {_flat(line.page)}."]
    if line.carries:
        rest.append(f"   Porte {line.carries}.")
    return [head, said, *rest]


def _flat(text: str) -> str:
    return " ".join(text.split())


def summary_text(lines: Sequence[str]) -> bytes:
    """Return the summary as a text file that Windows opens as well."""
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()
