"""What ``placarde db …`` does: plain values in, words out, and the exit status as the answer."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from app import wording
from app.service.settings import STORE_FILE, SettingError, service_settings
from app.terminal import Exit
from data.store import Store, StoreUnavailableError, campaigns, clock, folders, open_store, schema
from data.store import backup as backups
from data.store import restore as restores
from data.store.audit import Act
from data.store.ids import new_id
from data.store.upkeep import vacuum as vacuum_store
from data.write.atomic import whole_folder, write_file
from geo.errors import CampaignError, OutputExistsError, errors_among
from geo.french import NBSP, counted

ACTOR = "placarde db"
"""Who acts, for the audit trail: whoever may run commands on this machine."""
_MOST_NAMED = 20


def upgrade() -> int:
    """Bring the tables up to date."""

    def work(store: Store) -> int:
        before = schema.current(store)
        after = schema.upgrade(store)
        if before == after:
            _print([f"La base est à jour (étape{NBSP}{after})."])
        else:
            _print([f"La base est maintenant à jour (étape{NBSP}{after})."])
        return Exit.DONE

    return guarded(work, may_be_new=True)


def backup(file: Path, *, force: bool) -> int:
    """Write everything into one file."""

    def work(store: Store) -> int:
        try:
            written = backups.backup(store, file, at=now(), replace=force)
        except FileExistsError as error:
            raise OutputExistsError(f"{file} existe déjà{NBSP}; ajoutez --force.") from error
        _print([f"Sauvegarde écrite dans {file}{NBSP}: {_told(written)}."])
        _print([f"Elle contient des données personnelles{NBSP}: gardez-la en lieu sûr."])
        return Exit.DONE

    return guarded(work)


def restore(file: Path) -> int:
    """Fill an empty database with a backup."""

    def work(store: Store) -> int:
        if not file.is_file():
            raise RefusedError(f"Il n’y a pas de fichier {file}.")
        _print([f"Sauvegarde rétablie{NBSP}: {_told(restores.restore(store, file))}."])
        return Exit.DONE

    return guarded(work, may_be_new=True)


def vacuum() -> int:
    """Remove what nothing refers to any more, and campaigns archived longer than they are kept."""
    from app.service import privacy  # noqa: PLC0415 -- heavy

    def work(store: Store) -> int:
        retention = service_settings(os.environ, secret=b"").retention
        if gone := privacy.purge(store, retention, at=now()):
            campaigns_gone = counted(
                gone, "campagne archivée effacée", "campagnes archivées effacées"
            )
            _print([f"{campaigns_gone}, au terme de PLACARDE_RETENTION_DAYS."])
        done = vacuum_store(store, at=now())
        files = counted(done.blobs, "fichier retiré", "fichiers retirés")
        answers = counted(done.answers, "ancienne réponse retirée", "anciennes réponses retirées")
        _print([f"{files}, {answers}. La place est rendue."])
        return Exit.DONE

    return guarded(work)


def import_(folder: Path, *, crs: Mapping[str, str]) -> int:
    """Add a campaign folder to the database; its id is printed on standard output."""

    def work(store: Store) -> int:
        schema.upgrade(store)
        with store.write() as tx:
            act = Act(ACTOR, clock.note(tx, now()), new_id("r"))
            campaign, reading = folders.import_folder(tx, folder, act=act, crs=crs)
        if campaign is None:
            raise CampaignError(errors_among(reading.problems))
        _print(wording.problem_lines(reading.problems), to_stderr=True)
        _print([f"Campagne «{NBSP}{campaign.name}{NBSP}» ajoutée."], to_stderr=True)
        _print([campaign.campaign_id])
        return Exit.DONE

    return guarded(work, may_be_new=True)


def export(campaign_id: str, folder: Path) -> int:
    """Write a campaign of the database into a folder that is empty or not there."""

    def work(store: Store) -> int:
        with store.read() as tx:
            if campaigns.get(tx, campaign_id) is None:
                page = campaigns.page(tx, after=None, limit=_MOST_NAMED, only=None, archived=False)
                there = [f"  {each.campaign_id}  {each.name}" for each in page]
                raise RefusedError(f"Il n’y a pas de campagne {campaign_id}.", *there)
            files = folders.campaign_files(tx, campaign_id)
        place = folder.resolve()
        if place.exists() and not (place.is_dir() and not any(place.iterdir())):
            raise OutputExistsError(f"{folder} existe déjà et n’est pas vide.")
        with whole_folder(place, may_replace=lambda: False) as made:
            for path, content in files.items():
                write_file(made / path, content)
        _print([f"{counted(len(files), 'fichier écrit', 'fichiers écrits')} dans {folder}."])
        return Exit.DONE

    return guarded(work)


class RefusedError(Exception):
    """What cannot be done, as lines for whoever asked."""


def guarded(work: Callable[[Store], int], *, may_be_new: bool = False) -> int:
    """Run `work` on the store of the environment; what is refused becomes words and a status."""
    try:
        store = _opened(may_be_new=may_be_new)
        try:
            return work(store)
        finally:
            store.close()
    except CampaignError as error:
        _print(wording.problem_lines(error.problems), to_stderr=True)
        return Exit.PROBLEMS
    except (RefusedError, OutputExistsError, SettingError) as error:
        _print(map(str, error.args), to_stderr=True)
        return Exit.USAGE
    except BrokenPipeError:
        raise  # nobody reads on: typer ends without a word
    except OSError as error:
        _print([wording.system_line(error)], to_stderr=True)
        return Exit.USAGE
    except tuple(_SENTENCES) as error:
        _print([_sentence(error)], to_stderr=True)
        return Exit.PROBLEMS


_SENTENCES: Mapping[type[Exception], str] = {
    restores.BackupError: f"Ce fichier n’est pas une sauvegarde, ou il est abîmé{NBSP}: rien n’a "
    "été rétabli.",
    restores.StoreNotEmptyError: "La base contient déjà des données. Une sauvegarde ne se rétablit "
    "que dans une base vide.",
    StoreUnavailableError: "La base de données ne répond pas, ou elle est occupée. Réessayez plus "
    "tard.",
    schema.SchemaError: "Les tables ne peuvent pas être mises à jour",
}
_FULL = f"Il n’y a plus de place sur le disque de la base de données{NBSP}: rien n’a été écrit."
_CAUSES = {
    schema.Cause.OUTDATED: f"Les tables ne sont pas à jour{NBSP}: lancez d’abord "
    f"«{NBSP}placarde db upgrade{NBSP}».",
    schema.Cause.NEWER: "Ces données ont été écrites par un Placarde plus récent que celui-ci.",
    schema.Cause.BEYOND: "Les tables sont plus récentes que cette sauvegarde. Rétablissez-la dans "
    "une base neuve, sans tables.",
    schema.Cause.NO_RIGHT: "Il manque PostGIS, et cet utilisateur ne peut pas l’ajouter. Un "
    f"administrateur doit exécuter dans cette base{NBSP}: CREATE EXTENSION postgis;",
    schema.Cause.NO_POSTGIS: "PostGIS n’est pas installé sur le serveur de cette base (paquet "
    "Debian postgresql-postgis).",
}


def _sentence(error: Exception) -> str:
    if isinstance(error, schema.SchemaError):
        return _CAUSES[error.cause]
    if isinstance(error, StoreUnavailableError) and error.full:
        return _FULL
    return next(text for kind, text in _SENTENCES.items() if isinstance(error, kind))


def _opened(*, may_be_new: bool) -> Store:
    """Return the store that the environment names.

    Raises
    ------
    RefusedError
        If it would be a new file, and must not be.
    """
    settings = service_settings(os.environ, secret=b"")
    if not os.environ.get("PLACARDE_DATABASE_URL") and not os.environ.get(
        "PLACARDE_DATABASE_URL_FILE"
    ):
        file = settings.folder / STORE_FILE
        if not may_be_new and not file.is_file():
            raise RefusedError(
                f"Il n’y a pas de base de données {file}. Indiquez-la par PLACARDE_DATABASE_URL, "
                "ou son dossier par PLACARDE_FOLDER."
            )
        settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return open_store(settings.database_url)
    except ValueError as error:  # its text is not shown: an address may hold a password
        raise RefusedError(
            f"PLACARDE_DATABASE_URL{NBSP}: attendu sqlite:///… ou postgresql+psycopg://…"
        ) from error


def _told(rows: Mapping[str, int]) -> str:
    parts = (
        counted(rows.get("campaigns", 0), "campagne", "campagnes"),
        counted(rows.get("plans", 0), "plan", "plans"),
        counted(rows.get("blobs", 0), "fichier", "fichiers"),
    )
    return ", ".join(parts)


def now() -> datetime:
    """Return the moment that this machine believes it is."""
    return datetime.now(UTC)


def _print(lines: Iterable[str], *, to_stderr: bool = False) -> None:
    stream = sys.stderr if to_stderr else sys.stdout
    stream.writelines(f"{line}\n" for line in lines)
    stream.flush()
