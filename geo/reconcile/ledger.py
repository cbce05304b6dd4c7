"""What is known of an order while its answers are read: lines, locks, prices, questions, faults."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from geo.errors import Problem, Severity
from geo.french import NBSP, euros, number, quoted
from geo.model import Campaign, Lock
from geo.order import LineRecord, LineState
from geo.plan import Plan, Posting
from geo.reconcile.near import FaceFinder
from geo.reconcile.returned import (
    Answer,
    NewFace,
    Proposal,
    Reconciliation,
    Returned,
    ReturnedLine,
    Row,
)

Slot = tuple[str, int]
"""A face in a period."""


class Ledger:
    """One reconciliation while it is worked out.

    Parameters
    ----------
    campaign, plan
        What the order was made from.
    returned
        The file that came back.
    accept
        Whether every proposal is accepted.
    """

    def __init__(self, campaign: Campaign, plan: Plan, returned: Returned, *, accept: bool) -> None:
        self.campaign = campaign
        self.finder = FaceFinder(campaign)
        self.order = {(p.face_id, p.period): p for p in plan.allocation.postings}
        self.periods_of: dict[str, list[Posting]] = defaultdict(list)
        for posting in sorted(self.order.values()):
            self.periods_of[posting.face_id].append(posting)
        self.records = {Posting(r.period, r.face_id, r.agent_id): r for r in plan.order}
        self.visuals = {agent.agent_id: agent.portrait_id for agent in campaign.agents}
        self.agents = {portrait: agent for agent, portrait in sorted(self.visuals.items())}
        self.answers: list[Answer] = []
        self.spoken_of: set[Posting] = set()
        self._returned, self._accept = returned, accept
        self._locks = {(lock.face_id, lock.period): lock.agent_id for lock in campaign.locks}
        self._slots: dict[Slot, Row] = {}
        self._prices: dict[str, tuple[int, Row]] = {}
        self._new_faces: dict[str, NewFace] = {}
        self._proposals: list[Proposal] = []
        self._problems: list[Problem] = []
        self._warnings: list[Problem] = []

    def records_of(self, face_id: str, period: int | None) -> Iterable[LineRecord]:
        """Yield what is known of the lines of a face, in one period or in all."""
        periods = self.campaign.periods.numbers() if period is None else (period,)
        for agent_id in self.visuals:
            for one in periods:
                record = self.records.get(Posting(one, face_id, agent_id))
                if record is not None:
                    yield record

    def record(self, posting: Posting, state: LineState | None, line: ReturnedLine) -> None:
        """Note a state that binds nobody, or only a remark."""
        before = self.records.get(posting)
        kept = before.state if before is not None else LineState.PROPOSED
        self._note(posting, state or kept, line.note)

    def hold(self, line: ReturnedLine, posting: Posting, state: LineState) -> bool:
        """Make a posting binding; False where another row has its face in that period."""
        if not self._take(line, posting):
            return False
        self._locks[posting.face_id, posting.period] = posting.agent_id
        self._note(posting, state, line.note)
        return True

    def close(
        self, line: ReturnedLine, posting: Posting, state: LineState, *, by: Posting | None = None
    ) -> bool:
        """End a line of the order: its face stays free in that period. False as for `hold`."""
        if not self._take(line, posting):
            return False
        self._locks[posting.face_id, posting.period] = None
        told = f"{by.face_id}, vague {by.period}" if by is not None else ""
        self._note(posting, state, line.note, replaced_by=told)
        return True

    def price(self, line: ReturnedLine, face_id: str, cents: int | None) -> int | None:
        """Note the price that a row tells of a face, and return it if it is a new one."""
        if cents is None:
            return None
        first, row = self._prices.setdefault(face_id, (cents, line.row))
        if first != cents:
            self.fault(
                line,
                "price",
                "two-prices",
                found=euros(cents),
                message=f"La face {quoted(face_id)} a déjà le prix {euros(first)} ({row}).",
                remedy="Donnez un seul prix par face, le même pour toutes ses vagues.",
            )
        return cents if cents != self._price_before(face_id) else None

    def add_face(self, new: NewFace) -> None:
        """Take a new face into the inventory."""
        self._new_faces[new.face_id] = new

    def propose(
        self,
        line: ReturnedLine,
        kind: str,
        face_id: str,
        message: str,
        *,
        distance_m: float | None = None,
    ) -> bool:
        """Note a proposal, and return whether it is accepted."""
        accepted = self._accept or line.accepted
        found = line.replacement or line.face_id
        far = None if distance_m is None else round(distance_m, 1)
        self._proposals.append(Proposal(line.row, kind, found, face_id, message, far, accepted))
        return accepted

    def fault(
        self, line: ReturnedLine, column: str, code: str, *, found: str, message: str, remedy: str
    ) -> None:
        """Note a problem of a row."""
        where = self._returned.where(line.row, column)
        self._problems.append(Problem(where, code, message, found, remedy, Severity.ERROR))

    def has_faults(self) -> bool:
        """Return whether a row has a problem."""
        return bool(self._problems)

    def warn_of_format(self, line: ReturnedLine) -> None:
        """Tell of the face at the place of a row that is not proposed for its format alone."""
        other = self.finder.other_format(line.words)
        if other is None or other.distance_m is None:
            return
        message = (
            f"La face {quoted(other.face_id)}, à {number(other.distance_m)}{NBSP}m de là, n’est "
            f"pas proposée pour {quoted(line.face_id)}{NBSP}: son format est "
            f"{quoted(self.finder.format_of(other.face_id))}."
        )
        remedy = "Si c’est elle, donnez sa référence, ou corrigez le format."
        where = self._returned.where(line.row, "format")
        found = (message, line.words.format, remedy, Severity.WARNING)
        self._warnings.append(Problem(where, "other-format", *found))

    def result(self) -> Reconciliation:
        """Return all that was worked out, sorted."""
        silent = set(self.order.values()) - self.spoken_of
        return Reconciliation(
            answers=tuple(sorted(self.answers, key=lambda a: (a.row, a.posting))),
            proposals=tuple(sorted(self._proposals, key=lambda p: (p.row, p.kind, p.face_id))),
            silent=tuple(sorted(silent)),
            problems=tuple(sorted(self._problems)),
            records=tuple(sorted(self.records.values())),
            locks=tuple(Lock(*slot, self._locks[slot]) for slot in sorted(self._locks)),
            slots=dict(sorted(self._slots.items())),
            prices={
                face_id: cents
                for face_id, (cents, _) in sorted(self._prices.items())
                if cents != self._price_before(face_id)
            },
            new_faces=tuple(self._new_faces[face_id] for face_id in sorted(self._new_faces)),
            warnings=tuple(sorted(self._warnings)),
        )

    def _take(self, line: ReturnedLine, posting: Posting) -> bool:
        first = self._slots.setdefault((posting.face_id, posting.period), line.row)
        if first == line.row:
            return True
        self.fault(
            line,
            "replacement" if line.replacement else "face_id",
            "slot-taken",
            found=posting.face_id,
            message=f"La face {quoted(posting.face_id)}, vague {posting.period}, est déjà prise "
            f"({first}).",
            remedy=f"Une face porte un seul portrait par vague{NBSP}: choisissez une autre face ou "
            "une autre vague.",
        )
        return False

    def _note(
        self, posting: Posting, state: LineState, note: str, *, replaced_by: str = ""
    ) -> None:
        before = self.records.get(posting)
        kept = note or (before.note if before is not None else "")
        place = posting.period, posting.face_id, posting.agent_id
        self.records[posting] = LineRecord(*place, state, replaced_by, kept)

    def _price_before(self, face_id: str) -> int:
        return int(self.campaign.faces.price_cents[self.finder.index[face_id]])
