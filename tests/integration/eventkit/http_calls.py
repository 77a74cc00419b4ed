"""Calls of the sample's views, as tests write them."""

from collections.abc import Callable
from uuid import uuid4

import httpx

As = Callable[..., httpx.Client]
URL = "http://things.example.org"


def plan(client: httpx.Client, title: str = "Treffen", key: str | None = None) -> httpx.Response:
    headers = {"Idempotency-Key": f'"{key or uuid4()}"'}
    return client.post("/v1/things", json={"title": title}, headers=headers)


def cancel(client: httpx.Client, where: str, **headers: str) -> httpx.Response:
    given = {name.replace("_", "-"): text for name, text in headers.items()}
    return client.post(f"{where}/cancellation", json={"reason": "Test"}, headers=given)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]
