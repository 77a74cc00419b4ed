"""Access tokens: signing them in one place, verifying them everywhere (RFC 9068, ES256)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from time import time
from typing import Any
from uuid import uuid4

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64decode

from eventkit.auth.keys import Keys, OwnKeys, RemoteKeys, signing_key
from eventkit.auth.principal import Principal, usual_scopes
from eventkit.http.policy import ROLES
from eventkit.settings import Settings

LIFETIME = 600
_CACHED = 30
_CACHE_SIZE = 10_000
_LONGEST = 4_096
_SKEW = 5
_HEADER = {"alg", "kid", "typ"}


class BadToken(Exception):
    """The token is not one that we accept; why is nobody's business."""


@dataclass(frozen=True)
class Signer:
    """Signs tokens for machine clients; the registry has the only one."""

    key: ECKey
    issuer: str
    audience: str

    @classmethod
    def from_settings(cls, settings: Settings) -> Signer:
        return cls(signing_key(settings.master_key), settings.token_issuer, settings.token_audience)

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
        """The document at `/.well-known/jwks.json`."""
        public = self.key.as_dict(private=False)
        return {"keys": [{**public, "kid": self.key.kid, "use": "sig", "alg": "ES256"}]}


class Verifier:
    """Turns tokens into principals. Good ones are remembered for half a minute, by digest."""

    def __init__(
        self, keys: Keys, *, issuer: str, audience: str, now: Callable[[], float] = time
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._now = now
        self._known: dict[bytes, tuple[float, Principal]] = {}

    @classmethod
    def from_settings(cls, settings: Settings, *, issues_tokens: bool) -> Verifier:
        """Judge by the own key where tokens are issued, else by the registry's JWKS."""
        keys: Keys = (
            OwnKeys(signing_key(settings.master_key))
            if issues_tokens
            else RemoteKeys(f"{settings.registry_url}/.well-known/jwks.json")
        )
        return cls(keys, issuer=settings.token_issuer, audience=settings.token_audience)

    def verify(self, token: str) -> Principal:
        """The principal of a good token; raises BadToken, or KeysUnavailable."""
        digest = sha256(token.encode("utf-8", "surrogateescape")).digest()
        known = self._known.get(digest)
        if known and known[0] > self._now():
            return known[1]
        claims = self._claims(token)
        if len(self._known) >= _CACHE_SIZE:
            self._known.clear()
        principal = _principal(claims)
        self._known[digest] = (min(claims["exp"], self._now() + _CACHED), principal)
        return principal

    def _claims(self, token: str) -> Mapping[str, Any]:
        if len(token) > _LONGEST or not token.isascii():
            raise BadToken
        key = self._keys.find(_kid(token))
        if key is None:
            raise BadToken
        try:
            claims = jwt.decode(token, key, algorithms=["ES256"]).claims
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise BadToken from error
        if not self._accepts(claims):
            raise BadToken
        return claims

    def _accepts(self, claims: Mapping[str, Any]) -> bool:
        now = self._now()
        expires, issued = _time(claims, "exp"), _time(claims, "iat")
        starts = _time(claims, "nbf") if "nbf" in claims else issued
        return (
            claims.get("iss") == self._issuer
            and claims.get("aud") == self._audience
            and max(issued, starts) - _SKEW <= now < expires <= issued + LIFETIME
        )


def _kid(token: str) -> str:
    """The key id of a header that holds nothing but what we write into it ourselves."""
    try:
        header = orjson.loads(urlsafe_b64decode(token.partition(".")[0].encode()))
    except ValueError as error:
        raise BadToken from error
    if not isinstance(header, dict) or set(header) != _HEADER:
        raise BadToken
    kid = header["kid"]
    if header["alg"] != "ES256" or header["typ"] != "at+jwt" or not isinstance(kid, str):
        raise BadToken
    return kid


def _time(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if type(value) is not int or not 0 < value < 2**40:
        raise BadToken
    return value


def _principal(claims: Mapping[str, Any]) -> Principal:
    subject, role, tenant = claims.get("sub"), claims.get("role"), claims.get("tenant")
    if not (isinstance(subject, str) and 0 < len(subject) <= 200):
        raise BadToken
    if not isinstance(role, str) or role not in ROLES:
        raise BadToken
    # Tokens of before scopes were told have none.
    scope = claims.get("scope", " ".join(usual_scopes(role)))
    if not isinstance(tenant, str | None) or not isinstance(scope, str):
        raise BadToken
    return Principal(subject, role, tenant, frozenset(scope.split(" ")), str(claims["iss"]))
