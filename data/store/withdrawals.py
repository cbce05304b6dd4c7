"""Withdrawals that stand: no file, row or folder brings a withdrawn consent back by itself.

The audit trail is the memory: whose latest word on a consent is that it is withdrawn, consents to
no more than the campaign says of them now, whatever comes in. It ends where somebody who may says
that a new consent was given (`give`). A folder that is taken in as a new campaign is compared with
the other campaigns: the same id and the same name are the same person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy import select

from data.read.cells import MEDIA, SEPARATOR
from data.read.text import normal
from data.store import audit
from data.store.audit import Act
from data.store.consents import AGENTS, GIVEN, SUBJECT, WITHDRAWN, Consent, consent_of
from data.store.engine import Tx
from data.store.rows import Row
from data.store.tables import ROWS, AuditRecord, InputRecord
from geo.errors import Problem, Severity, Where
from geo.french import NBSP

MEDIA_COLUMN, UNTIL_COLUMN = "consent_media", "consent_until"
EVERYBODY = "tous"
CODE = "consent-withdrawn"
NOTHING = Consent(frozenset(), None)


class ConsentWithdrawnError(Exception):
    """A change of a row would bring back a consent that was withdrawn."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of agents as they may be stored, and whom a withdrawal was kept for."""

    rows: Sequence[Row]
    headings: Sequence[str]
    agent_ids: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = field(default=())


def standing(tx: Tx, campaign_id: str) -> frozenset[str]:
    """Return the agents whose latest word on their consent is a withdrawal."""
    query = select(AuditRecord.subject, AuditRecord.action).where(
        AuditRecord.campaign_id == campaign_id, AuditRecord.action.in_((WITHDRAWN, GIVEN))
    )
    rows = tx.execute(query.order_by(AuditRecord.seq))
    latest = {row.subject: row.action for row in rows}
    return frozenset(
        subject.removeprefix(SUBJECT) for subject, action in latest.items() if action == WITHDRAWN
    )


def left_by(tx: Tx, campaign_id: str, now: Mapping[str, Consent]) -> dict[str, Consent]:
    """Return what those who have withdrawn still agree to: what `now` says, else nothing."""
    return {each: now.get(each, NOTHING) for each in sorted(standing(tx, campaign_id))}


def withdrawn_on(tx: Tx, campaign_id: str, agent_id: str) -> date | None:
    """Return the day (UTC) of the latest withdrawal of an agent; None if there was none."""
    query = select(AuditRecord.at).where(
        AuditRecord.campaign_id == campaign_id,
        AuditRecord.action == WITHDRAWN,
        AuditRecord.subject == f"{SUBJECT}{agent_id}",
    )
    latest = tx.scalar(query.order_by(AuditRecord.seq.desc()).limit(1))
    return None if latest is None else latest.date()


def give(tx: Tx, campaign_id: str, agent_id: str, *, given_on: date, act: Act) -> None:
    """Note that an agent has given a new consent: what its row says holds again from now on."""
    audit.record(
        tx,
        act,
        GIVEN,
        subject=f"{SUBJECT}{agent_id}",
        campaign_id=campaign_id,
        change={"given_on": given_on.isoformat()},
    )


def carry(tx: Tx, agent_ids: Collection[str], *, into: str, source: str, act: Act) -> None:
    """Let withdrawals of one campaign stand in another, which was made of it."""
    for agent_id in sorted(agent_ids):
        audit.record(
            tx,
            act,
            WITHDRAWN,
            subject=f"{SUBJECT}{agent_id}",
            campaign_id=into,
            change={"plans": [], "carried_from": source},
        )


def is_more(now: Consent, before: Consent) -> bool:
    """Return whether a consent covers something that another one does not."""
    if not now.media:
        return False
    longer = (now.until or date.max) > (before.until or date.max)
    return longer or not now.media <= before.media


def kept(
    rows: Sequence[Row],
    headings: Sequence[str],
    *,
    withdrawn: Mapping[str, Consent],
    file: str,
) -> Kept:
    """Return rows of agents in which nobody agrees to what they have withdrawn.

    Parameters
    ----------
    withdrawn
        By the id of who has withdrawn: what they still agree to.
    file
        The file that the problems are told of.
    """
    keeps = MEDIA_COLUMN in headings
    found, restored = list(rows), []
    for i, row in enumerate(rows):
        left = withdrawn.get(row.row_id)
        if left is not None and is_more(consent_of(row.cells, keeps=keeps), left):
            found[i] = _limited(row, left, keeps=keeps)
            restored.append(row.row_id)
    if not restored:
        return Kept(rows, headings)
    columns = [*headings, *([] if keeps else [MEDIA_COLUMN])]
    if UNTIL_COLUMN not in columns and any(row.cells.get(UNTIL_COLUMN) for row in found):
        columns.append(UNTIL_COLUMN)
    filled = [_filled(row, columns) for row in found]
    return Kept(filled, columns, tuple(restored), tuple(problem(each, file) for each in restored))


def problem(agent_id: str, file: str) -> Problem:
    """Return the warning that a withdrawal was kept."""
    return Problem(
        Where(file, 0, MEDIA_COLUMN),
        CODE,
        f"L’agent «{NBSP}{agent_id}{NBSP}» a retiré son accord{NBSP}: celui que porte cette ligne "
        "n’est pas repris.",
        "",
        "S’il a donné un nouvel accord depuis, notez-le expressément "
        f"(POST …/agents/{agent_id}/consent){NBSP}; sinon retirez-le du fichier.",
        Severity.WARNING,
        "",
    )


def elsewhere(tx: Tx, rows: Sequence[Row]) -> dict[str, dict[str, Consent]]:
    """Return who has withdrawn in other campaigns: by campaign, then by id, what they agree to.

    Somebody is the same person where the id and the name are the same; without a name nobody is
    recognised.
    """
    names = {row.row_id: _name(row.cells) for row in rows if _name(row.cells)}
    table = ROWS[AGENTS]
    ids = sorted(names)
    query = select(table.campaign_id, table.row_id, table.cells, InputRecord.headings).where(
        InputRecord.campaign_id == table.campaign_id,
        InputRecord.kind == AGENTS,
    )
    found: dict[str, dict[str, Consent]] = {}
    stand: dict[str, frozenset[str]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        some = query.where(table.row_id.in_(ids[start : start + _AT_ONCE]))
        for campaign_id, row_id, cells, headings in tx.execute(some).all():
            if _name(cells) != names[row_id]:
                continue
            if campaign_id not in stand:
                stand[campaign_id] = standing(tx, campaign_id)
            if row_id in stand[campaign_id]:
                consent = consent_of(cells, keeps=MEDIA_COLUMN in headings)
                found.setdefault(campaign_id, {})[row_id] = consent
    return dict(sorted(found.items()))


def least(consents: Collection[Mapping[str, Consent]]) -> dict[str, Consent]:
    """Return by id what several campaigns all still have an agreement for."""
    found: dict[str, Consent] = {}
    for each in consents:
        for agent_id, consent in each.items():
            found[agent_id] = _both(found.get(agent_id, consent), consent)
    return found


_AT_ONCE = 500
"""Ids in one question to the database."""


def _both(one: Consent, other: Consent) -> Consent:
    until = min(one.until or date.max, other.until or date.max)
    return Consent(one.media & other.media, None if until == date.max else until)


def _limited(row: Row, left: Consent, *, keeps: bool) -> Row:
    both = _both(consent_of(row.cells, keeps=keeps), left)
    cells = {
        **row.cells,
        MEDIA_COLUMN: SEPARATOR.join(medium for medium in MEDIA if medium in both.media),
    }
    if both.until is not None and both.media:
        cells[UNTIL_COLUMN] = both.until.isoformat()
    return replace(row, cells=cells)


def _filled(row: Row, columns: Sequence[str]) -> Row:
    """Return a row with all columns; whoever says nothing of media agreed to all, as before."""
    empty = {name: EVERYBODY if name == MEDIA_COLUMN else "" for name in columns}
    return replace(row, cells={name: row.cells.get(name, empty[name]) for name in columns})


def _name(cells: Mapping[str, str]) -> str:
    return normal(cells.get("name", "")).casefold()
