"""The headings of a table: which row they are, and which column each of them means."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from functools import cache

from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.messages import quoted
from data.read.owners import OwnerSchema, lend, owner_names, recognise
from data.read.schema import Schema, fold, names_of
from geo.errors import Where

MOST_TITLE_ROWS = 30
MOST_COLUMNS = 1000
_LIKELY_A_TYPO = 0.85
_LONGEST_HEADING = 200


def find_heading(rows: Sequence[Sequence[str]], schema: Schema) -> tuple[int, int]:
    """Return the place of the row that names most columns, and how many it names.

    The first one wins a tie. Below the first row that is not blank, a row must name two.
    """
    known = _heading_names(schema)
    best, most = 0, 0
    for i, cells in enumerate(rows[: MOST_TITLE_ROWS + 1]):
        named = len({fold(cell[:_LONGEST_HEADING]) for cell in cells[:MOST_COLUMNS]} & known)
        if named > most and (named > 1 or i == 0):
            best, most = i, named
    return best, most


@cache
def _heading_names(schema: Schema) -> frozenset[str]:
    return frozenset(names_of(schema)) | owner_names(schema.kind) | frozenset(schema.ambiguous)


def positions(
    headings: Sequence[str], schema: Schema, *, at: Where, log: ProblemLog
) -> dict[str, int] | None:
    """Return where each known column is, or None where the headings cannot be used.

    Accents, case, punctuation and order do not count. Two headings for one column, a heading that
    may mean several, and a column that must be there and is not, are problems; a heading that looks
    like a misspelt one is noted. The names of a media owner's schema fill what is not there.
    """
    folded = _places(headings)
    known = names_of(schema)
    found: dict[str, list[int]] = {}
    for heading, places in folded.items():
        if name := known.get(heading):
            found.setdefault(name, []).extend(places)
    owner = recognise(folded, schema.kind)
    if owner is not None:
        found |= {name: places for name, (_, places) in lend(owner, folded, found).items()}
    usable = _note_duplicates(headings, found, at=at, log=log)
    there = {*found, *(owner.provides if owner else ())}
    doubtful = _note_ambiguous(headings, folded, schema, there, at=at, log=log)
    usable &= not doubtful
    usable &= _note_missing(schema, there | doubtful, at=at, log=log)
    _note_typos(headings, schema, found, owner, at=at, log=log)
    return {name: min(places) for name, places in found.items()} if usable else None


def _places(headings: Sequence[str]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for i, heading in enumerate(headings):
        if folded := fold(heading[:_LONGEST_HEADING]):
            places.setdefault(folded, []).append(i)
    return places


def _note_duplicates(
    headings: Sequence[str], found: Mapping[str, list[int]], *, at: Where, log: ProblemLog
) -> bool:
    """Note the columns that several headings name; return whether there is none."""
    usable = True
    for name, places in found.items():
        if len(places) > 1:
            usable = False
            typed = ", ".join(quoted(headings[i]) for i in sorted(places))
            where = Where(at.file, at.row, headings[sorted(places)[1]])
            log.add(Code.DUPLICATE_HEADING, where, column=name, headings=typed)
    return usable


def _note_ambiguous(
    headings: Sequence[str],
    folded: Mapping[str, list[int]],
    schema: Schema,
    there: Collection[str],
    *,
    at: Where,
    log: ProblemLog,
) -> frozenset[str]:
    """Note the headings that may mean a missing column or another; return those columns."""
    missing = {column.name for column in schema.columns if column.required} - {*there}
    doubtful: set[str] = set()
    for heading, names in schema.ambiguous.items():
        if heading in folded and missing & set(names):
            doubtful |= missing & set(names)
            typed = headings[folded[heading][0]]
            columns = " ou ".join(map(quoted, names))
            where = Where(at.file, at.row, typed)
            log.add(Code.AMBIGUOUS_HEADING, where, found=typed, heading=typed, columns=columns)
    return frozenset(doubtful)


def _note_missing(schema: Schema, there: Collection[str], *, at: Where, log: ProblemLog) -> bool:
    """Note the required columns that are not there; return whether there is none."""
    missing = [c for c in schema.columns if c.required and c.name not in there]
    for column in missing:
        where = Where(at.file, at.row, column.name)
        log.add(Code.MISSING_COLUMN, where, column=column.name, names=", ".join(column.names))
    return not missing


def _note_typos(
    headings: Sequence[str],
    schema: Schema,
    found: Mapping[str, list[int]],
    owner: OwnerSchema | None,
    *,
    at: Where,
    log: ProblemLog,
) -> None:
    absent = {
        name: column.name
        for column in schema.columns
        if column.name not in found
        for name in column.names
        if len(name) > 2
    }
    known = _heading_names(schema) | (owner.marks if owner else frozenset())
    for heading in headings:
        folded = fold(heading[:100])
        if folded in known:
            continue
        if close := get_close_matches(folded, sorted(absent), n=1, cutoff=_LIKELY_A_TYPO):
            where = Where(at.file, at.row, heading)
            log.add(Code.UNKNOWN_COLUMN, where, heading=heading, column=absent[close[0]])
