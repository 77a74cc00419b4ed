"""Tokens of other issuers, such as Keycloak, each by the rules that the operator set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventkit.auth.claims import text, valid_until
from eventkit.auth.compact import BadToken
from eventkit.auth.issuers import IssuerRules, Path
from eventkit.auth.keys import Key, Keys, RemoteKeys
from eventkit.auth.principal import SCOPES, TENANT_FORMS, Principal

Claims = Mapping[str, Any]
# Headers that name a key's address or change how the token is read (jku, jwk, crit, zip …) are
# refused by not being here; a thumbprint beside the kid says nothing that we would follow.
_HEADER = {"alg", "kid", "typ", "x5t", "x5t#S256"}
_OF_ID_TOKENS = {"nonce", "at_hash", "c_hash"}


@dataclass(frozen=True)
class ForeignIssuer:
    """One issuer with its rules and its keys."""

    rules: IssuerRules
    keys: Keys

    @classmethod
    def by(cls, rules: IssuerRules) -> ForeignIssuer:
        """The issuer with the keys from the one address that the rules name."""
        return cls(rules, RemoteKeys(rules.jwks_url, algorithms=rules.algorithms))

    @property
    def name(self) -> str:
        return self.rules.issuer

    def key(self, header: Mapping[str, Any]) -> tuple[Key, str]:
        algorithm, kid = header.get("alg"), header.get("kid")
        if not header.keys() <= _HEADER or header.get("typ") not in self.rules.header_typ:
            raise BadToken
        if algorithm not in self.rules.algorithms or not isinstance(kid, str):
            raise BadToken
        key = self.keys.find(kid)
        if key is None:
            raise BadToken
        return key, algorithm

    def judge(self, claims: Claims, now: float) -> tuple[Principal, int]:
        self._require_access_token(claims)
        expires = valid_until(claims, now, self.rules.longest_seconds)
        role = self._role(claims)
        # Two issuers may know different people under one subject.
        subject = f"{self.name}#{text(claims, self.rules.subject_claim)}"
        tenant = self._tenant(claims, role)
        return Principal(subject, role, tenant, self._scopes(claims), self.name), expires

    def _require_access_token(self, claims: Claims) -> None:
        audience = claims.get("aud")
        if self.rules.audience not in (audience if isinstance(audience, list) else [audience]):
            raise BadToken
        wanted = self.rules.payload_typ
        if wanted is not None and claims.get("typ") != wanted:
            raise BadToken
        if claims.get("typ") == "ID" or _OF_ID_TOKENS & claims.keys():
            raise BadToken

    def _role(self, claims: Claims) -> str:
        told = _at(claims, self.rules.role_claim)
        named = told if isinstance(told, list) else [told]
        for theirs, ours in self.rules.role_map.items():
            if theirs in named:
                return ours
        raise BadToken

    def _tenant(self, claims: Claims, role: str) -> str | None:
        if (form := TENANT_FORMS.get(role)) is None:
            return None
        told = _at(claims, self.rules.tenant_claim or ())
        if not isinstance(told, str) or not form.match(told):
            raise BadToken
        if not told.startswith(self.rules.tenants):
            raise BadToken
        return told

    def _scopes(self, claims: Claims) -> frozenset[str]:
        """Those that the token names and may have; the usual ones where it names none of ours."""
        told = claims.get(self.rules.scope_claim) if self.rules.scope_claim else None
        named = told.split(" ") if isinstance(told, str) else told
        ours = set(SCOPES) & set(_texts(named))
        return frozenset(ours or self.rules.scopes_default) & set(self.rules.scopes_allowed)


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _at(claims: Claims, path: Path) -> object:
    value: object = claims
    for name in (path,) if isinstance(path, str) else path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value
