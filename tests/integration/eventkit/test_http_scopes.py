"""What a token may be used for: its scopes, beside its role."""

from collections.abc import Mapping
from dataclasses import replace

import httpx
import pytest

from eventkit.auth.principal import Principal
from eventkit.auth.tokens import Signer
from eventkit.http.app import create_app
from eventkit.http.policy import Policy, allow
from eventkit.unit import Kit
from tests.integration.eventkit.http_calls import URL, code, plan
from tests.integration.eventkit.http_sample import POLICY, SERVICE

FOR_ADMINS = {"things.plan_thing": allow("organiser", "steering_group", scope="admin")}


def caller(kit: Kit, scopes: str, policy: Mapping[str, Policy] = POLICY) -> httpx.Client:
    app = create_app(replace(SERVICE, policy={**POLICY, **policy}), kit)
    token = Signer.from_settings(kit.settings).sign(
        Principal("one", "organiser", scopes=frozenset(scopes.split()))
    )
    transport = httpx.WSGITransport(app)
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=URL, headers=headers, transport=transport)


def test_a_token_that_only_reads_may_not_write(kit: Kit) -> None:
    with caller(kit, "read") as reader:
        assert reader.get("/v1/things").status_code == 200
        refused = plan(reader)
    assert code(refused) == (403, "insufficient-scope")
    challenge = 'Bearer error="insufficient_scope", scope="write"'
    assert refused.headers["WWW-Authenticate"] == challenge


def test_a_token_that_only_writes_may_not_read(kit: Kit) -> None:
    with caller(kit, "write") as writer:
        assert code(writer.get("/v1/things")) == (403, "insufficient-scope")
        assert plan(writer).status_code == 201


def test_a_route_may_ask_for_an_administrator(kit: Kit) -> None:
    with caller(kit, "read write", FOR_ADMINS) as writer:
        assert code(plan(writer)) == (403, "insufficient-scope")
    with caller(kit, "admin", FOR_ADMINS) as administrator:
        assert plan(administrator).status_code == 201
        assert code(administrator.get("/v1/things")) == (403, "insufficient-scope")


def test_a_role_that_may_not_call_is_told_so_whatever_its_scopes(kit: Kit) -> None:
    only_others = {"things.plan_thing": allow("steering_group", scope="admin")}
    with caller(kit, "read", only_others) as nobody:
        assert code(plan(nobody)) == (403, "forbidden")


def test_an_unknown_scope_in_a_policy_stops_the_app() -> None:
    with pytest.raises(ValueError, match="superuser"):
        allow("organiser", scope="superuser")
