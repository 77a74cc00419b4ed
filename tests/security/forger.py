"""Who makes tokens that say what they should not, under a key that no attacker has."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey


@dataclass(frozen=True)
class Attempt:
    """A request's credentials: lines of its head, and what stands behind its path."""

    head: bytes
    query: str = ""


def bearer(token: str | bytes, scheme: str = "Bearer") -> Attempt:
    raw = token if isinstance(token, bytes) else token.encode()
    return Attempt(b"Authorization: " + scheme.encode() + b" " + raw + b"\r\n")


@dataclass(frozen=True, kw_only=True)
class Forger:
    """Knows the issuer's key, which no attacker does, so that only the rules stand in the way."""

    key: ECKey
    issuer: str
    audience: str
    # Where an attacker listens.
    trap: str
    other: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "other"}))

    @property
    def header(self) -> dict[str, Any]:
        return {"alg": "ES256", "typ": "at+jwt", "kid": self.key.kid}

    def claims(self, **changed: Any) -> dict[str, Any]:
        now = int(time())
        usual = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": "client-1",
            "client_id": "client-1",
            "role": "organiser",
            "scope": "read write admin",
            "iat": now,
            "exp": now + 300,
        }
        return {name: value for name, value in {**usual, **changed}.items() if value is not ...}

    def token(self, header: Mapping[str, Any] | None = None, **changed: Any) -> str:
        """Rightly signed, whatever it says; `...` leaves a claim out."""
        told = {n: v for n, v in {**self.header, **(header or {})}.items() if v is not ...}
        return self.signed(json.dumps(told), json.dumps(self.claims(**changed)))

    def signed(self, header: str, claims: str, key: ECKey | None = None) -> str:
        content = f"{b64(header)}.{b64(claims)}"
        first, second = self.numbers(content, key or self.key)
        return f"{content}.{b64(first.to_bytes(32) + second.to_bytes(32))}"

    def numbers(self, content: str, key: ECKey) -> tuple[int, int]:
        private = key.private_key
        assert private is not None
        return decode_dss_signature(private.sign(content.encode(), ec.ECDSA(SHA256())))

    def parts(self) -> tuple[str, str, str]:
        head, body, signature = self.token().split(".")
        return head, body, signature


def b64(raw: str | bytes) -> str:
    told = raw.encode() if isinstance(raw, str) else raw
    return urlsafe_b64encode(told).rstrip(b"=").decode()
