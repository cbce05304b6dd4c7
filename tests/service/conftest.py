"""The service over a store of its own, and clients that are whoever a test needs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from app.service.access import EVERYWHERE, Principal, Role, authenticate
from app.service.app import create_service
from app.service.context import Services
from app.service.errors import ApiError
from app.service.settings import ServiceSettings
from data.isere import CAMPAIGN_FILES, campaign_folder
from data.store import Store, folders, open_store, schema
from data.store.audit import Act
from tests.service.tiny import tiny_files

SECRET = b"a secret of thirty-two bytes or more"
BEGINNING = datetime(2017, 9, 4, 8, 0, tzinfo=UTC)
SUBJECT_HEADER = "X-Test-Subject"
ROLES_HEADER = "X-Test-Roles"

AsRole = Callable[..., TestClient]
"""``as_role(Role.BUYER, subject="…", campaign_id="c_…")``: a client of the same service."""


@dataclass(slots=True)
class SetClock:
    """A clock that stands until it is set."""

    now: datetime = BEGINNING

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        """Let some time pass (``hours=1``)."""
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture(scope="session")
def stored_campaigns(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, str]]:
    """Return a SQLite file that holds both campaigns, made once, and their ids by name."""
    path = tmp_path_factory.mktemp("stored") / "both.sqlite"
    store = open_store(f"sqlite:///{path}")
    schema.upgrade(store)
    ids = {
        "tiny": import_campaign(store, tiny_files()),
        "isere": import_campaign(store, isere_files()),
    }
    store.close()
    return path, ids


def isere_files() -> dict[str, bytes]:
    """Return the files of the embedded campaign."""
    folder = campaign_folder()
    return {name: (folder / name).read_bytes() for name in CAMPAIGN_FILES}


def import_campaign(store: Store, files: Mapping[str, bytes]) -> str:
    """Return the id of a campaign that is put into a store."""
    with store.write() as tx:
        act = Act("tests", BEGINNING, "request-of-tests")
        record, reading = folders.import_files(tx, files, act=act)
        assert record is not None, reading.problems
        return record.campaign_id


@pytest.fixture
def store(stored_campaigns: tuple[Path, Mapping[str, str]], tmp_path: Path) -> Iterator[Store]:
    """Yield a store of this test alone that holds both campaigns."""
    path = tmp_path / "placarde.sqlite"
    shutil.copyfile(stored_campaigns[0], path)
    opened = open_store(f"sqlite:///{path}")
    yield opened
    opened.close()


@pytest.fixture
def tiny(stored_campaigns: tuple[Path, Mapping[str, str]]) -> str:
    """Return the id of the tiny campaign (`tests.service.tiny`) in `store`."""
    return stored_campaigns[1]["tiny"]


@pytest.fixture
def isere(stored_campaigns: tuple[Path, Mapping[str, str]]) -> str:
    """Return the id of the embedded campaign in `store`."""
    return stored_campaigns[1]["isere"]


@pytest.fixture
def settings(store: Store, tmp_path: Path) -> ServiceSettings:
    """Return the settings of `service`; a test may override this fixture."""
    url = store.engine.url.render_as_string(hide_password=False)
    return ServiceSettings(database_url=url, folder=tmp_path, secret=SECRET)


@pytest.fixture
def service(store: Store, settings: ServiceSettings, clock: SetClock) -> Services:
    return Services(store, settings, clock)


@pytest.fixture
def application(service: Services) -> FastAPI:
    """Return the service; who calls is what the headers of `as_role` say."""
    app = create_service(service)
    app.dependency_overrides[authenticate] = told_by_headers
    return app


def told_by_headers(request: Request) -> Principal:
    """Return whom a request says it is from: ``reader@*,planner@c_…``."""
    subject = request.headers.get(SUBJECT_HEADER)
    if subject is None:
        raise ApiError(401, "unauthorized", "A key or a token is needed.")
    roles: dict[str, frozenset[Role]] = {}
    for said in filter(None, request.headers.get(ROLES_HEADER, "").split(",")):
        role, _, campaign_id = said.partition("@")
        roles[campaign_id] = roles.get(campaign_id, frozenset()) | {Role(role)}
    return Principal(subject, roles)


@pytest.fixture
def as_role(application: FastAPI) -> AsRole:
    """Return how to get a client in a role; all of them may be used at once."""

    def make(*roles: Role, subject: str = "quelqu-un", campaign_id: str = EVERYWHERE) -> TestClient:
        said = ",".join(f"{role.value}@{campaign_id}" for role in roles)
        headers = {SUBJECT_HEADER: subject, ROLES_HEADER: said}
        return TestClient(application, headers=headers, raise_server_exceptions=False)

    return make


@pytest.fixture
def client(as_role: AsRole) -> TestClient:
    """Return a client that is planner everywhere."""
    return as_role(Role.PLANNER, subject="planificatrice")


@pytest.fixture
def nobody(application: FastAPI) -> TestClient:
    """Return a client that nobody recognises."""
    return TestClient(application, raise_server_exceptions=False)


@pytest.fixture
def children_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what a request asks a child process for be done in this one."""
    from app.service import jobs  # noqa: PLC0415
    from tests.service.planned import run_here  # noqa: PLC0415

    monkeypatch.setattr(jobs, "run_child", run_here)


@pytest.fixture
def plan_id(store: Store, tiny: str, children_here: None) -> str:  # noqa: ARG001 -- for its effect
    """Return the id of a plan of the tiny campaign in `store`; `children_here`."""
    from tests.service.planned import put_plan  # noqa: PLC0415

    return put_plan(store, tiny)
