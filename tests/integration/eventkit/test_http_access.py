"""Who may call what, and what the API's document says of it."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from flask import Flask
from openapi_spec_validator import validate

from eventkit.http.app import create_app
from eventkit.http.policy import ANYONE_SIGNED_IN, PUBLIC, IncompletePolicy, allow
from eventkit.unit import Kit
from tests.integration.eventkit.http_calls import URL, As, code, plan
from tests.integration.eventkit.http_sample import POLICY, SERVICE


def test_roles_decide_who_may(as_: As) -> None:
    assert plan(as_("steering_group")).status_code == 201
    assert code(plan(as_("municipality"))) == (403, "forbidden")
    assert as_("municipality").get("/v1/things").status_code == 200


def test_without_a_token_only_public_endpoints_answer(app: Flask) -> None:
    with httpx.Client(base_url=URL, transport=httpx.WSGITransport(app)) as anybody:
        refused = anybody.get("/v1/things")
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert anybody.get("/v1/things/open").status_code == 200
        assert anybody.get("/openapi.json").status_code == 200


@pytest.mark.parametrize(
    "given",
    [
        {"Authorization": "Bearer x"},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic eDp5"},
        {"Authorization": "Bearer x, Bearer y"},
        {"Authorization": ""},
        {"Cookie": "access_token=x"},
    ],
)
def test_a_bad_credential_is_the_same_401_for_all_reasons(
    app: Flask, given: dict[str, str]
) -> None:
    with httpx.Client(base_url=URL, transport=httpx.WSGITransport(app)) as anybody:
        answer = anybody.get("/v1/things", headers=given)
    assert code(answer) == (401, "unauthorized")
    assert answer.json()["detail"] == "A valid bearer token is needed."
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_in_the_query_is_refused_beside_a_good_one(client: httpx.Client) -> None:
    assert client.get("/v1/things/crash?access_token=x").status_code == 401


def test_a_token_may_come_under_any_case_of_its_scheme(client: httpx.Client) -> None:
    token = client.headers["Authorization"].partition(" ")[2]
    assert client.get("/v1/things", headers={"Authorization": f"bearer {token}"}).is_success


@pytest.mark.parametrize(
    ("policy", "named"),
    [
        ({"things.crash": None}, "things.crash has no policy"),
        ({"things.gone": ANYONE_SIGNED_IN}, "things.gone has a policy but is no endpoint"),
    ],
)
def test_a_policy_table_that_does_not_fit_its_routes_stops_the_app(
    kit: Kit, policy: dict[str, Any], named: str
) -> None:
    table = {name: row for name, row in {**POLICY, **policy}.items() if row is not None}
    with pytest.raises(IncompletePolicy, match=named):
        create_app(replace(SERVICE, policy=table), kit)
    # Nor was anything begun that would have to be ended.
    assert kit.closing == []


def test_an_unknown_role_in_a_policy_stops_the_app() -> None:
    with pytest.raises(ValueError, match="admin"):
        allow("admin", PUBLIC)


def test_the_openapi_document_is_valid_and_says_what_is_enforced(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    validate(document)
    assert document["openapi"].startswith("3.1")
    paths = document["paths"]
    create, change = paths["/v1/things"]["post"], paths["/v1/things/{thing_id}/cancellation"]
    listing, show = paths["/v1/things"]["get"], paths["/v1/things/{thing_id}"]["get"]
    assert headers(create) == {"Idempotency-Key": True}
    assert headers(change["post"]) == {"If-Match": True, "Idempotency-Key": False}
    assert headers(show) == {"If-None-Match": False}
    assert {parameter["name"] for parameter in listing["parameters"]} == {
        "limit",
        "cursor",
        "state",
    }
    assert create["x-roles"] == ["organiser", "steering_group"]
    assert paths["/v1/things/open"]["get"]["security"] == []
    assert {"400", "401", "403", "409", "413", "415", "422", "503"} <= set(create["responses"])
    problem = document["components"]["responses"]["UNAUTHORIZED"]["content"]
    assert list(problem) == ["application/problem+json"]
    body = create["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    schema = document["components"]["schemas"][body.rpartition("/")[2]]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["title"]["maxLength"] == 200


def headers(operation: dict[str, Any]) -> dict[str, bool]:
    return {
        parameter["name"]: parameter.get("required", False)
        for parameter in operation["parameters"]
        if parameter["in"] == "header"
    }
