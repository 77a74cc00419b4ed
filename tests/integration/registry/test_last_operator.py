"""Somebody can always manage clients: the last operator's client is not revoked."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from eventkit.database import connect, driver, session
from eventkit.settings import Settings
from registry.administration import TURN
from tests.integration.registry.conftest import Callers, told


def register(callers: Callers, *scopes: str) -> str:
    body = {"name": "Betrieb", "role": "operator"} | ({"scopes": list(scopes)} if scopes else {})
    return str(told(callers.operator.post("/v1/clients", body), 201)["client_id"])


def revoke(callers: Callers, client_id: str) -> tuple[int, str]:
    path = f"/v1/clients/{client_id}/revocation"
    answer = callers.operator.post(path, {"reason": "Test"}, **{"If-Match": "*"})
    assert answer.json is not None
    return answer.status_code, answer.json.get("code", "")


def administrators(callers: Callers) -> set[str]:
    listed = told(callers.operator.get("/v1/clients?role=operator&active=true&limit=200"))["items"]
    return {one["client_id"] for one in listed if "admin" in one["scopes"]}


@pytest.fixture
def last(callers: Callers) -> str:
    """The one client of an operator that manages clients; others are gone."""
    kept = register(callers)
    for other in administrators(callers) - {kept}:
        assert revoke(callers, other) == (200, "")
    return kept


def test_the_last_operators_client_stays(callers: Callers, last: str) -> None:
    assert revoke(callers, last) == (409, "last-operator")
    assert administrators(callers) == {last}
    # Who may not manage clients is no stand-in, and may go.
    helper = register(callers, "read", "write")
    assert revoke(callers, last) == (409, "last-operator")
    assert revoke(callers, helper) == (200, "")
    other = register(callers)
    assert revoke(callers, last) == (200, "")
    assert revoke(callers, last) == (409, "already-revoked")
    assert revoke(callers, other) == (409, "last-operator")


def test_a_revocation_that_comes_again_gets_its_first_answer(callers: Callers, last: str) -> None:
    register(callers)
    path, same = f"/v1/clients/{last}/revocation", {"Idempotency-Key": '"again"', "If-Match": "*"}
    first, second = (callers.operator.post(path, {"reason": "Test"}, **same) for _ in range(2))
    assert told(first) == told(second)


def test_clients_of_other_roles_are_counted_for_nothing(callers: Callers, last: str) -> None:
    body = {"name": "Werkzeug", "role": "organiser"}
    organiser = told(callers.operator.post("/v1/clients", body), 201)["client_id"]
    assert revoke(callers, last) == (409, "last-operator")
    assert revoke(callers, organiser) == (200, "")


def test_operators_are_revoked_one_at_a_time(
    callers: Callers, last: str, environment: dict[str, str]
) -> None:
    other = register(callers)
    engine = connect(Settings.from_env(environment).database_url, pool_size=1, name="test")
    with session(engine) as connection, driver(connection).transaction():
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TURN})")
        assert revoke(callers, other) == (409, "overtaken")
        assert administrators(callers) == {last, other}
    engine.dispose()
    assert revoke(callers, other) == (200, "")


@pytest.mark.usefixtures("last")
def test_of_two_that_are_revoked_at_once_one_stays(callers: Callers) -> None:
    with ThreadPoolExecutor(2) as threads:
        for _ in range(10):
            both = [next(iter(administrators(callers))), register(callers)]
            answers = set(threads.map(lambda one: revoke(callers, one), both))
            assert answers <= {(200, ""), (409, "last-operator"), (409, "overtaken")}
            assert administrators(callers)
