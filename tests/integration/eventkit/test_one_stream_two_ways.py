"""Feed and topic are one stream: each published event goes both ways with the same id and bytes."""

import json
from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from uuid import UUID, uuid4

import pytest

from contracts.codec import published
from contracts.envelope import Message
from contracts.examples import example
from eventkit.consuming.incoming import Source
from eventkit.database import driver, session
from tests.contracts.examples import PUBLISHED
from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import Network, over_kafka
from tests.integration.eventkit.wires import FeedWire

INSERT = (
    "INSERT INTO events (stream, version, event_id, type, schema_version, data, metadata, hash,"
    " occurred_at, recorded_at) SELECT %s, %s, %s, %s, %s, %s, metadata, hash, occurred_at,"
    " recorded_at FROM events WHERE position = 1"
)


@pytest.fixture
def network(make_kit: MakeKit, kafka: str) -> Iterator[Network]:
    with over_kafka(make_kit, kafka) as network:
        yield network


def store_all(network: Network) -> dict[UUID, str]:
    """Two of every published event in a stream of each, older versions too; their published text.

    Stored with the spaces that json.dumps writes, which nothing on the way out may mend.
    """
    stored: dict[UUID, str] = {}
    versions: defaultdict[str, Iterator[int]] = defaultdict(lambda: count(1))
    with session(network.speaker.engine) as connection:
        for declared in (*PUBLISHED, *PUBLISHED):
            text = json.dumps(example(declared), ensure_ascii=False)
            key, stream = uuid4(), f"sample-{declared.wire}"
            row = (stream, next(versions[stream]), key, declared.name, declared.version, text)
            driver(connection).execute(INSERT, row)
            stored[key] = published(declared.wire, text).decode()
    return stored


def read(network: Network, source: Source) -> list[Message]:
    network.ended.callback(source.close)
    source.resume({})
    found: list[Message] = []
    current = False
    while not current:
        batch = source.poll(0.5)
        found += [one for one in batch.arrivals if isinstance(one, Message)]
        current = batch.current
    return found


def test_every_published_event_goes_both_ways_alike(network: Network) -> None:
    network.say()
    stored = store_all(network)
    network.wire.deliver()
    by_topic = read(network, network.wire.source())
    by_feed = read(network, FeedWire(network.url, []).source())
    assert len(by_feed) == 1 + 2 * len(PUBLISHED)
    assert {one.id: one for one in by_topic} == {one.id: one for one in by_feed}
    assert {one.id: one.data.decode() for one in by_feed[1:]} == stored
    assert {one.type for one in by_feed} >= {declared.wire for declared in PUBLISHED}
    for way in (by_topic, by_feed):
        order = [(one.subject, one.version) for one in way]
        assert sorted(order, key=lambda at: at[0]) == sorted(order)
    positions = [one.position for one in by_feed]
    assert positions == sorted(positions)
