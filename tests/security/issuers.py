"""Issuers on loopback, as a service meets them: ours, a Keycloak, another one, and a trap."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import time
from typing import Any

from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry, serialize_compact

REALM, SECOND = "https://login.example.org/realms/stadt", "https://idp.example.org"


class _AnyAlgorithm(JWSRegistry):
    """Signs as it is told."""

    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]


_ANY = _AnyAlgorithm(strict_check_header=False)


@dataclass
class Listener:
    """Answers with documents by path, 404 otherwise, and counts who asked for what."""

    url: str = ""
    documents: dict[str, Any] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)


@contextmanager
def listening() -> Iterator[Listener]:
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            listener.asked[self.path] += 1
            found = listener.documents.get(self.path)
            body = json.dumps(found).encode()
            self.send_response(200 if found is not None else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            """The counter is the log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        listener.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield listener
        server.shutdown()
        thread.join()


class Keycloak:
    """A realm with stock settings: RS256, header type JWT, payload type Bearer, aud account."""

    def __init__(self) -> None:
        self.rsa = RSAKey.generate_key(2048, {"kid": "realm", "use": "sig", "alg": "RS256"})
        self.encryption = RSAKey.generate_key(2048, {"kid": "enc", "use": "enc", "alg": "RSA-OAEP"})

    def jwks(self) -> dict[str, Any]:
        return {"keys": [key.as_dict(private=False) for key in (self.encryption, self.rsa)]}

    def token(self, header: Any = None, key: Any = None, **changed: Any) -> str:
        now = int(time())
        usual = {
            "exp": now + 300,
            "iat": now,
            "jti": "onrtac:5b7b3b9e",
            "iss": REALM,
            "aud": ["realm-management", "account"],
            "sub": "f3a1c6de-7a51-4f0b-9c40-5f3a6f1f9a77",
            "typ": "Bearer",
            "azp": "fachverfahren",
            "acr": "1",
            "allowed-origins": ["https://fachverfahren.example.org"],
            "realm_access": {"roles": ["default-roles-stadt", "offline_access", "netz-moderation"]},
            "resource_access": {"account": {"roles": ["manage-account", "view-profile"]}},
            "scope": "email profile",
            "clientHost": "192.0.2.7",
            "preferred_username": "service-account-fachverfahren",
        }
        told = {"alg": "RS256", "typ": "JWT", "kid": "realm", **(header or {})}
        return signed(told, {**usual, **changed}, key or self.rsa)


class Second:
    """Another issuer: ES256, RFC 9068 tokens, its own names for everything."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "second"})

    def jwks(self) -> dict[str, Any]:
        return {"keys": [self.key.as_dict(private=False)]}

    def token(self, header: Any = None, **changed: Any) -> str:
        now = int(time())
        usual = {
            "exp": now + 300,
            "iat": now,
            "iss": SECOND,
            "aud": "netztreff",
            "client_id": "werkzeug",
            "rolle": "m",
        }
        told = {"alg": "ES256", "typ": "at+jwt", "kid": "second", **(header or {})}
        return signed(told, {**usual, **changed}, self.key)


def signed(header: dict[str, Any], claims: dict[str, Any], key: Any) -> str:
    told = {name: value for name, value in claims.items() if value is not ...}
    named = {name: value for name, value in header.items() if value is not ...}
    return serialize_compact(named, json.dumps(told), key, registry=_ANY)


def rules(listener: Listener) -> str:
    """OIDC_ISSUERS for the two foreign issuers at this listener."""
    realm = {
        "issuer": REALM,
        "jwks_url": f"{listener.url}/realm/certs",
        "algorithms": ["RS256"],
        "audience": "account",
        "header_typ": ["JWT"],
        "payload_typ": "Bearer",
        "role_claim": ["realm_access", "roles"],
        "role_map": {
            "netz-leitung": "organiser",
            "netz-moderation": "moderator",
            "netz-stadt": "municipality",
        },
        "tenant_claim": "ags",
        "tenants": ["08231000"],
        "scopes_default": ["read"],
    }
    second = {
        "issuer": SECOND,
        "jwks_url": f"{listener.url}/second/jwks",
        "algorithms": ["ES256"],
        "audience": "netztreff",
        "header_typ": ["at+jwt"],
        "subject_claim": "client_id",
        "role_claim": "rolle",
        "role_map": {"m": "moderator", "o": "organiser"},
        "scopes_default": ["read", "write"],
    }
    return json.dumps([realm, second])
