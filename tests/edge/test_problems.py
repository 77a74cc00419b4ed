"""What the proxy answers by itself has the form of the services' own problems."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from eventkit.http.problem_kinds import KINDS
from eventkit.http.problems import Problem
from tests.edge.proxy import DOMAIN
from tests.edge.site import Edge

HOST = f"Host: registry.{DOMAIN}\r\n".encode()
GET = b"GET /v1/things/open HTTP/1.1\r\n" + HOST
# By status: what leads to it.
ASKED: dict[int, bytes] = {
    400: GET + b"Content-Length: x\r\n\r\n",
    413: b"POST /v1/things HTTP/1.1\r\n" + HOST + b"Content-Length: 1048577\r\n\r\n",
    414: b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    421: b"GET / HTTP/1.1\r\nHost: other.example.org\r\nConnection: close\r\n\r\n",
    431: GET + b"X: " + b"y" * 9_000 + b"\r\n\r\n",
    501: GET + b"Transfer-Encoding: gzip\r\n\r\n",
    502: b"GET / HTTP/1.1\r\nHost: meetings." + DOMAIN.encode() + b"\r\nConnection: close\r\n\r\n",
    505: b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
}
# Refused for their first line, so nobody knows a language.
BEFORE_HEADERS = {414, 505}


def parted(answer: bytes) -> tuple[int, Mapping[str, str], dict[str, Any]]:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *rest = head.decode("ascii").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
    return int(first.split(" ")[1]), headers, json.loads(body)


@pytest.mark.parametrize("status", ASKED)
def test_every_error_of_the_proxy_is_a_problem(edge: Edge, status: int) -> None:
    found, headers, body = parted(edge.proxy.exchange(ASKED[status]))
    assert found == body["status"] == status
    assert headers["content-type"] == "application/problem+json"
    assert headers["cache-control"] == "no-store"
    assert headers["strict-transport-security"].startswith("max-age=")
    assert Problem().validate(body) == {}
    assert body["title"] not in ("", "Refused")
    assert body["detail"] != "The request was refused."
    assert body["code"] in KINDS
    assert body["instance"] == f"urn:uuid:{UUID(headers['x-correlation-id'])}"


@pytest.mark.parametrize("status", ASKED)
def test_no_answer_names_versions_or_nginxs_own_pages(edge: Edge, status: int) -> None:
    answer = edge.proxy.exchange(ASKED[status])
    assert b"<html" not in answer
    assert b"nginx/" not in answer


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("de", "de"),
        ("de-DE,de;q=0.9,en;q=0.5", "de"),
        ("fr, de;q=0.5", "de"),
        ("en, de;q=0.9", "en"),
        ("fr", "en"),
        ("de;q=0, fr", "en"),
        ("", "en"),
    ],
)
def test_problems_of_the_proxy_are_told_in_the_callers_language(
    edge: Edge, asked: str, told: str
) -> None:
    with edge.client(**{"Accept-Language": asked}) as client:
        answer = client.post("/v1/things", content=b"x" * 1_048_577)
    assert answer.status_code == 413
    assert answer.headers["Content-Language"] == told
    said = {"de": "Der Inhalt ist größer, als diese Adresse annimmt.", "en": "The body is larger"}
    assert answer.json()["detail"].startswith(said[told])


@pytest.mark.parametrize("status", sorted(set(ASKED) - BEFORE_HEADERS))
def test_every_status_has_its_german(edge: Edge, status: int) -> None:
    asked = ASKED[status].replace(b"\r\nHost", b"\r\nAccept-Language: de\r\nHost", 1)
    _, headers, body = parted(edge.proxy.exchange(asked))
    assert headers["content-language"] == "de"
    assert body["detail"] not in ("Die Anfrage wurde abgelehnt.", "The request was refused.")


def test_a_callers_correlation_id_is_kept(edge: Edge) -> None:
    given = str(uuid4())
    with edge.client(**{"X-Correlation-Id": given}) as client:
        refused = client.post("/v1/things", content=b"x" * 1_048_577)
        answered = client.get("/v1/things/open")
    assert refused.json()["instance"] == f"urn:uuid:{given}"
    assert answered.headers.get_list("X-Correlation-Id") == [given]


def test_what_is_no_uuid_is_no_correlation_id(edge: Edge) -> None:
    with edge.client(**{"X-Correlation-Id": '"},{"x'}) as client:
        refused = client.post("/v1/things", content=b"x" * 1_048_577)
    assert UUID(refused.json()["instance"].removeprefix("urn:uuid:"))


def test_plain_http_at_the_tls_port_is_a_problem(edge: Edge) -> None:
    answer = httpx.get(f"http://127.0.0.1:{edge.proxy.port}/v1/things", trust_env=False)
    assert answer.status_code == 400
    assert answer.json()["code"] == "refused"


def test_a_services_own_problems_pass_unchanged(edge: Edge) -> None:
    with edge.client() as client:
        answer = client.get("/v1/nothing")
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("/problems/not-found")
    assert answer.headers.get_list("Strict-Transport-Security") == ["max-age=31536000"]


def test_a_service_without_replicas_is_answered_for(edge: Edge) -> None:
    with edge.proxy.client("notifications") as client:
        answer = client.get("/v1/endpoints")
    assert (answer.status_code, answer.json()["code"]) == (502, "unavailable")
    assert answer.headers["Retry-After"] == "5"
