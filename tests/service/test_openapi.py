"""The OpenAPI document held to: what schemathesis makes of it never meets a 5xx or a surprise.

``OPENAPI_EXAMPLES`` says how many requests of each kind are made (`make fuzz` makes many).
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.types import Message, Receive, Scope, Send

from app.service.access import authenticate
from app.service.app import create_service
from app.service.context import Services
from app.service.settings import ServiceSettings
from data.store import Store, open_store
from tests.service.conftest import (
    ROLES_HEADER,
    SECRET,
    SUBJECT_HEADER,
    SetClock,
    import_campaign,
    told_by_headers,
)
from tests.service.planned import put_plan
from tests.service.tiny import tiny_files
from tests.stores import copied, store_url  # noqa: F401 -- fixtures

EXAMPLES = int(os.environ.get("OPENAPI_EXAMPLES", "6"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
WHO = {
    SUBJECT_HEADER: "planificatrice",
    ROLES_HEADER: "planner@*,approver@*,admin@*",
}
SETTINGS = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
MADE = ("c_", "p_", "A")
"""How ids begin that came from an answer; schemathesis makes up none like these."""
ENDLESS = frozenset({"followJob"})
"""What streams until a job ends; tests/service/test_jobs.py follows it."""
KNOWN_ONE_TIME_IN = 4
"""One request in so many keeps the made-up ids of its path; the others name what is there."""


@pytest.fixture
def ids(store_url: str, children_here: None) -> dict[str, str]:  # noqa: ARG001, F811
    """Return ids of what is in the store, by the names that paths give them."""
    with closing(open_store(store_url)) as store:
        campaign_id = import_campaign(store, tiny_files())
        plan_id = put_plan(store, campaign_id)
    return {"campaign_id": campaign_id, "plan_id": plan_id, "other": plan_id, "row_id": "A1"}


class Anew:
    """The service, how it is taken back to its beginning, and which routes answered well."""

    def __init__(self, beginning: str, copy: Callable[[str], str], folder: Path) -> None:
        self._beginning, self._copy, self._folder = beginning, copy, folder
        self._store: Store | None = None
        self.succeeded: set[object] = set()
        self.begin()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the service does."""

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 300:
                self.succeeded.add(scope.get("endpoint"))
            await send(message)

        await self._app(scope, receive, told)

    def begin(self) -> None:
        """Serve a store that is as it was at first, in a service that remembers nothing."""
        self.close()
        self._store = open_store(self._copy(self._beginning))
        told = ServiceSettings("sqlite://", self._folder, SECRET, requests_a_minute=0)
        self._app = create_service(Services(self._store, told, SetClock()))
        self._app.dependency_overrides[authenticate] = told_by_headers

    def close(self) -> None:
        """Let go of the store."""
        if self._store is not None:
            self._store.close()


@pytest.fixture
def application(
    store_url: str,  # noqa: F811 -- the fixture imported above
    ids: dict[str, str],  # noqa: ARG001 -- for its effect
    copied: Callable[[str], str],  # noqa: F811
    tmp_path: Path,
) -> Iterator[Anew]:
    with closing(Anew(store_url, copied, tmp_path)) as application:
        yield application


@pytest.mark.slow
def test_no_request_meets_what_the_document_does_not_tell(
    application: Anew, ids: dict[str, str]
) -> None:
    schema = schema_of(application)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) > 60
    faults = [fault for operation in operations for fault in _faults(operation, ids)]
    assert not faults, "\n\n".join(faults)
    assert len(application.succeeded) > len(operations) / 3, "the others: test_openapi_answers"


@pytest.mark.slow
def test_what_one_request_makes_the_next_ones_use_without_surprise(
    application: Anew,
    ids: dict[str, str],
) -> None:
    """The ids of what is made go from one answer into the next request, by links and by names."""
    machine: Any = schema_of(application).as_state_machine()

    class Planner(machine):  # type: ignore[misc]  # made at run time
        """Somebody who does one thing after another, on a store that is as it was at first.

        What is drawn next depends on the answers so far; the same requests must get the same ones.
        """

        def setup(self) -> None:
            application.begin()

        def before_call(self, case: Case[Any]) -> None:
            for name, known in ids.items():
                if not str(case.path_parameters.get(name, known)).startswith(MADE):
                    case.path_parameters[name] = known

        def get_call_kwargs(self, case: Case[Any]) -> dict[str, Any]:
            del case
            return {"headers": WHO}

        def validate_response(self, response: Any, case: Case[Any], **_: Any) -> None:
            case.validate_response(response, checks=CHECKS, headers=WHO)

    told = settings(SETTINGS, max_examples=2 * EXAMPLES, stateful_step_count=15)
    run_state_machine_as_test(Planner, settings=told)
    assert len(application.succeeded) > 12, "more than refusals"


def schema_of(application: Anew) -> Any:
    """Return the document of a service, without what streams for ever."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", application)
    return schema.exclude(operation_id=sorted(ENDLESS))


def _faults(operation: Any, ids: dict[str, str]) -> list[str]:
    """Return what is wrong with the answers to made-up requests of one operation; none is best."""

    @settings(SETTINGS, max_examples=EXAMPLES)
    @given(operation.as_strategy(), st.randoms(use_true_random=False))
    def ask(case: Case[Any], chance: random.Random) -> None:
        for name, known in ids.items():
            if name in case.path_parameters and chance.randrange(KNOWN_ONE_TIME_IN):
                case.path_parameters[name] = known
        case.call_and_validate(headers=WHO, checks=CHECKS)

    try:
        ask()
    except BaseException as error:  # noqa: BLE001 -- hypothesis raises groups of anything
        return [f"{operation.label}: {_words(error)}"]
    return []


def _words(error: BaseException) -> str:
    inner = getattr(error, "exceptions", (error,))
    return "\n".join(f"{type(each).__name__}: {each}" for each in inner)[:1500]
