"""S35: requests that two servers in a row may read differently end at the proxy."""

import pytest

from tests.edge.proxy import DOMAIN
from tests.edge.site import Edge
from tests.security.raw import status
from tests.security.test_smuggling import SMUGGLED

HOST = f"Host: registry.{DOMAIN}".encode()
OPEN = b"GET /v1/things/open HTTP/1.1\r\n" + HOST + b"\r\n"
POST = b"POST /v1/things HTTP/1.1\r\n" + HOST + b"\r\nContent-Type: application/json\r\n"
CLOSE = b"Connection: close\r\n"
HIDDEN = b"GET /v1/things/hidden HTTP/1.1\r\n" + HOST + b"\r\n\r\n"
# What nginx understands in one way only, and tells the service in its own words.
CLEANED = {"no colon", "two blanks", "no version"}
MORE: dict[str, bytes] = {
    "lengths that agree": POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde" + HIDDEN,
    "two hosts": OPEN + b"Host: evil.example.org\r\n\r\n",
    "another host in the address": b"GET https://meetings."
    + DOMAIN.encode()
    + b"/v1/things/open HTTP/1.1\r\n"
    + HOST
    + b"\r\n\r\n",
    "an unknown host in the address": b"GET http://evil.example.org/ HTTP/1.1\r\n"
    + HOST
    + b"\r\nConnection: close\r\n\r\n",
    "a host with a path": b"GET / HTTP/1.1\r\nHost: registry." + DOMAIN.encode() + b"/x\r\n\r\n",
    "HTTP/1.0 without a host": b"GET /v1/things/open HTTP/1.0\r\n\r\n",
    "HTTP/1.0 with chunks": b"POST /v1/things HTTP/1.0\r\n"
    + HOST
    + b"\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    "a chunk of no size": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n" + HIDDEN,
    "a chunk of too large a size": POST
    + b"Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nabcde\r\n0\r\n\r\n"
    + HIDDEN,
    "a chunk that is longer than it says": POST
    + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n"
    + HIDDEN,
    "NUL in the address": b"GET /v1/things\x00/open HTTP/1.1\r\n" + HOST + b"\r\n\r\n",
    "a proxy's method": b"CONNECT registry."
    + DOMAIN.encode()
    + b":443 HTTP/1.1\r\n"
    + HOST
    + b"\r\n\r\n",
    "a folded host": b"GET / HTTP/1.1\r\nHost:\r\n registry." + DOMAIN.encode() + b"\r\n\r\n",
}
REFUSED = {how: message for how, message in SMUGGLED.items() if how not in CLEANED} | MORE


def to_us(message: bytes) -> bytes:
    return message.replace(b"Host: x\r\n", HOST + b"\r\n")


@pytest.mark.parametrize("how", REFUSED)
def test_a_request_with_two_ends_never_reaches_a_service(edge: Edge, how: str) -> None:
    before = edge.arrived()
    answer = edge.proxy.exchange(to_us(REFUSED[how]))
    assert status(answer) in (400, 405, 421, 501, 505)
    assert b"application/problem+json" in answer
    # What came behind it was never answered, by nobody.
    assert answer.count(b"HTTP/1.1 ") == 1
    assert edge.arrived() == before


@pytest.mark.parametrize(
    "message",
    [
        (OPEN + CLOSE + b"\r\n").replace(b"\r\n", b"\n"),
        OPEN.replace(b"GET /", b"GET  /") + CLOSE + b"\r\n",
        OPEN + b"X\r\n" + CLOSE + b"\r\n",
        OPEN + b"X_Forwarded_For: 10.0.0.1\r\n" + CLOSE + b"\r\n",
        b"\r\n" + OPEN + CLOSE + b"\r\n",
    ],
    ids=["bare line feeds", "two blanks", "no colon", "an underscore", "a line before"],
)
def test_what_is_only_odd_reaches_a_service_once_and_in_clean_words(
    edge: Edge, message: bytes
) -> None:
    before = edge.arrived()
    answer = edge.proxy.exchange(message)
    assert status(answer) == 200
    assert answer.count(b"HTTP/1.1 ") == 1
    assert edge.arrived() == before + 1


def test_chunks_and_their_extensions_become_one_body_of_a_known_length(edge: Edge) -> None:
    token = edge.token()
    upload = (
        b"POST /v1/things/uploads HTTP/1.1\r\n" + HOST + b"\r\nContent-Type: text/plain\r\n"
        b"Authorization: Bearer " + token + b"\r\n" + CLOSE
    )
    body = b'3;name="GET / HTTP/1.1"\r\nabc\r\n2;x\r\nde\r\n0;y\r\nTrailer: z\r\n\r\n'
    before = edge.arrived()
    answer = edge.proxy.exchange(upload + b"Transfer-Encoding: chunked\r\n\r\n" + body + HIDDEN)
    assert status(answer) == 200
    assert b'"size":5' in answer.replace(b" ", b"")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert edge.arrived() == before + 1


@pytest.mark.parametrize(
    "headers",
    [
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        b"HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n",
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: bmV0enRyZWZmbmV0enRyZQ==\r\n",
    ],
    ids=["h2c", "websocket"],
)
def test_nobody_gets_a_tunnel_through_the_proxy(edge: Edge, headers: bytes) -> None:
    before = edge.arrived()
    answer = edge.proxy.exchange(OPEN + headers + b"\r\n" + OPEN + CLOSE + b"\r\n")
    assert status(answer) == 200
    assert b" 101 " not in answer
    assert edge.arrived() - before == answer.count(b"HTTP/1.1 200 ") == 2


def test_requests_in_one_go_are_answered_one_by_one(edge: Edge) -> None:
    before = edge.arrived()
    answer = edge.proxy.exchange(9 * (OPEN + b"\r\n") + OPEN + CLOSE + b"\r\n" + HIDDEN)
    assert answer.count(b"HTTP/1.1 200 ") == answer.count(b"HTTP/1.1 ") == 10
    assert edge.arrived() == before + 10


def test_what_follows_a_refused_request_is_not_read(edge: Edge) -> None:
    before = edge.arrived()
    answer = edge.proxy.exchange(OPEN + b"Content-Length: 1, 2\r\n\r\n" + 5 * HIDDEN)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert edge.arrived() == before
