"""S23: readers that do not read. What a proxy with buffers takes off, the server bears alone."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from tests.security.conftest import Count
from tests.security.site import Site

# More than the server has threads.
READERS = 40
SMALLEST = 2048
HEAD = "GET /openapi.json HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\n\r\n"


@pytest.fixture
def readers(site: Site) -> Iterator[list[socket.socket]]:
    """Connections that ask for the longest answer there is, and take the least of it."""
    place = urlsplit(site.urls["registry"])
    with ExitStack() as opened:
        made = []
        for _ in range(READERS):
            reader = opened.enter_context(socket.socket())
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALLEST)
            reader.connect((place.hostname, place.port))
            reader.sendall(HEAD.format(host=place.netloc).encode())
            made.append(reader)
        yield made


def test_readers_that_do_not_read_leave_the_others_their_answers(
    site: Site, readers: list[socket.socket], count: Count
) -> None:
    assert all(reader.recv(12) == b"HTTP/1.1 200" for reader in readers)
    answer = httpx.get(f"{site.urls['registry']}/.well-known/jwks.json", timeout=20)
    assert answer.status_code == 200
    assert len(site.http.get(f"{site.urls['registry']}/openapi.json").content) > 50 * SMALLEST
    count("readers that do not read", len(readers))
