"""What ``placarde key …`` and ``placarde forget`` do: plain values in, words out, a status."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from app.commands import Exit
from app.db_commands import RefusedError, guarded, now
from app.service.access import EVERYWHERE, Action, Role
from app.service.context import Services
from app.service.routes.keys import SUBJECT
from app.service.settings import service_settings
from data.store import Store, Tx, campaigns, clock, erasure, keys, members
from data.store.audit import Act
from data.store.ids import new_id
from data.store.tables import KeyRecord
from geo.french import NBSP, counted, listed

if TYPE_CHECKING:
    from app.service.forgetting import Erasure

ACTOR = "placarde"
"""Who acts, for the audit trail: whoever may run commands on this machine."""
_MOST_KEYS = 10_000


def create_key(
    *,
    subject: str,
    label: str,
    roles: Sequence[str],
    campaign_id: str,
    scopes: Sequence[str] | None,
    days: int | None,
) -> int:
    """Make an API key and print it, alone on standard output."""

    def work(store: Store) -> int:
        _check_words("rôle", roles, [role.value for role in Role])
        _check_words("mot pour une action,", scopes or (), [action.value for action in Action])
        if not re.fullmatch(SUBJECT, subject) or len(subject) > 200:
            raise RefusedError(
                f"{subject}{NBSP}: attendu un nom sans espace ni accent, comme sig-isere."
            )
        with store.write() as tx:
            if campaign_id != EVERYWHERE and campaigns.get(tx, campaign_id) is None:
                raise RefusedError(f"Il n’y a pas de campagne {campaign_id}.")
            act = _act(tx)
            for role in roles:
                members.grant(tx, subject=subject, campaign_id=campaign_id, role=role, act=act)
            _, key = keys.create(
                tx,
                subject=subject,
                label=label,
                act=act,
                scopes=(keys.EVERY_SCOPE,) if scopes is None else scopes,
                expires_at=None if days is None else act.at + timedelta(days=days),
            )
            held = members.roles_of(tx, subject)
        if not held:
            _tell(f"{subject} n’a encore aucun rôle{NBSP}: ajoutez --role.")
        _tell("Clé créée. Notez-la, elle ne sera plus montrée.")
        sys.stdout.write(key + "\n")
        return Exit.DONE

    return guarded(work)


def list_keys() -> int:
    """Print the keys: prefix, subject, label, state."""

    def work(store: Store) -> int:
        with store.read() as tx:
            found = keys.page(tx, after=None, limit=_MOST_KEYS)
            moment = clock.latest(tx, now())
        for record in sorted(found, key=lambda each: each.created_at):
            sys.stdout.write("\t".join(_columns(record, moment)) + "\n")
        return Exit.DONE

    return guarded(work)


def revoke_key(prefix: str) -> int:
    """Revoke the key of a prefix; the whole key will do as well."""

    def work(store: Store) -> int:
        bare = "_".join(prefix.split("_")[:2])
        with store.write() as tx:
            record = keys.by_prefix(tx, bare)
            if record is None:
                raise RefusedError(f"Il n’y a pas de clé {bare}.")
            done = keys.revoke(tx, record.key_id, act=_act(tx))
        _tell("Clé révoquée." if done else "Cette clé était déjà révoquée.")
        return Exit.DONE

    return guarded(work)


def forget(agent_id: str, *, campaign_id: str | None, sure: bool) -> int:
    """Erase a person from one campaign or from all of them, and tell each step."""
    from app.service import forgetting, privacy  # noqa: PLC0415 -- heavy

    def work(store: Store) -> int:
        with store.read() as tx:
            found = erasure.campaigns_of(tx, agent_id)
        found = [each for each in found if campaign_id in {None, each}]
        if not found:
            raise RefusedError(f"Aucune campagne n’a d’agent {agent_id}.")
        question = f"Effacer l’agent {agent_id} de {listed(found)}, pour toujours"
        if not sure and not _confirmed(question):
            raise RefusedError("Rien n’a été effacé.")
        service = Services(store, service_settings(os.environ, secret=b""))
        done = []
        for each in found:
            _tell(f"Campagne {each}…")
            told = forgetting.erase(service, each, agent_id, _act, progress=_tell_progress)
            done.append(told)
        _tell("Réécriture de la base…")
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
        _tell(f"  Effacé des données d’entrée{NBSP}: {listed(told)}.")
        return
    became = {
        "remade": "refait sans l’agent, versions précédentes effacées",
        "empty": "effacé, plus personne n’y reste",
        "withheld": "retenu, à refaire",
    }
    _tell(f"  Plan {made} sur {of}{NBSP}: {became[list(done.plans.values())[-1]]}.")


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
    _tell(f"En tout{NBSP}: {listed(parts)}.")
    if outcomes["withheld"]:
        held = counted(outcomes["withheld"], "plan reste retenu", "plans restent retenus")
        _tell(f"{held}{NBSP}: il n’en sort plus rien. Relancez la commande pour finir.")
        return Exit.SHORTFALL
    _tell(
        f"Agent effacé de {counted(len(done), 'campagne', 'campagnes')}. Les sauvegardes "
        f"déjà faites le contiennent encore{NBSP}: voyez docs/rgpd.md."
    )
    return Exit.DONE


def _check_words(what: str, given: Sequence[str], choices: Sequence[str]) -> None:
    """Refuse a word that is none of those that there are.

    Raises
    ------
    RefusedError
        With all of them.
    """
    if wrong := [word for word in given if word not in choices]:
        told = listed(choices, last="ou")
        raise RefusedError(f"{wrong[0]}{NBSP}: {what} inconnu{NBSP}; attendu {told}.")


def _confirmed(question: str) -> bool:
    sys.stderr.write(f"{question}{NBSP}? Tapez oui{NBSP}: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() == "oui"


def _columns(record: KeyRecord, moment: datetime) -> tuple[str, ...]:
    state = "valable"
    if record.revoked_at is not None:
        state = "révoquée"
    elif record.expires_at is not None and record.expires_at <= moment:
        state = "expirée"
    used = record.last_used_at
    last = "jamais utilisée" if used is None else f"utilisée le {used:%d/%m/%Y}"
    return f"{keys.SCHEME}_{record.prefix}", record.subject, record.label, state, last


def _act(tx: Tx) -> Act:
    return Act(ACTOR, clock.note(tx, now()), new_id("r"))


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")
