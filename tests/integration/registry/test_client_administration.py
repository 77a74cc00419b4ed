"""Who manages whose clients, and that nobody hands on more than they have."""

from itertools import product
from typing import Any

import pytest

from tests.integration.registry.conftest import Caller, Callers, told

PFORZHEIM, OTHER, ENZKREIS = "08231000", "08211000", "08236"
TENANTS = {"municipality": PFORZHEIM, "district": ENZKREIS}
ROLES = (
    "organiser",
    "steering_group",
    "moderator",
    "municipality",
    "district",
    "operator",
    "service",
)
OF_THE_NETWORK = {"organiser", "steering_group", "moderator", "municipality", "district"}
MANAGED = {
    "operator": set(ROLES),
    "organiser": OF_THE_NETWORK,
    "municipality": {"municipality"},
    "district": {"district"},
}


def administrator(callers: Callers, role: str, tenant: str | None = None) -> Caller:
    return callers.as_role(role, tenant or TENANTS.get(role), "read write admin")


def body(role: str, tenant: str | None = None, *scopes: str) -> dict[str, Any]:
    wanted: dict[str, Any] = {"name": "Werkzeug", "role": role}
    if named := tenant or TENANTS.get(role):
        wanted["tenant"] = named
    return wanted | ({"scopes": list(scopes)} if scopes else {})


@pytest.fixture(scope="module")
def existing(callers: Callers) -> dict[str, str]:
    """A client of every role, by role."""
    made = {role: told(callers.operator.post("/v1/clients", body(role)), 201) for role in ROLES}
    return {role: client["client_id"] for role, client in made.items()}


@pytest.mark.parametrize(("by", "role"), list(product(ROLES, ROLES)))
def test_a_role_is_given_only_by_who_manages_it(callers: Callers, by: str, role: str) -> None:
    answer = administrator(callers, by).post("/v1/clients", body(role))
    assert answer.status_code == (201 if role in MANAGED.get(by, ()) else 403)


@pytest.mark.parametrize(("by", "role"), list(product(MANAGED, ROLES)))
def test_a_client_exists_only_for_who_manages_it(
    callers: Callers, existing: dict[str, str], by: str, role: str
) -> None:
    caller, path = administrator(callers, by), f"/v1/clients/{existing[role]}"
    expected = 200 if role in MANAGED[by] else 404
    assert caller.get(path).status_code == expected
    assert caller.get(f"{path}/history").status_code == expected
    assert caller.get(f"{path}/secrets").status_code == expected
    listed = {one["client_id"] for one in told(caller.get("/v1/clients?limit=200"))["items"]}
    assert (existing[role] in listed) == (role in MANAGED[by])


@pytest.mark.parametrize(("by", "role"), list(product(MANAGED, ROLES)))
def test_a_client_is_changed_only_by_who_manages_it(
    callers: Callers, existing: dict[str, str], by: str, role: str
) -> None:
    # Of the clients of operators one has to stay.
    assert existing["operator"]
    client = told(callers.operator.post("/v1/clients", body(role)), 201)["client_id"]
    caller, path = administrator(callers, by), f"/v1/clients/{client}"
    may = role in MANAGED[by]
    assert caller.post(f"{path}/secrets", {}).status_code == (201 if may else 404)
    ended = callers.operator.get(f"{path}/secrets")
    secret = ended.json["items"][0]["secret_id"] if ended.json else ""
    etag = {"If-Match": "*"}
    gone = caller.app.test_client().delete(
        f"{path}/secrets/{secret}", headers={**caller.headers, **etag}
    )
    assert gone.status_code == (200 if may else 404)
    revoked = caller.post(f"{path}/revocation", {"reason": "Test"}, **etag)
    assert revoked.status_code == (200 if may else 404)
    assert told(callers.operator.get(path))["active"] is not may


@pytest.mark.parametrize("role", ["municipality", "district"])
def test_a_tenant_sees_and_makes_clients_of_its_own_alone(callers: Callers, role: str) -> None:
    other = {"municipality": OTHER, "district": "08231"}[role]
    foreign = told(callers.operator.post("/v1/clients", body(role, other)), 201)["client_id"]
    caller = administrator(callers, role)
    assert caller.post("/v1/clients", body(role, other)).status_code == 403
    for path in (f"/v1/clients/{foreign}", f"/v1/clients/{foreign}/secrets"):
        assert caller.get(path).status_code == 404
    refused = caller.post(f"/v1/clients/{foreign}/revocation", {"reason": "x"}, **{"If-Match": "*"})
    assert refused.status_code == 404
    assert caller.post(f"/v1/clients/{foreign}/secrets", {}).status_code == 404
    tenants = {one["tenant"] for one in told(caller.get("/v1/clients?limit=200"))["items"]}
    assert tenants <= {TENANTS[role]}


@pytest.mark.parametrize(
    ("has", "gives"),
    [
        ("read admin", ("read", "write")),
        ("read admin", ()),
        ("write admin", ("read",)),
        ("admin", ("read", "write", "admin")),
    ],
)
def test_nobody_gives_scopes_that_their_own_token_lacks(
    callers: Callers, has: str, gives: tuple[str, ...]
) -> None:
    caller = callers.as_role("municipality", PFORZHEIM, has)
    refused = told(caller.post("/v1/clients", body("municipality", None, *gives)), 403)
    assert refused["code"] == "beyond-your-scopes"


def test_what_one_has_can_be_given(callers: Callers) -> None:
    caller = callers.as_role("municipality", PFORZHEIM, "admin read")
    given = caller.post("/v1/clients", body("municipality", None, "admin", "read"))
    assert given.status_code == 201


def test_a_secret_of_a_client_that_may_more_is_not_to_be_had(callers: Callers) -> None:
    path = "/v1/clients"
    wide = told(callers.operator.post(path, body("municipality")), 201)["client_id"]
    caller = callers.as_role("municipality", PFORZHEIM, "read admin")
    refused = told(caller.post(f"{path}/{wide}/secrets", {}), 403)
    assert refused["code"] == "beyond-your-scopes"


@pytest.mark.parametrize("role", MANAGED)
def test_without_the_scope_nobody_administers(
    callers: Callers, existing: dict[str, str], role: str
) -> None:
    caller = callers.as_role(role, TENANTS.get(role), "read write")
    path = f"/v1/clients/{existing[role]}"
    answers = [
        caller.get("/v1/clients"),
        caller.get(path),
        caller.get(f"{path}/secrets"),
        caller.post("/v1/clients", body(role)),
        caller.post(f"{path}/secrets", {}),
        caller.post(f"{path}/revocation", {"reason": "x"}, **{"If-Match": "*"}),
    ]
    assert {told(answer, 403)["code"] for answer in answers} == {"insufficient-scope"}
