"""A worker that is asked to end finishes the calls that are under way."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from threading import Event
from uuid import UUID

import sqlalchemy as sa

from eventkit.database import session
from local.ports import LOOPBACK, free_port
from notifications.tables import claims
from tests.integration.notifications.receivers import open_socket
from tests.integration.notifications.test_webhooks import cancel, register
from tests.integration.notifications.world import World

# Longer than a worker takes to end that waits for nothing.
SLOW_SECONDS = 5.0


@contextmanager
def running(environment: dict[str, str], folder: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """The role as operators start it."""
    more = {"OPERATOR_BIND": f"{LOOPBACK}:{free_port()}"}
    more["ERASURE_JOURNAL"] = str(folder / "erasures.jsonl")
    worker = subprocess.Popen(
        [sys.executable, "-m", "notifications", "worker"],
        env={**os.environ, **environment, **more},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


def held(world: World, recipient: UUID) -> int:
    query = sa.select(sa.func.count()).where(claims.c.recipient_id == recipient)
    with session(world.kit.engine) as connection:
        return connection.scalar(query) or 0


def test_a_call_under_way_is_recorded_before_the_worker_ends(
    world: World, environment: dict[str, str], tmp_path: Path
) -> None:
    called, ended = Event(), Event()

    def take(connection: socket, _: Event) -> None:
        connection.recv(65536)
        called.set()
        ended.wait(SLOW_SECONDS)
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with open_socket(take) as port, running(environment, tmp_path) as worker:
        endpoint, _ = register(world, f"http://{LOOPBACK}:{port}/")
        cancel(world)
        assert called.wait(30)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
        (row,) = world.log(recipient_id=endpoint)
        ended.set()
    assert (row["state"], row["attempts"]) == ("delivered", 1)
    assert held(world, endpoint) == 0
