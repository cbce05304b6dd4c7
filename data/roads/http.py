"""One question to a routing server, and its answer as JSON: retried, timed and never too large."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import urllib3
from urllib3.util import Retry, Timeout

from geo.errors import RoadsError

MOST_BYTES = 64 * 1024 * 1024
"""A matrix of 50 × 50 takes 60 kB and the line of a long road 300 kB."""

RETRIES = 4
BACKOFF_S = 0.5
_BUSY = (429, 502, 503, 504)
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server is waited for.

    The waits between tries are 0, 1, 2, 4 times `backoff_s`, or what the server asks for
    (``Retry-After``) up to `most_wait_s`.
    """

    connect_s: float = 5.0
    read_s: float = 60.0
    retries: int = RETRIES
    backoff_s: float = BACKOFF_S
    most_wait_s: int = 30


@dataclass(slots=True)
class Server:
    """A routing server at one address. Redirections are not followed: the address is a decision."""

    address: str
    patience: Patience = field(default_factory=Patience)
    _pool: urllib3.PoolManager = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.address = self.address.rstrip("/")
        self._pool = urllib3.PoolManager(num_pools=1, headers={"User-Agent": "Placarde"})

    @property
    def host(self) -> str:
        """Return the host and the port, for people."""
        return urllib.parse.urlsplit(self.address).netloc

    def ask(
        self,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        refusals: tuple[int, ...] = (),
    ) -> dict[str, Any] | list[Any]:
        """Return the answer to a question: a GET, or a POST where there is a `body`.

        Parameters
        ----------
        refusals
            Statuses besides 200 whose answer is JSON that says what the server refuses.

        Raises
        ------
        RoadsError
            If there is no answer in time, or it is no JSON, or too large, or a refusal.
        """
        url = f"{self.address}{path}"
        if query:
            url += "?" + urllib.parse.urlencode(query, safe=",;|:")
        try:
            response = self._pool.request(
                "GET" if body is None else "POST",
                url,
                json=body,
                timeout=Timeout(connect=self.patience.connect_s, read=self.patience.read_s),
                retries=self._retries(),
                redirect=False,
                preload_content=False,
            )
            try:
                return self._read(response, accepted=(200, *refusals))
            finally:
                response.close()
        except urllib3.exceptions.HTTPError as error:
            raise self.trouble(f"ne répond pas ({_reason(error)})") from error

    def trouble(self, what: str) -> RoadsError:
        """Return the error that says what this server did, and what to do about it."""
        return RoadsError(
            f"Le serveur d’itinéraires {self.host} {what}. Vérifier l’adresse dans PLACARDE_ROADS "
            "et que le serveur tourne, ou enlever ce réglage\u00a0: les temps de route seront "
            "estimés, et marqués comme tels."
        )

    def _retries(self) -> Retry:
        return Retry(
            total=self.patience.retries,
            redirect=0,
            allowed_methods=None,  # a question by POST changes nothing either
            status_forcelist=_BUSY,
            backoff_factor=self.patience.backoff_s,
            backoff_max=self.patience.most_wait_s,
            retry_after_max=self.patience.most_wait_s,
            raise_on_status=False,
            raise_on_redirect=False,
        )

    def _read(
        self, response: urllib3.BaseHTTPResponse, *, accepted: tuple[int, ...]
    ) -> dict[str, Any] | list[Any]:
        if response.status not in accepted:
            raise self.trouble(f"refuse la question (HTTP {response.status})")
        content = bytearray()
        for piece in response.stream(_PIECE):
            content += piece
            if len(content) > MOST_BYTES:
                raise self.trouble(f"répond plus de {MOST_BYTES >> 20} Mo")
        try:
            answer = json.loads(content)
        except ValueError as error:
            raise self.trouble("ne répond pas en JSON") from error
        if not isinstance(answer, dict | list):
            raise self.trouble("ne répond pas comme un serveur d’itinéraires")
        return answer


def _reason(error: urllib3.exceptions.HTTPError) -> str:
    cause = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) else error
    match cause:
        case urllib3.exceptions.NameResolutionError():
            return "adresse inconnue"
        case urllib3.exceptions.TimeoutError():
            return "délai dépassé"
        case urllib3.exceptions.SSLError():
            return "certificat refusé"
        case urllib3.exceptions.NewConnectionError():
            return "connexion refusée"
        case _:
            return "connexion interrompue"
