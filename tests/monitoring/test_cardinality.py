"""S28: 100,000 paths that nobody has add no series, asked of a real server over its sockets."""

import re
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from uuid import UUID

import pytest

from local.databases import Databases
from tests.integration.eventkit.serving import Serving, environment, serving

TRIES = 100_000
SLACK = 5
CONNECTIONS = 4
HEAD = re.compile(rb"HTTP/1\.1 ([0-9]{3}) .*?Content-Length: ([0-9]+)\r\n.*?\r\n\r\n", re.DOTALL)
# Below what exists as well, and under methods that do not: a route that matches by a placeholder,
# or a method, must not name itself after what was asked for.
PATHS = (
    "GET /{0}",
    "GET /v1/{0}",
    "GET /v1/things/{1}",
    "{2} /{0}",
    "GET /v1/things/{1}/{0}?{0}={0}",
)


@pytest.fixture(scope="module")
def server(things: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    settings = environment(
        things,
        WEB_CONCURRENCY="2",
        # A line for each request would take longer than the request, and limits would answer it.
        LOG_LEVEL="WARNING",
        RATE_LIMIT_PER_ADDRESS="off",
        RATE_LIMIT_TOKENS="off",
    )
    with serving(settings, tmp_path_factory.mktemp("log") / "api") as process:
        yield process


def series(server: Serving) -> set[str]:
    lines = server.ask("/metrics").text.splitlines()
    return {line.rpartition(" ")[0] for line in lines if not line.startswith("#")}


def request(number: int, random: Random) -> bytes:
    """A request of which there is no second one."""
    made_up = f"{random.getrandbits(64):x}"
    path = PATHS[number % len(PATHS)].format(
        made_up, UUID(int=random.getrandbits(128)), f"M{made_up.upper()}"
    )
    head = f"{path} HTTP/1.1\r\nHost: {made_up}.example.org\r\nUser-Agent: {made_up}\r\n\r\n"
    return head.encode()


def answer(connection: socket.socket) -> bytes:
    """The status of the next answer; it has a length, for none of these is a stream."""
    received = b""
    while (head := HEAD.match(received)) is None:
        more = connection.recv(1 << 16)
        assert more, received
        received += more
    while len(received) < head.end() + int(head[2]):
        received += connection.recv(1 << 16)
    return head[1]


def send(server: Serving, times: int, seed: int) -> Counter[bytes]:
    """How often that many requests over one connection were answered with which status."""
    random, statuses = Random(seed), Counter[bytes]()
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        for number in range(times):
            connection.sendall(request(number, random))
            statuses[answer(connection)] += 1
    return statuses


def test_100_000_random_paths_add_at_most_five_series(server: Serving) -> None:
    # What every server has after its first requests, whoever sent them.
    send(server, 100, seed=0)
    before = series(server)
    each = TRIES // CONNECTIONS
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        sent = threads.map(partial(send, server, each), range(1, CONNECTIONS + 1))
        statuses = sum(sent, Counter[bytes]())
    assert sum(statuses.values()) == TRIES
    assert set(statuses) <= {b"401", b"404", b"405"}
    added = series(server) - before
    assert len(added) <= SLACK, sorted(added)[:10]
