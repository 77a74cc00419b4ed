"""Calls to another service of the network, with a token of our own client."""

from __future__ import annotations

from collections.abc import Generator
from time import monotonic

import httpx

from eventkit.settings import Settings

# A token is renewed this many seconds before it ends.
_EARLY = 60


class NoToken(httpx.HTTPError):
    """The registry's token endpoint gave no token; `detail` of its answer is not repeated."""


class ClientCredentials(httpx.Auth):
    """Fetches a token by client credentials, keeps it, and fetches anew once after a 401.

    Threads may fetch at the same time; each gets a good token.
    """

    requires_response_body = True

    def __init__(self, settings: Settings) -> None:
        if not (settings.registry_url and settings.client_id and settings.client_secret):
            raise ValueError("REGISTRY_URL, CLIENT_ID and CLIENT_SECRET are needed to call others")
        self._url = f"{settings.registry_url}/oauth/token"
        self._credentials = httpx.BasicAuth(settings.client_id, settings.client_secret)
        self._token = ("", float("-inf"))

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._token[1] < monotonic():
            yield from self._fetch()
        answer = yield self._signed(request)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            yield from self._fetch()
            yield self._signed(request)

    def _signed(self, request: httpx.Request) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {self._token[0]}"
        return request

    def _fetch(self) -> Generator[httpx.Request, httpx.Response, None]:
        asking = httpx.Request("POST", self._url, data={"grant_type": "client_credentials"})
        answer = yield next(self._credentials.auth_flow(asking))
        if answer.status_code != httpx.codes.OK:
            raise NoToken(f"the token endpoint answered {answer.status_code}")
        try:
            told = answer.json()
            self._token = (told["access_token"], monotonic() + told["expires_in"] - _EARLY)
        except (ValueError, LookupError, TypeError) as error:
            # Something in between has a page of its own.
            raise NoToken("what the token endpoint answered is no token") from error


def service_client(
    base_url: str, settings: Settings, *, transport: httpx.BaseTransport | None = None
) -> httpx.Client:
    """HTTP to one service. Redirects and the machine's proxies are not followed.

    Make it after a fork, share it between threads, close it. Calls raise httpx.HTTPError, NoToken
    among them; a bad status is the caller's to judge.
    """
    return httpx.Client(
        base_url=base_url,
        auth=ClientCredentials(settings),
        timeout=10,
        trust_env=False,
        transport=transport,
    )
