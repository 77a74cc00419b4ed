"""`POST /v1/meetings` beside an idiomatic ORM endpoint on the same server and database."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from threading import Thread
from time import perf_counter, sleep
from uuid import uuid4

import psycopg

from bench.installation import Installation, installed
from bench.table import Goal, compete, report
from local.ports import answers, free_port
from local.settings import CHECKOUT

CONNECTIONS = 8
BODY = (
    b'{"kind":"network_meeting","title":"Netzwerktreffen","mode":"digital",'
    b'"vague_date":"Fr\\u00fchjahr 2021"}'
)


def request(port: int, token: str) -> bytes:
    """One request with an idempotency key of its own."""
    return (
        f"POST /v1/meetings HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n"
        f'Authorization: Bearer {token}\r\nIdempotency-Key: "{uuid4()}"\r\n\r\n'
    ).encode() + BODY


def post(connection: socket.socket, message: bytes) -> None:
    """Send one request and read its whole answer; it must be a 201."""
    connection.sendall(message)
    answer = connection.recv(65_536)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65_536)
    if not head.startswith(b"HTTP/1.1 201"):
        raise SystemExit(f"not created: {answer[:600]!r}")


def load(port: int, token: str, seconds: float) -> float:
    """Requests a second over a few connections that stay open."""
    counts = [0] * CONNECTIONS
    end = perf_counter() + seconds

    def run(number: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            while perf_counter() < end:
                post(connection, request(port, token))
                counts[number] += 1

    threads = [Thread(target=run, args=(number,)) for number in range(CONNECTIONS)]
    began = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (perf_counter() - began)


def is_role_of(service: str, pid: int) -> bool:
    """Whether this is a process of the service's own."""
    return f"-m\0{service}\0".encode() in Path(f"/proc/{pid}/cmdline").read_bytes()


def load_from_outside(port: int, token: str, seconds: float) -> float:
    """The same in a process of its own, so that it shares no lock with anything."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(load, (port, token, seconds))


@contextmanager
def orm_server(installation: Installation) -> Iterator[int]:
    """The ORM endpoint under gunicorn with the same worker class and threads; gives its port."""
    server = installation.superuser().replace("+psycopg", "")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE orm")
    environment = os.environ | {"ORM_DATABASE_URL": installation.superuser("orm")}
    subprocess.run(
        [sys.executable, "-m", "bench.orm_app"], cwd=CHECKOUT, env=environment, check=True
    )
    port = free_port()
    options = ["-k", "gthread", "--threads", "12", "-b", f"127.0.0.1:{port}", "--keep-alive", "15"]
    command = [sys.executable, "-m", "gunicorn", *options, "bench.orm_app:app"]
    server = subprocess.Popen(
        [*command, "--log-level", "warning", "--no-control-socket"], cwd=CHECKOUT, env=environment
    )
    try:
        while not answers(port):
            sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(30)


@contextmanager
def paused(pids: list[int]) -> Iterator[None]:
    """These processes stand still for the block."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def contestant(
    port: int, token: str, seconds: float, still: list[int] | None = None
) -> Callable[[], float]:
    def measure() -> float:
        with paused(still or []):
            return load_from_outside(port, token, seconds)

    return measure


def run(rounds: int, seconds: float) -> bool:
    """True when the goal for creating a meeting is reached."""
    # The other endpoint has no rate limits, and both are to answer all they can.
    unlimited = installed(example=False, RATE_LIMIT_PER_CLIENT="off")
    with unlimited as installation, orm_server(installation) as orm_port:
        token = installation.run["tokens"]["organiser"]
        port = int(installation.run["services"]["meetings"]["url"].rpartition(":")[2])
        for warmed in (port, orm_port):
            load(warmed, token, 1)
        # An endpoint beside an endpoint: nobody follows the other one's meetings either.
        followers = [pid for pid in installation.pids() if is_role_of("notifications", pid)]
        contestants = {
            "POST /v1/meetings": contestant(port, token, seconds, followers),
            "the same, followed by notifications": contestant(port, token, seconds),
            "ORM endpoint": contestant(orm_port, token, seconds, followers),
        }
        figures = compete(contestants, rounds)
    return report(f"Created over HTTP, {CONNECTIONS} connections", "a second", figures, GOALS)


GOALS = [Goal(who="POST /v1/meetings", beside="ORM endpoint", at_least=1.5)]
