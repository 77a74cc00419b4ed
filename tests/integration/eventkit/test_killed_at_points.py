"""An api that is killed within a request: whoever asks again with the same key finds one event."""

from pathlib import Path

import httpx
import pytest

from local.databases import Databases, connect
from tests.integration.eventkit.serving import Serving, environment, serving

POINTS = ("api.parsed", "append.before", "append.committed")


def plan(server: Serving, key: str) -> httpx.Response:
    with server.client() as client:
        return client.post("/v1/things", json={"title": "x"}, headers={"Idempotency-Key": key})


def stored(databases: Databases) -> int:
    with connect(databases.migration_environment()["MIGRATION_DATABASE_URL"]) as owner:
        return len(owner.execute("SELECT position FROM events").fetchall())


@pytest.mark.parametrize("point", POINTS)
def test_a_request_killed_at_a_point_is_answered_when_it_comes_again(
    point: str, things: Databases, tmp_path: Path
) -> None:
    before = stored(things)
    crashing = environment(things, ALLOW_CRASH_POINTS="1", CRASH_AT=point)
    with serving(crashing, tmp_path / "crashed.log") as server, pytest.raises(httpx.TransportError):
        plan(server, point)
    with serving(environment(things), tmp_path / "api.log") as server:
        assert plan(server, point).status_code == 201
    assert stored(things) == before + 1


def test_a_point_that_is_not_allowed_is_no_point(things: Databases, tmp_path: Path) -> None:
    environ = environment(things, CRASH_AT="append.committed")
    with serving(environ, tmp_path / "api.log") as server:
        assert plan(server, "inert").status_code == 201
