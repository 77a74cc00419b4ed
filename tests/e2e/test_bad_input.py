"""Bad input over real HTTP: every route names the fault in problem+json, and nothing is stored."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest

from tests.e2e.api import Api, Json
from tests.e2e.conftest import FEED
from tests.e2e.corpus import bad_bodies
from tests.e2e.installation import SERVICES, Installation, until

ONCE = pytest.mark.parametrize("installation", [FEED], indirect=True)
EVERY_SERVICE = pytest.mark.parametrize("service", SERVICES)
ARGUMENT = re.compile(r"{\w+}")
APPENDED = re.compile(r"^events_appended_total{.*} (\S+)$", re.MULTILINE)
# RFC 6749 says itself how a token is refused.
OAUTH = "/oauth/token"


def stored(installation: Installation, service: str) -> tuple[str, float]:
    """The end of the feed, and how many events of any kind were appended since the start."""
    feed = installation.api(service).send("GET", "/events", params={"limit": 1})
    counts = APPENDED.findall(installation.metrics(service))
    return feed.headers["Feed-Head"], sum(map(float, counts))


@pytest.fixture
def unchanged(installation: Installation, service: str) -> Iterator[None]:
    """Nothing may be stored while the test runs."""
    log = installation.api("notifications")
    until(lambda: not log.items("/v1/deliveries", state="queued"))
    before = stored(installation, service)
    yield
    assert stored(installation, service) == before


def operations(installation: Installation, service: str) -> Iterator[tuple[str, str, Json]]:
    """Method, address and description of every documented operation."""
    document = installation.api(service).get("/openapi.json")
    for path, methods in document["paths"].items():
        address = ARGUMENT.sub(str(uuid4()), path)
        for method, operation in methods.items():
            if method != "parameters" and path != OAUTH:
                yield method.upper(), address, resolved(operation, document)


def resolved(value: Any, document: Json) -> Any:
    """The same with references replaced by what they refer to."""
    match value:
        case {"$ref": str(place)}:
            found: Any = document
            for name in place.removeprefix("#/").split("/"):
                found = found[name]
            return resolved(found, document)
        case dict():
            return {name: resolved(inner, document) for name, inner in value.items()}
        case list():
            return [resolved(inner, document) for inner in value]
    return value


def caller(installation: Installation, service: str, operation: Json) -> Api:
    """Somebody whose role may call the operation, where the run file has a token for one."""
    tokens, roles = installation.run_file["tokens"], operation.get("x-roles", [])
    return installation.api(service, next((role for role in roles if role in tokens), "operator"))


def fault_of(answer: httpx.Response, statuses: frozenset[int]) -> str | None:
    """What is wrong with the answer; nothing where it is a fitting problem."""
    if answer.status_code not in statuses:
        return f"{answer.status_code}, not {sorted(statuses)}: {answer.text[:200]}"
    if answer.headers["Content-Type"] != "application/problem+json":
        return f"is {answer.headers['Content-Type']}"
    content = answer.json()
    if not content.keys() >= {"type", "title", "status", "detail", "instance", "code"}:
        return f"lacks something: {answer.text[:200]}"
    if answer.status_code == 422 and not all(map(is_placed, content["errors"])):
        return f"names no place: {answer.text[:200]}"
    return None


def is_placed(fault: Mapping[str, str]) -> bool:
    return bool(fault["detail"]) and ("pointer" in fault or "parameter" in fault)


@ONCE
@EVERY_SERVICE
@pytest.mark.usefixtures("unchanged")
def test_no_route_takes_a_bad_body(installation: Installation, service: str) -> None:
    found, asked = [], 0
    for method, address, operation in operations(installation, service):
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            continue
        api = caller(installation, service, operation)
        for bad in bad_bodies(content["application/json"]["schema"]):
            headers = {"Content-Type": bad.media_type, "Idempotency-Key": f'"{uuid4()}"'}
            answer = api.send(
                method, address, content=bad.content, headers=headers | {"If-Match": '"1"'}
            )
            asked += 1
            allowed = bad.statuses | ({403} if "service" in operation["x-roles"] else set())
            if fault := fault_of(answer, allowed):
                found.append(f"{method} {address}, {bad}: {fault}")
    assert found == []
    assert asked > 40


QUERIES = (
    {"limit": "0"}, {"limit": "201"}, {"limit": "x"}, {"limit": "1e1"}, {"limit": "9" * 5000},
    {"cursor": "x"}, {"cursor": ""}, {"cursor": "ä"}, {"cursor": "eyJhIjoxfQ"},
    {"no_such": "1"}, {"limit": "1\x00"}, [("limit", "1"), ("limit", "2")],
)  # fmt: skip


@ONCE
@EVERY_SERVICE
@pytest.mark.usefixtures("unchanged")
def test_no_list_takes_a_bad_query(installation: Installation, service: str) -> None:
    found, asked = [], 0
    for method, address, operation in operations(installation, service):
        names = {parameter["name"] for parameter in operation.get("parameters", [])}
        if method != "GET" or "cursor" not in names:
            continue
        for query in QUERIES:
            api = caller(installation, service, operation)
            answer = api.send(method, f"{address}?{urlencode(query)}")
            asked += 1
            if fault := fault_of(answer, frozenset({400, 404, 422})):
                found.append(f"{address} {query}: {fault}")
    assert found == []
    assert asked > 10


TOKENS = (
    None, "", "Bearer", "Bearer x", "Bearer a.b.c", "Basic YTpi", "Bearer " + "a" * 6000,
    # {"alg":"none"} . {"role":"organiser"} .
    "Bearer eyJhbGciOiJub25lIn0.eyJyb2xlIjoib3JnYW5pc2VyIn0.",
)  # fmt: skip


@ONCE
@EVERY_SERVICE
@pytest.mark.usefixtures("unchanged")
def test_no_route_takes_a_broken_token(installation: Installation, service: str) -> None:
    token = installation.run_file["tokens"]["organiser"]
    changed = token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]
    found = []
    for method, address, operation in operations(installation, service):
        if not operation.get("x-roles"):
            continue
        for given in (*TOKENS, f"Bearer {changed}"):
            headers = {} if given is None else {"Authorization": given}
            url = f"{installation.api(service).url}{address}"
            answer = installation.http.request(method, url, headers=headers, content=b"{}")
            if fault := fault_of(answer, frozenset({401})):
                found.append(f"{method} {address} {given}: {fault}")
            assert "WWW-Authenticate" in answer.headers
    assert found == []


ADDRESSES = (
    "/v1", "/v1/no-such-thing", "/v1/meetings/x", "/v1/meetings/%00", "/v1/meetings/%ff",
    "/v1/meetings/../../etc/passwd", "/v1/programmes/1/cohorts", "/events/x", "/metrics",
    "/v1/municipalities/%F0%9F%92%A9/x", "/" + "x" * 3000, "/v1/deliveries/1",
)  # fmt: skip


@ONCE
@EVERY_SERVICE
@pytest.mark.usefixtures("unchanged")
def test_what_does_not_exist_is_a_problem_too(installation: Installation, service: str) -> None:
    api = installation.api(service)
    answers = [(address, api.send("GET", address)) for address in ADDRESSES]
    missing = frozenset({404})
    assert [
        f"{address}: {fault}" for address, one in answers if (fault := fault_of(one, missing))
    ] == []


@ONCE
@EVERY_SERVICE
@pytest.mark.usefixtures("unchanged")
def test_a_method_that_a_route_does_not_have_names_those_it_has(
    installation: Installation, service: str
) -> None:
    found = []
    for method, address, _ in operations(installation, service):
        for wrong in ("PATCH", "TRACE", "PROPFIND"):
            answer = installation.api(service).send(wrong, address)
            if fault := fault_of(answer, frozenset({405})):
                found.append(f"{wrong} {address}: {fault}")
            elif method not in answer.headers["Allow"]:
                found.append(f"{wrong} {address}: only {answer.headers['Allow']}")
    assert found == []


KEYS = ("", '"', '""', "a b", '"a', "ä".encode(), b"\xff", '"' + "x" * 256 + '"', "a,b", "a;b")


@ONCE
@pytest.mark.parametrize("service", ["registry"])
@pytest.mark.usefixtures("unchanged")
def test_a_broken_idempotency_key_is_refused(installation: Installation, service: str) -> None:
    api, found = installation.api(service), []
    for key in (None, *KEYS):
        headers: dict[str, Any] = {} if key is None else {"Idempotency-Key": key}
        answer = api.send("POST", "/v1/programmes", json={"title": "x"}, headers=headers)
        if fault := fault_of(answer, frozenset({400})):
            found.append(f"{key!r}: {fault}")
    assert found == []


IF_MATCH = {None: 428, "": 428, "3": 400, '"': 400, '"1", "2"': 412, 'W/"1"': 412, '"999"': 412,
            '"x"': 412, '"-1"': 412, '"' + "9" * 5000 + '"': 412}  # fmt: skip


@ONCE
@pytest.mark.parametrize("service", ["meetings"])
@pytest.mark.usefixtures("unchanged")
def test_a_broken_precondition_is_refused(installation: Installation, service: str) -> None:
    api, found = installation.api(service), []
    meeting_id = api.items("/v1/meetings")[0]["meeting_id"]
    for given, status in IF_MATCH.items():
        headers = {} if given is None else {"If-Match": given}
        answer = api.send(
            "POST", f"/v1/meetings/{meeting_id}/cancel", json={"reason": "x"}, headers=headers
        )
        if fault := fault_of(answer, frozenset({status})):
            found.append(f"{given!r}: {fault}")
    assert found == []


FEED_QUERIES = (
    {"lastEventId": "x"}, {"lastEventId": "\x00"}, {"lastEventId": str(uuid4())},
    {"lastEventId": "999999999.1"}, {"lastEventId": "-1"}, {"timeout": "-1"}, {"timeout": "x"},
    {"type": "x"}, {"fromVersion": "1"}, {"fromVersion": "0", "subject": "x"},
    {"fromVersion": "9" * 30, "subject": "x"}, {"subject": "a\x00"}, {"limit": "-5"},
)  # fmt: skip


@ONCE
@EVERY_SERVICE
@pytest.mark.usefixtures("unchanged")
def test_the_feed_takes_no_bad_question(installation: Installation, service: str) -> None:
    api = installation.api(service)
    answers = [(query, api.send("GET", "/events", params=query)) for query in FEED_QUERIES]
    allowed = frozenset({400, 422})
    assert [
        f"{query}: {fault}" for query, one in answers if (fault := fault_of(one, allowed))
    ] == []


DIRECTORIES = (b"", b"\x00" * 220, b"x" * 220, b"60" + b"9" * 218, "ä".encode("latin-1") * 220)


@ONCE
@pytest.mark.parametrize("service", ["registry"])
@pytest.mark.usefixtures("unchanged")
def test_a_file_that_is_no_directory_changes_nothing(
    installation: Installation, service: str
) -> None:
    api = installation.api(service)
    for content in DIRECTORIES:
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        answer = api.send("POST", "/v1/municipalities/imports", content=content, headers=headers)
        assert answer.status_code < 500, content
        if answer.is_success:
            assert answer.json()["municipalities"]["new"] == 0
        else:
            assert fault_of(answer, frozenset({400, 422})) is None
