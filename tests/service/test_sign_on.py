"""OpenID Connect: real signed tokens of an issuer on this machine."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OctKey, RSAKey

from app.service.access import EVERYWHERE
from app.service.app import create_service
from app.service.context import Services
from app.service.settings import ServiceSettings
from app.service.sign_on import ALGORITHMS, LEEWAY_S, SUBJECT_PREFIX, SignOn
from data.sign_on import SignOnError, fetch_keys
from data.store import members
from tests.service.conftest import BEGINNING, SetClock
from tests.service.planned import ACT

NOW = int(BEGINNING.timestamp())
Key = RSAKey | ECKey


@dataclass
class Issuer:
    """A fake sign-on server; `asked` are the paths that it was asked for."""

    url: str = ""
    keys: list[dict[str, Any]] = field(default_factory=list)
    document: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    status: int = 200

    def publish(self, *keys: Key) -> None:
        self.keys = [dict(key.as_dict(private=False)) for key in keys]

    def answer(self, path: str) -> object:
        told = {"issuer": self.url, "jwks_uri": f"{self.url}/certs", **self.document}
        return {"/r/.well-known/openid-configuration": told, "/r/certs": {"keys": self.keys}}[path]


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    fake = Issuer()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            fake.asked.append(self.path)
            body = json.dumps(fake.answer(self.path)).encode()
            self.send_response(fake.status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        fake.url = f"http://127.0.0.1:{server.server_address[1]}/r"
        yield fake
        server.shutdown()


@pytest.fixture(scope="module")
def rsa() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


@pytest.fixture
def settings(settings: ServiceSettings, issuer: Issuer) -> ServiceSettings:
    return replace(settings, oidc_issuer=issuer.url)


@pytest.fixture
def application(service: Services, issuer: Issuer, rsa: RSAKey) -> FastAPI:
    """Return the service with its own recognition of callers."""
    issuer.publish(rsa)
    return create_service(service)


def claims(issuer: Issuer, **changes: object) -> dict[str, Any]:
    """Return the claims of a good token of a planner; None takes a claim away."""
    whole = {
        "iss": issuer.url,
        "aud": ["placarde", "account"],
        "azp": "placarde",
        "sub": "5f0c2b7e",
        "exp": NOW + 300,
        "nbf": NOW - 1,
        "realm_access": {"roles": ["placarde:planner", "offline_access"]},
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def token(key: Key | OctKey, told: dict[str, Any], *, alg: str = "RS256", **header: str) -> str:
    named = {"kid": key.kid} if key.kid else {}
    return jwt.encode({"alg": alg, **named, **header}, told, key, algorithms=[alg])


def status(application: FastAPI, bearer: str) -> int:
    headers = {"Authorization": f"Bearer {bearer}"}
    return TestClient(application, headers=headers).get("/campaigns").status_code


def test_a_good_token_of_each_algorithm_is_recognised(
    application: FastAPI, issuer: Issuer, rsa: RSAKey
) -> None:
    ec = ECKey.generate_key("P-256", {"kid": "ec"})
    issuer.publish(rsa, ec)
    for alg in ALGORITHMS:
        key = ec if alg == "ES256" else rsa
        assert status(application, token(key, claims(issuer), alg=alg)) == 200
    assert issuer.asked == ["/r/.well-known/openid-configuration", "/r/certs"]


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://sso.example.org/realms/other"},
        {"iss": None},
        {"aud": "another-service"},
        {"aud": None},
        {"azp": "another-client"},
        {"exp": NOW - LEEWAY_S - 1},
        {"exp": None},
        {"exp": "soon"},
        {"nbf": NOW + LEEWAY_S + 1},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
    ],
)
def test_a_token_with_a_wrong_claim_is_none(
    application: FastAPI, issuer: Issuer, rsa: RSAKey, changes: dict[str, object]
) -> None:
    assert status(application, token(rsa, claims(issuer, **changes))) == 401
    assert status(application, token(rsa, claims(issuer))) == 200


def test_a_token_expires_and_a_little_leeway_is_given(
    application: FastAPI, issuer: Issuer, rsa: RSAKey, clock: SetClock
) -> None:
    bearer = token(rsa, claims(issuer))
    clock.advance(seconds=300 + LEEWAY_S - 1)
    assert status(application, bearer) == 200
    clock.advance(seconds=2)
    assert status(application, bearer) == 401


def test_neither_another_key_nor_no_signature_nor_a_shared_secret_will_do(
    application: FastAPI, issuer: Issuer, rsa: RSAKey
) -> None:
    stranger = RSAKey.generate_key(2048, {"kid": "one"})
    with pytest.warns(SecurityWarning):
        weak = RSAKey.generate_key(1024, {"kid": "weak"})
    shared = OctKey.import_key("a shared secret that somebody published", {"kid": "oct"})
    issuer.publish(rsa, weak)
    issuer.keys.append(dict(shared.as_dict(private=True)))
    good = token(rsa, claims(issuer))
    head, body, tag = good.split(".")
    bad = [
        token(stranger, claims(issuer)),
        token(weak, claims(issuer)),
        token(shared, claims(issuer), alg="HS256"),
        _confused(rsa, body),
        token(rsa, claims(issuer), alg="RS512"),
        f"eyJhbGciOiJub25lIn0.{body}.",
        f"eyJhbGciOiJub25lIn0.{body}.{tag}",
        f"{head}.{body[:-2]}.{tag}",
        f"{head}.{body}",
        "a.b.c",
    ]
    assert [status(application, each) for each in bad] == [401] * len(bad)
    assert status(application, good) == 200


def _confused(rsa: RSAKey, body: str) -> str:
    """Return a token that takes the public key for a shared secret; joserfc would make none."""
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').decode().rstrip("=")
    secret = rsa.as_pem(private=False)
    tag = hmac.digest(secret, f"{head}.{body}".encode(), hashlib.sha256)
    return f"{head}.{body}.{base64.urlsafe_b64encode(tag).decode().rstrip('=')}"


def test_keys_are_asked_for_again_when_they_change_and_not_for_every_bad_token(
    application: FastAPI, issuer: Issuer, rsa: RSAKey, clock: SetClock
) -> None:
    assert status(application, token(rsa, claims(issuer))) == 200
    new = RSAKey.generate_key(2048, {"kid": "two"})
    issuer.publish(new)
    for _ in range(5):
        assert status(application, token(new, claims(issuer))) == 401
    assert len(issuer.asked) == 2
    clock.advance(seconds=31)
    assert status(application, token(new, claims(issuer))) == 200
    assert status(application, token(rsa, claims(issuer))) == 401
    assert len(issuer.asked) == 4


def test_while_the_issuer_is_away_its_known_keys_stay_good(
    application: FastAPI, issuer: Issuer, rsa: RSAKey, clock: SetClock
) -> None:
    issuer.status = 500
    away = TestClient(
        application, headers={"Authorization": f"Bearer {token(rsa, claims(issuer))}"}
    ).get("/campaigns")
    assert (away.status_code, away.json()["code"]) == (503, "sign-on-unavailable")
    assert "Retry-After" in away.headers
    issuer.status = 200
    clock.advance(seconds=31)
    bearer = token(rsa, claims(issuer, exp=NOW + 3600))
    assert status(application, bearer) == 200
    issuer.status = 500
    clock.advance(minutes=11)
    assert status(application, bearer) == 200


def test_roles_come_from_the_token_and_from_placarde(
    application: FastAPI,
    issuer: Issuer,
    rsa: RSAKey,
    service: Services,
    *,
    tiny: str,
    isere: str,
) -> None:
    with service.store.write() as tx:
        subject = f"{SUBJECT_PREFIX}5f0c2b7e"
        members.grant(tx, subject=subject, campaign_id=isere, role="reader", act=ACT)
        members.grant(tx, subject="5f0c2b7e", campaign_id=EVERYWHERE, role="admin", act=ACT)
    roles = [f"placarde:planner:{tiny}", "placarde:king", "planner", "placarde:admin:*", 3]
    bearer = token(rsa, claims(issuer, realm_access={"roles": roles}))
    client = TestClient(application, headers={"Authorization": f"Bearer {bearer}"})
    assert client.get(f"/campaigns/{tiny}/agents").status_code == 200
    assert client.get(f"/campaigns/{isere}").status_code == 200
    assert client.get(f"/campaigns/{isere}/agents").status_code == 403
    assert client.get("/keys").status_code == 403


@pytest.mark.parametrize("access", [None, {}, {"roles": "placarde:admin"}, {"roles": None}, []])
def test_a_token_without_roles_gives_none(
    application: FastAPI, issuer: Issuer, rsa: RSAKey, access: object
) -> None:
    assert status(application, token(rsa, claims(issuer, realm_access=access))) == 403


def test_only_the_issuer_itself_is_asked(issuer: Issuer, rsa: RSAKey) -> None:
    issuer.publish(rsa)
    assert [key["kid"] for key in fetch_keys(issuer.url)] == ["one"]
    issuer.document = {"jwks_uri": "http://127.0.0.1:9/r/certs"}
    with pytest.raises(SignOnError, match="not at the issuer"):
        fetch_keys(issuer.url)
    issuer.document = {"issuer": "https://sso.example.org"}
    with pytest.raises(SignOnError, match="another issuer"):
        fetch_keys(issuer.url)
    issuer.document, issuer.status, issuer.asked = {}, 302, []
    with pytest.raises(SignOnError, match="302"):
        fetch_keys(issuer.url)
    assert issuer.asked == ["/r/.well-known/openid-configuration"]
    with pytest.raises(SignOnError, match="HTTPS"):
        fetch_keys("http://sso.example.org/realms/cd38")


def test_a_subject_with_unusual_characters_is_told_by_its_hash(
    issuer: Issuer, rsa: RSAKey, clock: SetClock
) -> None:
    issuer.publish(rsa)
    sign_on = SignOn(issuer.url, "placarde", "realm_access.roles", clock)
    for subject in ("Zoé Müller", "a" * 255):
        found = sign_on.recognise(token(rsa, claims(issuer, sub=subject)))
        assert found is not None
        assert found.subject.startswith("oidc:sha256:")
