"""S35, and of S23 what the server does alone: broken, doubled, endless and half-sent requests."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from time import monotonic

import pytest

from eventkit.auth.principal import Principal
from local.databases import Databases
from tests.integration.eventkit.serving import SIGNER, Serving, environment, serving
from tests.security.conftest import Count
from tests.security.raw import exchange, status

THREADS = 6
HIDDEN = b"GET /v1/things/open HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
GET = b"GET /v1/things/open HTTP/1.1\r\nHost: x\r\n"
# Requests of which two servers in a row might see different ends.
SMUGGLED: dict[str, bytes] = {
    "length and chunks": POST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    + HIDDEN,
    "chunks and length": POST
    + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"
    + HIDDEN,
    "chunks of another name": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunks twice": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunks and identity": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunks in two headers": POST
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n"
    + HIDDEN,
    "a blank before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a vertical tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 0\r\n\r\n" + HIDDEN,
    "a list of lengths": POST + b"Content-Length: 0, 5\r\n\r\n" + HIDDEN,
    "a negative length": POST + b"Content-Length: -1\r\n\r\n" + HIDDEN,
    "a signed length": POST + b"Content-Length: +5\r\n\r\n" + HIDDEN,
    "a length in hexadecimals": POST + b"Content-Length: 0x5\r\n\r\n" + HIDDEN,
    "a length in other digits": POST + "Content-Length: ٥\r\n\r\n".encode() + HIDDEN,
    "a folded header": GET + b"X: a\r\n b\r\n\r\n",
    "a folded length": POST + b"Content-Length:\r\n 5\r\n\r\n" + HIDDEN,
    "NUL in a header": GET + b"X: a\x00b\r\n\r\n",
    "a return in a header": GET + b"X: a\rb\r\n\r\n",
    "no colon": GET + b"X\r\n\r\n",
    "no name": GET + b": x\r\n\r\n",
    "a blank in a name": GET + b"X Y: z\r\n\r\n",
    "no version": b"GET /v1/things/open\r\n\r\n",
    "version 0.9": b"GET /v1/things/open HTTP/0.9\r\n\r\n",
    "version 9.9": b"GET /v1/things/open HTTP/9.9\r\nHost: x\r\n\r\n",
    "another protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "two blanks": b"GET  /v1/things/open HTTP/1.1\r\nHost: x\r\n\r\n",
    "no path": b"GET HTTP/1.1\r\nHost: x\r\n\r\n",
}
# Requests that are too large, and what each is told.
ENDLESS: dict[str, tuple[bytes, int]] = {
    "10,000 headers": (GET + b"".join(b"X-%d: y\r\n" % n for n in range(10_000)) + b"\r\n", 431),
    "a header of 1 MB": (GET + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n", 431),
    "an address of 100 kB": (b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
}


@pytest.fixture(scope="module")
def server(things: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    settings = {"WEB_THREADS": str(THREADS), "RATE_LIMIT_PER_ADDRESS": "off"}
    with serving(
        environment(things, **settings), tmp_path_factory.mktemp("log") / "api"
    ) as process:
        yield process


@pytest.mark.parametrize("how", SMUGGLED)
def test_a_request_with_two_ends_is_refused_and_ends_the_connection(
    server: Serving, how: str, count: Count
) -> None:
    answer = exchange(server.port, SMUGGLED[how])
    assert status(answer) in (400, 501, 505), answer[:200]
    # What came behind it was never answered.
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"application/problem+json" in answer
    count("requests with two ends", 1)


def test_bare_line_feeds_hide_no_request(server: Serving, count: Count) -> None:
    answer = exchange(server.port, b"GET /v1/things/open HTTP/1.1\nHost: x\n\n" + HIDDEN + b"\r\n")
    assert status(answer) == 400
    assert answer.count(b"HTTP/1.1 ") == 1
    count("requests with two ends", 1)


def test_a_broken_chunk_ends_the_connection(server: Serving, count: Count) -> None:
    head = upload(b"Transfer-Encoding: chunked\r\n")
    answer = exchange(server.port, head + b"zz\r\nx\r\n0\r\n\r\n" + HIDDEN)
    assert 400 <= status(answer) < 500
    assert answer.count(b"HTTP/1.1 ") == 1
    count("requests with two ends", 1)


def test_an_absolute_address_opens_no_other_host(server: Serving) -> None:
    for target in (b"http://evil.example.org/v1/nothing", b"https://127.0.0.1:5432/v1/nothing"):
        head = b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert status(exchange(server.port, head)) == 404


@pytest.mark.parametrize("how", ENDLESS)
def test_a_head_without_end_is_refused(server: Serving, how: str) -> None:
    message, refused = ENDLESS[how]
    try:
        assert status(exchange(server.port, message)) == refused
    except (BrokenPipeError, ConnectionResetError):
        # Closed while we still sent, which is as good.
        assert server.is_ready()


def upload(headers: bytes) -> bytes:
    token = SIGNER.sign(Principal("uploader", "organiser"))
    head = b"POST /v1/things/uploads HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
    return head + f"Authorization: Bearer {token}\r\n".encode() + headers + b"\r\n"


def test_a_gigabyte_is_refused_before_it_is_sent(server: Serving) -> None:
    began = monotonic()
    answer = exchange(server.port, upload(b"Content-Length: 1073741824\r\n"))
    assert status(answer) == 413
    assert monotonic() - began < 5


def test_chunks_without_end_are_refused_at_the_limit(server: Serving) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    sent = 0
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(upload(b"Transfer-Encoding: chunked\r\n"))
        connection.settimeout(0.2)
        try:
            while sent < 100_000_000:
                connection.sendall(chunk)
                sent += len(chunk)
        except (TimeoutError, BrokenPipeError, ConnectionResetError):
            pass
    # The limit is 2 MB; the rest lay in buffers of the two systems.
    assert sent < 50_000_000
    assert server.is_ready()


def test_requests_sent_by_half_leave_the_other_threads_to_others(server: Serving) -> None:
    """As many as there are threads would hold all of them: that is the proxy's to prevent."""
    with ExitStack() as held, server.client() as client:
        for _ in range(THREADS - 2):
            slow = held.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            slow.sendall(b"GET /v1/things/open HTTP/1.1\r\nHost:")
        for _ in range(50):
            assert client.get("/v1/things/open").status_code == 200


@pytest.mark.parametrize("part", ["head", "body"])
def test_who_stops_in_the_middle_is_not_waited_for_without_end(server: Serving, part: str) -> None:
    message = GET if part == "head" else upload(b"Content-Length: 100\r\n") + b"x"
    answer = exchange(server.port, message)
    assert answer == b"" or status(answer) in (400, 408)


def test_idle_connections_hold_no_thread(server: Serving) -> None:
    with ExitStack() as held, server.client() as client:
        for _ in range(20 * THREADS):
            held.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        for _ in range(20):
            assert client.get("/v1/things/open").status_code == 200
