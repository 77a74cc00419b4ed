"""Everything that an installation keeps: all tables of all databases, files, topics, feeds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kafka import KafkaConsumer, TopicPartition
from psycopg.sql import SQL, Identifier

from local.databases import connect
from tests.e2e.installation import SERVICES, Installation

STORE, KEYS = "MIGRATION_DATABASE_URL", "MIGRATION_KEY_DATABASE_URL"


def owner_url(installation: Installation, service: str, name: str = STORE) -> str:
    """One of a service's databases, as its owner."""
    text = (installation.folder / f"{service}.env").read_text("utf-8")
    found = re.search(rf"^{name}='?([^'\n]+)", text, re.MULTILINE)
    assert found is not None
    return found[1]


def dumps(installation: Installation) -> dict[str, bytes]:
    """All tables of all services, by service and table, as a dump has them."""
    return {
        f"{service} {table}": content
        for service in SERVICES
        for name in (STORE, KEYS)
        for table, content in _tables(owner_url(installation, service, name))
    }


def published(installation: Installation) -> dict[str, bytes]:
    """All feeds and, where there is a broker, keys, values and headers of all topics."""
    feeds = {f"feed of {service}": _feed(installation, service) for service in SERVICES}
    broker = installation.settings.get("KAFKA_BOOTSTRAP_SERVERS")
    return feeds | ({"topics": b"\n".join(_records(broker))} if broker else {})


def _tables(url: str) -> Iterator[tuple[str, bytes]]:
    with connect(url) as database:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        names = [str(row[0]) for row in database.execute(query).fetchall()]
        for name in names:
            copying = SQL("COPY {} TO STDOUT").format(Identifier(name))
            with database.cursor().copy(copying) as copy:
                yield name, b"".join(bytes(part) for part in copy)


def _feed(installation: Installation, service: str) -> bytes:
    api, pages, path = installation.api(service), [], "/events?limit=200"
    while True:
        answer = api.send("GET", path)
        pages.append(answer.content)
        if answer.json() == []:
            return b"\n".join(pages)
        path = answer.links["next"]["url"].removeprefix(api.url)


def _records(broker: str) -> Iterator[bytes]:
    consumer = KafkaConsumer(bootstrap_servers=broker, enable_auto_commit=False)
    try:
        for topic in sorted(consumer.topics()):
            for number in consumer.partitions_for_topic(topic) or ():
                yield from _partition(consumer, TopicPartition(topic, number))
    finally:
        consumer.close()


def _partition(consumer: KafkaConsumer, place: TopicPartition) -> Iterator[bytes]:
    consumer.assign([place])
    consumer.seek_to_beginning(place)
    end = consumer.end_offsets([place])[place]
    while consumer.position(place) < end:
        for records in consumer.poll(1_000).values():
            for record in records:
                yield repr((record.key, record.value, record.headers)).encode()
