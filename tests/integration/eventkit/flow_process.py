"""A relay or a consumer as a process of its own, for tests that kill it.

`python -m tests.integration.eventkit.flow_process relay|consumer URL` with the settings of the
service in the environment; URL is the speaker's feed. Leases are short, so that kills are many,
unless LEASE_SECONDS says otherwise, and so are the relay's pages with RELAY_PAGE. SLEEP_AT lets
the relay stop itself (SIGSTOP) when the broker has that page, and the position is not yet saved;
and the consumer at the event of that position.
With SILENT the consumer's client falls silent.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import sleep
from typing import Any

from contracts.envelope import Message
from contracts.topics import topic
from eventkit import relay as relays
from eventkit.consuming.consumer import Consumer
from eventkit.consuming.feed import FeedReader
from eventkit.consuming.incoming import Source
from eventkit.kafka.publisher import TopicPublisher
from eventkit.kafka.reader import TopicReader
from eventkit.kafka.topics import Topic
from eventkit.kits import open_kit
from eventkit.lease import Lease
from eventkit.loops import Loop, Loops
from eventkit.recorded import Recorded
from eventkit.service import Service, Subscription
from eventkit.settings import Settings
from eventkit.unit import Kit, Unit
from tests.integration.eventkit.network import hear
from tests.integration.eventkit.sample import TITLES
from tests.integration.eventkit.wires import SPEAKER, feed

SILENCE_SECONDS = 3.0
LEASE_SECONDS = float(os.environ.get("LEASE_SECONDS", "1"))


def hear_and_sleep(unit: Unit, recorded: Recorded[Any]) -> None:
    """Stands still within the transaction, where an event has SLEEP_AT as its position."""
    hear(unit, recorded)
    if recorded.position == int(os.environ.get("SLEEP_AT", "0")):
        stand_still()


def stand_still() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)
    # The signal may reach another thread first.
    sleep(0.5)


class Silent(TopicReader):
    """Its client gets nothing and says nothing, as the known stalls look like."""

    def _assign(self, topic: Topic) -> Topic:
        seen = super()._assign(topic)
        self._client.pause(*self._client.assignment())
        return seen


class Sleepy(TopicPublisher):
    """Stands still once, at the worst moment."""

    pages = 0

    def publish(self, page: Sequence[Message], log: str) -> None:
        super().publish(page, log)
        self.pages += 1
        if self.pages == int(os.environ.get("SLEEP_AT", "0")):
            stand_still()


def relay(kit: Kit, _url: str) -> Callable[[], bool]:
    publisher = Sleepy(kit.settings.kafka_bootstrap_servers, topic(SPEAKER))
    lease = Lease("relays", "kafka", seconds=LEASE_SECONDS)
    relays.PAGE = int(os.environ.get("RELAY_PAGE", relays.PAGE))
    return relays.Relay(kit, publisher, source=kit.settings.source, lease=lease).step


def consumer(kit: Kit, url: str) -> Callable[[], bool]:
    servers = kit.settings.kafka_bootstrap_servers
    source: Source = FeedReader(feed(url))
    if servers:
        source = (Silent if "SILENT" in os.environ else TopicReader)(
            servers, topic(SPEAKER), silence=SILENCE_SECONDS
        )
    subscription = Subscription(source=SPEAKER, read_models=(TITLES,), react=hear_and_sleep)
    lease = Lease("consumers", SPEAKER, seconds=LEASE_SECONDS)
    return Consumer(kit, subscription, source, feed(url), lease=lease, wait=0.5).step


def main(role: str, url: str) -> None:
    settings = Settings.from_env(os.environ)
    service = Service(name=role, read_models=(TITLES,), migrations=Path())
    kit = open_kit(service, settings, pool_size=4)
    step = {"relay": relay, "consumer": consumer}[role](kit, url)
    Loops([Loop(role, step)]).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
