"""OIDC_ISSUERS: what an operator writes, and one sentence for each mistake in it."""

import json
import re
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from threading import enumerate as enumerate_threads
from typing import Any

import pytest

from eventkit.auth.issuers import IssuerRules
from eventkit.auth.trust import following_trust
from eventkit.settings import BadSettings, Settings

ROOT = Path(__file__).parents[3]
KEY = b64encode(b"k" * 32).decode()
ENVIRONMENT = {
    "DATABASE_URL": "postgresql://x/x",
    "KEY_DATABASE_URL": "postgresql://x/x",
    "MASTER_KEY": KEY,
    "CHAIN_KEY": KEY,
    "REGISTRY_URL": "http://registry.example.org",
}
RULES: dict[str, Any] = {
    "issuer": "https://login.example.org/realms/stadt",
    "jwks_url": "https://login.example.org/realms/stadt/protocol/openid-connect/certs",
    "algorithms": ["RS256"],
    "audience": "netztreff",
    "header_typ": ["JWT"],
    "payload_typ": "Bearer",
    "role_claim": ["realm_access", "roles"],
    "role_map": {"netztreff-stadt": "municipality"},
    "tenant_claim": "ags",
    "tenants": ["08231000"],
}


def read(*issuers: dict[str, Any], text: str | None = None) -> Settings:
    given = json.dumps(issuers) if text is None else text
    return Settings.from_env({**ENVIRONMENT, "OIDC_ISSUERS": given})


def test_there_are_no_other_issuers_unless_told() -> None:
    assert Settings.from_env(ENVIRONMENT).oidc_issuers == ()


def test_issuers_are_read_with_their_defaults() -> None:
    (rules,) = read(RULES).oidc_issuers
    assert rules.issuer == RULES["issuer"]
    assert (rules.subject_claim, rules.scope_claim) == ("sub", "scope")
    assert (rules.scopes_default, rules.longest_seconds) == (("read",), 600)
    assert rules.scopes_allowed == ("read", "write")


def test_the_example_for_keycloak_is_a_good_setting() -> None:
    page = (ROOT / "docs" / "integrate" / "identity-provider.md").read_text("utf-8")
    (rules,) = read(text=page.partition("```json\n")[2].partition("```")[0]).oidc_issuers
    assert rules.payload_typ == "Bearer"
    members = set(re.findall(r"`([a-z_]+)`", page.partition("| member |")[2].partition("\n\n")[0]))
    assert set(IssuerRules.__struct_fields__) <= members


def test_the_example_gives_nobody_more_than_its_own_town_needs() -> None:
    page = (ROOT / "docs" / "integrate" / "identity-provider.md").read_text("utf-8")
    (rules,) = read(text=page.partition("```json\n")[2].partition("```")[0]).oidc_issuers
    assert set(rules.role_map.values()) == {"municipality"}
    assert len(rules.tenants) == 1
    assert len(rules.tenants[0]) == 8


@pytest.mark.parametrize("typ", ["at+jwt", "application/at+jwt"])
def test_a_header_that_only_access_tokens_have_needs_no_type_beside_it(typ: str) -> None:
    rules = {name: value for name, value in RULES.items() if name != "payload_typ"}
    assert read({**rules, "header_typ": [typ]}).oidc_issuers[0].payload_typ is None


def test_an_issuer_of_roles_without_tenants_names_none() -> None:
    rules = {
        name: value for name, value in RULES.items() if name not in ("tenants", "tenant_claim")
    }
    assert read({**rules, "role_map": {"x": "organiser"}}).oidc_issuers[0].tenants == ()


def test_issuers_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "issuers.json"
    file.write_text(json.dumps([RULES, {**RULES, "issuer": "https://other.example.org"}]))
    settings = Settings.from_env({**ENVIRONMENT, "OIDC_ISSUERS_FILE": str(file)})
    assert len(settings.oidc_issuers) == 2


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"issuer": ...}, "issuer"),
        ({"jwks_url": ...}, "jwks_url"),
        ({"role_map": ...}, "role_map"),
        ({"jwks_url": "file:///etc/passwd"}, "jwks_url"),
        ({"jwks_url": "https:"}, "jwks_url"),
        ({"algorithms": []}, "algorithms"),
        ({"algorithms": ["HS256"]}, "algorithms"),
        ({"algorithms": ["none"]}, "algorithms"),
        ({"algorithms": "RS256"}, "algorithms"),
        ({"header_typ": []}, "header_typ"),
        ({"role_map": {}}, "role_map"),
        ({"role_map": {"x": "king"}}, "role_map"),
        ({"role_map": {"x": "service"}}, "role_map"),
        ({"role_map": {"x": "participant"}}, "role_map"),
        ({"scopes_default": ["superuser"]}, "scopes_default"),
        ({"longest_seconds": 0}, "longest_seconds"),
        ({"longest_seconds": 86401}, "longest_seconds"),
        ({"tenant_claim": None}, "tenant_claim"),
        ({"tenants": ...}, "tenants"),
        ({"tenants": []}, "tenants"),
        ({"tenants": [""]}, "tenants"),
        ({"tenants": ["8"]}, "tenants"),
        ({"tenants": ["0823100012"]}, "tenants"),
        ({"tenants": ["08231000\n"]}, "tenants"),
        ({"tenants": "08231000"}, "tenants"),
        ({"scopes_allowed": []}, "scopes_allowed"),
        ({"scopes_default": ["admin"]}, "scopes_allowed"),
        ({"payload_typ": ...}, "payload_typ"),
        ({"payload_typ": ..., "header_typ": ["JWT", "at+jwt"]}, "payload_typ"),
        ({"jku": "https://attacker.example.org"}, "jku"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_its_place(change: Any, names: str) -> None:
    rules = {name: value for name, value in {**RULES, **change}.items() if value is not ...}
    with pytest.raises(BadSettings) as refused:
        read(rules)
    (sentence,) = refused.value.faults
    assert sentence.startswith("OIDC_ISSUERS has a mistake: ")
    assert names in sentence
    assert "$[0]" in sentence or "$[...]" in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("text", "says"),
    [("[", "is not JSON"), ("{}", "has a mistake"), ("[1]", "has a mistake"), ("x", "is not JSON")],
)
def test_what_is_no_list_of_issuers_is_refused(text: str, says: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read(text=text)
    assert len(refused.value.faults) == 1
    assert says in refused.value.faults[0]


def test_an_issuer_has_one_set_of_rules() -> None:
    with pytest.raises(BadSettings, match="names an issuer twice"):
        read(RULES, {**RULES, "audience": "other"})


def test_our_own_issuer_keeps_its_own_rules() -> None:
    settings = read({**RULES, "issuer": "netztreff-registry"})
    settings = replace(settings, client_id="meetings", client_secret="secret")
    before = set(enumerate_threads())
    with pytest.raises(BadSettings, match="our own issuer"):
        following_trust("unit", settings)
    assert set(enumerate_threads()) <= before
