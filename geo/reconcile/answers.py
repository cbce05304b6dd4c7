"""What a row asks of its line of the order, and carrying it out."""

from __future__ import annotations

from dataclasses import replace

from geo.french import quoted
from geo.order import LineState
from geo.plan import Posting
from geo.reconcile.ledger import Ledger
from geo.reconcile.returned import Answer, Change, ReturnedLine

_CHANGES = {
    None: Change.UNCHANGED,
    LineState.PROPOSED: Change.UNCHANGED,
    LineState.OPTION: Change.OPTION,
    LineState.FIRM: Change.CONFIRMED,
    LineState.POSTED: Change.POSTED,
    LineState.REFUSED: Change.REFUSED,
    LineState.CANCELLED: Change.CANCELLED,
}


def answer(ledger: Ledger, line: ReturnedLine, posting: Posting) -> None:
    """Carry out what a row says of its line of the order.

    A face or a period that the row offers instead is taken for firm: the buyer has it.
    """
    now = _place_now(ledger, line, posting)
    if now is None:
        return
    moved_elsewhere = now.face_id != posting.face_id
    told = line.new_price_cents if moved_elsewhere else line.latest_price_cents
    price = ledger.price(line, now.face_id, told)
    if now != posting:
        if ledger.close(line, posting, LineState.REPLACED, by=now):
            ledger.hold(line, now, LineState.FIRM)
        change = Change.REPLACED if moved_elsewhere else Change.MOVED
        ledger.answers.append(Answer(line.row, change, posting, now, price))
        return
    state = line.state
    if state is not None and state.is_closed:
        ledger.close(line, posting, state)
    elif state is not None and state.is_binding:
        ledger.hold(line, posting, state)
    elif state is not None or line.note:
        ledger.record(posting, state, line)
    ledger.answers.append(Answer(line.row, _CHANGES[state], posting, None, price))


def _place_now(ledger: Ledger, line: ReturnedLine, posting: Posting) -> Posting | None:
    """Return the posting that the row asks for, or None where that is not known (yet)."""
    period = line.new_period or posting.period
    if line.state is LineState.REPLACED and not line.replacement and period == posting.period:
        ledger.fault(
            line,
            "replacement",
            "no-replacement",
            found="",
            message=f"La face {quoted(line.face_id)} est remplacée ou déplacée, mais rien ne dit "
            "par quelle face ni à quelle vague.",
            remedy="Remplissez une colonne « remplacement » ou « nouvelle_vague », ou écrivez "
            "« refusée ».",
        )
        return None
    if not line.replacement:
        return Posting(period, posting.face_id, posting.agent_id)
    face_id = _replacement(ledger, line)
    return None if face_id is None else Posting(period, face_id, posting.agent_id)


def _replacement(ledger: Ledger, line: ReturnedLine) -> str | None:
    """Return the face that is offered, or None where it is not known or only a proposal."""
    face_id = line.replacement
    if face_id in ledger.finder.index:
        return face_id
    # The place and the address of the row are those of the face that goes.
    guess = ledger.finder.guess(face_id, replace(line.words, lnglat=None, address=""))
    if guess is None:
        ledger.fault(
            line,
            "replacement",
            "unknown-face",
            found=face_id,
            message=f"La face de remplacement {quoted(face_id)} n’est pas dans l’inventaire.",
            remedy="Corrigez l’identifiant, ou donnez cette face sur une ligne à elle, avec vague, "
            "visuel, lat, lon, format, prix et contacts.",
        )
        return None
    question = guess.sentence(face_id)
    accepted = ledger.propose(line, guess.kind, guess.face_id, question)
    return guess.face_id if accepted else None
