"""S23: who sends or reads slowly, and by the hundred, holds nothing but the proxy's connections."""

import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic

from tests.edge.site import Edge
from tests.edge.slow import (
    HALF_HEAD,
    HOST,
    SLOW_BODIES,
    SLOW_HEADS,
    SLOW_READERS,
    half_body,
    opened,
    slow_readers,
    slow_senders,
)
from tests.security.raw import status

OPEN = f"GET /v1/things/open HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n"
# As the proxy's files have it.
MOST_OF_ONE_ADDRESS = 100
OTHERS, ROUNDS = 4, 15
# A request that waits for a thread which a slow one holds waits twice as long.
HELD_SECONDS = 5


def slowest(edge: Edge) -> float:
    """Of the requests of others, which all succeed; seconds."""

    def ask() -> float:
        longest = 0.0
        with edge.client() as client:
            for _ in range(ROUNDS):
                began = monotonic()
                assert client.get("/v1/things/open").status_code == 200
                longest = max(longest, monotonic() - began)
        return longest

    with ThreadPoolExecutor(OTHERS) as threads:
        return max(one.result() for one in [threads.submit(ask) for _ in range(OTHERS)])


def test_hundreds_of_slow_senders_reach_no_service_and_keep_nobody_waiting(edge: Edge) -> None:
    usual = slowest(edge)
    before = edge.arrived()
    with slow_senders(edge.proxy) as senders:
        for one in senders:
            one.sendall(b"y")
        attacked = slowest(edge)
        assert edge.arrived() == before + OTHERS * ROUNDS
    assert attacked < 2 * usual + HELD_SECONDS


def test_readers_that_do_not_read_keep_nobody_waiting(edge: Edge) -> None:
    usual = slowest(edge)
    with slow_readers(edge.proxy) as readers:
        assert {status(one.recv(100)) for one in readers} == {200}
        attacked = slowest(edge)
    assert attacked < 2 * usual + HELD_SECONDS


def test_who_stops_in_the_middle_is_not_waited_for(edge: Edge) -> None:
    with (
        opened(edge.proxy, 1, HALF_HEAD, SLOW_HEADS) as head,
        opened(edge.proxy, 1, half_body(), SLOW_HEADS) as body,
        opened(edge.proxy, 1, "", SLOW_HEADS) as nothing,
    ):
        assert [one.recv(1) for one in [*head, *body, *nothing]] == [b"", b"", b""]


def test_a_head_has_to_come_in_time_however_often_a_byte_of_it_comes(edge: Edge) -> None:
    stopped = Event()
    with opened(edge.proxy, 1, HALF_HEAD, SLOW_HEADS) as [one], ThreadPoolExecutor(1) as threads:
        ended = threads.submit(one.recv, 1)
        ended.add_done_callback(lambda _: stopped.set())
        sent = 0
        while not stopped.wait(0.5):
            with_patience(one)
            sent += 1
        assert ended.result() == b""
    assert 1 < sent < 60


def with_patience(one: ssl.SSLSocket) -> None:
    try:
        one.sendall(b"y")
    except OSError:
        # Closed at this moment; the reader sees it as well.
        return


def test_one_address_has_so_many_requests_at_once_and_no_more(edge: Edge) -> None:
    with opened(edge.proxy, MOST_OF_ONE_ADDRESS, half_body(), SLOW_BODIES) as held:
        with edge.proxy.connect(source=SLOW_BODIES) as one_more:
            one_more.sendall(OPEN.encode())
            refused = one_more.recv(65_536)
        assert status(refused) == 429
        assert b'"code":"rate-limited"' in refused
        with edge.proxy.connect(source=SLOW_READERS) as other:
            other.sendall(OPEN.encode())
            assert status(other.recv(65_536)) == 200
        held[0].shutdown(socket.SHUT_RDWR)
