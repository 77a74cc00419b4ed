"""A topic gets more partitions, so that the events of a stream lie in two of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar

from kafka import KafkaConsumer, TopicPartition

from contracts.topics import topic
from eventkit.kafka.clients import admin
from eventkit.kafka.topics import PARTITIONS
from local.settings import SERVICES
from tests.faults.case import Case, Run
from tests.faults.cases.flows import CATCH_UP_SECONDS, FOLLOWERS, Crowd
from tests.faults.oracle.findings import BROKEN, LOST
from tests.faults.site import Site

MORE = 2 * PARTITIONS
# So long a stream of the load has its events in the old partition as well as in the new one.
BOTH_SECONDS = 20.0


class MorePartitions(Case):
    """Each topic gets twice as many. Relays that start anew see them at once, others later."""

    id: ClassVar[str] = "F36"
    title: ClassVar[str] = "topics get more partitions"
    weight: ClassVar[int] = 0
    seconds: ClassVar[float] = 45

    def run(self, run: Run) -> None:
        with client(run.site) as kafka:
            kafka.create_partitions({topic(service): MORE for service in SERVICES})
        for service in SERVICES:
            run.injected("partitions of a topic raised", topic=topic(service), to=MORE)
        run.site.sleep(run.chance.uniform(1, 5))
        for service in SERVICES:
            run.site.parts[f"{service}-relay"].restart()
        run.site.sleep(BOTH_SECONDS)
        for service in FOLLOWERS:
            if not run.site.until(Crowd(run, service).has_all, CATCH_UP_SECONDS):
                run.found(LOST, "F36", f"{service} does not follow topics with more partitions")
        for service in ("registry", "meetings"):
            if not run.site.until(partial(uses_new, run.site, service), CATCH_UP_SECONDS):
                run.found(BROKEN, "F36", f"nothing came to the new partitions of {service}")


def uses_new(site: Site, service: str) -> bool:
    """Whether there is something in the partitions that were added."""
    servers = f"127.0.0.1:{site.back['kafka']}"
    reader = KafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
    try:
        places = [TopicPartition(topic(service), number) for number in range(PARTITIONS, MORE)]
        return any(reader.end_offsets(places).values())
    finally:
        reader.close(autocommit=False)


@contextmanager
def client(site: Site) -> Iterator[Any]:
    made = admin([f"127.0.0.1:{site.back['kafka']}"])
    try:
        yield made
    finally:
        made.close()
