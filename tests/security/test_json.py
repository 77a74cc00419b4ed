"""JSON that readers disagree about, that is too deep, too long, or no JSON at all (S22)."""

from __future__ import annotations

import httpx
import pytest

from eventkit.http.problems import MOST_FAULTS
from tests.security.conftest import Count
from tests.security.site import Site, Who

ORGANISER = Who("organiser")
ROUTES = {
    "registry": "/v1/organisations",
    "meetings": "/v1/meetings",
    "notifications": "/v1/endpoints",
}
EVERY_SERVICE = pytest.mark.parametrize("service", ROUTES)
MOST_BYTES = 1024 * 1024

SYNTAX: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \n\t ",
    "half an object": b'{"name":',
    "two values": b'{"name":"a"}{"name":"b"}',
    "trailing data": b'{"name":"a"} x',
    "a trailing comma": b'{"name":"a",}',
    "a comment": b'{"name":"a"/* b */}',
    "single quotes": b"{'name':'a'}",
    "names without quotes": b'{name:"a"}',
    "Python": b'{"name": None, "kind": True}',
    "NaN": b'{"name":NaN}',
    "Infinity": b'{"name":-Infinity}',
    "1e999": b'{"name":1e999}',
    "-1e999": b'{"name":-1e999}',
    "a plus sign": b'{"name":+1}',
    "a leading zero": b'{"name":01}',
    "hexadecimal": b'{"name":0x1F}',
    "a bare point": b'{"name":1.}',
    "5,000 digits": b'{"name":' + b"9" * 5_000 + b"}",
    "a million digits": b'{"name":' + b"9" * 1_000_000 + b"}",
    "names twice": b'{"name":"a","name":"b"}',
    "names twice by escape": rb'{"name":"a","n\u0061me":"b"}',
    "names twice below": b'{"name":{"a":1,"a":2}}',
    "a high surrogate": rb'{"name":"\ud800"}',
    "a low surrogate": rb'{"name":"\udfff"}',
    "surrogates the wrong way": rb'{"name":"\udc00\ud800"}',
    "a surrogate in a name": rb'{"\ud800":1}',
    "a surrogate in UTF-8": b'{"name":"\xed\xa0\x80"}',
    "an overlong form": b'{"name":"\xc0\xaf"}',
    "beyond Unicode": b'{"name":"\xf4\x90\x80\x80"}',
    "Latin-1": '{"name":"Köln"}'.encode("latin-1"),
    "UTF-16": '{"name":"a"}'.encode("utf-16"),
    "UTF-16 without a mark": '{"name":"a"}'.encode("utf-16-le"),
    "UTF-32": '{"name":"a"}'.encode("utf-32"),
    "a byte order mark": b'\xef\xbb\xbf{"name":"a"}',
    "a raw NUL": b'{"name":"a\x00b"}',
    "a raw line end in a text": b'{"name":"a\nb"}',
    "a NUL behind": b'{"name":"a"}\x00',
    "33 levels": b'{"name":' + b"[" * 32 + b"]" * 32 + b"}",
    "100,000 lists": b"[" * 100_000 + b"]" * 100_000,
    "100,000 open lists": b"[" * 100_000,
    "100,000 objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "1,000 levels in turn": b'{"a":[' * 500 + b"]}" * 500,
}
CONTENT: dict[str, bytes] = {
    "a list": b"[]",
    "a text": b'"name"',
    "a number": b"-0",
    "null": b"null",
    "32 levels": b'{"name":' + b"[" * 31 + b"]" * 31 + b"}",
    "an escaped NUL": rb'{"name":"a\u0000b"}',
    "an escaped NUL in a name": rb'{"a\u0000b":1}',
    "minus zero": b'{"name":-0}',
    "minus zero with a point": b'{"name":-0.0}',
    "a number as a text": b'{"name":"a","kind":"association","version":"1"}',
    "a prototype": b'{"__proto__":{"admin":true}}',
    "a name of a mebibyte": b'{"' + b"k" * (MOST_BYTES - 100) + b'":1}',
    "an empty name": b'{"":1}',
    "100,000 names": b"{" + b",".join(b'"%x":1' % n for n in range(80_000)) + b"}",
    "100,000 values": b'{"name":[' + b",".join([b"1"] * 300_000) + b"]}",
    "100,000 lists beside": b'{"name":[' + b",".join([b"[]"] * 200_000) + b"]}",
}


def send(site: Site, service: str, content: bytes) -> httpx.Response:
    headers = {"Content-Type": "application/json", "Accept-Language": "de"}
    return site.ask(ORGANISER, service, "POST", ROUTES[service], content=content, headers=headers)


def tried(bodies: dict[str, bytes]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("content", bodies.values(), ids=bodies)


@EVERY_SERVICE
@tried(SYNTAX)
def test_what_two_readers_could_read_differently_is_400(
    site: Site, service: str, content: bytes, count: Count
) -> None:
    answer = send(site, service, content)
    assert (answer.status_code, answer.json()["code"]) == (400, "unparsable")
    count("bodies that are no JSON", 1)


@EVERY_SERVICE
@tried(CONTENT)
def test_json_that_does_not_fit_is_422(
    site: Site, service: str, content: bytes, count: Count
) -> None:
    answer = send(site, service, content)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert 1 <= len(answer.json()["errors"]) <= MOST_FAULTS
    # Nobody gets back what he sent, least of all a mebibyte of it.
    assert len(answer.content) < 100_000
    count("JSON bodies that do not fit", 1)


@EVERY_SERVICE
def test_a_million_names_are_too_long(site: Site, service: str) -> None:
    content = b"{" + b",".join(b'"%x":1' % number for number in range(1_000_000)) + b"}"
    assert send(site, service, content).status_code == 413


@EVERY_SERVICE
def test_after_all_that_the_service_takes_what_is_right(site: Site, service: str) -> None:
    right = {
        "registry": b'{"name":"Verein der Leser","kind":"association"}',
        "meetings": b'{"kind":"workshop","title":"Lesen"}',
        "notifications": b'{"url":"https://192.0.2.1/","event_types":["*"]}',
    }
    # The last one fits its schema; its address is refused afterwards.
    expected = {"registry": 201, "meetings": 201, "notifications": 422}
    answer = send(site, service, right[service])
    assert answer.status_code == expected[service], answer.text
