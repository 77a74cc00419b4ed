"""Tokens while keys change and clients are revoked, at all replicas and at another service."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import time

import pytest
import sqlalchemy as sa

from eventkit.database import connect
from local.processes import wait_until
from registry.signing_keys import rotate
from tests.conftest import MakeDatabases
from tests.integration.registry.replicas import (
    PATIENCE,
    READ,
    Process,
    Replicas,
    open_meetings,
    open_replicas,
)

# Enough connections for both workers to be asked.
TIMES = 12
HERE, THERE = READ, "/v1/meetings"
# Seconds: some refreshes, of which each takes one here. A unit test has the minute of real ones.
REFRESHES = 15
CAME = "revocation_list_timestamp_seconds"


@pytest.fixture(scope="module")
def replicas(
    module_databases: MakeDatabases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Replicas]:
    with open_replicas(module_databases, tmp_path_factory.mktemp("replicas")) as replicas:
        yield replicas


@pytest.fixture
def meetings(
    module_databases: MakeDatabases, tmp_path: Path, replicas: Replicas
) -> Iterator[Process]:
    with open_meetings(module_databases, tmp_path, replicas) as process:
        yield process


@pytest.fixture
def engine(replicas: Replicas) -> Iterator[sa.Engine]:
    engine = connect(replicas.settings.database_url, pool_size=1, name="test")
    yield engine
    engine.dispose()


def kid(token: str) -> str:
    head = token.partition(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(head + "=="))["kid"])


def statuses(token: str, replicas: Replicas, meetings: Process) -> set[int]:
    """What every process answers, asked often enough to meet each worker."""
    asked = [(replicas.one, HERE), (replicas.two, HERE), (meetings, THERE)]
    return {process.get(path, token).status_code for process, path in asked for _ in range(TIMES)}


def test_a_revoked_client_is_refused_everywhere_with_the_next_list(
    replicas: Replicas, meetings: Process
) -> None:
    client, other = replicas.register("moderator"), replicas.register("moderator")
    token, good = replicas.one.token(client), replicas.one.token(other)
    assert statuses(token, replicas, meetings) == {200}
    path = f"/v1/clients/{client['client_id']}/revocation"
    replicas.operate(path, {"reason": "Schlüssel verloren"}, **{"If-Match": "*"})
    before = time()
    wait_until(
        lambda: statuses(token, replicas, meetings) == {401},
        what="the revocation",
        seconds=REFRESHES,
    )
    assert statuses(good, replicas, meetings) == {200}
    wait_until(
        lambda: min(one.metric(CAME) for one in (meetings, replicas.two)) > before,
        what="lists since",
        seconds=REFRESHES,
    )


def test_while_keys_change_tokens_of_both_are_good_everywhere(
    replicas: Replicas, meetings: Process, engine: sa.Engine
) -> None:
    client = replicas.register("moderator")
    old = replicas.one.token(client)
    assert replicas.one.keys() == replicas.two.keys() == [kid(old)]
    made = rotate(engine, datetime.now(UTC), timedelta(seconds=6))

    def both_publish() -> bool:
        return len(replicas.one.keys()) == len(replicas.two.keys()) == 2

    wait_until(both_publish, what="the new key in the JWKS", seconds=PATIENCE)
    # Published before it signs, so who fetches the keys now knows it in time.
    assert made.signs_from > datetime.now(UTC)
    assert kid(replicas.one.token(client)) == kid(old)
    assert statuses(old, replicas, meetings) == {200}

    def both_sign() -> bool:
        return all(kid(one.token(client)) != kid(old) for one in (replicas.one, replicas.two))

    wait_until(both_sign, what="the new key", seconds=PATIENCE)
    new = replicas.two.token(client)
    assert kid(new) == kid(replicas.one.token(client)) == replicas.one.keys()[1]
    assert statuses(new, replicas, meetings) == {200}
    assert statuses(old, replicas, meetings) == {200}


def test_a_service_lists_revoked_clients_and_nobody_else_does(replicas: Replicas) -> None:
    client = replicas.register("moderator")
    path = f"/v1/clients/{client['client_id']}/revocation"
    replicas.operate(path, {"reason": "Test"}, **{"If-Match": "*"})
    service = replicas.one.token(replicas.register("service"))
    listed = replicas.one.get("/v1/revocations", service).json()["items"]
    (found,) = [one for one in listed if one["client_id"] == client["client_id"]]
    assert datetime.now(UTC) - datetime.fromisoformat(found["revoked_at"]) < timedelta(minutes=1)
    moderator = replicas.one.token(replicas.register("moderator"))
    assert replicas.one.get("/v1/revocations", moderator).status_code == 403
