"""A consumer as a process of its own, whose handler ends that process at certain events.

`python -m tests.integration.eventkit.deadly_process URL HOW DEATHS STREAM:VERSION:TIMES...` follows
the feed at URL/scripted. HOW is `kill` (SIGKILL to itself) or `exit` (os._exit); a line in the file
DEATHS says each time at which event it died, and at most TIMES of those for one event.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventkit.consuming.consumer import Consumer
from eventkit.consuming.feed import FeedReader
from eventkit.kits import open_kit
from eventkit.lease import Lease
from eventkit.loops import Loop, Loops
from eventkit.recorded import Recorded
from eventkit.service import Service, Subscription
from eventkit.settings import Settings
from eventkit.unit import Unit
from tests.integration.eventkit.network import hear
from tests.integration.eventkit.sample import TITLES
from tests.integration.eventkit.wires import SPEAKER, feed


@dataclass(frozen=True)
class Deadly:
    how: str
    deaths: Path
    times: Mapping[str, int]

    def __call__(self, unit: Unit, recorded: Recorded[Any]) -> None:
        hear(unit, recorded)
        event = f"{recorded.stream}:{recorded.version}"
        died = self.deaths.read_text().split().count(event) if self.deaths.exists() else 0
        if died < self.times.get(event, 0):
            with self.deaths.open("a") as deaths:
                deaths.write(f"{event}\n")
            if self.how == "exit":
                os._exit(7)
            os.kill(os.getpid(), signal.SIGKILL)


def main(url: str, how: str, deaths: str, *events: str) -> None:
    times = {event.rpartition(":")[0]: int(event.rpartition(":")[2]) for event in events}
    service = Service(name="listener", read_models=(TITLES,), migrations=Path())
    kit = open_kit(service, Settings.from_env(os.environ), pool_size=4)
    react = Deadly(how, Path(deaths), times)
    subscription = Subscription(source=SPEAKER, read_models=(TITLES,), react=react)
    source, lease = FeedReader(feed(f"{url}/scripted")), Lease("consumers", SPEAKER, seconds=1)
    consumer = Consumer(kit, subscription, source, feed(url), lease=lease, wait=0.2)
    Loops([Loop("consumer", consumer.step)]).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
