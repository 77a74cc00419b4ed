"""Roles as processes: how they start, what they say when they cannot, how they end."""

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from local.databases import Databases, connect
from local.processes import wait_until
from tests.conftest import MakeDatabases
from tests.integration.eventkit.serving import Serving, environment, run, serving, started

Environ = dict[str, str]


@pytest.fixture(scope="module")
def server(things: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """One api for the tests that leave it as it was."""
    with serving(environment(things), tmp_path_factory.mktemp("log") / "api.log") as process:
        yield process


@pytest.fixture
def environ(things: Databases) -> Environ:
    return environment(things)


def eventually(condition: Callable[[], bool], what: str) -> None:
    wait_until(condition, what=what, seconds=30)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def plan(server: Serving, key: str) -> httpx.Response:
    with server.client() as client:
        return client.post("/v1/things", json={"title": "x"}, headers={"Idempotency-Key": key})


def test_bad_settings_are_named_together_and_end_with_78(environ: Environ) -> None:
    ended = run(environ | {"MASTER_KEY": "geheim", "HTTP_BIND": "x", "LOG_LEVEL": "x"}, "api")
    assert ended.returncode == 78
    named = [line.split()[0] for line in ended.stderr.splitlines()]
    assert named == ["MASTER_KEY", "HTTP_BIND", "LOG_LEVEL"]
    assert "geheim" not in ended.stderr


@pytest.mark.parametrize("name", ["HTTP_BIND", "OPERATOR_BIND"])
def test_a_port_in_use_is_one_sentence(environ: Environ, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = run(environ | {name: address}, "api")
    assert ended.returncode == 1
    assert ended.stderr == f"{name} {address} cannot be used: Address already in use.\n"


@pytest.mark.parametrize("role", ["relay", "consumer"])
def test_a_role_without_work_is_one_sentence(environ: Environ, role: str) -> None:
    ended = run(environ, role)
    assert (ended.returncode, len(ended.stderr.splitlines())) == (78, 1)


@pytest.mark.parametrize("path", ["/metrics", "/livez"])
def test_operators_are_answered_before_the_migration(
    databases: MakeDatabases, tmp_path: Path, path: str
) -> None:
    with started(environment(databases("things")), tmp_path / "api.log") as server:
        eventually(lambda: b'"waiting"' in server.log.read_bytes(), "a line about waiting")
        assert server.ask(path).status_code == 200


def test_a_database_that_is_away_is_one_sentence(environ: Environ) -> None:
    ended = run(environ | {"DATABASE_URL": "postgresql://x:geheim@127.0.0.1:1/x"}, "verify")
    assert (ended.returncode, len(ended.stderr.splitlines())) == (75, 1)
    assert "geheim" not in ended.stderr


def test_help_names_every_role(environ: Environ) -> None:
    shown = run(environ, "--help").stdout
    assert all(f"  {role} " in shown for role in ("api", "all", "migrate", "rebuild", "verify"))


def test_a_process_waits_for_its_migration(databases: MakeDatabases, tmp_path: Path) -> None:
    environ = environment(databases("things"))
    with started(environ, tmp_path / "api.log") as server:
        eventually(lambda: b'"waiting"' in server.log.read_bytes(), "a line about waiting")
        assert httpx.get(f"{server.operators}/livez").status_code == 200
        assert "never migrated" in httpx.get(f"{server.operators}/readyz").text
        assert run(environ, "migrate").returncode == 0
        eventually(server.is_ready, "the api")
    assert server.process.returncode == 0


def test_migrating_again_changes_nothing(environ: Environ) -> None:
    assert run(environ, "migrate").returncode == 0


def test_accepted_requests_are_finished_after_sigterm(environ: Environ, tmp_path: Path) -> None:
    with serving(environ, tmp_path / "api.log") as server, server.client() as client:
        with ThreadPoolExecutor(4) as threads:
            slow = [threads.submit(client.get, "/v1/things/slow/1500") for _ in range(4)]
            eventually(lambda: waiting(environ) == 4, "four slow queries")
            server.process.send_signal(signal.SIGTERM)
            statuses = [answer.result().status_code for answer in slow]
        assert statuses == [200, 200, 200, 200]
        assert server.process.wait(30) == 0
        with pytest.raises(httpx.ConnectError):
            client.get("/v1/things")


def waiting(environ: Environ) -> int:
    """How many queries of the process sleep in the database now."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(%'"
        " AND state = 'active' AND pid <> pg_backend_pid()"
    )
    url = environ["DATABASE_URL"].replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def test_ctrl_c_ends_all_of_it(environ: Environ, tmp_path: Path) -> None:
    with serving(environ, tmp_path / "api.log") as server:
        children = server.children()
        for pid in (server.process.pid, *children):
            os.kill(pid, signal.SIGINT)
        assert server.process.wait(30) == 0
    assert not any(map(is_alive, children))


def test_children_do_not_outlive_a_killed_parent(environ: Environ, tmp_path: Path) -> None:
    with serving(environ, tmp_path / "api.log") as server:
        children = server.children()
        assert children
        server.process.kill()
        eventually(lambda: not any(map(is_alive, children)), "the children's end")


def test_a_single_role_ends_with_its_child(environ: Environ, tmp_path: Path) -> None:
    with serving(environ, tmp_path / "api.log") as server:
        os.kill(server.children()[0], signal.SIGKILL)
        assert server.process.wait(30) == 1


def test_all_roles_start_a_dead_child_again(environ: Environ, tmp_path: Path) -> None:
    with serving(environ | {"WEB_CONCURRENCY": "2"}, tmp_path / "all.log", "all") as server:
        before = server.children()
        assert plan(server, "before").status_code == 201
        stored = server.metric("events_appended_total")
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: not set(before) & set(server.children()), "new children")
        eventually(server.is_ready, "all of them")
        assert server.metric("events_appended_total") == stored
        assert plan(server, "after").status_code == 201
        assert server.metric("events_appended_total") == stored + 1
    told = [str(line["job"]) for line in lines(server) if line["event"] == "child_restarts"]
    assert sorted(told) == ["api-1", "api-2", "worker"]


def test_counts_of_an_earlier_run_are_not_told_again(environ: Environ, tmp_path: Path) -> None:
    for run_number in ("1", "2"):
        with serving(environ, tmp_path / "api.log") as server:
            assert server.metric("events_appended_total") == 0
            assert plan(server, f"run-{run_number}").status_code == 201
            assert server.metric("events_appended_total") == 1


def test_metrics_name_routes_and_never_paths(server: Serving) -> None:
    with server.client() as client:
        for number in range(20):
            client.get(f"/v1/things/{number:08}-0000-4000-8000-000000000000")
            client.get(f"/nothing/{number}")
            client.request(f"FOO{number}", "/v1/things")
    text = server.ask("/metrics").text
    rows = [row for row in text.splitlines() if row.startswith("http_requests_total{")]
    routes = {row.partition('route="')[2].partition('"')[0] for row in rows}
    methods = {row.partition('method="')[2].partition('"')[0] for row in rows}
    assert routes <= {"none", "/v1/things", "/v1/things/<uuid:thing_id>"}
    assert methods <= {"GET", "POST", "other"}
    assert server.metric("build_info") == 1
    assert server.metric("database_up") == 2


def lines(server: Serving) -> list[dict[str, object]]:
    text = server.log.read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_every_log_line_is_json_with_the_requests_id(server: Serving) -> None:
    correlation = "8e03978e-40d5-43dd-bc93-6894a57f9324"
    with server.client() as client:
        client.get("/v1/things", headers={"X-Correlation-Id": correlation})
    (line,) = [line for line in lines(server) if line.get("correlation_id") == correlation]
    assert line["route"] == "/v1/things"
    assert "Bearer" not in server.log.read_text(encoding="utf-8")


@pytest.fixture
def closed(things: Databases) -> Iterator[Callable[[bool], None]]:
    """Shuts the service's database to everybody, and opens it again."""
    server = connect(things.server)

    def close(closed: bool) -> None:
        name = Identifier(things.name)
        server.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(name, not closed))
        if closed:
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            server.execute(ended, (things.name,))

    yield close
    close(False)
    server.close()


def test_a_lost_database_is_503_until_it_is_back(
    server: Serving, closed: Callable[[bool], None]
) -> None:
    with server.client() as client:
        assert client.get("/v1/things").status_code == 200
        closed(True)
        answer = client.get("/v1/things")
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.headers["Retry-After"] == "5"
        assert plan(server, "lost").status_code == 503
        assert not server.is_ready()
        assert server.metric('database_up{database="store"}') == 0
        assert server.metric('database_up{database="keys"}') == 1
        closed(False)
        assert client.get("/v1/things").status_code == 200
        assert server.is_ready()


def test_the_store_is_verified_and_read_models_rebuilt(server: Serving, environ: Environ) -> None:
    assert plan(server, "verified").status_code == 201
    verified = run(environ, "verify")
    assert verified.returncode == 0
    assert verified.stdout.endswith(" 0 faults.\n")
    rebuilt = run(environ, "rebuild")
    assert (rebuilt.returncode, rebuilt.stderr) == (0, "")
    assert run(environ, "rebuild", "nothing").returncode == 2
