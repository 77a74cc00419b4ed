"""The rules of foreign OIDC issuers, as the operator writes them: OIDC_ISSUERS."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from eventkit.auth.principal import TIED

Path = str | tuple[str, ...]
# Services are clients of our registry, and participants have personal links.
Role = Literal["organiser", "steering_group", "municipality", "district", "moderator", "operator"]
Scope = Literal["read", "write", "admin"]
Algorithm = Literal["RS256", "PS256", "ES256", "EdDSA"]
# A whole key, or its beginning: "08" is a state, "08236" a district with its municipalities.
_Tenant = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{2,8}\Z")]
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
_DAY = 86_400
_ACCESS_TOKENS = {"at+jwt", "application/at+jwt"}


class BadIssuers(ValueError):
    """What is wrong with the setting, in words that complete "OIDC_ISSUERS"; never its values."""


class IssuerRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How tokens of one issuer look, and whom they name.

    A path names a claim, or a claim within claims: `["realm_access", "roles"]`. Of several roles
    in a token the one that stands first in `role_map` counts. Whatever a token says, it speaks
    for no other tenants than `tenants`, and has no more scopes than `scopes_allowed`.
    """

    issuer: _Text
    jwks_url: _Text
    algorithms: Annotated[tuple[Algorithm, ...], msgspec.Meta(min_length=1)]
    audience: _Text
    header_typ: Annotated[tuple[_Text, ...], msgspec.Meta(min_length=1)]
    payload_typ: _Text | None = None
    subject_claim: _Text = "sub"
    role_claim: Path
    role_map: Annotated[dict[str, Role], msgspec.Meta(min_length=1)]
    tenant_claim: Path | None = None
    tenants: tuple[_Tenant, ...] = ()
    scope_claim: _Text | None = "scope"
    scopes_default: tuple[Scope, ...] = ("read",)
    scopes_allowed: Annotated[tuple[Scope, ...], msgspec.Meta(min_length=1)] = ("read", "write")
    longest_seconds: Annotated[int, msgspec.Meta(ge=1, le=_DAY)] = 600


def parse_issuers(text: str) -> tuple[IssuerRules, ...]:
    """Read the setting; raises BadIssuers."""
    try:
        found = msgspec.json.decode(text, type=tuple[IssuerRules, ...])
    except msgspec.ValidationError as error:
        raise BadIssuers(f"has a mistake: {error}.") from error
    except msgspec.DecodeError as error:
        raise BadIssuers("is not JSON; it must be a list of issuers.") from error
    for number, rules in enumerate(found):
        if fault := _fault(rules):
            raise BadIssuers(f"has a mistake: {fault} - at `$[{number}]`.")
    if len({rules.issuer for rules in found}) != len(found):
        raise BadIssuers("names an issuer twice.")
    return found


def _fault(rules: IssuerRules) -> str | None:
    return _bad_address(rules) or _bad_tenants(rules) or _bad_tokens(rules)


def _bad_address(rules: IssuerRules) -> str | None:
    parts = urlsplit(rules.jwks_url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return "`jwks_url` is no http or https URL"
    return None


def _bad_tenants(rules: IssuerRules) -> str | None:
    tied = " and ".join(sorted(TIED & set(rules.role_map.values())))
    if tied and not rules.tenant_claim:
        return f"`tenant_claim` is missing, and {tied} have a tenant"
    if tied and not rules.tenants:
        return f"`tenants` is missing: whose {tied} the issuer speaks for"
    return None


def _bad_tokens(rules: IssuerRules) -> str | None:
    if not set(rules.scopes_default) <= set(rules.scopes_allowed):
        return "`scopes_default` has a scope that `scopes_allowed` lacks"
    # RFC 9068 alone keeps ID tokens apart by the header.
    if rules.payload_typ is None and not set(rules.header_typ) <= _ACCESS_TOKENS:
        return "`payload_typ` is missing: only at+jwt in `header_typ` tells ID tokens apart"
    return None
