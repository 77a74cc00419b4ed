"""Connections that send or read as slowly as they may, from addresses of their own."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.edge.proxy import DOMAIN, Proxy
from tests.edge.site import bearer

HOST = f"Host: registry.{DOMAIN}\r\n"
HALF_HEAD = f"GET /v1/things/open HTTP/1.1\r\n{HOST}X-Slow: "
UPLOAD = f"POST /v1/things/uploads HTTP/1.1\r\n{HOST}Content-Type: text/plain\r\n"
LARGE = f"GET /openapi.json HTTP/1.1\r\n{HOST}Accept-Encoding: identity\r\n\r\n"
# The proxy counts connections by address.
SLOW_HEADS, SLOW_BODIES, SLOW_READERS = "127.0.0.2", "127.0.0.3", "127.0.0.4"
HEADS, BODIES, READERS = 300, 90, 90


def half_body() -> str:
    return f"{UPLOAD}Authorization: {bearer()['Authorization']}\r\nContent-Length: 1000\r\n\r\nx"


@contextmanager
def opened(
    proxy: Proxy, number: int, message: str, source: str, *, small: bool = False
) -> Iterator[list[ssl.SSLSocket]]:
    """Connections that have sent this, and wait."""
    with ExitStack() as held:
        made = []
        for _ in range(number):
            one = held.enter_context(proxy.connect(source=source, small=small))
            one.sendall(message.encode())
            made.append(one)
        yield made


@contextmanager
def slow_senders(proxy: Proxy) -> Iterator[list[ssl.SSLSocket]]:
    """Heads and bodies of which a piece has come, by the hundred."""
    with (
        opened(proxy, HEADS, HALF_HEAD, SLOW_HEADS) as heads,
        opened(proxy, BODIES, half_body(), SLOW_BODIES) as bodies,
    ):
        yield [*heads, *bodies]


@contextmanager
def slow_readers(proxy: Proxy) -> Iterator[list[ssl.SSLSocket]]:
    """Who asks for a long answer and takes the least of it."""
    with opened(proxy, READERS, LARGE, SLOW_READERS, small=True) as readers:
        yield readers
