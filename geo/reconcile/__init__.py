"""The order that comes back from the buyer, held against the order that went out."""

from __future__ import annotations

from geo.reconcile.match import reconcile
from geo.reconcile.proof import check_proofs
from geo.reconcile.returned import (
    Answer,
    Change,
    FaceWords,
    NewFace,
    Proposal,
    Reconciliation,
    Returned,
    ReturnedLine,
    Row,
)
from geo.reconcile.update import check_update, updated_campaign

__all__ = [
    "Answer",
    "Change",
    "FaceWords",
    "NewFace",
    "Proposal",
    "Reconciliation",
    "Returned",
    "ReturnedLine",
    "Row",
    "check_proofs",
    "check_update",
    "reconcile",
    "updated_campaign",
]
