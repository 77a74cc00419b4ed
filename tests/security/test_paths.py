"""No part of a request ever becomes a path on the server's disk (S29)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import eventkit
from tests.described import SERVICES, app_of
from tests.security.conftest import Count
from tests.security.raw import exchange, status
from tests.security.routes import Route, routes
from tests.security.site import Site

EVERY_SERVICE = pytest.mark.parametrize("service", SERVICES)
# In every spelling that some server or library has once read as "the folder above".
CLIMBING = [
    "..",
    "../../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%252e%252e%252fetc%252fpasswd",
    "..%c0%af..%c0%afetc%c0%afpasswd",
    "..%ef%bc%8f..%ef%bc%8fetc/passwd",
    "..\\..\\..\\etc\\passwd",
    "..%5c..%5cetc%5cpasswd",
    "....//....//etc/passwd",
    "..;/..;/etc/passwd",
    "/etc/passwd",
    "//etc/passwd",
    "%2fetc%2fpasswd",
    "file:///etc/passwd",
    "passwd%00.json",
    "%00",
    "~root",
    "CON",
    ".env",
    "de.po",
    "routes.py",
]
# Headers that name a language, a kind, a place or a thing.
HEADERS = {
    "Accept-Language": "../../../../etc/passwd",
    "Accept": "../../../../etc/passwd",
    "If-None-Match": '"../../../../etc/passwd"',
    "X-Correlation-Id": "../../../../etc/passwd",
    "Traceparent": "../../../../etc/passwd",
    "X-Original-URL": "/../../etc/passwd",
    "Range": "bytes=0-10000",
}
PUBLIC = ("/", "/docs", "/openapi.json", "/problems", "/catalogue", "/asyncapi.json")


class Opened:
    """What this process opens while it is asked to watch; an audit hook cannot be taken away."""

    def __init__(self) -> None:
        self.watching = False
        self.files: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.watching and event in ("open", "os.listdir", "os.scandir", "os.stat"):
            self.files.append(str(arguments[0]))


OPENED = Opened()


@pytest.fixture
def opened() -> Iterator[list[str]]:
    OPENED.files.clear()
    OPENED.watching = True
    yield OPENED.files
    OPENED.watching = False


def with_arguments(service: str) -> list[Route]:
    return [route for route in routes(app_of(service)) if "{" in route.template]


def climbing(route: Route) -> Iterator[str]:
    """The route's path with a climb in the place of each of its arguments, and of all."""
    names = [part[1:-1] for part in route.template.split("/") if part.startswith("{")]
    for climb in CLIMBING:
        for name in names:
            yield route.path(dict.fromkeys(names, "a") | {name: climb})
        yield route.path(dict.fromkeys(names, climb))


def ask(path: str, service: str, site: Site, **headers: str) -> bytes:
    """One request with its path as it stands, which clients would tidy up."""
    port = int(site.urls[service].rpartition(":")[2])
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return exchange(port, "\r\n".join([*lines, "", ""]).encode("latin-1"))


@EVERY_SERVICE
def test_no_argument_climbs_out_of_its_route(site: Site, service: str, count: Count) -> None:
    tried = 0
    for route in with_arguments(service):
        for path in climbing(route):
            answer = ask(path, service, site)
            # Without a token most routes do not even say whether there is such a thing.
            assert status(answer) in (400, 401, 404, 405, 422), (path, answer[:200])
            assert b"root:" not in answer
            tried += 1
    count("paths that climb", tried)


@EVERY_SERVICE
def test_no_header_names_a_file(site: Site, service: str) -> None:
    for path in PUBLIC:
        for name, value in HEADERS.items():
            answer = ask(path, service, site, **{name: value})
            assert status(answer) in (200, 206, 406), (path, name, answer[:200])
            assert b"root:" not in answer


@EVERY_SERVICE
def test_no_file_is_opened_that_the_kit_did_not_bring(service: str, opened: list[str]) -> None:
    home = str(Path(eventkit.__file__).parent)
    client = app_of(service).test_client()
    for route in with_arguments(service):
        for path in climbing(route):
            client.get(path, headers=HEADERS)
    for path in PUBLIC:
        client.get(path, headers=HEADERS | {"Accept-Language": "de/../../../etc/passwd"})
    brought = (
        home,
        sys.prefix,
        sys.base_prefix,
        *(str(one.sentences) for one in SERVICES.values()),
    )
    assert [file for file in opened if not file.startswith(brought)] == []


def test_what_is_opened_is_seen(opened: list[str]) -> None:
    Path("/etc/hostname").exists()
    Path(__file__).read_bytes()
    assert str(Path(__file__)) in opened
