"""A topic that is made anew holds each stream from its first event on, and nothing before that."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from kafka import KafkaAdminClient, KafkaProducer

from contracts.envelope import Message, to_kafka
from contracts.topics import topic
from eventkit.kafka.clients import producer
from eventkit.kafka.pinned import NotAcknowledged, PinnedClient
from eventkit.kafka.publisher import TopicPublisher
from eventkit.kafka.topics import Watch, create_topic
from eventkit.outbox import Filters, Outbox
from eventkit.relay import BrokerUnavailable, Relay
from eventkit.unit import Kit
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, plan
from tests.integration.eventkit.test_relay import on_topic, position
from tests.integration.eventkit.wires import SPEAKER

TOPIC = topic(SPEAKER)
# Before the page is published, after it was acknowledged, and by a producer that was just made.
MOMENTS = ("before", "after", "opening")


class Overtaken(TopicPublisher):
    """The real publisher; at the wanted moment of a page somebody makes the topic anew."""

    moment: str | None = None
    make_anew: Callable[[], None]

    def publish(self, page: Sequence[Message], log: str) -> None:
        moment, self.moment = self.moment, None
        if moment == "opening":
            self.close()
        if moment in ("before", "opening"):
            self.make_anew()
        super().publish(page, log)
        if moment == "after":
            self.make_anew()


@pytest.fixture
def admin(kafka: str) -> Iterator[KafkaAdminClient]:
    client = KafkaAdminClient(bootstrap_servers=kafka)
    yield client
    client.close()


@pytest.fixture
def publisher(kafka: str, admin: KafkaAdminClient) -> Iterator[Overtaken]:
    def make_anew() -> None:
        admin.delete_topics([TOPIC])
        create_topic([kafka], TOPIC, partitions=1)

    create_topic([kafka], TOPIC, partitions=1)
    publisher = Overtaken([kafka], TOPIC)
    publisher.make_anew = make_anew
    yield publisher
    publisher.close()


def write(kit: Kit, events: int, key: UUID) -> None:
    for _ in range(events):
        with kit.unit(CONTEXT) as unit:
            unit.execute(SAMPLE, key, plan(key))


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_topic_made_anew_around_a_page_begins_with_the_first_event(
    kit: Kit, publisher: Overtaken, kafka: str, moment: str
) -> None:
    """Whatever the relay was doing: it looks only every few seconds by itself."""
    write(kit, 3, key := uuid4())
    worker = Relay(kit, publisher, source=kit.settings.source)
    assert worker.step()
    write(kit, 2, key)
    publisher.moment = moment
    if moment == "after":
        assert worker.step()
        write(kit, 1, key)
    with pytest.raises(BrokerUnavailable, match="UnknownTopicId"):
        worker.step()
    assert on_topic(kafka, 0) == []
    while worker.step():
        pass
    assert on_topic(kafka, 5) == list(range(1, position(kit) + 1))


def page(kit: Kit, events: int) -> Sequence[Message]:
    write(kit, events, uuid4())
    return Outbox(kit, kit.settings.source).page(0, events, Filters()).messages


def test_nothing_is_sent_after_an_event_that_the_broker_refused(
    kit: Kit, kafka: str, admin: KafkaAdminClient
) -> None:
    """Else the stream would go on behind a hole, and the event come after it."""
    configs = {"max.message.bytes": "20000"}
    admin.create_topics({TOPIC: {"num_partitions": 1, "configs": configs}})
    first, second, third = page(kit, 3)
    page_with_a_large_one = (first, replace(second, data=b"x" * 40_000), third)
    watch = Watch([kafka], TOPIC)
    client = producer([kafka], TOPIC, watch.look().id)
    told = [send(client, one) for one in page_with_a_large_one]
    client.flush(10)
    assert [one.failed() for one in told] == [False, True, True]
    assert on_topic(kafka, 1) == [first.position]
    client.close()
    watch.close()


def send(client: KafkaProducer, message: Message) -> Any:
    key, headers, value = to_kafka(message)
    return client.send(TOPIC, key=key, headers=headers, value=value)


def test_a_broker_that_knows_topics_by_name_alone_gets_nothing_and_is_named(
    kit: Kit, publisher: Overtaken, kafka: str
) -> None:
    pinned = partial(PinnedClient, topic=TOPIC, topic_id=publisher.log())
    client = KafkaProducer(bootstrap_servers=kafka, api_version=(4, 0), kafka_client=pinned)
    with pytest.raises(NotAcknowledged, match=r"older than Kafka 4\.1"):
        send(client, *page(kit, 1)).get(10)
    client.close()
    assert on_topic(kafka, 0) == []
