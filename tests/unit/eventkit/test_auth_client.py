"""Calls to other services: one token for many calls, a new one when it is refused."""

from base64 import b64encode
from collections.abc import Callable

import httpx
import pytest

from eventkit.auth.client import NoToken, service_client
from eventkit.settings import Settings

KEY = b64encode(b"k" * 32).decode()
SETTINGS = Settings.from_env(
    {
        "DATABASE_URL": "postgresql://x/x",
        "KEY_DATABASE_URL": "postgresql://x/x",
        "MASTER_KEY": KEY,
        "CHAIN_KEY": KEY,
        "REGISTRY_URL": "http://registry.example.org",
        "CLIENT_ID": "meetings",
        "CLIENT_SECRET": "geheim",
    }
)


class Network:
    """The registry's token endpoint and one other service."""

    def __init__(self) -> None:
        self.tokens = 0
        self.calls: list[str] = []
        self.accepts: Callable[[str], bool] = lambda _: True
        self.token_status = 200

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            assert request.headers["Authorization"].startswith("Basic ")
            assert request.read() == b"grant_type=client_credentials"
            self.tokens += 1
            answer = {"access_token": f"token-{self.tokens}", "expires_in": 600}
            return httpx.Response(self.token_status, json=answer)
        token = request.headers["Authorization"]
        self.calls.append(token)
        return httpx.Response(200 if self.accepts(token) else 401)


@pytest.fixture
def network() -> Network:
    return Network()


def client(network: Network) -> httpx.Client:
    transport = httpx.MockTransport(network)
    return service_client("http://other.example.org", SETTINGS, transport=transport)


def test_many_calls_share_one_token(network: Network) -> None:
    with client(network) as http:
        for _ in range(5):
            assert http.get("/v1/things").status_code == 200
    assert (network.tokens, set(network.calls)) == (1, {"Bearer token-1"})


def test_a_refused_token_is_fetched_anew_once(network: Network) -> None:
    network.accepts = lambda token: token == "Bearer token-2"
    with client(network) as http:
        assert http.get("/v1/things").status_code == 200
    assert network.calls == ["Bearer token-1", "Bearer token-2"]


def test_a_call_that_stays_refused_is_not_repeated_for_ever(network: Network) -> None:
    network.accepts = lambda _: False
    with client(network) as http:
        assert http.get("/v1/things").status_code == 401
    assert len(network.calls) == 2


def test_without_a_token_there_is_no_call(network: Network) -> None:
    network.token_status = 401
    with client(network) as http, pytest.raises(NoToken):
        http.get("/v1/things")
    assert network.calls == []


@pytest.mark.parametrize(
    "page", ["<html>", "[]", "{}", '{"access_token": "x", "expires_in": null}']
)
def test_what_is_no_token_counts_as_none(page: str) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=page))
    there = service_client("http://other.example.org", SETTINGS, transport=transport)
    with there as http, pytest.raises(NoToken):
        http.get("/v1/things")
