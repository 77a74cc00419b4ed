"""S36: a body has the type that its route takes, or is not looked at."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from tests.security.conftest import Count
from tests.security.site import NOBODY, SERVICES, Site, Who

JSON = b'{"title": "x", "name": "x", "reason": "x"}'
FORM = b"title=x&name=x&reason=x"
PARTS = b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nx\r\n--x--\r\n'
WRONG: dict[str | None, bytes] = {
    None: JSON,
    "": JSON,
    "text/plain": JSON,
    "text/plain; charset=application/json": JSON,
    "text/json": JSON,
    "application/x-www-form-urlencoded": FORM,
    "multipart/form-data; boundary=x": PARTS,
    "application/json;charset=utf-16": JSON.decode().encode("utf-16"),
    "application/json; charset=latin-1": JSON,
    "application/xml": b"<title>x</title>",
    "text/xml": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "application/yaml": b"title: !!python/object/apply:os.system [id]",
    "application/octet-stream": JSON,
    "application/json, text/plain": JSON,
    "application/jsonx": JSON,
    "application/cbor": b"\xa0",
}
EVERY_SERVICE = pytest.mark.parametrize("service", sorted(SERVICES))


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    who: Who


def operations(site: Site, service: str) -> Iterator[Operation]:
    """Every operation that takes JSON and nothing else, and somebody who may call it."""
    for path, item in site.document(service)["paths"].items():
        for method, told in item.items():
            taken = told.get("requestBody", {}).get("content", {}) if method != "parameters" else {}
            if set(taken) == {"application/json"}:
                yield Operation(method.upper(), filled(path), caller(told))


def filled(path: str) -> str:
    parts = path.split("/")
    return "/".join(str(uuid4()) if part.startswith("{") else part for part in parts)


def caller(told: dict[str, Any]) -> Who:
    roles = told.get("x-roles")
    return Who(sorted(roles)[0], "08111000") if roles else NOBODY


@EVERY_SERVICE
@pytest.mark.parametrize("content_type", WRONG, ids=str)
def test_a_body_of_another_type_is_refused(
    site: Site, service: str, content_type: str | None, count: Count
) -> None:
    given = {} if content_type is None else {"Content-Type": content_type}
    asked = list(operations(site, service))
    assert asked
    for one in asked:
        headers = given | {"If-Match": '"1"'}
        answer = site.ask(
            one.who, service, one.method, one.path, content=WRONG[content_type], headers=headers
        )
        told = (answer.status_code, answer.json()["code"])
        assert told == (415, "unsupported-media-type"), f"{one}: {answer.text}"
    count("bodies of a type that is not taken", len(asked))


@EVERY_SERVICE
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip", "identity, gzip"])
def test_an_encoded_body_is_refused_before_it_grows(
    site: Site, service: str, encoding: str
) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    for one in operations(site, service):
        answer = site.ask(one.who, service, one.method, one.path, content=b"x", headers=headers)
        assert answer.status_code == 415, f"{one}: {answer.text}"


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data"])
def test_the_token_endpoint_takes_a_form_alone(site: Site, content_type: str) -> None:
    body = b'{"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}'
    headers = {"Content-Type": content_type}
    answer = site.ask(NOBODY, "registry", "POST", "/oauth/token", content=body, headers=headers)
    assert answer.status_code in (400, 415)
