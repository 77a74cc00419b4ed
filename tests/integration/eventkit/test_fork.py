"""Processes of a role share ports and pipes, and never a connection."""

import os
import signal
from pathlib import Path

import psutil

from local.databases import Databases
from local.processes import wait_until
from tests.integration.eventkit.serving import Serving, environment, serving


def shared(server: Serving) -> set[str]:
    """The state of each TCP socket that two processes of it have open."""
    seen: dict[str, set[int]] = {}
    states: dict[str, str] = {}
    for pid in (server.process.pid, *server.children()):
        for one in Path(f"/proc/{pid}/fd").iterdir():
            if (at := os.readlink(one)).startswith("socket:"):
                seen.setdefault(at, set()).add(pid)
        for connection in psutil.Process(pid).net_connections("tcp"):
            at = os.readlink(f"/proc/{pid}/fd/{connection.fd}")
            states[at] = connection.status
    return {states.get(at, at) for at, pids in seen.items() if len(pids) > 1}


def test_no_two_processes_have_the_same_connection_also_after_a_restart(
    things: Databases, tmp_path: Path
) -> None:
    environ = environment(things, WEB_CONCURRENCY="2")
    with serving(environ, tmp_path / "all.log", "all") as server:
        assert shared(server) == {psutil.CONN_LISTEN}
        before = server.children()
        with server.client() as client:
            # A connection to the database in each of them, and a question of operators under way.
            assert client.get("/v1/things").status_code == 200
            os.kill(before[0], signal.SIGKILL)
            wait_until(
                lambda: server.is_ready() and server.children() != before, what="api", seconds=60
            )
            assert client.get("/v1/things").status_code == 200
        assert shared(server) == {psutil.CONN_LISTEN}
