"""Bad input against the real server: a 4xx that says what is wrong, never 5xx, nothing kept."""

import socket
from collections.abc import Iterator

import httpx
import pytest

from local.databases import Databases
from tests.integration.eventkit.serving import Serving, environment, serving

JSON = {"Content-Type": "application/json"}
LIMIT = 1024 * 1024


@pytest.fixture(scope="module")
def server(things: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(environment(things), tmp_path_factory.mktemp("log") / "api.log") as process:
        yield process


@pytest.fixture
def client(server: Serving) -> Iterator[httpx.Client]:
    """Checks after each test that nothing of it was stored and nothing crashed."""
    stored = server.metric("events_appended_total")
    with server.client() as client:
        yield client
    assert server.metric("events_appended_total") == stored
    assert '"crashed"' not in server.log.read_text(encoding="utf-8")


def post(client: httpx.Client, content: bytes, **headers: str) -> httpx.Response:
    known = {"Content-Type": "application/json", "Idempotency-Key": '"bad-input"'}
    given = known | {name.replace("_", "-"): text for name, text in headers.items()}
    raw = [(name.encode(), text.encode("latin-1")) for name, text in given.items()]
    return client.post("/v1/things", content=content, headers=raw)


def check(answer: httpx.Response, status: int) -> list[dict[str, str]]:
    assert (answer.status_code, answer.headers["Content-Type"]) == (
        status,
        "application/problem+json",
    )
    problem = answer.json()
    assert problem["status"] == status
    assert problem["instance"] == f"urn:uuid:{answer.headers['X-Correlation-Id']}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    errors: list[dict[str, str]] = problem.get("errors", [])
    return errors


UNPARSABLE = {
    "nothing": b"",
    "NUL": b"\x00",
    "trailing data": b'{"title":"a"} x',
    "twice": b'{"title":"a","title":"b"}',
    "NaN": b'{"title":NaN}',
    "1e999": b'{"title":1e999}',
    "5,000 digits": b'{"title":' + b"9" * 5000 + b"}",
    "surrogate": b'{"title":"\\ud800"}',
    "mark": b'\xef\xbb\xbf{"title":"a"}',
    "UTF-16": '{"title":"a"}'.encode("utf-16-le"),
    "Latin-1": '{"title":"ä"}'.encode("latin-1"),
    "33 levels": b'{"parts":' + b"[" * 33 + b"]" * 33 + b"}",
    "100,000 levels": b'{"a":' * 100_000,
}
INVALID = {
    "a list": (b"[]", "#"),
    "a number": (b"1", "#"),
    "null": (b"null", "#"),
    "an empty object": (b"{}", "#/title"),
    "a number for a text": (b'{"title":5}', "#/title"),
    "null for a text": (b'{"title":null}', "#/title"),
    "a list for a text": (b'{"title":["a"]}', "#/title"),
    "an empty text": (b'{"title":" "}', "#/title"),
    "too long": (b'{"title":"' + b"a" * 201 + b'"}', "#/title"),
    "NUL in text": (rb'{"title":"a\u0000b"}', "#/title"),
    "a line end in a title": (rb'{"title":"a\nBcc: x"}', "#/title"),
    "an escape in text": (rb'{"title":"a\u001b[31m"}', "#/title"),
    "an unknown field": (b'{"title":"a","titel":"b"}', "#/titel"),
    "an id": (b'{"title":"a","id":"b"}', "#/id"),
    "a prototype": (b'{"title":"a","__proto__":{}}', "#/__proto__"),
    "an unhashable choice": (b'{"title":"a","kind":["a"]}', "#/kind"),
    "an object as choice": (b'{"title":"a","kind":{"a":1}}', "#/kind"),
    "an unhashable enum": (b'{"title":"a","parts":[{"mode":[1]}]}', "#/parts/0/mode"),
    "a huge number": (b'{"title":"a","parts":[{"seats":' + b"9" * 300 + b"}]}", "#/parts/0/seats"),
    "a number as text": (b'{"title":"a","parts":[{},{"seats":"5"}]}', "#/parts/1/seats"),
    "a fraction": (b'{"title":"a","parts":[{"seats":1.5}]}', "#/parts/0/seats"),
    "true for a number": (b'{"title":"a","parts":[{"seats":true}]}', "#/parts/0/seats"),
    "an object for a list": (b'{"title":"a","parts":{"0":{}}}', "#/parts"),
    "a text in a list": (b'{"title":"a","parts":["x"]}', "#/parts/0"),
    "a field with a slash": (b'{"title":"a","x/y~z":1}', "#/x~1y~0z"),
    "a date without zone": (b'{"title":"a","starts_at":"2026-01-01T00:00:00"}', "#/starts_at"),
    "the first year": (b'{"title":"a","starts_at":"0001-01-01T00:00:00+14:00"}', "#/starts_at"),
    "a rule": (b'{"title":"refused"}', "#/title"),
}


@pytest.mark.parametrize("content", UNPARSABLE.values(), ids=UNPARSABLE.keys())
def test_an_unparsable_body_is_400(client: httpx.Client, content: bytes) -> None:
    check(post(client, content), 400)


@pytest.mark.parametrize(("content", "pointer"), INVALID.values(), ids=INVALID.keys())
def test_an_invalid_body_is_422_and_pointed_at(
    client: httpx.Client, content: bytes, pointer: str
) -> None:
    assert pointer in {fault["pointer"] for fault in check(post(client, content), 422)}


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/json; charset=iso-8859-1",
        "application/jsonp",
        "application/json; x=y",
        "application/merge-patch+json",
    ],
)
def test_another_type_is_415(client: httpx.Client, content_type: str) -> None:
    check(post(client, b'{"title":"a"}', Content_Type=content_type), 415)


def test_an_encoded_body_is_415(client: httpx.Client) -> None:
    check(post(client, b"\x1f\x8b", Content_Encoding="gzip"), 415)


@pytest.mark.parametrize("size", [LIMIT + 1, 8 * LIMIT])
def test_a_body_over_the_limit_is_413_with_and_without_a_length(
    client: httpx.Client, size: int
) -> None:
    answer = post(client, b" " * size)
    check(answer, 413)
    assert answer.headers["Connection"] == "close"
    chunks = (b" " * 65_536 for _ in range(size // 65_536 + 1))
    check(client.post("/v1/things", content=chunks, headers=JSON), 413)


def test_a_body_at_the_limit_is_read(client: httpx.Client) -> None:
    check(post(client, b" " * LIMIT), 400)


def test_an_upload_has_a_limit_of_its_own(client: httpx.Client) -> None:
    plain = {"Content-Type": "text/plain; charset=utf-8"}
    taken = client.post("/v1/things/uploads", content=b"x" * 1_999_999, headers=plain)
    assert taken.json() == {"subject": "client-1", "size": 1_999_999}
    refused = client.post("/v1/things/uploads", content=b"x" * 2_000_001, headers=plain)
    check(refused, 413)


@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v1/things/",
        "/v1//things",
        "/V1/things",
        "/v1/things%2f",
        "/v1/things;x",
        "/v1/things/%00",
        "/v1/things/%ff",
        "/v1/things/not-a-uuid",
        "/v1/things/../../etc/passwd",
        "/static/x",
        "/debug",
        "/console",
        "/metrics",
        "/readyz",
    ],
)
def test_there_is_one_spelling_of_every_address(client: httpx.Client, path: str) -> None:
    check(client.get(path), 404)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "FOO"])
def test_an_unknown_method_is_405_with_those_that_are_allowed(
    client: httpx.Client, method: str
) -> None:
    answer = client.request(method, "/v1/things", headers={"X-HTTP-Method-Override": "GET"})
    check(answer, 405)
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=-1", "limit=201", "limit=1000000000", "limit=abc", "limit=1.5"),
        *("limit=٣", "limit=", "limit=1&limit=2", "offset=5", "sort=secret", "state=%00"),
        *("state=a&state=b", "state=", "cursor=x&cursor=y", "%00=1"),
    ],
)
def test_a_bad_query_is_422_and_named(client: httpx.Client, query: str) -> None:
    assert all("parameter" in fault for fault in check(client.get(f"/v1/things?{query}"), 422))


@pytest.mark.parametrize("cursor", ["x", "AAAA", "a" * 500, "%00", "ä", "=", "%F0%9F%8E%89"])
def test_a_made_up_cursor_is_400(client: httpx.Client, cursor: str) -> None:
    check(client.get(f"/v1/things?cursor={cursor}"), 400)


@pytest.mark.parametrize("key", ['"', '""', "a b", "ü", '"a', '"a"b', '"a";x=1', "k" * 10_000])
def test_a_bad_idempotency_key_is_400(client: httpx.Client, key: str) -> None:
    answer = post(client, b'{"title":"a"}', Idempotency_Key=key)
    if len(key) > 8_000:
        assert answer.status_code == 431
    else:
        check(answer, 400)


def test_what_the_server_itself_refuses_is_a_problem_too(server: Serving) -> None:
    for raw in (b"FOO\r\n\r\n", b"GET / HTTP/1.1\r\nA: " + b"x" * 20_000 + b"\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(raw)
            head = connection.recv(65_536).partition(b"\r\n\r\n")[0]
        assert head.split(b" ", 2)[1] in (b"400", b"431")
        assert b"Content-Type: application/problem+json" in head


def test_a_crash_tells_nothing_and_is_logged_under_its_id(server: Serving) -> None:
    with server.client() as client:
        answer = client.get("/v1/things/crash")
    assert check(answer, 500) == []
    assert "secret" not in answer.text
    log = server.log.read_text(encoding="utf-8")
    assert "a secret" not in log
    (line,) = [line for line in log.splitlines() if '"crashed"' in line]
    assert answer.headers["X-Correlation-Id"] in line
    assert "KeyError" in line
