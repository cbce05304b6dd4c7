"""Starts the service: its folder, its secret, its tables, its first key, its processes."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import uvicorn
from anyio.to_thread import run_sync
from fastapi import FastAPI

from app.service.access import EVERYWHERE, Role
from app.service.app import create_service
from app.service.context import Services, machine_clock
from app.service.jobs import JobRunner
from app.service.jobs.following import streams_end_with_signals
from app.service.logs import log_to_stderr
from app.service.metrics import FOLDER_VARIABLE
from app.service.ownership import keep_to_owner
from app.service.settings import (
    SECRET_FILE,
    ServiceSettings,
    SettingError,
    secret_setting,
    service_settings,
)
from app.service.tending import Tender
from data.store import counts, keys, members, open_store, schema
from data.store.audit import Act
from geo.french import NBSP

LEAST_SECRET = 32
STOP_WITHIN_S = 20
"""What requests and jobs are given to end when the service is told to stop."""
FIRST_SUBJECT = "premier-planificateur"

Told = Callable[[str], None]


def serve(environment: MutableMapping[str, str], *, host: str, port: int, tell: Told) -> None:
    """Prepare the store and serve until told to stop.

    Raises
    ------
    SettingError
        If a setting cannot be used.
    StoreUnavailableError
        If the store does not answer.
    """
    settings = read_settings(environment)
    keep_to_owner(settings, tell=tell)
    prepare(settings, tell=tell)
    keep_to_owner(settings, tell=tell)  # what was just made, whatever the umask
    with tempfile.TemporaryDirectory(prefix="placarde-metrics-") as folder:
        if settings.workers > 1:
            environment[FOLDER_VARIABLE] = folder
        uvicorn.run(
            "app.service.serve:build",
            factory=True,
            host=host,
            port=port,
            workers=settings.workers,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.forwarded_allow),
            forwarded_allow_ips=list(settings.forwarded_allow) or None,
            timeout_graceful_shutdown=STOP_WITHIN_S,
        )


def read_settings(environment: MutableMapping[str, str]) -> ServiceSettings:
    """Return the settings; a local secret is made where the environment gives none.

    Raises
    ------
    SettingError
        If a setting cannot be used.
    """
    given = secret_setting(environment, "PLACARDE_SECRET").encode()
    if given and len(given) < LEAST_SECRET:
        raise SettingError(f"PLACARDE_SECRET{NBSP}: au moins {LEAST_SECRET} caractères.")
    settings = service_settings(environment, secret=given)
    return settings if given else service_settings(environment, secret=_local(settings.folder))


def _local(folder: Path) -> bytes:
    """Return the secret kept in a folder; the first process to come makes it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # a local store holds names and consents
    path = folder / SECRET_FILE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_urlsafe(LEAST_SECRET).encode())
        file.flush()
        os.fsync(file.fileno())
    return path.read_bytes()


def prepare(settings: ServiceSettings, *, tell: Told) -> None:
    """Bring the tables up to this version; make and tell a first key where there is none."""
    store = open_store(settings.database_url)
    try:
        schema.upgrade(store)
        with store.write() as tx:
            if counts.has_keys(tx):
                return
            act = Act("placarde serve", machine_clock(), "first-key")
            for role in (Role.ADMIN, Role.PLANNER):
                members.grant(
                    tx, subject=FIRST_SUBJECT, campaign_id=EVERYWHERE, role=role.value, act=act
                )
            _, key = keys.create(tx, subject=FIRST_SUBJECT, label="première clé", act=act)
        tell(f"Première clé, montrée cette seule fois{NBSP}: {key}")
    finally:
        store.close()


def build() -> FastAPI:
    """Return the service as this process serves it."""
    log_to_stderr()
    settings = read_settings(os.environ)
    services = Services(open_store(settings.database_url), settings)
    return create_service(services, lifespan=partial(_alive, services))


@asynccontextmanager
async def _alive(services: Services, _app: FastAPI) -> AsyncIterator[None]:
    """Run jobs while requests are served; then hand back what is not done."""
    async with AsyncExitStack() as stack:
        stack.enter_context(streams_end_with_signals())
        stack.callback(services.store.close)
        runner = JobRunner(services)
        await run_sync(runner.start)
        stack.push_async_callback(run_sync, runner.stop)
        tender = Tender(services)
        tender.start()
        stack.push_async_callback(run_sync, tender.stop)
        yield
