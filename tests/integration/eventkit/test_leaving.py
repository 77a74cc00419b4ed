"""A process says that it will end before it does, and its port loses nobody who has connected."""

import errno
import re
import select
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventkit.leaving import turn_away
from local.databases import Databases
from local.processes import wait_until
from tests.integration.eventkit.serving import Serving, environment, serving

OPEN = "/v1/things/open"
LITTLE = 0.3


@pytest.fixture
def server(things: Databases, tmp_path: Path) -> Iterator[Serving]:
    with serving(environment(things, WEB_CONCURRENCY="2"), tmp_path / "log", "all") as process:
        yield process


def leave(server: Serving) -> None:
    server.process.send_signal(signal.SIGUSR1)
    wait_until(lambda: not server.is_ready(), what="the end of readiness", seconds=10)


def test_who_leaves_is_not_ready_and_says_why(server: Serving) -> None:
    leave(server)
    answer = server.ask("/readyz")
    assert answer.status_code == 503
    assert answer.json()["faults"] == ["This process is leaving."]
    assert server.ask("/livez").status_code == 200


def test_who_leaves_answers_everybody_and_keeps_no_connection(server: Serving) -> None:
    with server.client() as kept:
        before = [kept.get(OPEN) for _ in range(3)]
        leave(server)
        after = [kept.get(OPEN) for _ in range(20)]
    assert {answer.status_code for answer in [*before, *after]} == {200}
    assert {answer.headers["Connection"] for answer in before} == {"keep-alive"}
    assert {answer.headers["Connection"] for answer in after} == {"close"}


def test_who_leaves_stays_until_it_is_told_to_end(server: Serving) -> None:
    leave(server)
    with server.client() as client:
        assert client.get(OPEN).status_code == 200
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(30) == 0


def test_whoever_signals_all_processes_of_a_container_ends_none(server: Serving) -> None:
    children = server.children()
    assert len(children) == 3
    assert all(bears(child, signal.SIGUSR1) for child in children)


def bears(pid: int, number: int) -> bool:
    """Whether a process ignores a signal, or handles it."""
    text = Path(f"/proc/{pid}/status").read_text("ascii")
    masks = re.findall(r"^Sig(?:Ign|Cgt):\s+([0-9a-f]+)$", text, re.MULTILINE)
    return any(int(mask, 16) >> (number - 1) & 1 for mask in masks)


def test_a_port_that_turns_away_keeps_who_has_connected() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        early = socket.create_connection(listener.getsockname(), timeout=5)
        turn_away(listener)
        with pytest.raises(TimeoutError):
            socket.create_connection(listener.getsockname(), timeout=LITTLE)
        early.sendall(b"hello")
        served, _ = listener.accept()
        with early, served:
            assert served.recv(5) == b"hello"


def test_who_was_turned_away_is_refused_once_the_port_is_closed() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    turn_away(listener)
    with socket.socket() as late:
        late.setblocking(False)
        late.connect_ex(listener.getsockname())
        listener.close()
        # The kernel asks again after a second.
        ended = select.poll()
        ended.register(late, select.POLLOUT)
        assert ended.poll(5_000)
        assert late.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED
