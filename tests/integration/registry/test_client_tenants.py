"""A client speaks for an administration that the register knows, once it knows any."""

import pytest

from tests.integration.registry.conftest import Caller, Callers, told

UNKNOWN = {"municipality": "08999999", "district": "08999"}
KNOWN = {"municipality": "08211000", "district": "08116"}


def registered(caller: Caller, role: str, tenant: str, status: int) -> dict[str, str]:
    body = {"name": "Werkzeug", "role": role, "tenant": tenant}
    answer: dict[str, str] = told(caller.post("/v1/clients", body), status)
    return answer


def test_a_tenant_is_taken_before_the_first_import_and_afterwards_only_from_the_register(
    callers: Callers, request: pytest.FixtureRequest
) -> None:
    for role, tenant in UNKNOWN.items():
        registered(callers.operator, role, tenant, 201)
    request.getfixturevalue("directory")
    for role, tenant in UNKNOWN.items():
        problem = registered(callers.operator, role, tenant, 422)
        assert problem["code"] == f"unknown-{role}"
        assert "/tenant" in str(problem["errors"])
        registered(callers.operator, role, KNOWN[role], 201)
