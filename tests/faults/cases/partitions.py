"""A topic gets more partitions, so that the events of a stream lie in two of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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

# So often in one run; each time they become as many again as there were at first.
TIMES = 4
# So long a stream of the load has its events in the old partition as well as in the new one.
BOTH_SECONDS = 20.0


class MorePartitions(Case):
    """Each topic gets more. Relays that start anew see them at once, others later."""

    id: ClassVar[str] = "F36"
    title: ClassVar[str] = "topics get more partitions"
    seconds: ClassVar[float] = 35

    def run(self, run: Run) -> None:
        before = {service: partitions(run.site, service) for service in SERVICES}
        if max(before.values()) > TIMES * PARTITIONS:
            return
        raise_all(run, before)
        run.site.sleep(run.chance.uniform(1, 5))
        for service in SERVICES:
            run.site.parts[f"{service}-relay"].restart()
        run.site.sleep(BOTH_SECONDS)
        for service in FOLLOWERS:
            if not run.site.until(Crowd(run, service).has_all, CATCH_UP_SECONDS):
                run.found(LOST, "F36", f"{service} does not follow topics with more partitions")
        for service in ("registry", "meetings"):
            uses = partial(uses_new, run.site, service, before[service])
            if not run.site.until(uses, CATCH_UP_SECONDS):
                run.found(BROKEN, "F36", f"nothing came to the new partitions of {service}")


def raise_all(run: Run, before: Mapping[str, int]) -> None:
    more = {topic(service): count + PARTITIONS for service, count in before.items()}
    with client(run.site) as kafka:
        kafka.create_partitions(more)
    for name, count in more.items():
        run.injected("partitions of a topic raised", topic=name, to=count)


def partitions(site: Site, service: str) -> int:
    """How many the topic has."""
    with reading(site) as reader:
        return len(reader.partitions_for_topic(topic(service)) or ())


def uses_new(site: Site, service: str, before: int) -> bool:
    """Whether there is something in the partitions that were added."""
    with reading(site) as reader:
        numbers = range(before, before + PARTITIONS)
        places = [TopicPartition(topic(service), number) for number in numbers]
        return any(reader.end_offsets(places).values())


@contextmanager
def reading(site: Site) -> Iterator[Any]:
    servers = f"127.0.0.1:{site.back['kafka']}"
    reader = KafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
    try:
        yield reader
    finally:
        reader.close(autocommit=False)


@contextmanager
def client(site: Site) -> Iterator[Any]:
    made = admin([f"127.0.0.1:{site.back['kafka']}"])
    try:
        yield made
    finally:
        made.close()
