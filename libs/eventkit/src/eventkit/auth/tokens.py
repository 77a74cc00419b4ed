"""Access tokens: signing them in one place, verifying them everywhere (RFC 9068, ES256)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from time import time
from typing import Any, Protocol
from uuid import uuid4

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from eventkit.auth.claims import text, valid_until
from eventkit.auth.compact import BadToken, take_apart
from eventkit.auth.keyring import KeyRing
from eventkit.auth.keys import ALGORITHMS, Key, Keys
from eventkit.auth.principal import ROLES, Principal, usual_scopes
from eventkit.settings import Settings

__all__ = ["LIFETIME", "BadToken", "Issuer", "OwnIssuer", "Signer", "Verifier"]

LIFETIME = 600
_CACHED = 30
_CACHE_SIZE = 10_000
_HEADER = {"alg", "kid", "typ"}
Claims = Mapping[str, Any]


@dataclass(frozen=True)
class Signer:
    """Signs tokens for machine clients; the registry has the only one."""

    key: ECKey
    issuer: str
    audience: str

    @classmethod
    def from_settings(cls, settings: Settings, keys: KeyRing | None = None) -> Signer:
        """Sign with the ring's present key; without a ring, with the first generation's."""
        ring = keys or KeyRing(settings.master_key)
        return cls(ring.signing(), settings.token_issuer, settings.token_audience)

    def sign(self, principal: Principal, *, lifetime: int = LIFETIME) -> str:
        """A token for this principal, valid from now for at most ten minutes.

        A principal without scopes gets those that are usual for its role.
        """
        if not 0 < lifetime <= LIFETIME:
            raise ValueError(f"a token lives at most {LIFETIME} seconds")
        now = int(time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": principal.subject,
            "client_id": principal.subject,
            "iat": now,
            "exp": now + lifetime,
            "jti": uuid4().hex,
            "role": principal.role,
            "scope": " ".join(sorted(principal.scopes or usual_scopes(principal.role))),
        }
        if principal.tenant is not None:
            claims["tenant"] = principal.tenant
        header = {"alg": "ES256", "typ": "at+jwt", "kid": self.key.kid}
        return jwt.encode(header, claims, self.key, algorithms=["ES256"])

    def jwks(self) -> dict[str, Any]:
        """The document that publishes this one key."""
        public = self.key.as_dict(private=False)
        return {"keys": [{**public, "kid": self.key.kid, "use": "sig", "alg": "ES256"}]}


class Issuer(Protocol):
    """The rules of one issuer's tokens. Both raise BadToken."""

    @property
    def name(self) -> str:
        """What `iss` must say."""

    def key(self, header: Mapping[str, Any]) -> tuple[Key, str]:
        """The key and the algorithm that must have signed; raises KeysUnavailable as well."""

    def judge(self, claims: Claims, now: float) -> tuple[Principal, int]:
        """Whom signed claims name, and until when."""


@dataclass(frozen=True)
class OwnIssuer:
    """Our registry's tokens: nothing but what we write into them ourselves."""

    name: str
    audience: str
    keys: Keys

    def key(self, header: Mapping[str, Any]) -> tuple[Key, str]:
        if set(header) != _HEADER or (header["alg"], header["typ"]) != ("ES256", "at+jwt"):
            raise BadToken
        kid = header["kid"]
        key = self.keys.find(kid) if isinstance(kid, str) else None
        if key is None:
            raise BadToken
        return key, "ES256"

    def judge(self, claims: Claims, now: float) -> tuple[Principal, int]:
        if claims.get("aud") != self.audience:
            raise BadToken
        return _principal(claims, self.name), valid_until(claims, now, LIFETIME)


class _Registry(JWSRegistry):
    """One algorithm. EdDSA goes without a warning: issuers call it so, despite RFC 9864."""

    def get_alg(self, name: str) -> Any:
        if name not in (self.allowed or ()):
            raise BadToken
        return self.algorithms[name]


_REGISTRIES = {name: _Registry(algorithms=[name]) for name in ALGORITHMS}


class Verifier:
    """Turns tokens into principals. Good ones are remembered for half a minute, by digest.

    `is_revoked` is asked at every call, of remembered ones as well.
    """

    def __init__(
        self,
        issuers: Iterable[Issuer],
        *,
        is_revoked: Callable[[str], bool] = lambda _: False,
        now: Callable[[], float] = time,
    ) -> None:
        self._issuers = {issuer.name: issuer for issuer in issuers}
        self._is_revoked = is_revoked
        self._now = now
        self._known: dict[bytes, tuple[float, Principal]] = {}

    def verify(self, token: str) -> Principal:
        """The principal of a good token; raises BadToken, or KeysUnavailable."""
        digest = sha256(token.encode("utf-8", "surrogateescape")).digest()
        known = self._known.get(digest)
        if known is None or known[0] <= self._now():
            known = self._judged(token)
            if len(self._known) >= _CACHE_SIZE:
                self._known.clear()
            self._known[digest] = known
        if self._is_revoked(known[1].subject):
            raise BadToken
        return known[1]

    def _judged(self, token: str) -> tuple[float, Principal]:
        parts = take_apart(token)
        # What the token says of its issuer is not believed; it only picks the rules to fail.
        named = parts.claims.get("iss")
        issuer = self._issuers.get(named) if isinstance(named, str) else None
        if issuer is None:
            raise BadToken
        key, algorithm = issuer.key(parts.header)
        try:
            jws.deserialize_compact(token, key, registry=_REGISTRIES[algorithm])
        except (JoseError, ValueError, TypeError) as error:
            raise BadToken from error
        now = self._now()
        principal, expires = issuer.judge(parts.claims, now)
        return min(expires, now + _CACHED), principal


def _principal(claims: Claims, issuer: str) -> Principal:
    subject, role, tenant = text(claims, "sub"), text(claims, "role"), claims.get("tenant")
    if role not in ROLES:
        raise BadToken
    # Tokens of before scopes were told have none.
    scope = claims.get("scope", " ".join(usual_scopes(role)))
    if not isinstance(tenant, str | None) or not isinstance(scope, str):
        raise BadToken
    return Principal(subject, role, tenant, frozenset(scope.split(" ")), issuer)
