"""What ``placarde reconcile`` says, in French, and the same as JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any

from app.reconciling import Reconciled
from app.wording import problems_json
from data.write.changes import CHANGES_FILE, PROOFS_FILE
from geo.french import NBSP, counted, euros, number
from geo.order import LineChange
from geo.plan import Posting
from geo.reconcile import Change, Proposal, Reconciliation, Row
from geo.reconcile.proof import Proof, Proofs, Verdict

_MOST_SHOWN = 20

_CHANGES = {
    Change.CONFIRMED: ("ligne confirmée", "lignes confirmées"),
    Change.OPTION: ("ligne en option", "lignes en option"),
    Change.POSTED: ("ligne posée", "lignes posées"),
    Change.REFUSED: ("ligne refusée", "lignes refusées"),
    Change.REPLACED: ("ligne remplacée", "lignes remplacées"),
    Change.MOVED: ("ligne déplacée", "lignes déplacées"),
    Change.CANCELLED: ("ligne annulée", "lignes annulées"),
    Change.ADDED: ("ligne ajoutée par l’acheteur", "lignes ajoutées par l’acheteur"),
    Change.UNCHANGED: ("ligne sans changement", "lignes sans changement"),
}


def reconcile_lines(reconciled: Reconciled) -> list[str]:
    """Return what the command says."""
    if reconciled.proofs is not None:
        lines = _proof_lines(reconciled.proofs)
    elif reconciled.found is not None:
        lines = _answer_lines(reconciled, reconciled.found)
    else:
        lines = []
    return [*lines, f"Plan écrit dans {reconciled.folder}."]


def open_proposals(reconciled: Reconciled) -> tuple[Proposal, ...]:
    """Return what the planner has still to accept or to refuse."""
    source = reconciled.found or reconciled.proofs
    return source.open_proposals if source is not None else ()


def _answer_lines(reconciled: Reconciled, found: Reconciliation) -> list[str]:
    counts = Counter(answer.change for answer in found.answers)
    told = [counted(counts[c], *words) for c, words in _CHANGES.items() if counts[c]]
    if found.silent:
        told.append(counted(len(found.silent), "ligne sans réponse", "lignes sans réponse"))
    lines = [f"Retour de l’acheteur{NBSP}: {', '.join(told) or 'aucune ligne de la commande'}."]
    if found.prices:
        lines.append(
            counted(len(found.prices), "face a un nouveau prix", "faces ont un nouveau prix") + "."
        )
    if found.new_faces:
        names = ", ".join(new.face_id for new in found.new_faces)
        lines.append(f"Faces nouvelles dans l’inventaire{NBSP}: {names}.")
    lines += _proposal_lines(found.open_proposals)
    lines.append(f"{_changes_line(reconciled)} ({CHANGES_FILE}).")
    allocation = reconciled.plan.allocation
    lines.append(
        f"Le plan compte {counted(len(allocation.postings), 'affichage', 'affichages')}, "
        f"{euros(allocation.cost_cents)} HT."
    )
    return lines


def _changes_line(reconciled: Reconciled) -> str:
    counts = Counter(line.change for line in reconciled.changes)
    if not counts:
        return "La commande ne change pas"
    states = counted(counts[LineChange.STATE], "nouveau statut noté", "nouveaux statuts notés")
    if counts.keys() == {LineChange.STATE}:
        return f"La commande ne change pas{NBSP}; {states}"
    words = {
        LineChange.REMOVED: ("ligne supprimée", "lignes supprimées"),
        LineChange.ADDED: ("ligne ajoutée", "lignes ajoutées"),
        LineChange.CHANGED: ("ligne modifiée", "lignes modifiées"),
    }
    told = [counted(counts[c], *forms) for c, forms in words.items() if counts[c]]
    told += [states] if counts[LineChange.STATE] else []
    return f"Modification de la commande{NBSP}: {', '.join(told)}"


def _proposal_lines(proposals: tuple[Proposal, ...]) -> list[str]:
    if not proposals:
        return []
    lines = [
        (
            f"{counted(len(proposals), 'proposition à accepter', 'propositions à accepter')} "
            f"(--accept-proposals, ou « oui » dans une colonne « accord »){NBSP}:"
        )
    ]
    lines += [f"  {proposal.row}{NBSP}: {proposal.message}" for proposal in proposals]
    return lines


def _proof_lines(proofs: Proofs) -> list[str]:
    words = {
        Verdict.AS_PLANNED: ("affichage conforme", "affichages conformes"),
        Verdict.LATE: ("en retard", "en retard"),
        Verdict.ELSEWHERE: ("ailleurs", "ailleurs"),
        Verdict.MISSING: ("sans preuve", "sans preuve"),
    }
    told = ", ".join(counted(proofs.count(verdict), *forms) for verdict, forms in words.items())
    lines = [f"Pige{NBSP}: {told} ({PROOFS_FILE})."]
    wrong = [p for p in proofs.proofs if p.verdict in {Verdict.LATE, Verdict.ELSEWHERE}]
    lines += [f"  {_proof_line(proof)}" for proof in wrong[:_MOST_SHOWN]]
    if len(wrong) > _MOST_SHOWN:
        lines.append(f"  et {counted(len(wrong) - _MOST_SHOWN, 'autre', 'autres')}.")
    return [*lines, *_proposal_lines(proofs.open_proposals)]


def _proof_line(proof: Proof) -> str:
    where = f"{proof.posting.face_id}, vague {proof.posting.period}{NBSP}:"
    late = counted(proof.days_late or 0, "jour", "jours")
    if proof.verdict is Verdict.LATE:
        return f"{where} posée {late} après le début de la vague."
    return f"{where} photo prise à {number(proof.distance_m or 0)}{NBSP}m de la face."


def reconcile_json(reconciled: Reconciled) -> dict[str, Any]:
    """Return what the command prints with ``--json``."""
    allocation = reconciled.plan.allocation
    document: dict[str, Any] = {
        "ok": not open_proposals(reconciled) and not reconciled.plan.shortfalls,
        "plan": str(reconciled.folder),
        "kind": "order" if reconciled.proofs is None else "proofs",
        "proposals": [_proposal_json(p) for p in _all_proposals(reconciled)],
        "problems": problems_json(reconciled.warnings),
        "allocation": {
            "status": allocation.status.value,
            "postings": len(allocation.postings),
            "cost_eur": allocation.cost_cents / 100,
        },
    }
    if reconciled.found is not None:
        document |= _found_json(reconciled, reconciled.found)
    if reconciled.proofs is not None:
        document |= _proofs_json(reconciled.proofs)
    return document


def _all_proposals(reconciled: Reconciled) -> tuple[Proposal, ...]:
    source = reconciled.found or reconciled.proofs
    return source.proposals if source is not None else ()


def _found_json(reconciled: Reconciled, found: Reconciliation) -> dict[str, Any]:
    counts = Counter(answer.change.value for answer in found.answers)
    changes = Counter(line.change for line in reconciled.changes)
    return {
        "counts": {change.value: counts[change.value] for change in Change}
        | {"silent": len(found.silent)},
        "answers": [
            {
                **_row_json(answer.row),
                "change": answer.change.value,
                "line": _posting_json(answer.posting),
                "now": None if answer.now is None else _posting_json(answer.now),
                "price_eur": None if answer.price_cents is None else answer.price_cents / 100,
            }
            for answer in found.answers
            if answer.change is not Change.UNCHANGED or answer.price_cents is not None
        ],
        "prices_eur": {face_id: cents / 100 for face_id, cents in found.prices.items()},
        "new_faces": [new.face_id for new in found.new_faces],
        "order": {
            "removed": changes[LineChange.REMOVED],
            "added": changes[LineChange.ADDED],
            "changed": changes[LineChange.CHANGED],
            "state": changes[LineChange.STATE],
        },
    }


def _proofs_json(proofs: Proofs) -> dict[str, Any]:
    codes = {
        Verdict.AS_PLANNED: "as-planned",
        Verdict.LATE: "late",
        Verdict.ELSEWHERE: "elsewhere",
        Verdict.MISSING: "missing",
    }
    return {
        "counts": {code: proofs.count(verdict) for verdict, code in codes.items()},
        "proofs": [
            {
                "line": _posting_json(proof.posting),
                "verdict": codes[proof.verdict],
                **_row_json(proof.row),
                "photo": proof.photo or None,
                "taken_on": None if proof.taken_on is None else proof.taken_on.isoformat(),
                "days_late": proof.days_late,
                "distance_m": proof.distance_m,
            }
            for proof in proofs.proofs
        ],
    }


def _posting_json(posting: Posting) -> dict[str, Any]:
    return {"face_id": posting.face_id, "period": posting.period, "agent_id": posting.agent_id}


def _proposal_json(proposal: Proposal) -> dict[str, Any]:
    return {
        **_row_json(proposal.row),
        "kind": proposal.kind,
        "found": proposal.found,
        "face_id": proposal.face_id,
        "distance_m": proposal.distance_m,
        "accepted": proposal.accepted,
        "message": proposal.message,
    }


def _row_json(row: Row | None) -> dict[str, Any]:
    if row is None:
        return {"sheet": None, "row": None}
    return {"sheet": row.sheet or None, "row": row.number}
