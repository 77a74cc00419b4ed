"""The end under load: no request that was taken fails, and everything ends in time."""

import signal
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
import psycopg
import pytest

from local.databases import Databases
from local.processes import wait_until
from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import Network, once, over_kafka
from tests.integration.eventkit.serving import Serving, environment, serving
from tests.integration.eventkit.test_killed_in_mid_flow import Child, wait_for, writing
from tests.integration.eventkit.wires import silent_broker

CLIENTS = 8
IN_TIME = 30


@dataclass
class Load:
    """Clients that plan things until nobody listens any more, and how each call ended."""

    server: Serving
    ends: list[str] = field(default_factory=list)
    planned: Counter[str] = field(default_factory=Counter)

    def plan(self, *, keeps_alive: bool) -> None:
        headers = {} if keeps_alive else {"Connection": "close"}
        with self.server.client() as client:
            while self._one(client, headers):
                pass

    def _one(self, client: httpx.Client, headers: dict[str, str]) -> bool:
        title = str(uuid4())
        try:
            answer = client.post(
                "/v1/things", json={"title": title}, headers=headers | {"Idempotency-Key": title}
            )
        except httpx.ConnectError:
            return False
        except httpx.TransportError as error:
            self.ends.append(type(error).__name__)
            return True
        self.ends.append(str(answer.status_code))
        self.planned[title] += answer.status_code == 201
        return True


@contextmanager
def under_load(server: Serving) -> Iterator[Load]:
    load = Load(server)
    with ThreadPoolExecutor(CLIENTS) as threads:
        calling = [threads.submit(load.plan, keeps_alive=n % 2 == 0) for n in range(CLIENTS)]
        yield load
    for one in calling:
        one.result()


@pytest.mark.parametrize("times", [1, 2])
def test_no_request_that_was_taken_fails_when_the_api_ends(
    things: Databases, tmp_path: Path, times: int
) -> None:
    environ = environment(things, WEB_CONCURRENCY="2", RATE_LIMIT_PER_CLIENT="off")
    with serving(environ, tmp_path / "all.log", "all") as server, under_load(server) as load:
        wait_until(lambda: len(load.ends) > 200, what="load", seconds=60)
        began = monotonic()
        for _ in range(times):
            server.process.send_signal(signal.SIGTERM)
            Event().wait(0.3)
        assert server.process.wait(IN_TIME) == 0
        assert monotonic() - began < IN_TIME
    assert set(load.ends) == {"201"}
    with psycopg.connect(environ["DATABASE_URL"].replace("+psycopg", "")) as connection:
        kept = {title for (title,) in connection.execute("SELECT title FROM titles")}
    assert set(load.planned) <= kept


@pytest.fixture
def network(make_kit: MakeKit, kafka: str) -> Iterator[Network]:
    with over_kafka(make_kit, kafka) as network:
        network.relays_itself = False
        yield network


def flow(network: Network, kafka: str, folder: Path) -> list[Child]:
    kits = {"relay": network.speaker, "consumer": network.listener}
    return [
        Child(role, network.url, kit, kafka, folder / f"{role}.log") for role, kit in kits.items()
    ]


def test_relay_and_consumer_end_in_time_under_load_and_lose_nothing(
    network: Network, kafka: str, tmp_path: Path
) -> None:
    children = flow(network, kafka, tmp_path)
    for child in children:
        child.start()
    with writing(network):
        for child in children:
            heard = len(network.heard())
            wait_for(lambda at=heard: len(network.heard()) > at, network)  # type: ignore[misc]  # bound now
            process = child.send(signal.SIGTERM)
            child.send(signal.SIGTERM)
            assert process.wait(IN_TIME) == 0
            child.start()
    wait_for(lambda: network.heard() == once(network.said()), network)
    for child in children:
        child.stop()


def test_relay_and_consumer_end_in_time_while_the_broker_says_nothing(
    network: Network, tmp_path: Path
) -> None:
    network.say()
    with silent_broker() as (address,):
        children = flow(network, address, tmp_path)
        for child in children:
            child.start()
        for child in children:
            wait_until(lambda log=child.log: "waiting" in log.read_text(), what="a try", seconds=60)  # type: ignore[misc]  # bound now
            assert child.send(signal.SIGTERM).wait(IN_TIME) == 0
