"""What will go says so: in every answer, in the description, and to the operator."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from eventkit.http.deprecation import Deprecation
from local.databases import Databases
from tests.integration.eventkit.serving import environment, run, serving

SINCE = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_deprecated_route_says_since_when_until_when_and_what_follows(
    client: httpx.Client,
) -> None:
    headers = client.get("/v1/things/old").headers
    assert headers["Deprecation"] == f"@{int(SINCE.timestamp())}"
    assert parsedate_to_datetime(headers["Sunset"]) == datetime(2027, 3, 1, 12, tzinfo=UTC)
    assert headers.get_list("Link") == [
        '<https://netz.example.org/news/old>; rel="deprecation"',
        '</v1/things>; rel="successor-version"',
    ]


def test_head_says_it_as_well_and_a_method_that_the_route_has_not_does_not(
    client: httpx.Client,
) -> None:
    refused = client.post("/v1/things/old")
    assert refused.status_code == 405
    assert "Deprecation" not in refused.headers
    assert "Deprecation" in client.head("/v1/things/old").headers


def test_a_deprecated_parameter_is_told_to_who_uses_it(client: httpx.Client) -> None:
    assert "Deprecation" in client.get("/v1/things/older?name=x").headers
    assert "Deprecation" not in client.get("/v1/things/older").headers
    assert "Deprecation" not in client.get("/v1/things").headers


def test_the_description_says_what_is_deprecated(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    old = paths["/v1/things/old"]["get"]
    assert old["deprecated"] is True
    assert {"Deprecation", "Sunset", "Link"} <= set(old["responses"]["200"]["headers"])
    older = paths["/v1/things/older"]["get"]
    assert "deprecated" not in older
    (name,) = (one for one in older["parameters"] if one.get("name") == "name")
    assert name.get("deprecated") or name["schema"].get("deprecated")
    assert "deprecated" not in paths["/v1/things"]["get"]


def test_calls_of_what_will_go_are_counted(store_databases: Databases, tmp_path: Path) -> None:
    environ = environment(store_databases)
    assert run(environ, "migrate").returncode == 0
    with serving(environ, tmp_path / "log") as server, server.client() as client:
        for path in ("/old", "/old", "/older?name=x", "/older"):
            client.get(f"/v1/things{path}")
        counted = "requests_deprecated_total{parameter="
        assert server.metric(f'{counted}"",route="/v1/things/old"') == 2
        assert server.metric(f'{counted}"name",route="/v1/things/older"') == 1


def test_nothing_goes_before_it_is_deprecated() -> None:
    with pytest.raises(ValueError, match="later"):
        Deprecation(since=SINCE, sunset=SINCE - timedelta(days=1))
