"""A client of the public HTTP API: what it needs to load things twice and change them once."""

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx

NAMESPACE = UUID("6d1f6c52-5f0a-4c0e-8f7e-2c8b54a3d1b7")
# So long may one service take to hear of what was stored in another.
PATIENCE_SECONDS = 60
PAUSE_SECONDS = 0.2
Json = dict[str, Any]


class LoadFailed(Exception):
    """The example cannot be loaded; says why in a sentence."""


class Api:
    """One service, called with one token."""

    def __init__(
        self, name: str, url: str, token: str, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._name = name
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
            trust_env=False,
            transport=transport,
        )

    def close(self) -> None:
        self._http.close()

    def get(self, path: str) -> Json:
        return self._told(self._send("GET", path))

    def items(self, path: str) -> Iterator[Json]:
        """All items of a list, page by page."""
        cursor: str | None = None
        while True:
            wanted: dict[str, str | int] = {"limit": 200}
            page = self._told(self._send("GET", path, params=wanted | _after(cursor)))
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def find(self, path: str, **values: Any) -> Json | None:
        """The first item of a list that has these values."""
        for item in self.items(path):
            if all(item[name] == value for name, value in values.items()):
                return item
        return None

    def upload(self, path: str, text: bytes) -> Json:
        """Send a file; the answer has the address of what came of it as `location`."""
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        answer = self._send("POST", path, content=text, headers=headers)
        return self._told(answer) | {"location": answer.headers["Location"]}

    def create(self, path: str, body: Json) -> Json:
        """Create a thing; the same wish sent again within a day gets the same thing.

        Waits while the service has not heard yet of something that the body refers to.
        """
        wish = uuid5(NAMESPACE, f"{path} {json.dumps(body, sort_keys=True)}")
        headers = {"Idempotency-Key": f'"{wish}"'}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = self._send("POST", path, json=body, headers=headers)
            if not _is_early(answer) or time.monotonic() > deadline:
                return self._told(answer)
            time.sleep(PAUSE_SECONDS)

    def post(self, path: str) -> Json:
        """Post without a body; a new wish each time."""
        headers = {"Idempotency-Key": f'"{uuid4()}"'}
        return self._told(self._send("POST", path, headers=headers))

    def change(self, method: str, path: str, body: Json, *, of: str) -> Json:
        """Change the thing that is shown at `of`, in the version it has now."""
        shown = self._send("GET", of)
        self._told(shown)
        headers = {"If-Match": shown.headers["ETag"]}
        return self._told(self._send(method, path, json=body, headers=headers))

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise LoadFailed(
                f"The {self._name} service does not answer at {self._http.base_url}; "
                "does `make run` still run?"
            ) from error

    def _told(self, answer: httpx.Response) -> Json:
        if answer.is_success:
            told: Json = answer.json()
            return told
        raise LoadFailed(f"{self._name}: {_refusal(answer)}")


def _after(cursor: str | None) -> dict[str, str | int]:
    return {} if cursor is None else {"cursor": cursor}


def _is_early(answer: httpx.Response) -> bool:
    if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        return True
    code = _problem(answer).get("code", "")
    return answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY and code.startswith("unknown-")


def _problem(answer: httpx.Response) -> Json:
    if answer.headers.get("Content-Type") != "application/problem+json":
        return {}
    problem: Json = answer.json()
    return problem


def _refusal(answer: httpx.Response) -> str:
    problem = _problem(answer)
    faults = [
        f"{fault.get('pointer', fault.get('parameter', ''))} {fault['detail']}"
        for fault in problem.get("errors", [])
    ]
    asked = f"{answer.request.method} {answer.request.url.path}"
    said = [str(problem.get("detail", answer.reason_phrase)), *faults]
    return f"{asked} was refused with {answer.status_code}: {' '.join(said)}"
