"""What the proxy passes on and to whom, what it does without a replica, what it writes down."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from local.ports import free_port
from local.processes import wait_until
from tests.edge.proxy import DOMAIN, NOWHERE, Proxy, proxying
from tests.edge.site import Edge
from tests.edge.upstream import Upstream, upstream

SECRET = "kanarienvogel"
Pair = tuple[Proxy, Upstream, Upstream]


@contextmanager
def pair(folder: Path, *, drops: bool) -> Iterator[Pair]:
    """A proxy before two replicas that note what comes; the first one drops it, if so wished."""
    with ExitStack() as ended:
        one = ended.enter_context(upstream(drops=drops))
        two = ended.enter_context(upstream())
        addresses = [one.address, two.address]
        yield ended.enter_context(proxying(folder, {"registry": addresses})), one, two


@pytest.fixture(scope="module")
def noting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with pair(tmp_path_factory.mktemp("noting"), drops=False) as found:
        yield found


@pytest.fixture
def dropping(tmp_path: Path) -> Iterator[Pair]:
    with pair(tmp_path, drops=True) as found:
        yield found


def eventually(condition: Callable[[], bool]) -> None:
    wait_until(condition, what="a line of the log", seconds=30)


def came(found: Pair) -> int:
    return len(found[1].requests) + len(found[2].requests)


def post(http: httpx.Client) -> httpx.Response:
    return http.post("/v1/things", json={"title": "x"}, headers={"Idempotency-Key": str(uuid4())})


def test_who_calls_is_said_by_the_proxy_and_by_nobody_else(noting: Pair) -> None:
    proxy, one, two = noting
    forged = {
        "X-Forwarded-For": "10.9.8.7",
        "X_Forwarded_For": "10.9.8.7",
        "X-Forwarded-Host": "evil.example.org",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Port": "1",
        "X-Real-IP": "10.9.8.7",
        "Forwarded": "for=10.9.8.7",
        "Proxy": "http://evil.example.org",
    }
    kept = {
        "Authorization": "Bearer x",
        "Idempotency-Key": '"a"',
        "If-Match": '"3"',
        "Traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "X-Request-Id": "r-1",
        "Accept-Language": "de",
    }
    with proxy.client("registry", headers=forged | kept) as http:
        assert http.get("/v1/things").text == "ok"
    [request] = [*one.requests, *two.requests][-1:]
    told = dict(request.headers)
    assert {name: told.get(name.lower()) for name in kept} == kept
    assert told["x-forwarded-for"] == "127.0.0.1"
    assert told["x-forwarded-proto"] == "https"
    assert told["x-forwarded-host"] == told["host"] == f"registry.{DOMAIN}"
    gone = {"x-real-ip", "forwarded", "proxy", "x_forwarded_for", "x-forwarded-port", "connection"}
    assert not gone & set(told)
    assert "10.9.8.7" not in str(request)


@pytest.mark.parametrize("path", ["/v1/a%2Fb", "/v1/../x", "//v1//x", "/v1/%74hings?a=%20&b=+"])
def test_an_address_is_passed_on_as_it_was_written(noting: Pair, path: str) -> None:
    proxy, one, two = noting
    before = came(noting)
    message = f"GET {path} HTTP/1.1\r\nHost: registry.{DOMAIN}\r\nConnection: close\r\n\r\n"
    assert b" 200 OK" in proxy.exchange(message.encode())
    assert came(noting) == before + 1
    assert f"GET {path} HTTP/1.1" in {one.line for one in [*one.requests[-1:], *two.requests[-1:]]}


def test_a_body_in_pieces_is_passed_on_whole(noting: Pair) -> None:
    proxy, one, two = noting
    with proxy.client("registry") as http:
        http.post("/v1/things", content=iter([b"abc", b"def"]))
    [request] = [one for one in [*one.requests, *two.requests] if one.body]
    assert request.body == b"abcdef"
    assert "transfer-encoding" not in request.headers


def test_a_post_that_was_sent_is_not_sent_again(dropping: Pair) -> None:
    proxy, one, two = dropping
    with proxy.client("registry") as http:
        answers = [post(http) for _ in range(2)]
    assert sorted(answer.status_code for answer in answers) == [200, 502]
    assert (len(one.requests), len(two.requests)) == (1, 1)


def test_a_question_that_was_dropped_is_asked_elsewhere(dropping: Pair) -> None:
    proxy, one, two = dropping
    with proxy.client("registry") as http:
        assert [http.get("/v1/things").status_code for _ in range(6)] == [200] * 6
    assert len(two.requests) == 6
    assert 0 < len(one.requests) <= 6


def test_what_a_replica_refuses_goes_to_the_other(tmp_path: Path) -> None:
    with (
        upstream() as one,
        proxying(tmp_path, {"registry": [NOWHERE, one.address]}) as proxy,
        proxy.client("registry") as http,
    ):
        assert [post(http).status_code for _ in range(6)] == [200] * 6
        assert len(one.requests) == 6
        assert any(", " in line["upstream"] for line in proxy.lines())


def test_replicas_that_come_back_are_used_at_once(tmp_path: Path) -> None:
    ports = [free_port(), free_port()]
    addresses = [f"127.0.0.1:{port}" for port in ports]
    with proxying(tmp_path, {"registry": addresses}) as proxy, proxy.client("registry") as http:
        assert [post(http).status_code for _ in range(4)] == [502] * 4
        with upstream(ports[0]):
            assert post(http).status_code == 200


def test_the_log_holds_no_link_no_query_and_no_address(tmp_path: Path) -> None:
    paths = [f"/r/{SECRET}", f"//r/{SECRET}", f"/%72/{SECRET}", f"/R/{SECRET}"]
    paths += [f"/v1/contacts?q={SECRET}", f"/v1/contacts/{SECRET}?x", f"/{SECRET}", f"/r?{SECRET}"]
    with (
        upstream(drops=True) as one,
        proxying(tmp_path, {"registry": [one.address] * 2}) as proxy,
        proxy.client("registry") as http,
    ):
        for path in paths:
            for method in ("GET", "POST", SECRET.upper()):
                headers = {"X-Correlation-Id": SECRET, "User-Agent": SECRET, "Referer": SECRET}
                http.request(method, path, headers=headers, content=b"x")
        http.post(f"/r/{SECRET}", content=b"x" * 1_048_577)
        proxy.exchange(f"GET /r/{SECRET} HTTP/1.1\r\nHost: {SECRET}\r\nX\x00: y\r\n\r\n".encode())
        eventually(lambda: {line["status"] for line in proxy.lines()} == {400, 413, 502})
        lines = proxy.lines()
        assert {line["path"] for line in lines} == {"-", "/r", "/v1/contacts"}
        assert {line["network"] for line in lines} == {"127.0.0.0/24"}
    assert SECRET not in (tmp_path / "edge.log").read_text("utf-8").lower()


def test_an_answer_of_the_proxy_and_its_line_have_one_id(noting: Pair) -> None:
    proxy, _, _ = noting
    with proxy.client("registry") as http:
        told = http.post("/v1/things", content=b"x" * 1_048_577).headers["X-Correlation-Id"]
    # It logs a request that it cut off once the connection is closed.
    eventually(lambda: told in {line["correlation_id"] for line in proxy.lines()})
    assert [line["status"] for line in proxy.lines() if line["correlation_id"] == told] == [413]


def test_a_reader_of_the_feed_waits_behind_the_proxy(edge: Edge) -> None:
    with edge.client() as http, ThreadPoolExecutor(1) as threads:
        end = http.get("/events").headers["Link"].partition(">")[0].removeprefix("<")
        while http.get(end).json():
            end = http.get(end).headers["Link"].partition(">")[0].removeprefix("<")
        waiting = threads.submit(http.get, f"{end}&timeout=15000")
        planned = post(http)
        [event] = waiting.result().json()
    assert event["subject"].endswith(planned.headers["Location"].rpartition("/")[2])


def test_entity_tags_pass_as_they_are(edge: Edge) -> None:
    asked = {"Accept-Encoding": "gzip", "Host": f"registry.{DOMAIN}"}
    with edge.client() as through, edge.replicas[0].client() as direct:
        told = [one.get("/v1/things/large", headers=asked).headers for one in (through, direct)]
    assert told[0]["ETag"] == told[1]["ETag"]
    assert told[0]["Content-Encoding"] == "gzip"
