"""The proxy of the fault suite does each of its bad deeds, and stops doing it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from threading import Thread
from time import monotonic

import pytest

from local.ports import LOOPBACK, free_port
from tests.faults.proxy import DOWN, FINE, Proxy, Weather, proxied


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """Before somebody who repeats everything."""
    front, back = free_port(), free_port()
    with echoing(back), proxied({"it": (front, back)}, Random(1)) as proxies:
        yield proxies["it"]


@contextmanager
def echoing(port: int) -> Iterator[None]:
    def repeat(connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(4096):
                    connection.sendall(data)
            except OSError:
                return

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            Thread(target=repeat, args=(connection,), daemon=True).start()

    with socket.create_server((LOOPBACK, port)) as server:
        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


@contextmanager
def connected(proxy: Proxy, seconds: float = 5) -> Iterator[socket.socket]:
    with socket.create_connection((LOOPBACK, proxy._front), seconds) as connection:
        yield connection


def said(connection: socket.socket, data: bytes) -> bytes:
    """What comes back of it, until all is there or the connection ends."""
    connection.sendall(data)
    got = b""
    while len(got) < len(data) and (more := connection.recv(4096)):
        got += more
    return got


def test_in_fine_weather_everything_passes(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        assert said(connection, b"x" * 100_000) == b"x" * 100_000


def test_latency_holds_every_byte_up(proxy: Proxy) -> None:
    proxy.weather = Weather(latency=0.2, streams=frozenset({DOWN}))
    with connected(proxy) as connection:
        began = monotonic()
        assert said(connection, b"late") == b"late"
        assert monotonic() - began >= 0.2


def test_a_cut_connection_ends_after_so_many_bytes(proxy: Proxy) -> None:
    proxy.weather = Weather(cut=7, streams=frozenset({DOWN}))
    with connected(proxy) as connection:
        assert said(connection, b"0123456789") == b"0123456"


def test_dripping_takes_its_time_and_loses_nothing(proxy: Proxy) -> None:
    proxy.weather = Weather(drip=2, streams=frozenset({DOWN}))
    with connected(proxy) as connection:
        began = monotonic()
        assert said(connection, b"012345") == b"012345"
        assert monotonic() - began >= 0.3


def test_a_black_hole_says_nothing_until_it_is_gone(proxy: Proxy) -> None:
    with connected(proxy, seconds=0.3) as connection:
        assert said(connection, b"before") == b"before"
        proxy.weather = Weather(blackhole=True)
        connection.sendall(b"within")
        with pytest.raises(TimeoutError):
            connection.recv(6)
        proxy.weather = FINE
        connection.settimeout(5)
        assert connection.recv(6) == b"within"


def test_a_reset_ends_connections_at_once(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        assert said(connection, b"before") == b"before"
        proxy.weather = Weather(reset=True)
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
