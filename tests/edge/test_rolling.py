"""Every role of two services is exchanged, one after another, and nobody who calls notices."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic
from uuid import uuid4

import httpx
import pytest

from local.processes import wait_until
from local.rolling import alone, in_order, roll
from tests.conftest import MakeDatabases
from tests.e2e.api import Api, Json
from tests.edge.roles import Roles, all_roles

PER_SECOND = 20
CALLERS = 10
LISTS = {"registry": "/v1/programmes", "meetings": "/v1/meetings"}


def wanted(service: str, title: str) -> Json:
    vague = {"kind": "network_meeting", "vague_date": "Frühjahr 2027"}
    return {"title": title} | (vague if service == "meetings" else {})


@dataclass
class Load:
    """Calls in an even beat, reads and writes by turns: how each ended, and what it made."""

    apis: dict[str, Api]
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
        service = ("registry", "meetings")[turn % 2]
        api, path = self.apis[service], LISTS[service]
        title = f"Erfunden {uuid4()}"
        try:
            if turn % 4 < 2:
                answer = api.send("GET", path)
            else:
                answer = api.post(path, wanted(service, title))
        except httpx.TransportError as error:
            self.ends.append(repr(error))
            return
        self.ends.append(str(answer.status_code))
        if answer.status_code == 201:
            self.made[service].append(title)


@contextmanager
def under_load(apis: dict[str, Api]) -> Iterator[Load]:
    load = Load(apis)
    with ThreadPoolExecutor(CALLERS) as threads:
        calling = [threads.submit(load.call, number) for number in range(CALLERS)]
        try:
            yield load
        finally:
            load.over.set()
    for one in calling:
        one.result()


@pytest.fixture
def roles(databases: MakeDatabases, kafka: str, tmp_path: Path) -> Iterator[Roles]:
    with all_roles(databases, kafka, tmp_path) as running:
        yield running


@pytest.mark.timeout(900)
def test_no_request_fails_while_every_role_is_exchanged(roles: Roles) -> None:
    held = roles.token()
    with roles.proxy.client("registry") as http:
        apis = {name: Api(http, roles.proxy.url(name), lambda: held) for name in LISTS}
        before = [role.process.pid for role in roles.running]
        with under_load(apis) as load:
            roll(roles.running, wait=1.5)
        assert not {role.process.pid for role in roles.running} & set(before)
        assert set(load.ends) == {"200", "201"}, Counter(load.ends)
        wait_until(
            lambda: len(roles.proxy.lines()) == len(load.ends), what="every line", seconds=30
        )
        assert [line for line in roles.proxy.lines() if line["status"] >= 400] == []
        for name, path in LISTS.items():
            listed = Counter(item["title"] for item in apis[name].items(path))
            assert listed == Counter(load.made[name])
            assert len(load.made[name]) > len(roles.running)
        # The relay, the topic and the consumer have told what was made before and after.
        programme = apis["registry"].create(LISTS["registry"], {"title": "Danach"})["id"]
        body = wanted("meetings", "Danach") | {"programme_id": programme}
        assert apis["meetings"].create(LISTS["meetings"], body)


def test_who_follows_is_exchanged_before_whom_it_follows() -> None:
    names = ["postgres", "registry-api-2", "registry-api", "meetings-api", "meetings-relay", "edge"]
    ordered = ["meetings-relay", "meetings-api", "registry-api", "registry-api-2"]
    assert in_order(names) == ordered
    assert alone(ordered) == ["meetings"]
