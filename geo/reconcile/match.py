"""Matches the rows that came back to the lines of the order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from geo.french import NBSP, number, quoted
from geo.model import Campaign
from geo.order import LineState
from geo.plan import Plan, Posting
from geo.reconcile.answers import answer
from geo.reconcile.ledger import Ledger
from geo.reconcile.returned import (
    Answer,
    Change,
    NewFace,
    Reconciliation,
    Returned,
    ReturnedLine,
    Row,
)


@dataclass(frozen=True, slots=True)
class _Named:
    """A row whose face is known: one of the inventory, or one that is `new` to it."""

    line: ReturnedLine
    new: NewFace | None = None


_Claim = tuple[ReturnedLine, Posting]


def reconcile(
    campaign: Campaign, plan: Plan, returned: Returned, *, accept_proposals: bool = False
) -> Reconciliation:
    """Return what a returned file comes to; nothing is planned again yet.

    A row speaks of a line of the order by face and period. Where the face is ordered for another
    period, with the same visual, and no row speaks of that line, it was moved. Anything less
    certain is a `Proposal`: another spelling of the face, a face at the same place or address, a
    face that was not ordered, one that is new. A row that is a proposal only changes nothing until
    the planner accepts it, in the row or by `accept_proposals`. Of a row with a cell that cannot
    be read only what is certain is told, and nothing of it is carried out.
    """
    ledger = Ledger(campaign, plan, returned, accept=accept_proposals)
    unread = _unread(ledger, (line for line in returned.lines if line.unread))
    good = (line for line in returned.lines if not line.unread)
    claims, rest = _claimed(ledger, [found for line in good for found in _named(ledger, line)])
    if returned.is_whole and not ledger.has_faults():  # else a bad row may speak of the free line
        moved, rest = _moved(ledger, rest)
        claims += moved
    claims = [claim for claim in _checked(ledger, [*claims, *unread]) if not claim[0].unread]
    for found in rest:
        instead = _add(ledger, found, claims)
        claims = [claim for claim in claims if claim is not instead]
    for line, posting in claims:
        answer(ledger, line, posting)
    return ledger.result()


# Which face a row means


def _named(ledger: Ledger, line: ReturnedLine) -> Iterator[_Named]:
    """Yield the row with its face, if that is known or an accepted proposal."""
    if not _has_periods(ledger, line):
        return
    if line.face_id in ledger.finder.index:
        yield _Named(line)
        return
    ordered = {face for face, period in ledger.order if line.period in {None, period}}
    guess = ledger.finder.guess(line.face_id, line.words, ordered=ordered)
    if guess is not None:
        question, metres = guess.sentence(line.face_id), guess.distance_m
        if ledger.propose(line, guess.kind, guess.face_id, question, distance_m=metres):
            yield _Named(replace(line, face_id=guess.face_id))
    elif (new := _new_face(line)) is not None:
        ledger.warn_of_format(line)
        question = (
            f"La face {quoted(new.face_id)} est nouvelle{NBSP}; l’ajouter à l’inventaire{NBSP}?"
        )
        if ledger.propose(line, "new-face", new.face_id, question):
            yield _Named(line, new)
    else:
        ledger.warn_of_format(line)
        ledger.fault(
            line,
            "face_id",
            "unknown-face",
            found=line.face_id,
            message=f"La face {quoted(line.face_id)} n’est pas dans l’inventaire.",
            remedy=f"Corrigez l’identifiant, ou donnez pour une nouvelle face{NBSP}: vague, "
            "visuel, lat, lon, format, prix et contacts.",
        )


def _has_periods(ledger: Ledger, line: ReturnedLine) -> bool:
    """Return whether every period that the row names is one of the campaign."""
    count = ledger.campaign.periods.count
    told = {"period": line.period, "new_period": line.new_period}
    wrong = {name: period for name, period in told.items() if period and not 1 <= period <= count}
    for column, period in wrong.items():
        ledger.fault(
            line,
            column,
            "period-out-of-range",
            found=str(period),
            message=f"La vague {period} n’existe pas{NBSP}: la campagne va de 1 à {count}.",
            remedy="Corrigez le numéro de la vague.",
        )
    return not wrong


def _new_face(line: ReturnedLine) -> NewFace | None:
    """Return the face that a row tells all about, or None if it does not."""
    words = line.words
    told = words.lnglat is not None and words.format and words.contacts and line.visual
    price = line.latest_price_cents
    if not told or price is None or line.period is None:
        return None
    return NewFace(line.row, line.face_id, words, price)


# Which line of the order a row speaks of


def _unread(ledger: Ledger, lines: Iterable[ReturnedLine]) -> list[_Claim]:
    """Match rows with a cell that cannot be read, where the face and the period can be."""
    claims: list[_Claim] = []
    for line in lines:
        if _has_periods(ledger, line) and line.period is not None:
            posting = _posting_of(ledger, line)
            claims += [] if posting is None else [(line, posting)]
    return claims


def _claimed(ledger: Ledger, named: Iterable[_Named]) -> tuple[list[_Claim], list[_Named]]:
    """Match rows by face and period; return those too that match no line of the order."""
    claims: list[_Claim] = []
    rest: list[_Named] = []
    for found in named:
        posting = _posting_of(ledger, found.line)
        if posting is not None:
            claims.append((found.line, posting))
        elif not _is_closed(ledger, found.line):
            rest.append(found)
    ledger.spoken_of.update(posting for _, posting in claims)
    return claims, rest


def _posting_of(ledger: Ledger, line: ReturnedLine) -> Posting | None:
    if line.period is not None:
        return ledger.order.get((line.face_id, line.period))
    only = ledger.periods_of.get(line.face_id, [])
    return only[0] if len(only) == 1 else None


def _is_closed(ledger: Ledger, line: ReturnedLine) -> bool:
    """Return whether the row repeats a line that was closed before: nothing is left to do."""
    return any(
        record.state.is_closed and line.state in {None, record.state}
        for record in ledger.records_of(line.face_id, line.period)
        if line.visual in {"", ledger.visuals[record.agent_id]}
    )


def _moved(ledger: Ledger, named: list[_Named]) -> tuple[list[_Claim], list[_Named]]:
    """Match rows whose face is ordered for another period, with the same visual."""
    free: dict[tuple[str, str], list[Posting]] = defaultdict(list)
    for posting in sorted(ledger.order.values()):
        if posting not in ledger.spoken_of:
            free[posting.face_id, ledger.visuals[posting.agent_id]].append(posting)
    wanted = Counter((found.line.face_id, found.line.visual) for found in named)
    claims: list[_Claim] = []
    rest: list[_Named] = []
    for found in named:
        line, key = found.line, (found.line.face_id, found.line.visual)
        if line.period is not None and wanted[key] == 1 and len(free[key]) == 1:
            moved = replace(line, new_period=line.new_period or line.period)
            claims.append((moved, free[key][0]))
        else:
            rest.append(found)
    return claims, rest


def _checked(ledger: Ledger, claims: Iterable[_Claim]) -> list[_Claim]:
    """Return the claims that are the first of their line and leave its visual as it is."""
    rows: dict[Posting, Row] = {}
    good = []
    for line, posting in sorted(claims, key=lambda claim: claim[0].row):
        first = rows.setdefault(posting, line.row)
        ledger.spoken_of.add(posting)
        visual = ledger.visuals[posting.agent_id]
        if first != line.row:
            ledger.fault(
                line,
                "face_id",
                "duplicate-line",
                found=line.face_id,
                message=f"La face {quoted(line.face_id)}, vague {posting.period}, est déjà là "
                f"({first}).",
                remedy="Gardez une seule ligne par face et par vague.",
            )
        elif line.visual and line.visual != visual:
            ledger.fault(
                line,
                "visual",
                "changed-visual",
                found=line.visual,
                message=f"Le visuel commandé sur cette face est {quoted(visual)}.",
                remedy=f"Rétablissez-le{NBSP}; pour en changer, posez un verrou et recalculez.",
            )
        else:
            good.append((line, posting))
    return good


# What was not ordered


def _add(ledger: Ledger, found: _Named, claims: Iterable[_Claim]) -> _Claim | None:
    """Propose a line that was not ordered; return the refused one that it replaces, if it does."""
    line, agent_id = found.line, ledger.agents.get(found.line.visual)
    if line.period is None or agent_id is None:
        ledger.fault(
            line,
            "period" if line.period is None else "visual",
            "not-ordered",
            found=line.face_id,
            message=f"La face {quoted(line.face_id)} n’est pas commandée ainsi.",
            remedy="Donnez la vague et le visuel d’une ligne de la commande, ou supprimez la "
            "ligne.",
        )
        return None
    posting = Posting(line.period, line.face_id, agent_id)
    instead = _refused_like(posting, claims)
    if not _may_add(ledger, found, instead):
        return None
    if not ledger.hold(line, posting, LineState.FIRM):
        return None
    if found.new is not None:
        ledger.add_face(found.new)
    price = None
    if found.new is None:
        price = ledger.price(line, line.face_id, line.latest_price_cents)
    if instead is None:
        ledger.answers.append(Answer(line.row, Change.ADDED, posting, None, price))
    elif ledger.close(instead[0], instead[1], LineState.REPLACED, by=posting):
        change = Answer(instead[0].row, Change.REPLACED, instead[1], posting, price)
        ledger.answers.append(change)
    return instead


def _refused_like(posting: Posting, claims: Iterable[_Claim]) -> _Claim | None:
    """Return the refused line of the same visual and period, if there is just one."""
    refused = [
        claim
        for claim in claims
        if claim[0].state in {LineState.REFUSED, LineState.REPLACED}
        and not claim[0].replacement
        and claim[0].new_period is None
        and (claim[1].period, claim[1].agent_id) == (posting.period, posting.agent_id)
    ]
    return refused[0] if len(refused) == 1 else None


def _may_add(ledger: Ledger, found: _Named, instead: _Claim | None) -> bool:
    line = found.line
    if found.new is not None:
        return True  # accepted as a new face just before
    if instead is None:
        question = (
            f"La face {quoted(line.face_id)}, vague {line.period}, n’était pas commandée{NBSP}; "
            f"l’ajouter avec le visuel {quoted(line.visual)}{NBSP}?"
        )
        return ledger.propose(line, "addition", line.face_id, question)
    refused = instead[1].face_id
    metres = ledger.finder.between_m(refused, line.face_id)
    question = (
        f"La face {quoted(line.face_id)} remplace-t-elle {quoted(refused)}, refusée, à "
        f"{number(metres)}{NBSP}m{NBSP}?"
    )
    return ledger.propose(line, "replacement", line.face_id, question, distance_m=metres)
