"""SIGKILL for relay and consumer at random moments under load: every fact once in effect."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event, Thread
from time import monotonic

import psutil

from eventkit.unit import Kit
from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import Network, once, over_feed, over_kafka
from tests.integration.eventkit.sample import KEY

CHECKOUT = Path(__file__).parents[3]
KILLS = 8
SEED = 20201016


@dataclass
class Child:
    """A process of the flow, started again whenever it was killed."""

    role: str
    url: str
    kit: Kit
    kafka: str
    log: Path
    more: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        settings = self.kit.settings
        environment = os.environ | {
            "DATABASE_URL": settings.database_url,
            "KEY_DATABASE_URL": settings.key_database_url,
            "MASTER_KEY": KEY,
            "CHAIN_KEY": KEY,
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka,
            "PYTHONPATH": f"{os.environ.get('PYTHONPATH', '.')}:{CHECKOUT}:{CHECKOUT / 'deploy'}",
            **self.more,
        }
        module = "tests.integration.eventkit.flow_process"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, self.role, self.url],
                env=environment,
                stderr=log,
                stdout=log,
                cwd=CHECKOUT,
            )

    def kill(self, number: signal.Signals) -> None:
        self.send(number).wait(30)

    def send(self, number: signal.Signals) -> subprocess.Popen[bytes]:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()[-2000:]
        self.process.send_signal(number)
        return self.process

    def sleeps(self) -> bool:
        assert self.process is not None
        return psutil.Process(self.process.pid).status() == psutil.STATUS_STOPPED

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.send(signal.SIGCONT)
            self.kill(signal.SIGTERM)


@contextmanager
def writing(network: Network) -> Iterator[None]:
    """Load for as long as the block runs."""
    done = Event()

    def write() -> None:
        while not done.wait(0.01):
            network.say(streams=5, events=3)

    thread = Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def storm(network: Network, children: list[Child]) -> None:
    """Kill one of the children after the other, each at a random moment after it did something."""
    dice = Random(SEED)
    with ExitStack() as ended:
        for child in children:
            child.start()
            ended.callback(child.stop)
        with writing(network):
            for _ in range(KILLS):
                progress(network, dice.random() * 1.5)
                victim = dice.choice(children)
                victim.kill(signal.SIGKILL)
                victim.start()
        said = once(network.said())
        wait_for(lambda: len(network.heard()) >= len(said), network)
    assert network.heard() == said
    assert network.mirrors()
    assert network.parked() == []


def progress(network: Network, seconds: float) -> None:
    """Until more was heard than before, and then so long."""
    before = len(network.heard())
    wait_for(lambda: len(network.heard()) > before, network)
    Event().wait(seconds)


def wait_for(condition: Callable[[], bool], network: Network, seconds: float = 60) -> None:
    deadline = monotonic() + seconds
    while not condition():
        assert monotonic() < deadline, f"stands still at {len(network.heard())}"
        Event().wait(0.05)


def test_kafka_between_them(make_kit: MakeKit, kafka: str, tmp_path: Path) -> None:
    with over_kafka(make_kit, kafka) as network:
        network.relays_itself = False
        children = [
            Child("relay", network.url, network.speaker, kafka, tmp_path / "relay.log"),
            Child("consumer", network.url, network.listener, kafka, tmp_path / "consumer.log"),
        ]
        storm(network, children)


def test_the_feed_between_them(make_kit: MakeKit, tmp_path: Path) -> None:
    with over_feed(make_kit) as network:
        log = tmp_path / "consumer.log"
        storm(network, [Child("consumer", network.url, network.listener, "", log)])
