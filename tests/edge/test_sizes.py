"""The proxy's limits are those of the services, and its times fit theirs."""

import re

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER

from eventkit.http.arguments import BODY_LIMIT
from eventkit.http.feed import LONGEST_MS
from registry.api.imports import UPLOAD_LIMIT
from tests.edge.proxy import EDGE
from tests.edge.site import Edge, bearer
from tests.edge.test_passing import Pair, noting

__all__ = ["noting"]
CONF = (EDGE / "nginx.conf").read_text("utf-8")
UPSTREAMS = (EDGE / "upstreams.conf").read_text("utf-8")
IMPORTS = "/v1/municipalities/imports"


def seconds(name: str, text: str = CONF) -> float:
    found = set(re.findall(rf"^ *{name} (\d+)s;", text, re.MULTILINE))
    assert len(found) == 1
    return float(found.pop())


def test_a_body_ends_where_the_service_would_end_it(edge: Edge) -> None:
    with edge.client(**{"Content-Type": "application/json"}) as client:
        before = edge.arrived()
        taken = client.post("/v1/things", content=b"x" * BODY_LIMIT)
        assert (taken.status_code, edge.arrived()) == (400, before + 1)
        refused = client.post("/v1/things", content=b"x" * (BODY_LIMIT + 1))
        in_pieces = client.post("/v1/things", content=iter([b"x" * BODY_LIMIT, b"x"]))
    assert {refused.status_code, in_pieces.status_code} == {413}
    assert edge.arrived() == before + 1


def test_an_upload_may_be_as_long_as_its_route_has_it(noting: Pair) -> None:
    proxy, _, _ = noting
    with proxy.client("registry", headers=bearer()) as client:
        assert client.post(IMPORTS, content=b"x" * UPLOAD_LIMIT).status_code == 200
        assert client.post(IMPORTS, content=b"x" * (UPLOAD_LIMIT + 1)).status_code == 413


def test_every_route_with_a_limit_of_its_own_has_a_place_in_the_proxys_files() -> None:
    services = EDGE.parents[1] / "services"
    modules = {path.name: path.read_text("utf-8") for path in services.rglob("api/*.py")}
    assert [name for name, text in modules.items() if ".upload(" in text] == ["imports.py"]
    assert re.findall(r"location = (\S+) \{\s+client_max_body_size", CONF) == [IMPORTS]


def test_the_proxy_waits_longer_than_any_reader_of_a_feed() -> None:
    assert seconds("proxy_read_timeout") > 2 * LONGEST_MS / 1000


def test_the_proxy_gives_idle_connections_up_before_a_service_that_ends() -> None:
    assert seconds("keepalive_timeout", UPSTREAMS) * 2 <= STOP_KEEPALIVE_LINGER
