"""Calls in an even beat through the proxy, while something behind it is exchanged."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from time import monotonic
from uuid import uuid4

import httpx

from tests.e2e.api import Api, Json

PER_SECOND = 20
CALLERS = 10
# What is listed, and by which name each item says its id.
LISTS = {
    "registry": ("/v1/programmes", "programme_id"),
    "meetings": ("/v1/meetings", "meeting_id"),
    "notifications": ("/v1/endpoints", "endpoint_id"),
}
# Where the endpoints lead; they are for events that nobody causes here, so nothing is sent there.
NOWHERE = "http://127.0.0.1:8404/"


def wanted(service: str) -> Json:
    """The body that makes one more thing of the service's list."""
    if service == "notifications":
        return {"url": NOWHERE, "event_types": ["meeting.cancelled"]}
    vague = {"kind": "network_meeting", "vague_date": "Frühjahr 2027"}
    return {"title": f"Erfunden {uuid4()}"} | (vague if service == "meetings" else {})


def listed(api: Api, service: str) -> list[str]:
    """The ids of all that is there, as often as the list names them."""
    path, name = LISTS[service]
    return [item[name] for item in api.items(path)]


@dataclass
class Load:
    """Reads and writes by turns, of each service: how each ended, and the ids that it made."""

    apis: Mapping[str, Api]
    ends: list[str] = field(default_factory=list)
    made: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in LISTS})
    over: Event = field(default_factory=Event)

    def call(self, number: int) -> None:
        due = monotonic() + number / PER_SECOND
        turn = number
        while not self.over.wait(max(0.0, due - monotonic())):
            self._one(turn)
            turn += 1
            due += CALLERS / PER_SECOND

    def _one(self, turn: int) -> None:
        service = tuple(LISTS)[turn % 3]
        api, (path, _) = self.apis[service], LISTS[service]
        try:
            answer = api.post(path, wanted(service)) if turn // 3 % 2 else api.send("GET", path)
        except httpx.TransportError as error:
            self.ends.append(repr(error))
            return
        self.ends.append(str(answer.status_code))
        if answer.status_code == 201:
            self.made[service].append(answer.json()["id"])


@contextmanager
def under_load(apis: Mapping[str, Api]) -> Iterator[Load]:
    load = Load(apis)
    with ThreadPoolExecutor(CALLERS) as threads:
        calling = [threads.submit(load.call, number) for number in range(CALLERS)]
        try:
            yield load
        finally:
            load.over.set()
    for one in calling:
        one.result()
