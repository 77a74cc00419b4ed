"""Requests of some municipalities at a steady pace, alone and beside another one's flood."""

from __future__ import annotations

import json
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import cache
from http.client import HTTPConnection
from multiprocessing import get_context
from statistics import quantiles
from time import perf_counter, sleep
from typing import Any
from uuid import uuid4

PATH = "/v1/meetings"
# Ten tenants ask as often as their quotas allow at half; one asks ten times as often as it may.
OTHERS, PACE = 10, 8.0
GREEDY, TENANT_QUOTA = 20, 1200
FLOOD = 10 * TENANT_QUOTA / 60
AT_LEAST_SECONDS = 8.0
Run = dict[str, Any]


def undisturbed(run: Run, seconds: float) -> float:
    """The 99th percentile of what the others wait, in microseconds."""
    return _waited(run, max(seconds, AT_LEAST_SECONDS))


def beside_flood(run: Run, seconds: float) -> float:
    """The same while one tenant sends ten times its quota, from a process of its own."""
    seconds = max(seconds, AT_LEAST_SECONDS)
    greedy = _bearers(run, "greedy", 1)[0]
    with get_context("spawn").Pool(1) as pool:
        flood = pool.apply_async(_flood, (_port(run), greedy, seconds + 1))
        sleep(0.5)
        figure = _waited(run, seconds)
        statuses = flood.get()
    sent = sum(statuses.values())
    # What was sent must be ten quotas indeed, and most of it refused.
    assert sent >= 0.8 * FLOOD * seconds, f"only {sent} requests of the flood"
    assert statuses.get(429, 0) > sent / 2 or statuses.get(200, 0) <= TENANT_QUOTA, statuses
    return figure


def _waited(run: Run, seconds: float) -> float:
    with get_context("spawn").Pool(1) as pool:
        found = pool.apply(_others, (_port(run), _bearers(run, "other", OTHERS), seconds))
    return quantiles(found, n=100)[98] * 1e6


def _others(port: int, bearers: list[str], seconds: float) -> list[float]:
    with ThreadPoolExecutor(len(bearers)) as pool:
        of_each = pool.map(lambda bearer: _paced(port, bearer, PACE, seconds), bearers)
        return [waited for one in of_each for waited, status in one if _is_good(status)]


def _is_good(status: int) -> bool:
    assert status == 200, status
    return True


def _flood(port: int, bearer: str, seconds: float) -> dict[int, int]:
    """How many answers of each status."""
    counts: dict[int, int] = {}
    with ThreadPoolExecutor(GREEDY) as pool:
        paces = [FLOOD / GREEDY] * GREEDY
        for one in pool.map(lambda pace: _paced(port, bearer, pace, seconds), paces):
            for _, status in one:
                counts[status] = counts.get(status, 0) + 1
    return counts


def _paced(port: int, bearer: str, pace: float, seconds: float) -> list[tuple[float, int]]:
    """Seconds from when each request was due to its answer, and the answer's status."""
    found = []
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        due = perf_counter()
        end = due + seconds
        while due < end:
            sleep(max(0.0, due - perf_counter()))
            connection.request("GET", PATH, headers={"Authorization": bearer})
            response = connection.getresponse()
            response.read()
            found.append((perf_counter() - due, response.status))
            due += 1 / pace
    return found


def _port(run: Run) -> int:
    return int(run["services"]["meetings"]["url"].rpartition(":")[2])


def _bearers(run: Run, name: str, number: int) -> list[str]:
    """Tokens of so many municipalities' clients, the same in every round."""
    registry = int(run["services"]["registry"]["url"].rpartition(":")[2])
    return list(_cached_bearers(registry, run["tokens"]["operator"], name, number))


@cache
def _cached_bearers(registry: int, operator: str, name: str, number: int) -> tuple[str, ...]:
    first = {"greedy": 900, "other": 100}[name]
    return tuple(_bearer(registry, operator, f"08{first + n}000") for n in range(number))


def _bearer(registry: int, operator: str, tenant: str) -> str:
    body = json.dumps({"name": f"Bench {tenant}", "role": "municipality", "tenant": tenant})
    headers = {
        "Authorization": f"Bearer {operator}",
        "Content-Type": "application/json",
        "Idempotency-Key": str(uuid4()),
    }
    made = _post(registry, "/v1/clients", body, headers)
    pair = b64encode(f"{made['client_id']}:{made['client_secret']}".encode()).decode()
    form = {"Authorization": f"Basic {pair}", "Content-Type": "application/x-www-form-urlencoded"}
    issued = _post(registry, "/oauth/token", "grant_type=client_credentials", form)
    return f"Bearer {issued['access_token']}"


def _post(port: int, path: str, body: str, headers: dict[str, str]) -> dict[str, str]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        content: dict[str, str] = json.loads(response.read())
    if response.status not in (200, 201):
        raise SystemExit(f"{path}: {response.status} {content}")
    return content
