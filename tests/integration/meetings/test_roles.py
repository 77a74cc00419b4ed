"""Every route against every role, as the policy table says."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from werkzeug.routing import Rule

from eventkit.auth.principal import ROLES
from meetings.app import POLICY
from tests.integration.meetings.conftest import Callers

TENANTS = {"municipality": "08211000", "district": "08211"}


def routes(callers: Callers) -> Iterator[tuple[Rule, str, str]]:
    """Each own route that asks for a token, with a method and a path of nothing that exists."""
    for rule in callers.app.url_map.iter_rules():
        if rule.endpoint in POLICY and not POLICY[rule.endpoint].public:
            values = {name: uuid4() for name in rule.arguments}
            path = callers.app.url_map.bind("").build(rule.endpoint, values)
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield rule, method, path


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_passes_exactly_where_the_table_lets_it(callers: Callers, role: str) -> None:
    caller = callers.as_role(role, TENANTS.get(role))
    for rule, method, path in routes(callers):
        answer = callers.app.test_client().open(path, method=method, headers=caller.headers)
        assert (answer.status_code != 403) == POLICY[rule.endpoint].admits(role), (method, path)
        assert answer.status_code < 500


def test_nobody_passes_without_a_token(callers: Callers) -> None:
    for _, method, path in routes(callers):
        answer = callers.app.test_client().open(path, method=method)
        assert answer.status_code == 401
        assert answer.content_type.startswith("application/problem+json")


@pytest.mark.parametrize(
    ("role", "endpoint"),
    [
        ("municipality", "planning.plan_meeting"),
        ("participant", "registrations.list_registrations"),
        ("steering_group", "registrations.withdraw_participant"),
        ("organiser", "participants.read_addresses"),
        ("operator", "planning.cancel_meeting"),
    ],
)
def test_some_doors_stay_shut(role: str, endpoint: str) -> None:
    assert not POLICY[endpoint].admits(role)


def test_every_route_is_described(callers: Callers) -> None:
    document = callers.nobody.get("/openapi.json").json
    assert document is not None
    described = {
        operation["operationId"]
        for path in document["paths"].values()
        for method, operation in path.items()
        if method in ("get", "post", "put")
    }
    assert {endpoint.replace(".", "_") for endpoint in POLICY} <= described
