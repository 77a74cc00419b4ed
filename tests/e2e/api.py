"""The public HTTP API as a program of a municipality would call it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import uuid4

import httpx

Json = dict[str, Any]
# So long may one service take to hear of what was stored in another.
HEARSAY_SECONDS = 60


@dataclass(frozen=True)
class Api:
    """One service, called with the newest token of one role."""

    http: httpx.Client
    url: str
    token: Callable[[], str]

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token()}"} | options.pop("headers", {})
        return self.http.request(method, f"{self.url}{path}", headers=headers, **options)

    def get(self, path: str, **query: str) -> Json:
        return told(self.send("GET", path, params=query))

    def items(self, path: str, **query: str) -> list[Json]:
        """All items of a list, page by page."""
        return list(self._pages(path, query))

    def post(self, path: str, body: Json | None = None, key: str | None = None) -> httpx.Response:
        """Ask for something new, under a key of its own unless one is given."""
        headers = {"Idempotency-Key": f'"{key or uuid4()}"'}
        return self.send("POST", path, json=body, headers=headers)

    def create(self, path: str, body: Json) -> Json:
        """Make something; waits while the service has not heard of what the body refers to.

        The answer has the last part of the new address as `part`.
        """
        deadline = time.monotonic() + HEARSAY_SECONDS
        while is_early(answer := self.post(path, body)) and time.monotonic() < deadline:
            time.sleep(0.1)
        return told(answer) | {"part": answer.headers["Location"].rpartition("/")[2]}

    def change(self, method: str, path: str, body: Json | None = None, *, of: str) -> Json:
        """Change what is shown at `of`, in the version that it has now."""
        deadline = time.monotonic() + HEARSAY_SECONDS
        while is_early(answer := self._changed(method, path, body, of)):
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.1)
        return told(answer)

    def _changed(self, method: str, path: str, body: Json | None, of: str) -> httpx.Response:
        shown = self.send("GET", of)
        headers = {"If-Match": shown.headers["ETag"]}
        return self.send(method, path, json=body, headers=headers)

    def _pages(self, path: str, query: Json) -> Iterator[Json]:
        wanted = query | {"limit": 200}
        while True:
            page = self.get(path, **wanted)
            yield from page["items"]
            if page["next"] is None:
                return
            wanted["cursor"] = page["next"]


class Reached(Protocol):
    """Whatever runs the three services."""

    def api(self, service: str, role: str = "organiser") -> Api:
        """One service as somebody with this role meets it."""


def told(answer: httpx.Response) -> Json:
    assert answer.is_success, f"{answer.request.method} {answer.url}: {answer.text}"
    content: Json = answer.json() if answer.content else {}
    return content


def problem(answer: httpx.Response, status: int) -> Json:
    """The problem that a request was refused with."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    content: Json = answer.json()
    return content


def is_early(answer: httpx.Response) -> bool:
    return answer.status_code == 422 and answer.json().get("code", "").startswith("unknown-")
