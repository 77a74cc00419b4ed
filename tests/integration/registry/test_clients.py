"""Machine clients and their tokens, as OAuth says."""

import re
from base64 import b64encode
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from tests.integration.registry.conftest import Caller, Callers, told

BODY = {"name": "Fachverfahren Pforzheim", "role": "municipality", "tenant": "08231000"}
GRANT = {"grant_type": "client_credentials"}


def ask(callers: Callers, form: Any, **headers: str) -> TestResponse:
    return callers.app.test_client().post("/oauth/token", data=form, headers=headers)


def basic(client: dict[str, str]) -> str:
    pair = f"{client['client_id']}:{client['client_secret']}"
    return f"Basic {b64encode(pair.encode()).decode()}"


@pytest.fixture(scope="module")
def client(callers: Callers) -> dict[str, str]:
    registered: dict[str, str] = told(callers.operator.post("/v1/clients", BODY), 201)
    return registered


def test_a_client_gets_a_token_that_the_published_keys_verify(
    callers: Callers, client: dict[str, str]
) -> None:
    answer = ask(callers, GRANT, Authorization=basic(client))
    issued = told(answer)
    assert (issued["token_type"], issued["expires_in"]) == ("Bearer", 600)
    assert answer.headers["Cache-Control"] == "no-store"
    keys = KeySet.import_key_set(told(callers.nobody.get("/.well-known/jwks.json")))
    token = jwt.decode(issued["access_token"], keys, algorithms=["ES256"])
    assert (token.header["typ"], token.claims["tenant"]) == ("at+jwt", "08231000")
    caller = Caller(callers.app, {"Authorization": f"Bearer {issued['access_token']}"})
    assert caller.get("/v1/municipalities").status_code == 200


def test_credentials_may_stand_in_the_form(callers: Callers, client: dict[str, str]) -> None:
    assert "access_token" in told(ask(callers, {**GRANT, **client}))


def test_published_keys_hold_nothing_private(callers: Callers) -> None:
    (key,) = told(callers.nobody.get("/.well-known/jwks.json"))["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": ["client_credentials"] * 2}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        (GRANT, 401, "invalid_client"),
        ({**GRANT, "client_id": "operator"}, 401, "invalid_client"),
        ({**GRANT, "client_id": "x", "client_secret": "x"}, 401, "invalid_client"),
        ({**GRANT, "client_id": "x\x00", "client_secret": "x"}, 401, "invalid_client"),
        ({**GRANT, "client_id": "ü" * 9000, "client_secret": "x"}, 401, "invalid_client"),
    ],
)
def test_a_bad_request_for_a_token_is_refused_as_oauth_says(
    callers: Callers, form: Any, status: int, error: str
) -> None:
    answer = ask(callers, form)
    refused = told(answer, status)
    assert refused["error"] == error
    # What would help guessing is told to nobody.
    assert ("error_description" in refused) == (error != "invalid_client")
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


def test_a_json_body_is_no_request_for_a_token(callers: Callers) -> None:
    answer = callers.app.test_client().post("/oauth/token", json=GRANT)
    assert_refused(answer, "invalid_request", "x-www-form-urlencoded")


def test_credentials_in_two_places_are_refused(callers: Callers, client: dict[str, str]) -> None:
    answer = ask(callers, {**GRANT, **client}, Authorization=basic(client))
    assert_refused(answer, "invalid_request", "not both")


@pytest.mark.parametrize(
    ("form", "error", "says"),
    [
        ({}, "invalid_request", "grant_type=client_credentials"),
        ({"grant_type": "password"}, "unsupported_grant_type", "client_credentials"),
    ],
)
def test_a_request_without_the_one_grant_hears_which_it_is(
    callers: Callers, form: Any, error: str, says: str
) -> None:
    assert_refused(ask(callers, form), error, says)


def assert_refused(answer: Any, error: str, says: str) -> None:
    """With the characters that RFC 6749 has in a description, which are ASCII without quotes."""
    refused = told(answer, 400)
    assert refused["error"] == error
    assert says in refused["error_description"]
    assert re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+", refused["error_description"])


def test_a_wrong_secret_gets_no_token(callers: Callers, client: dict[str, str]) -> None:
    wrong = {**client, "client_secret": client["client_secret"][:-1] + "!"}
    assert told(ask(callers, GRANT, Authorization=basic(wrong)), 401) == {"error": "invalid_client"}


def test_a_revoked_client_gets_no_more_tokens(callers: Callers) -> None:
    client = told(callers.operator.post("/v1/clients", BODY), 201)
    path = f"/v1/clients/{client['client_id']}"
    told(callers.operator.change(f"{path}/revocation", path, {"reason": "verloren"}))
    assert told(ask(callers, {**GRANT, **client}), 401) == {"error": "invalid_client"}
    assert told(callers.operator.get(path))["active"] is False


def test_a_secret_is_shown_once_and_kept_nowhere(callers: Callers) -> None:
    key = {"Idempotency-Key": '"the same wish"'}
    first = told(callers.operator.post("/v1/clients", BODY, **key), 201)
    again = told(callers.operator.post("/v1/clients", BODY, **key), 201)
    assert again == {"client_id": first["client_id"], "client_secret": None}
    listed = callers.operator.get("/v1/clients?limit=200").text
    assert first["client_id"] in listed
    assert first["client_secret"] not in listed
    assert "secret" not in listed


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"role": "king"}, "#/role"),
        ({"role": "organiser"}, "#/tenant"),
        ({"tenant": None}, "#/tenant"),
        ({"tenant": "08231"}, "#/tenant"),
        ({"client_id": "mine"}, "#/client_id"),
        ({"secret_digest": "0" * 64}, "#/secret_digest"),
    ],
)
def test_a_client_that_cannot_be_is_refused_with_its_place(
    callers: Callers, change: dict[str, Any], pointer: str
) -> None:
    problem = told(callers.operator.post("/v1/clients", {**BODY, **change}), 422)
    assert problem["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("role", ["service", "steering_group", "moderator"])
def test_who_administers_nobody_has_no_business_with_clients(callers: Callers, role: str) -> None:
    caller = callers.as_role(role, scopes="read write admin")
    assert caller.post("/v1/clients", BODY).status_code == 403
    assert caller.get("/v1/clients").status_code == 403


def test_a_client_has_the_scopes_that_it_was_registered_with(callers: Callers) -> None:
    client = told(callers.operator.post("/v1/clients", {**BODY, "scopes": ["admin", "read"]}), 201)
    shown = told(callers.operator.get(f"/v1/clients/{client['client_id']}"))
    assert shown["scopes"] == ["admin", "read"]
    assert told(ask(callers, {**GRANT, **client}))["scope"] == "admin read"


@pytest.mark.parametrize("scopes", [[], ["superuser"], ["read", "read", "read", "read"], "read"])
def test_scopes_that_there_are_not_are_refused(callers: Callers, scopes: object) -> None:
    problem = told(callers.operator.post("/v1/clients", {**BODY, "scopes": scopes}), 422)
    assert problem["errors"][0]["pointer"].startswith("#/scopes")


def test_a_token_may_be_asked_for_with_fewer_scopes(
    callers: Callers, client: dict[str, str]
) -> None:
    narrow = told(ask(callers, {**GRANT, **client, "scope": "read"}))
    assert narrow["scope"] == "read"
    caller = Caller(callers.app, {"Authorization": f"Bearer {narrow['access_token']}"})
    assert caller.get("/v1/municipalities").status_code == 200
    refused = told(caller.post("/v1/contacts", {}), 403)
    assert refused["code"] == "insufficient-scope"


@pytest.mark.parametrize("scope", ["admin", "read admin", "read  write", " ", "READ", "read,write"])
def test_a_token_is_never_wider_than_its_client(
    callers: Callers, client: dict[str, str], scope: str
) -> None:
    answer = ask(callers, {**GRANT, **client, "scope": scope})
    assert_refused(answer, "invalid_scope", "scopes")


def test_scopes_are_asked_for_once(callers: Callers, client: dict[str, str]) -> None:
    answer = ask(callers, {**GRANT, **client, "scope": ["read", "write"]})
    assert_refused(answer, "invalid_request", "once")
