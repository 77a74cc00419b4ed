"""Forged tokens at a real server: all are refused, and none makes it call anybody (S5 to S9)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey

from eventkit.auth.compact import take_apart
from eventkit.auth.keys import signing_key
from meetings.app import SERVICE
from tests.conftest import MakeDatabases
from tests.integration.registry.replicas import OWN, TLS, Process, migrated, running
from tests.security.conftest import Count
from tests.security.forged_tokens import corpus, hashed
from tests.security.forger import Attempt, Forger, b64, bearer
from tests.security.issuers import Keycloak, Listener, Second, listening, rules, signed
from tests.security.raw import exchange, status

PATH = "/v1/meetings"
KEYS, REALM_KEYS, SECOND_KEYS = "/.well-known/jwks.json", "/realm/certs", "/second/jwks"
REFUSED = {400, 401, 431}


@dataclass(frozen=True)
class World:
    """A service, the issuers that it believes, and a listener that it must never call."""

    service: Process
    believed: Listener
    trap: Listener
    forger: Forger
    realm: Keycloak
    second: Second

    def status(self, attempt: Attempt, path: str = PATH) -> int:
        return status(self.answer(attempt, path))

    def answer(self, attempt: Attempt, path: str = PATH) -> bytes:
        host = urlsplit(self.service.url).netloc
        head = f"GET {path}{attempt.query} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
        port = urlsplit(self.service.url).port
        assert port is not None
        return exchange(port, head.encode() + attempt.head + b"\r\n")

    def key_fetches(self) -> Counter[str]:
        return Counter({path: self.believed.asked[path] for path in self.believed.documents})


@pytest.fixture(scope="module")
def world(
    module_databases: MakeDatabases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    realm, second, key = Keycloak(), Second(), signing_key(b"k" * 32)
    with listening() as believed, listening() as trap:
        forger = Forger(key=key, issuer="netztreff-registry", audience="netztreff", trap=trap.url)
        ours = {"keys": [{**key.as_dict(private=False), "kid": key.kid}]}
        believed.documents |= {KEYS: ours, REALM_KEYS: realm.jwks(), SECOND_KEYS: second.jwks()}
        environment = migrated(SERVICE, module_databases("meetings")) | OWN
        environment |= {"REGISTRY_URL": believed.url, "OIDC_ISSUERS": rules(believed)}
        log = tmp_path_factory.mktemp("forged") / "meetings.log"
        with running("meetings", environment, log) as service:
            made = World(service, believed, trap, forger, realm, second)
            for token in (forger.token(), realm.token(), second.token()):
                assert made.status(bearer(token)) == 200
            yield made


def test_no_forged_token_opens_anything_or_calls_anybody(world: World, count: Count) -> None:
    before, started = world.key_fetches(), monotonic()
    attempts = corpus(world.forger) | foreign(world)
    answered = {name: world.status(attempt) for name, attempt in attempts.items()}
    assert {name: code for name, code in answered.items() if code not in REFUSED} == {}
    assert world.trap.asked == Counter()
    # An unknown key id may cause one request in a minute to the issuer's fixed address.
    fetched, minutes = world.key_fetches() - before, (monotonic() - started) // 60
    assert all(number <= 1 + minutes for number in fetched.values())
    assert set(world.believed.asked) <= {KEYS, REALM_KEYS, SECOND_KEYS}
    assert len(attempts) >= 60
    print(f"\n{len(attempts)} forged tokens refused")  # noqa: T201  (how many is the point)
    count("forged tokens", len(attempts))
    # The server is as willing as before.
    assert world.status(bearer(world.forger.token())) == 200


def foreign(world: World) -> dict[str, Attempt]:
    """Forgeries in the name of the other issuers."""
    realm, second = world.realm, world.second
    pem, der = realm.rsa.as_pem(private=False), realm.rsa.as_der(private=False)
    modulus = str(realm.rsa.as_dict(private=False)["n"]).encode()
    tokens: Mapping[str, str] = {
        "realm: HS256, the key as PEM": _hmac(realm, pem),
        "realm: HS256, the key as DER": _hmac(realm, der),
        "realm: HS256, the key as its modulus": _hmac(realm, modulus),
        "realm: an ID token": realm.token(typ="ID", nonce="n"),
        "realm: an ID token as a bearer": realm.token(at_hash="h"),
        "realm: a refresh token": realm.token(typ="Refresh"),
        "realm: our own type": realm.token({"typ": "at+jwt"}),
        "realm: another realm": realm.token(iss="https://login.example.org/realms/land"),
        "realm: a slash": realm.token(iss="https://login.example.org/realms/stadt/"),
        "realm: another audience": realm.token(aud="realm-management"),
        "realm: no role of ours": realm.token(realm_access={"roles": ["organiser", "operator"]}),
        "realm: no tenant": realm.token(realm_access={"roles": ["netz-stadt"]}),
        "realm: another town": realm.token(realm_access={"roles": ["netz-stadt"]}, ags="08111000"),
        "realm: jku": realm.token({"jku": f"{world.trap.url}/certs"}),
        "realm: jku, unknown kid": realm.token({"jku": f"{world.trap.url}/certs", "kid": "new"}),
        "realm: its encryption key": realm.token({"kid": "enc"}, _plain(realm.encryption)),
        "realm: PS256": realm.token({"alg": "PS256"}, _plain(realm.rsa)),
        "realm: expired": realm.token(exp=1_700_000_000),
        "realm: signed by the second issuer": signed(
            {"alg": "ES256", "typ": "JWT", "kid": "second"}, _claims(realm.token()), second.key
        ),
        "realm: our key": signed(
            {"alg": "ES256", "typ": "JWT", "kid": world.forger.key.kid},
            _claims(realm.token()),
            world.forger.key,
        ),
        "second: the realm's key": signed(
            {"alg": "RS256", "typ": "at+jwt", "kid": "realm"}, _claims(second.token()), realm.rsa
        ),
        "second: an unknown kid": second.token({"kid": "new"}),
        "second: no type": second.token({"typ": ...}),
        "ours, by the second issuer": second.token(
            iss="netztreff-registry", role="operator", sub="x"
        ),
    }
    return {name: bearer(token) for name, token in tokens.items()}


def _plain(key: RSAKey) -> RSAKey:
    """The same key, willing to sign by any algorithm."""
    return RSAKey.import_key(key.as_pem(private=True))


def _hmac(realm: Keycloak, secret: bytes) -> str:
    """A token "signed" with what everybody can fetch."""
    header = {"alg": "HS256", "typ": "JWT", "kid": "realm"}
    content = f"{b64(json.dumps(header))}.{b64(json.dumps(_claims(realm.token())))}"
    return f"{content}.{hashed(content, secret)}"


def _claims(token: str) -> dict[str, Any]:
    return take_apart(token).claims


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "bEaReR"])
def test_the_schemes_case_changes_nothing(world: World, scheme: str) -> None:
    token = world.forger.token()
    usual, other = world.answer(bearer(token)), world.answer(bearer(token, scheme))
    assert status(usual) == status(other) == 200
    assert usual.partition(b"\r\n\r\n")[2] == other.partition(b"\r\n\r\n")[2]


def test_a_thousand_unknown_keys_cost_one_request_a_minute(world: World) -> None:
    before, started = world.key_fetches(), monotonic()
    with httpx.Client(base_url=world.service.url, trust_env=False, verify=TLS) as http:
        for number in range(1_000):
            token = world.forger.token({"kid": f"unknown-{number}"})
            answer = http.get(PATH, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 401
    minutes = (monotonic() - started) // 60
    assert (world.key_fetches() - before)[KEYS] <= 1 + minutes


def test_tokens_of_several_issuers_are_good_at_once(world: World) -> None:
    for token in (world.realm.token(), world.second.token(), world.forger.token()):
        assert world.status(bearer(token)) == 200
    assert world.believed.asked[REALM_KEYS] >= 1
    assert world.believed.asked[SECOND_KEYS] >= 1


def test_an_issuers_default_scopes_hold_where_its_tokens_name_none(world: World) -> None:
    with httpx.Client(base_url=world.service.url, trust_env=False, verify=TLS) as http:
        realm = world.realm.token(realm_access={"roles": ["netz-leitung"]})
        codes = {}
        for name, token in (("realm", realm), ("second", world.second.token(rolle="o"))):
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": '"1"'}
            codes[name] = http.post(PATH, json={}, headers=headers).json()["code"]
    assert codes == {"realm": "insufficient-scope", "second": "invalid"}


def test_a_municipality_of_another_issuer_has_its_tenant(world: World) -> None:
    roles = {"roles": ["netz-stadt"]}
    token = world.realm.token(realm_access=roles, ags="08231000")
    assert world.status(bearer(token)) == 200
