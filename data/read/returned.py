"""The file that a buyer sends back: the order with its answers, or the proofs of posting.

It comes through the doors that every other table comes through. Which of the two it is, its
columns tell: proofs have photos.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from data.read.adapt import Given, adapt
from data.read.cells import CellFault, convert, day, number, parse_number, price, yes_no
from data.read.codes import Code
from data.read.folder import LAYER_LIMIT, Folder
from data.read.log import ProblemLog, closest
from data.read.messages import did_you_mean, shown
from data.read.schema import Column, Schema, fold
from data.read.table import Table
from data.read.tables import open_table
from data.read.workbook import SUFFIXES as WORKBOOKS
from data.read.workbook import read_sheets, split_sheet
from data.write.sheet import typed
from geo.crs import LngLat
from geo.errors import CampaignError, Problem, Severity, Where, errors_among
from geo.french import NBSP, quoted
from geo.order import LineState
from geo.reconcile.proof import ProofRow
from geo.reconcile.returned import FaceWords, Returned, ReturnedLine, Row

T = TypeVar("T")

RETURNED = Schema(
    "returned",
    (
        Column("face_id", ("ref_face", "reference_face", "id_face", "code_face", "face",
                           "reference", "ref", "ref_panneau"), required=True),
        Column("period", ("vague", "periode", "numero_vague", "n_vague")),
        Column("visual", ("visuel_ref", "visuel", "ref_visuel", "portrait_id", "creation")),
        Column("state", ("statut", "etat", "reponse", "decision", "confirmation", "retour")),
        Column("replacement", ("remplacement", "face_remplacement", "face_de_remplacement",
                               "ref_remplacement", "remplacee_par", "remplace_par")),
        Column("new_period", ("nouvelle_vague", "vague_proposee", "nouvelle_periode")),
        Column("price", ("prix_espace_ht", "prix_ht", "prix", "price_eur", "tarif", "tarif_ht")),
        Column("new_price", ("nouveau_prix", "nouveau_prix_ht", "prix_revise", "nouveau_tarif",
                             "prix_negocie")),
        Column("operator", ("afficheur", "regie", "operateur", "exploitant")),
        Column("format", ("format_affiche",)),
        Column("support", ("type_support", "mobilier", "type_mobilier")),
        Column("surface_m2", ("surface", "surface_en_m2")),
        Column("lit", ("eclaire", "eclairee", "eclairage")),
        Column("address", ("adresse",)),
        Column("postcode", ("code_postal", "cp"), holds="code"),
        Column("city", ("commune", "ville")),
        Column("insee", ("code_insee", "insee_commune"), holds="code"),
        Column("lat", ("latitude", "lat_photo", "latitude_photo")),
        Column("lon", ("longitude", "lng", "long", "lon_photo", "longitude_photo")),
        Column("contacts", ("contacts_vague", "contacts_par_vague", "audience")),
        Column("note", ("remarque", "remarques", "commentaire", "commentaires", "observation",
                        "observations", "motif")),
        Column("accepted", ("accord", "accepte", "accepter", "proposition_acceptee")),
        Column("photo", ("fichier_photo", "nom_photo", "photo_pige", "pige", "preuve", "image")),
        Column("taken_on", ("date_pose", "date_photo", "date_pige", "pose_le", "date_de_pose",
                            "date"), holds="date"),
    ),
)  # fmt: skip
"""Every column of either file; what else the buyer filled is not read, which is noted."""

_STATES = {
    LineState.PROPOSED: ("proposee", "propose", "proposition", "en_attente", "attente"),
    LineState.OPTION: ("option", "en_option", "optionnee", "optionne", "sous_option"),
    LineState.FIRM: ("ferme", "confirmee", "confirme", "ok", "oui", "acceptee", "accepte",
                     "validee", "valide", "reservee", "reserve", "bon"),
    LineState.REFUSED: ("refusee", "refuse", "non", "ko", "indisponible", "non_disponible",
                        "pas_disponible", "vendue", "vendu"),
    LineState.REPLACED: ("remplacee", "remplace", "remplacement", "deplacee", "deplace",
                         "decalee", "decale", "reportee", "reporte"),
    LineState.POSTED: ("posee", "pose", "affichee", "affiche"),
    LineState.CANCELLED: ("annulee", "annule", "annulation"),
}  # fmt: skip
_STATE_OF = {word: state for state, words in _STATES.items() for word in words}
_PERIOD = re.compile(r"(?:v(?:ague)?|p(?:eriode)?)?[\s.n°]*(\d{1,3})(?:[.,]0+)?", re.IGNORECASE)
_MOST_CONTACTS = 1e9


@dataclass(frozen=True, slots=True)
class ReadReturned:
    """What came back: answers, or proofs (`rows` is None where it is the order).

    `errors` are those of single rows, which are `unread` in `returned` and in `rows`.
    """

    returned: Returned
    rows: tuple[ProofRow, ...] | None
    warnings: tuple[Problem, ...]
    errors: tuple[Problem, ...]


def read_returned(path: Path) -> ReadReturned:
    """Return what a buyer sent back.

    Raises
    ------
    CampaignError
        If the file cannot be read as a whole: with its every problem, that of rows included.
    OSError
        If there is no such file.
    """
    path.stat()
    log = ProblemLog()
    wrong: list[Problem] = []
    tables = _tables(path.resolve(), log, wrong)
    lines: list[ReturnedLine] = []
    rows: list[ProofRow] = []
    for table in tables:
        wrong += _not_read(table)
        read = _lines(table, log, wrong)
        lines += read
        rows += _proofs(table, log, read)
    problems = tuple(sorted((*log.sorted(), *wrong)))
    errors = errors_among(problems)
    bad_rows = {_row_of(problem.where) for problem in errors}
    if not bad_rows <= {line.row for line in lines}:
        raise CampaignError(errors)
    lines = [replace(line, unread=line.row in bad_rows) for line in lines]
    rows = [replace(row, unread=row.row in bad_rows) for row in rows]
    is_proof = any(table.has("photo") for table in tables)
    names = [column.name for column in RETURNED.columns]
    headings = {name: table.heading(name) for table in reversed(tables) for name in names}
    returned = Returned(path.name, tuple(lines), headings)
    warnings = tuple(problem for problem in problems if problem.severity is Severity.WARNING)
    return ReadReturned(returned, tuple(rows) if is_proof else None, warnings, errors)


def _tables(path: Path, log: ProblemLog, wrong: list[Problem]) -> list[Table]:
    """Return the table of the file; of a workbook, that of every sheet that names faces."""
    folder, where = Folder(path.parent, log), Where(path.name)
    if path.suffix.casefold() not in WORKBOOKS:
        table = open_table(folder, path.name, schema=RETURNED, asked_at=where, log=log)
        return [] if table is None else [table]
    content = folder.read(path.name, limit=LAYER_LIMIT, asked_at=where)
    if content is None:
        return []
    sheets, names = read_sheets(content, path.name, schema=RETURNED, log=log)
    sheets = [sheet for sheet in sheets if any(map(sheet.has, _ANSWERS))]
    if not sheets and not log.has_errors():
        log.add(Code.NO_HEADING, where, expected="ref_face")
    elif sheets:
        wrong += _sheets_not_read(path.name, names, sheets)
    adapted = [adapt(sheet, RETURNED, Given(), log) for sheet in sheets]
    return [table for table in adapted if table is not None]


def _sheets_not_read(file: str, names: Sequence[str], tables: Sequence[Table]) -> Iterator[Problem]:
    """Yield the sheets without answers, hidden ones too; not those of our own order."""
    read = {split_sheet(table.file)[1] for table in tables}
    for name in names:
        if name in read or name in _OF_THE_BOOK:
            continue
        yield Problem(
            Where(f"{file}#{name}"),
            "sheet-not-read",
            f"La feuille {quoted(name)} n’est pas lue{NBSP}: elle est masquée, ou elle n’a pas les "
            "titres d’une réponse.",
            name,
            "Si elle compte, affichez-la et donnez-lui la ligne de titres de la commande.",
            Severity.WARNING,
        )


def _not_read(table: Table) -> Iterator[Problem]:
    """Yield the filled columns that are neither ours nor of the order."""
    read = set(table.position.values())
    for place, (heading, column) in enumerate(zip(table.headings, table.columns, strict=True)):
        if place in read or fold(heading) in _OF_THE_ORDER or not any(column):
            continue
        yield Problem(
            Where(table.file, 0, heading),
            "column-not-read",
            f"La colonne {quoted(shown(heading))} est remplie, mais elle n’est pas lue.",
            shown(heading),
            f"Si elle compte, donnez-lui l’un des titres de docs/formats.md{NBSP}: remarque, "
            "remplacement, nouveau prix…",
            Severity.WARNING,
        )


def _row(table: Table, number: int) -> Row:
    """Return the place of a row of a table."""
    return _row_of(Where(table.file, number))


def _row_of(where: Where) -> Row:
    """Return the row of a place; the file of a sheet is ``name#sheet``."""
    name, sheet = split_sheet(where.file)
    return Row(sheet if name != where.file else "", where.row)


def _lines(table: Table, log: ProblemLog, wrong: list[Problem]) -> tuple[ReturnedLine, ...]:
    texts = {
        name: [typed(cell) for cell in table.cells(name)]
        for name in ("face_id", "visual", "replacement", "note", *_WORDS)
    }
    convert(table, "face_id", str, log=log, empty="", required=True)
    values: dict[str, list[Any]] = {
        name: _values(table, name, parse, log) for name, parse in _PARSERS.items()
    }
    states = _states(table, wrong)
    return tuple(
        ReturnedLine(
            row=_row(table, row),
            face_id=texts["face_id"][i],
            period=values["period"][i],
            visual=texts["visual"][i],
            state=states[i],
            replacement=texts["replacement"][i],
            new_period=values["new_period"][i],
            price_cents=values["price"][i],
            new_price_cents=values["new_price"][i],
            words=FaceWords(
                **{name: texts[name][i] for name in _WORDS},
                surface_m2=values["surface_m2"][i],
                lit=values["lit"][i],
                lnglat=_lnglat(values["lon"][i], values["lat"][i]),
                contacts=values["contacts"][i],
            ),
            accepted=bool(values["accepted"][i]),
            note=texts["note"][i],
        )
        for i, row in enumerate(table.rows)
    )


def _proofs(table: Table, log: ProblemLog, lines: tuple[ReturnedLine, ...]) -> tuple[ProofRow, ...]:
    days = _values(table, "taken_on", day, log)
    return tuple(
        ProofRow(
            row=line.row,
            face_id=line.face_id,
            period=line.period,
            photo=typed(photo),
            taken_on=taken_on,
            lnglat=line.words.lnglat,
            accepted=line.accepted,
        )
        for line, photo, taken_on in zip(lines, table.cells("photo"), days, strict=True)
    )


def _values(table: Table, name: str, parse: Callable[[str], T], log: ProblemLog) -> list[T | None]:
    def parse_or_none(text: str) -> T | None:
        return parse(text)

    return convert(table, name, parse_or_none, log=log, empty=None)


def _states(table: Table, wrong: list[Problem]) -> list[LineState | None]:
    """Return the state of each row; the words of the trade, whatever their gender."""
    states: list[LineState | None] = []
    for i, text in enumerate(table.cells("state")):
        folded = fold(text)
        if folded and folded not in _STATE_OF:
            hint = did_you_mean(closest(folded, _STATE_OF))
            wrong.append(
                Problem(
                    table.where(i, "state"),
                    "unknown-state",
                    f"{quoted(shown(text))} n’est pas un état de ligne.{hint}",
                    shown(text),
                    f"Écrivez{NBSP}: proposée, option, ferme, refusée, remplacée, posée ou "
                    "annulée.",
                    Severity.ERROR,
                )
            )
        states.append(_STATE_OF.get(folded))
    return states


def _period(text: str) -> int:
    match = _PERIOD.fullmatch(text)
    if match is None:
        raise CellFault(Code.BAD_PERIOD, value=text)
    return int(match[1])


def _degrees(most: float) -> Callable[[str], float]:
    return number(least=-most, most=most)


def _contacts(text: str) -> float:
    value = parse_number(text)
    if not Decimal(0) <= value <= Decimal(_MOST_CONTACTS):
        raise CellFault(Code.OUT_OF_RANGE, name=text, expected="0 à 1 000 000 000")
    return float(value)


def _lnglat(lng: float | None, lat: float | None) -> LngLat | None:
    if lng is None or lat is None or not (math.isfinite(lng) and math.isfinite(lat)):
        return None
    return LngLat(lng, lat)


_OF_THE_ORDER = frozenset({"zone", "date_debut", "date_fin", "modification"})
# Sheets of the order that went out which hold no line of it (`data.write.workbook`).
_OF_THE_BOOK = frozenset(
    {"Par vague", "Par visuel", "Par format", "Par commune", "Emplacements à confirmer"}
)
# A sheet that names faces and none of these is a list of something else.
_ANSWERS = ("period", "visual", "state", "replacement", "new_period", "new_price", "photo")
_WORDS = ("operator", "format", "support", "address", "postcode", "city", "insee")
_PARSERS: dict[str, Callable[[str], Any]] = {
    "period": _period,
    "new_period": _period,
    "price": price,
    "new_price": price,
    "surface_m2": number(least=0.01, most=10_000),
    "lit": yes_no,
    "lat": _degrees(90),
    "lon": _degrees(180),
    "contacts": _contacts,
    "accepted": yes_no,
}
