"""Requests stay counted though the process that answered them was killed."""

import os
import signal
from pathlib import Path

from local.databases import Databases
from local.processes import wait_until
from tests.integration.eventkit.serving import Serving, environment, serving

KILLS, REQUESTS = 3, 10
COUNTED = "http_requests_total{"


def api(server: Serving) -> int:
    """The process that answers requests; 0 while there is none."""
    for pid in server.children():
        if Path(f"/proc/{pid}/comm").read_text(encoding="ascii").startswith("api"):
            return pid
    return 0


def comes_again(server: Serving, after: int) -> bool:
    return api(server) not in (0, after) and server.is_ready()


def test_each_answered_request_is_counted_once_whoever_is_killed(
    things: Databases, tmp_path: Path
) -> None:
    environ = environment(things, WEB_CONCURRENCY="1", RATE_LIMIT_PER_CLIENT="off")
    with serving(environ, tmp_path / "all.log", "all") as server:
        for number in range(1, KILLS + 1):
            with server.client() as client:
                for _ in range(REQUESTS):
                    assert client.get("/v1/things").status_code == 200
            killed = api(server)
            os.kill(killed, signal.SIGKILL)
            wait_until(lambda: comes_again(server, killed), what="api", seconds=60)  # noqa: B023  (called at once)
            assert server.metric(COUNTED) == number * REQUESTS
