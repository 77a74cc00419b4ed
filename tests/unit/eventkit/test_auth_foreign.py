"""Tokens of other issuers: each is judged by its own issuer's rules, and by nothing else."""

import json
from time import time
from typing import Any

import pytest
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry, serialize_compact

from eventkit.auth.foreign import ForeignIssuer
from eventkit.auth.issuers import IssuerRules
from eventkit.auth.keys import Key, RemoteKeys
from eventkit.auth.principal import Principal
from eventkit.auth.tokens import BadToken, Verifier

NOW = int(time())
KEYCLOAK, OTHER = "https://login.example.org/realms/stadt", "https://idp.example.org"
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
SECOND_RSA = RSAKey.generate_key(2048, {"kid": "rsa-2"})
EC, CURVE = ECKey.generate_key("P-256", {"kid": "ec"}), ECKey.generate_key("P-384", {"kid": "p384"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
ENCRYPTION = RSAKey.generate_key(2048, {"kid": "enc", "use": "enc"})
SHARED = OctKey.generate_key(256, {"kid": "oct"})


class AnyAlgorithm(JWSRegistry):
    """Signs as it is told, without a word about what is deprecated."""

    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]


ANY = AnyAlgorithm(strict_check_header=False)


def rules(**changed: Any) -> IssuerRules:
    usual: dict[str, Any] = {
        "issuer": KEYCLOAK,
        "jwks_url": "https://login.example.org/certs",
        "algorithms": ("RS256",),
        "audience": "account",
        "header_typ": ("JWT",),
        "payload_typ": "Bearer",
        "role_claim": ("realm_access", "roles"),
        "role_map": {"leitung": "organiser", "stadt": "municipality", "kreis": "district"},
        "tenant_claim": "schluessel",
        "tenants": ("08231", "08236"),
    }
    return IssuerRules(**{**usual, **changed})


def published(*keys: Any) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


def verifier(*more: IssuerRules, **changed: Any) -> Verifier:
    every = published(RSA, SECOND_RSA, EC, CURVE, ED, ENCRYPTION)
    every["keys"].append(SHARED.as_dict())
    issuers = [
        ForeignIssuer(
            one, RemoteKeys(one.jwks_url, algorithms=one.algorithms, fetch=lambda _: every)
        )
        for one in (rules(**changed), *more)
    ]
    return Verifier(issuers, now=lambda: NOW)


def claims(**changed: Any) -> dict[str, Any]:
    """As a stock Keycloak writes them."""
    usual = {
        "exp": NOW + 300,
        "iat": NOW,
        "jti": "trrtcc:0f3a5a5e",
        "iss": KEYCLOAK,
        "aud": "account",
        "sub": "f3a1c6de-7a51-4f0b-9c40-5f3a6f1f9a77",
        "typ": "Bearer",
        "azp": "fachverfahren",
        "acr": "1",
        "realm_access": {"roles": ["offline_access", "stadt", "uma_authorization"]},
        "resource_access": {"account": {"roles": ["manage-account", "view-profile"]}},
        "scope": "profile email",
        "schluessel": "08231000",
    }
    return {name: value for name, value in {**usual, **changed}.items() if value is not ...}


def signed(key: Key = RSA, alg: str = "RS256", header: Any = None, **changed: Any) -> str:
    told = {"alg": alg, "typ": "JWT", "kid": key.kid, **(header or {})}
    told = {name: value for name, value in told.items() if value is not ...}
    return serialize_compact(told, json.dumps(claims(**changed)), key, registry=ANY)


def test_a_token_of_keycloak_tells_who_calls() -> None:
    assert verifier().verify(signed()) == Principal(
        subject=f"{KEYCLOAK}#f3a1c6de-7a51-4f0b-9c40-5f3a6f1f9a77",
        role="municipality",
        tenant="08231000",
        scopes=frozenset({"read"}),
        issuer=KEYCLOAK,
    )


@pytest.mark.parametrize(("key", "alg"), [(RSA, "PS256"), (EC, "ES256"), (ED, "EdDSA")])
def test_each_algorithm_has_its_family_of_keys(key: Key, alg: str) -> None:
    judge = verifier(algorithms=(alg,))
    assert judge.verify(signed(key, alg)).role == "municipality"
    with pytest.raises(BadToken):
        judge.verify(signed())


def test_several_issuers_are_judged_at_once_each_by_its_rules() -> None:
    other = rules(
        issuer=OTHER,
        algorithms=("ES256",),
        audience="netztreff",
        header_typ=("at+jwt",),
        payload_typ=None,
        role_claim="rolle",
        role_map={"m": "moderator"},
        tenant_claim=None,
        subject_claim="client_id",
        scopes_default=("read", "write"),
    )
    judge = verifier(other)
    of_other = {"iss": OTHER, "aud": ["x", "netztreff"], "rolle": "m", "client_id": "tool"}
    header = {"typ": "at+jwt"}
    found = judge.verify(signed(EC, "ES256", header, **of_other))
    assert (found.subject, found.role, found.tenant) == (f"{OTHER}#tool", "moderator", None)
    assert found.scopes == {"read", "write"}
    assert judge.verify(signed()).role == "municipality"
    for token in (
        signed(RSA, "RS256", header, **of_other),
        signed(EC, "ES256"),
        signed(EC, "ES256", **of_other),
        signed(EC, "ES256", header, **{**of_other, "iss": KEYCLOAK}),
    ):
        with pytest.raises(BadToken):
            judge.verify(token)


@pytest.mark.parametrize(
    ("told", "scopes"),
    [
        ({"scope": "openid write read"}, {"read", "write"}),
        ({"scope": ["write"]}, {"write"}),
        ({"scope": "read write admin"}, {"read", "write"}),
        ({"scope": "admin"}, set()),
        ({"scope": ...}, {"read"}),
        ({"scope": "profile"}, {"read"}),
        ({"scope": 7}, {"read"}),
    ],
)
def test_scopes_of_ours_count_and_the_issuers_default_otherwise(
    told: dict[str, Any], scopes: set[str]
) -> None:
    assert verifier().verify(signed(**told)).scopes == scopes


def test_an_issuer_gives_the_scopes_that_the_operator_allows_it() -> None:
    judge = verifier(scopes_allowed=("read", "admin"))
    assert judge.verify(signed(scope="admin write")).scopes == {"admin"}


@pytest.mark.parametrize(
    ("role", "tenant", "tenants"),
    [
        ("stadt", "08231000", ("08231000",)),
        ("stadt", "08236004", ("08236",)),
        ("stadt", "08236004", ("09", "08")),
        ("kreis", "08236", ("08236",)),
        ("kreis", "08236", ("08",)),
    ],
)
def test_an_issuer_speaks_for_the_tenants_that_the_operator_gave_it(
    role: str, tenant: str, tenants: tuple[str, ...]
) -> None:
    token = signed(realm_access={"roles": [role]}, schluessel=tenant)
    assert verifier(tenants=tenants).verify(token).tenant == tenant


@pytest.mark.parametrize(
    ("role", "tenant", "tenants"),
    [
        ("stadt", "08111000", ("08231000",)),
        ("stadt", "08231001", ("08231000",)),
        ("stadt", "08236004", ("08231", "08235")),
        ("stadt", "09236004", ("08",)),
        ("kreis", "08111", ("08236",)),
        # A town's issuer does not speak for the district whose key its own begins with.
        ("kreis", "08231", ("08231000",)),
        ("stadt", "08231000", ()),
    ],
)
def test_an_issuer_speaks_for_no_other_tenants(
    role: str, tenant: str, tenants: tuple[str, ...]
) -> None:
    token = signed(realm_access={"roles": [role]}, schluessel=tenant)
    with pytest.raises(BadToken):
        verifier(tenants=tenants).verify(token)


def test_of_several_roles_the_first_of_the_map_counts() -> None:
    both: dict[str, Any] = {"realm_access": {"roles": ["stadt", "leitung"]}}
    assert verifier().verify(signed(**both)).role == "organiser"


REFUSED: dict[str, str] = {
    "an unknown issuer": signed(iss="https://attacker.example.org"),
    "an issuer with a slash": signed(iss=KEYCLOAK + "/"),
    "no issuer": signed(iss=...),
    "another audience": signed(aud="other"),
    "audiences without ours": signed(aud=["a", "b"]),
    "no audience": signed(aud=...),
    "an ID token by its type": signed(typ="ID"),
    "a refresh token": signed(typ="Refresh"),
    "no payload type": signed(typ=...),
    "an ID token by its nonce": signed(nonce="n"),
    "an ID token by its hash": signed(at_hash="h"),
    "a token for a code": signed(c_hash="h"),
    "another header type": signed(header={"typ": "at+jwt"}),
    "no header type": signed(header={"typ": ...}),
    "an embedded key": signed(header={"jwk": SECOND_RSA.as_dict(private=False)}),
    "a key's address": signed(header={"jku": "https://attacker.example.org"}),
    "a certificate's address": signed(header={"x5u": "https://attacker.example.org"}),
    "a certificate": signed(header={"x5c": ["MIIB"]}),
    "an unknown key": signed(RSAKey.generate_key(2048, {"kid": "unknown"})),
    "another key under a known id": signed(RSAKey.generate_key(2048, {"kid": "rsa"})),
    "a key under another one's id": signed(header={"kid": "rsa-2"}),
    "a key for encryption": signed(
        RSAKey.import_key(ENCRYPTION.as_pem(private=True), {"kid": "enc"})
    ),
    "no key id": signed(header={"kid": ...}),
    "an algorithm that is not the issuer's": signed(RSA, "PS256"),
    "a curve's key": signed(EC, "ES256"),
    "expired": signed(iat=NOW - 300, exp=NOW),
    "expires as a fraction": signed(exp=NOW + 1.5),
    "no expiry": signed(exp=...),
    "a life that is too long": signed(exp=NOW + 601),
    "from the future": signed(iat=NOW + 60),
    "not yet": signed(nbf=NOW + 60),
    "no role of ours": signed(realm_access={"roles": ["offline_access"]}),
    "no roles at all": signed(realm_access=...),
    "roles that are no list": signed(realm_access="stadt"),
    "a role by our own name": signed(realm_access={"roles": ["organiser", "operator"]}),
    "a municipality without a key": signed(schluessel=...),
    "a municipality with a district's key": signed(schluessel="08231"),
    "a municipality with several keys": signed(schluessel=["08231000"]),
    "a key in other digits": signed(schluessel="٠٨٢٣١٠٠٠"),
    "no subject": signed(sub=...),
    "a subject that is no text": signed(sub=7),
    "a subject with a line end": signed(sub="a\nb"),
}


@pytest.mark.parametrize("token", REFUSED.values(), ids=REFUSED.keys())
def test_a_token_against_its_issuers_rules_is_refused(token: str) -> None:
    with pytest.raises(BadToken):
        verifier().verify(token)


@pytest.mark.parametrize(
    "token",
    [
        signed(header={"kid": "ec"}),
        signed(header={"kid": "ed"}),
        signed(EC, "ES256", {"kid": "rsa"}),
        signed(EC, "ES256", {"kid": "p384"}),
        signed(ED, "EdDSA", {"kid": "ec"}),
    ],
)
def test_an_algorithm_never_meets_a_key_of_another_family(token: str) -> None:
    judge = verifier(algorithms=("RS256", "ES256", "EdDSA"))
    with pytest.raises(BadToken):
        judge.verify(token)


def test_a_key_that_was_made_for_one_algorithm_verifies_by_no_other() -> None:
    bound = RSAKey.import_key(RSA.as_pem(private=True), {"kid": "bound", "alg": "RS256"})
    keys = RemoteKeys("x", algorithms=("RS256", "PS256"), fetch=lambda _: published(bound))
    issuer = ForeignIssuer(rules(algorithms=("RS256", "PS256")), keys)
    judge = Verifier([issuer], now=lambda: NOW)
    assert judge.verify(signed(bound)).role == "municipality"
    with pytest.raises(BadToken):
        judge.verify(signed(RSA, "PS256", {"kid": "bound"}))


def test_a_weak_key_of_an_issuer_verifies_nothing() -> None:
    with pytest.warns(SecurityWarning):
        weak = RSAKey.generate_key(1024, {"kid": "weak"})
    keys = RemoteKeys("x", algorithms=("RS256",), fetch=lambda _: published(weak, RSA))
    assert keys.find("rsa") is not None
    assert keys.find("weak") is None
