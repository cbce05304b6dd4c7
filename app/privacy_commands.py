"""What ``placarde withdraw`` and ``placarde forget`` do: plain values in, words out, a status."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.db_commands import RefusedError, guarded
from app.people_commands import act_here, tell
from app.service.context import Services
from app.service.settings import service_settings
from app.terminal import Exit
from data.store import Store, erasure
from geo.french import NBSP, counted, listed

if TYPE_CHECKING:
    from app.service.forgetting import Erasure


def withdraw(agent_id: str, *, campaign_id: str | None, sure: bool) -> int:
    """Withdraw the consent of a person in one campaign or in all of them."""
    from app.service import privacy  # noqa: PLC0415 -- heavy

    def work(store: Store) -> int:
        found = _campaigns_of(store, agent_id, campaign_id)
        question = f"Retirer l’accord de l’agent {agent_id} dans {listed(found)}"
        if not sure and not _confirmed(question):
            raise RefusedError("Rien n’a changé.")
        service = Services(store, service_settings(os.environ, secret=b""))
        pending = 0
        for each in found:
            tell(f"Campagne {each}…")
            done = privacy.withdraw(service, each, agent_id, act_here)
            pending += len(done.pending)
            tell(
                f"  Accord retiré, {counted(len(done.plans), 'plan concerné', 'plans concernés')}."
            )
        if pending:
            held = counted(pending, "plan reste retenu", "plans restent retenus")
            tell(f"{held}{NBSP}: il n’en sort plus rien. Le service le refait dès qu’il peut.")
            return Exit.SHORTFALL
        tell(
            "Proposez un nouveau plan pour ce qui reste vide, et faites retirer ce qui est affiché."
        )
        return Exit.DONE

    return guarded(work)


def forget(agent_id: str, *, campaign_id: str | None, sure: bool) -> int:
    """Erase a person from one campaign or from all of them, and tell each step."""
    from app.service import forgetting, privacy  # noqa: PLC0415 -- heavy

    def work(store: Store) -> int:
        found = _campaigns_of(store, agent_id, campaign_id)
        question = f"Effacer l’agent {agent_id} de {listed(found)}, pour toujours"
        if not sure and not _confirmed(question):
            raise RefusedError("Rien n’a été effacé.")
        service = Services(store, service_settings(os.environ, secret=b""))
        done = []
        for each in found:
            tell(f"Campagne {each}…")
            told = forgetting.erase(service, each, agent_id, act_here, progress=_tell_progress)
            done.append(told)
        tell("Réécriture de la base…")
        privacy.compact(store, service.clock())
        return _tell_erased(done)

    return guarded(work)


def _tell_progress(done: Erasure, of: int) -> None:
    """Tell the step that was just done: the inputs first, then each plan."""
    made = len(done.plans)
    if not made:
        erased = done.inputs
        told = [
            counted(erased.rows, "ligne", "lignes"),
            counted(erased.locks, "verrou", "verrous"),
            counted(erased.pictures, "image", "images"),
        ]
        tell(f"  Effacé des données d’entrée{NBSP}: {listed(told)}.")
        return
    became = {
        "remade": "refait sans l’agent, versions précédentes effacées",
        "empty": "effacé, plus personne n’y reste",
        "withheld": "retenu, à refaire",
    }
    tell(f"  Plan {made} sur {of}{NBSP}: {became[list(done.plans.values())[-1]]}.")


def _tell_erased(done: Sequence[Erasure]) -> int:
    """Tell what was done in all; return the status of the command."""
    outcomes = Counter(outcome.value for each in done for outcome in each.plans.values())
    parts = [
        counted(sum(each.inputs.rows for each in done), "ligne", "lignes"),
        counted(sum(each.inputs.locks for each in done), "verrou", "verrous"),
        counted(sum(each.inputs.pictures for each in done), "image", "images"),
        counted(outcomes["remade"], "plan refait", "plans refaits"),
        counted(outcomes["empty"], "plan effacé", "plans effacés"),
    ]
    tell(f"En tout{NBSP}: {listed(parts)}.")
    if outcomes["withheld"]:
        held = counted(outcomes["withheld"], "plan reste retenu", "plans restent retenus")
        tell(f"{held}{NBSP}: il n’en sort plus rien. Relancez la commande pour finir.")
        return Exit.SHORTFALL
    tell(
        f"Agent effacé de {counted(len(done), 'campagne', 'campagnes')}. Les sauvegardes "
        f"déjà faites le contiennent encore{NBSP}: voyez docs/rgpd.md."
    )
    return Exit.DONE


def _campaigns_of(store: Store, agent_id: str, campaign_id: str | None) -> list[str]:
    """Return the campaigns that have or had this agent, among those that are meant.

    Raises
    ------
    RefusedError
        If there is none.
    """
    with store.read() as tx:
        found = erasure.campaigns_of(tx, agent_id)
    found = [each for each in found if campaign_id in {None, each}]
    if not found:
        raise RefusedError(f"Aucune campagne n’a d’agent {agent_id}.")
    return found


def _confirmed(question: str) -> bool:
    sys.stderr.write(f"{question}{NBSP}? Tapez oui{NBSP}: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() == "oui"
