"""The proofs of posting (« pige ») held against the order: what went up, when, and where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from geo.crs import LngLat
from geo.errors import Problem, Severity
from geo.french import NBSP, quoted
from geo.model import Campaign
from geo.order import LineRecord, LineState
from geo.plan import Plan, Posting
from geo.reconcile.near import FaceFinder
from geo.reconcile.returned import WHOLE_FILE, FaceWords, Proposal, Returned, Row

GRACE_DAYS = 2
"""Up to so many days after the first one a poster is still put up in time: crews need them."""

ELSEWHERE_M = 100.0
"""A photo taken further from its face shows another place: a telephone knows its own to 50 m."""


class Verdict(StrEnum):
    """What the proofs say of a line of the order."""

    AS_PLANNED = "conforme"
    LATE = "en retard"
    ELSEWHERE = "ailleurs"
    MISSING = "sans preuve"


@dataclass(frozen=True, slots=True)
class ProofRow:
    """One photo as the file tells it; None or empty where it does not.

    Of a row of which something could not be read (`unread`) only the face is looked at.
    """

    row: Row
    face_id: str
    period: int | None = None
    photo: str = ""
    taken_on: date | None = None
    lnglat: LngLat | None = None
    accepted: bool = False
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """A line of the order and its best proof.

    `days_late` counts from the first day of the period, 0 where it is not later; `distance_m` is
    from the face to the photo, None where the photo tells no place.
    """

    posting: Posting
    verdict: Verdict
    row: Row | None = None
    photo: str = ""
    taken_on: date | None = None
    days_late: int | None = None
    distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class Proofs:
    """What a file of proofs comes to: one `Proof` a posting of the order, sorted."""

    proofs: tuple[Proof, ...]
    proposals: tuple[Proposal, ...]
    problems: tuple[Problem, ...]
    records: tuple[LineRecord, ...]

    @property
    def open_proposals(self) -> tuple[Proposal, ...]:
        """Return the proposals that nobody has accepted yet."""
        return tuple(proposal for proposal in self.proposals if not proposal.accepted)

    def count(self, verdict: Verdict) -> int:
        """Return how many lines of the order have this verdict."""
        return sum(proof.verdict is verdict for proof in self.proofs)


def check_proofs(
    campaign: Campaign,
    plan: Plan,
    returned: Returned,
    rows: Sequence[ProofRow],
    *,
    accept_proposals: bool = False,
) -> Proofs:
    """Return what the photos prove of every line of the order.

    Of several photos of one line the best counts: at the right place before elsewhere, then the
    earliest, then the first row. A line is posted elsewhere if its photo is more than `ELSEWHERE_M`
    from its face; else late if it is of more than `GRACE_DAYS` after the first day of the period.
    What went up as planned or late is `LineState.POSTED` from now on.
    """
    check = _Check(campaign, plan, returned, accept=accept_proposals)
    found: dict[Posting, list[Proof]] = defaultdict(list)
    for row in rows:
        proof = check.proof_of(row)
        if proof is not None:
            found[proof.posting].append(proof)
    proofs = tuple(
        min(found[posting], key=_rank) if posting in found else Proof(posting, Verdict.MISSING)
        for posting in sorted(plan.allocation.postings)
    )
    return Proofs(
        proofs,
        tuple(sorted(check.proposals, key=lambda p: (p.row, p.face_id))),
        tuple(sorted(check.problems)),
        _records(plan, proofs),
    )


def _rank(proof: Proof) -> tuple[bool, int, Row]:
    return proof.verdict is Verdict.ELSEWHERE, proof.days_late or 0, proof.row or WHOLE_FILE


def _records(plan: Plan, proofs: Iterable[Proof]) -> tuple[LineRecord, ...]:
    records = {(r.period, r.face_id, r.agent_id): r for r in plan.order}
    for proof in proofs:
        if proof.verdict in {Verdict.AS_PLANNED, Verdict.LATE}:
            p = proof.posting
            key = p.period, p.face_id, p.agent_id
            before = records.get(key)
            note = before.note if before is not None else ""
            records[key] = LineRecord(*key, LineState.POSTED, note=note)
    return tuple(sorted(records.values()))


class _Check:
    def __init__(self, campaign: Campaign, plan: Plan, returned: Returned, *, accept: bool) -> None:
        self.proposals: list[Proposal] = []
        self.problems: list[Problem] = []
        self._campaign, self._returned, self._accept = campaign, returned, accept
        self._finder = FaceFinder(campaign)
        self._ordered: dict[str, list[Posting]] = defaultdict(list)
        for posting in sorted(plan.allocation.postings):
            self._ordered[posting.face_id].append(posting)

    def proof_of(self, row: ProofRow) -> Proof | None:
        """Return what one photo proves; None where that is nothing, or nothing certain."""
        if not row.photo:
            return None  # a line of a list that still waits for its photo
        face_id = self._face_of(row)
        if face_id is None or row.unread:
            return None
        posting = self._posting_of(row, face_id)
        if posting is None:
            return None
        if row.taken_on is None:
            message = "La photo n’a pas de date."
            remedy = "Donnez le jour de la pose."
            self._fault(row, "taken_on", "no-date", message=message, remedy=remedy)
            return None
        start = self._campaign.periods.first_day(posting.period)
        days_late = max((row.taken_on - start).days, 0)
        metres = None
        if row.lnglat is not None:
            index = self._finder.index[face_id]
            metres = round(float(self._finder.distances_m(row.lnglat)[index]), 1)
        verdict = Verdict.AS_PLANNED if days_late <= GRACE_DAYS else Verdict.LATE
        if metres is not None and metres > ELSEWHERE_M:
            verdict = Verdict.ELSEWHERE
        return Proof(posting, verdict, row.row, row.photo, row.taken_on, days_late, metres)

    def _face_of(self, row: ProofRow) -> str | None:
        if row.face_id in self._finder.index:
            return row.face_id
        words = FaceWords(lnglat=row.lnglat)
        guess = self._finder.guess(row.face_id, words, ordered=self._ordered.keys())
        if guess is None:
            message = f"La face {quoted(row.face_id)} n’est pas dans l’inventaire."
            remedy = "Corrigez l’identifiant, ou retirez la ligne."
            self._fault(
                row, "face_id", "unknown-face", found=row.face_id, message=message, remedy=remedy
            )
            return None
        accepted = self._accept or row.accepted
        far = None if guess.distance_m is None else round(guess.distance_m, 1)
        question = guess.sentence(row.face_id)
        found = (row.row, guess.kind, row.face_id, guess.face_id, question, far, accepted)
        self.proposals.append(Proposal(*found))
        return guess.face_id if accepted else None

    def _posting_of(self, row: ProofRow, face_id: str) -> Posting | None:
        """Return the line that a photo shows: of its period, else of its day, else the only one."""
        ordered = self._ordered.get(face_id, [])
        if row.period is not None:
            ordered = [posting for posting in ordered if posting.period == row.period]
        elif len(ordered) > 1 and row.taken_on is not None:
            begun = [
                p for p in ordered if self._campaign.periods.first_day(p.period) <= row.taken_on
            ]
            ordered = begun[-1:] or ordered[:1]
        if not ordered:
            message = f"La face {quoted(face_id)} n’est pas commandée pour cette vague."
            remedy = (
                f"Corrigez la face ou la vague{NBSP}; une pose non commandée ne se facture pas."
            )
            self._fault(
                row,
                "face_id",
                "not-ordered",
                found=face_id,
                message=message,
                remedy=remedy,
                warns=True,
            )
            return None
        if len(ordered) > 1:
            message = f"La face {quoted(face_id)} est commandée pour plusieurs vagues."
            remedy = "Donnez la vague ou la date."
            self._fault(row, "period", "unclear-period", message=message, remedy=remedy)
            return None
        return ordered[0]

    def _fault(
        self,
        row: ProofRow,
        column: str,
        code: str,
        *,
        found: str = "",
        message: str,
        remedy: str,
        warns: bool = False,
    ) -> None:
        severity = Severity.WARNING if warns else Severity.ERROR
        where = self._returned.where(row.row, column)
        self.problems.append(Problem(where, code, message, found, remedy, severity))
