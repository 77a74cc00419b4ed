"""S28: no caller adds series to the metrics."""

from collections.abc import Iterator
from http.client import HTTPConnection
from uuid import uuid4

import pytest

from eventkit.auth.principal import Principal
from local.databases import Databases
from tests.integration.eventkit.serving import SIGNER, Serving, environment, serving
from tests.security.conftest import Count

TRIES = 1500
SLACK = 5


@pytest.fixture(scope="module")
def server(things: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    # A quota that is used up adds its refusals to what is tried.
    limits = {"RATE_LIMIT_PER_CLIENT": "off", "RATE_LIMIT_TOKENS": "20/hour"}
    with serving(environment(things, **limits), tmp_path_factory.mktemp("log") / "api") as process:
        yield process


def series(server: Serving) -> set[str]:
    lines = server.ask("/metrics").text.splitlines()
    return {line.rpartition(" ")[0] for line in lines if not line.startswith("#")}


def tried(number: int) -> list[tuple[str, str, dict[str, str]]]:
    """Method, path and headers of requests of which no two are alike."""
    bearer = SIGNER.sign(Principal(f"client-{number}", "municipality", f"08{number:06}"))
    by_somebody = {"Authorization": f"Bearer {bearer}"}
    named = {"User-Agent": f"agent/{number}", "Host": f"host{number}.example.org"}
    return [
        ("GET", f"/{uuid4()}", named),
        (f"FOO{number}", "/v1/things", named),
        ("GET", f"/v1/things/{uuid4()}", named | by_somebody),
        ("GET", f"/v1/things?state={uuid4()}", named | by_somebody),
        ("GET", "/v1/things", {"Authorization": f"Bearer {number}"}),
    ]


def send(server: Serving, numbers: range) -> int:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    asked = [one for number in numbers for one in tried(number)]
    for method, path, headers in asked:
        connection.request(method, path, headers=headers)
        connection.getresponse().read()
    connection.close()
    return len(asked)


def test_what_callers_make_up_adds_no_series(server: Serving, count: Count) -> None:
    send(server, range(30))
    before = series(server)
    asked = send(server, range(30, TRIES // 5))
    after = series(server)
    assert len(after - before) <= SLACK, sorted(after - before)[:10]
    count("requests to add a series to the metrics", asked)


def test_no_series_names_what_callers_made_up(server: Serving) -> None:
    send(server, range(30))
    text = server.ask("/metrics").text
    for made_up in ("FOO", "agent/", "example.org", "client-", "08000"):
        assert made_up not in text
    assert 'method="other"' in text
    assert 'route="none"' in text
