"""What the service is told by its environment, read once; docs/deploy.md has the same table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from app.settings import RoadSettings, road_settings
from geo.french import NBSP

MIB = 1 << 20
DEFAULT_FOLDER = "placarde-data"
STORE_FILE = "placarde.sqlite"
SECRET_FILE = "secret"  # noqa: S105 -- the name of a file
SQLITE = "sqlite:///"
MOST = 2**31 - 1
LEAST_LEASE_S, MOST_LEASE_S = 5, 3600
"""A lease is renewed every third of it, at the looks of a runner: a second apart."""


class SettingError(ValueError):
    """A setting of the environment that cannot be used; says which and what it may be."""


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """The settings of the service.

    Parameters
    ----------
    database_url
        SQLAlchemy address of the store; may hold a password and is never shown.
    folder
        Where a local store and its secret are kept.
    secret
        Signs links and cursors; 32 bytes at the least, the same in every process.
    dask
        Address of a Dask scheduler; jobs run in processes of this machine without one.
    job_attempts, lease
        How often a job is begun that whoever ran it left behind, and for how long it is theirs
        without a sign of life.
    four_eyes
        Whether a plan must be approved by another than who proposed it.
    retention
        How long an archived campaign is kept; for ever where it is None.
    upload_limit, campaign_quota
        Most bytes of one upload, and of all the files of a campaign.
    requests_a_minute
        How many requests one caller may make; 0 for no limit.
    forwarded_allow
        Proxies whose ``X-Forwarded-*`` headers are believed.
    oidc_issuer, oidc_audience, oidc_roles_claim
        OpenID Connect: who signs tokens, for whom, and where they tell roles. Off without issuer.
    """

    database_url: str = field(repr=False)
    folder: Path
    secret: bytes = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    dask: str = ""
    workers: int = 1
    job_slots: int = 1
    job_attempts: int = 3
    lease: timedelta = timedelta(seconds=15)
    four_eyes: bool = True
    retention: timedelta | None = None
    upload_limit: int = 64 * MIB
    campaign_quota: int = 512 * MIB
    requests_a_minute: int = 6000
    forwarded_allow: tuple[str, ...] = ()
    oidc_issuer: str = ""
    oidc_audience: str = "placarde"
    oidc_roles_claim: str = "realm_access.roles"
    roads: RoadSettings = field(default_factory=lambda: road_settings({}))


def service_settings(environment: Mapping[str, str], *, secret: bytes) -> ServiceSettings:
    """Return what the environment says.

    Raises
    ------
    SettingError
        If a setting cannot be used.
    """
    folder = Path(environment.get("PLACARDE_FOLDER") or DEFAULT_FOLDER)
    url = secret_setting(environment, "PLACARDE_DATABASE_URL")
    return ServiceSettings(
        database_url=url or f"{SQLITE}{folder / STORE_FILE}",
        folder=folder,
        secret=secret,
        public_url=environment.get("PLACARDE_PUBLIC_URL", "").rstrip("/"),
        dask=environment.get("PLACARDE_DASK", ""),
        workers=_whole(environment, "PLACARDE_WORKERS", 1),
        job_slots=_whole(environment, "PLACARDE_JOB_SLOTS", 1),
        job_attempts=_whole(environment, "PLACARDE_JOB_ATTEMPTS", 3),
        lease=timedelta(
            seconds=_whole(
                environment, "PLACARDE_LEASE_S", 15, least=LEAST_LEASE_S, most=MOST_LEASE_S
            )
        ),
        four_eyes=_yes(environment, "PLACARDE_FOUR_EYES", otherwise=True),
        retention=_days(environment, "PLACARDE_RETENTION_DAYS"),
        upload_limit=_whole(environment, "PLACARDE_UPLOAD_MIB", 64) * MIB,
        campaign_quota=_whole(environment, "PLACARDE_QUOTA_MIB", 512) * MIB,
        requests_a_minute=_whole(environment, "PLACARDE_REQUESTS_A_MINUTE", 6000, least=0),
        forwarded_allow=tuple(environment.get("PLACARDE_PROXIES", "").split()),
        oidc_issuer=environment.get("PLACARDE_OIDC_ISSUER", ""),
        oidc_audience=environment.get("PLACARDE_OIDC_AUDIENCE", "placarde"),
        oidc_roles_claim=environment.get("PLACARDE_OIDC_ROLES", "realm_access.roles"),
        roads=road_settings(environment),
    )


def secret_setting(environment: Mapping[str, str], name: str) -> str:
    """Return a setting that may stand in a file instead (``NAME_FILE``), as containers give it.

    Raises
    ------
    SettingError
        If its file cannot be read.
    """
    if path := environment.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingError(f"{name}_FILE{NBSP}: ce fichier ne peut pas être lu.") from error
    return environment.get(name, "")


def _whole(
    environment: Mapping[str, str],
    name: str,
    otherwise: int,
    *,
    least: int = 1,
    most: int = MOST,
) -> int:
    text = environment.get(name) or str(otherwise)
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        limit = "" if most == MOST else f" et d’au plus {most}"
        raise SettingError(f"{name}{NBSP}: un nombre entier d’au moins {least}{limit} est attendu.")
    return int(text)


def _yes(environment: Mapping[str, str], name: str, *, otherwise: bool) -> bool:
    text = (environment.get(name) or ("yes" if otherwise else "no")).lower()
    if text not in {"yes", "no"}:
        raise SettingError(f"{name}{NBSP}: yes ou no est attendu.")
    return text == "yes"


def _days(environment: Mapping[str, str], name: str) -> timedelta | None:
    return timedelta(days=_whole(environment, name, 1)) if environment.get(name) else None
