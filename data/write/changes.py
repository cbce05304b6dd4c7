"""``affichage-modifications.csv`` and ``pige.csv``: what the buyer changed, what photos prove."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from data.write.order import ORDER_COLUMNS
from data.write.sheet import DAY, TEXT, WHOLE, Column, decimal, optional, write_sheet
from geo.order import ChangedLine, OrderLine
from geo.reconcile.proof import Proof

CHANGES_FILE = "affichage-modifications.csv"
PROOFS_FILE = "pige.csv"

CHANGE_COLUMNS = (Column("modification", "change", TEXT), *ORDER_COLUMNS)


@dataclass(frozen=True, slots=True)
class _ProofLine:
    face_id: str
    operator: str
    city: str
    address: str
    period: int
    start: date
    end: date
    visual: str
    verdict: str
    taken_on: date | None
    days_late: int | None
    distance_m: float | None
    photo: str


_PROOF_COLUMNS = (
    Column("ref_face", "face_id", TEXT),
    Column("afficheur", "operator", TEXT),
    Column("commune", "city", TEXT),
    Column("adresse", "address", TEXT),
    Column("vague", "period", WHOLE),
    Column("date_debut", "start", DAY),
    Column("date_fin", "end", DAY),
    Column("visuel_ref", "visual", TEXT),
    Column("constat", "verdict", TEXT),
    Column("date_pose", "taken_on", optional(DAY)),
    Column("jours_de_retard", "days_late", optional(WHOLE)),
    Column("distance_m", "distance_m", optional(decimal(0))),
    Column("photo", "photo", TEXT),
)


def changes_csv(lines: Iterable[ChangedLine]) -> bytes:
    """Return the lines that the buyer has to change, as an order of their own."""
    return write_sheet(CHANGE_COLUMNS, lines)


def proofs_csv(order: Sequence[OrderLine], proofs: Iterable[Proof]) -> bytes:
    """Return one row a line of the order, with what its photo proves."""
    lines = {(line.period, line.face_id): line for line in order}
    return write_sheet(
        _PROOF_COLUMNS,
        (
            _proof_line(lines[proof.posting.period, proof.posting.face_id], proof)
            for proof in proofs
        ),
    )


def _proof_line(line: OrderLine, proof: Proof) -> _ProofLine:
    return _ProofLine(
        face_id=line.face_id,
        operator=line.operator,
        city=line.city,
        address=line.address,
        period=line.period,
        start=line.start,
        end=line.end,
        visual=line.visual,
        verdict=proof.verdict.value,
        taken_on=proof.taken_on,
        days_late=proof.days_late,
        distance_m=proof.distance_m,
        photo=proof.photo,
    )
