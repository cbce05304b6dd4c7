"""What ``placarde key …`` does: plain values in, words out, a status."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta

from app.db_commands import RefusedError, guarded, now
from app.service.access import EVERYWHERE, Action, Role
from app.service.routes.keys import SUBJECT
from app.terminal import Exit
from data.store import Store, Tx, campaigns, clock, keys, members
from data.store.audit import Act
from data.store.ids import new_id
from data.store.tables import KeyRecord
from geo.french import NBSP, listed

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
            act = act_here(tx)
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
            tell(f"{subject} n’a encore aucun rôle{NBSP}: ajoutez --role.")
        tell("Clé créée. Notez-la, elle ne sera plus montrée.")
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
            done = keys.revoke(tx, record.key_id, act=act_here(tx))
        tell("Clé révoquée." if done else "Cette clé était déjà révoquée.")
        return Exit.DONE

    return guarded(work)


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


def _columns(record: KeyRecord, moment: datetime) -> tuple[str, ...]:
    state = "valable"
    if record.revoked_at is not None:
        state = "révoquée"
    elif record.expires_at is not None and record.expires_at <= moment:
        state = "expirée"
    used = record.last_used_at
    last = "jamais utilisée" if used is None else f"utilisée le {used:%d/%m/%Y}"
    return f"{keys.SCHEME}_{record.prefix}", record.subject, record.label, state, last


def act_here(tx: Tx) -> Act:
    """Return an act of whoever runs a command on this machine."""
    return Act(ACTOR, clock.note(tx, now()), new_id("r"))


def tell(line: str) -> None:
    """Say something to whoever types."""
    sys.stderr.write(line + "\n")
