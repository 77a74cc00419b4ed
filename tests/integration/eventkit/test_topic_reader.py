"""Reading a topic that changes, and a client that goes silent."""

from collections.abc import Iterator
from threading import active_count
from time import monotonic

import pytest
from kafka import KafkaAdminClient

from contracts.topics import topic
from eventkit.consuming.incoming import SourceUnavailable, Stuck
from eventkit.kafka.reader import TopicReader
from eventkit.kafka.topics import create_topic
from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import Network, catch_up, follow, once, over_kafka
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, plan
from tests.integration.eventkit.wires import SPEAKER, silent_broker


@pytest.fixture
def network(make_kit: MakeKit, kafka: str) -> Iterator[Network]:
    with over_kafka(make_kit, kafka) as network:
        yield network


@pytest.fixture
def admin(kafka: str) -> Iterator[KafkaAdminClient]:
    client = KafkaAdminClient(bootstrap_servers=kafka)
    yield client
    client.close()


def test_streams_keep_their_order_when_there_are_more_partitions(
    network: Network, admin: KafkaAdminClient
) -> None:
    """From then on a key belongs to another partition: later events may be read before earlier."""
    consumer = network.consumer()
    read, unread = network.say(streams=20), []
    catch_up(network, consumer)
    unread = network.say(streams=20)
    admin.create_partitions({topic(SPEAKER): 6})
    for number in (2, 3):
        with network.speaker.unit(CONTEXT) as unit:
            for key in (*read, *unread):
                unit.execute(SAMPLE, key, plan(key, f"Treffen {number}"))
    network.say(streams=20)
    catch_up(network, consumer)
    assert network.heard() == once(network.said())
    assert network.mirrors()
    assert {tuple(seen) for (seen,) in network.rows("SELECT seen FROM titles")} == {(1,), (1, 2, 3)}
    assert len(network.rows("SELECT 1 FROM consumer_offsets")) == 6


@pytest.mark.parametrize("refilled_with", [3, 20])
def test_a_topic_made_anew_is_read_from_its_start_whatever_its_length(
    network: Network, admin: KafkaAdminClient, kafka: str, refilled_with: int
) -> None:
    """The offset that was saved is 8; it says nothing of another topic of the same name."""
    network.relays_itself = False
    for events in (8, refilled_with):
        before = network.said()
        network.say(streams=events)
        admin.delete_topics([topic(SPEAKER)])
        create_topic([kafka], topic(SPEAKER), partitions=1)
        consumer = network.consumer(network.wire.script(network.said()[len(before) :]))
        catch_up(network, consumer)
        network.rows("UPDATE consumers SET held_until = NULL RETURNING 1")
    assert network.heard() == once(network.said())


def test_nothing_is_committed_to_the_broker(network: Network, admin: KafkaAdminClient) -> None:
    network.say(streams=4)
    catch_up(network, network.consumer())
    assert admin.list_groups() == []


def test_a_topic_made_anew_is_read_from_its_start(
    network: Network, admin: KafkaAdminClient, kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventkit.relay.LOG_CHECKED_EVERY", 0.0)
    consumer = network.consumer()
    network.say(streams=10, events=2)
    catch_up(network, consumer)
    admin.delete_topics([topic(SPEAKER)])
    create_topic([kafka], topic(SPEAKER), partitions=3)
    network.say(streams=5)
    catch_up(network, consumer)
    assert network.heard() == once(network.said())
    logs = network.rows("SELECT count(DISTINCT log) FROM consumer_offsets")
    assert logs == [(2,)]


def test_an_offset_beyond_the_end_leads_to_the_start(network: Network) -> None:
    network.say(streams=4)
    catch_up(network, network.consumer())
    network.rows("UPDATE consumer_offsets SET cursor = '1000000' RETURNING 1")
    network.rows("UPDATE consumers SET held_until = NULL RETURNING 1")
    consumer = network.consumer()
    catch_up(network, consumer)
    network.say(streams=4)
    follow(consumer, lambda: len(network.heard()) == 8)
    assert network.heard() == once(network.said())


def test_a_client_that_is_silent_though_there_are_records_ends_the_process(
    network: Network, kafka: str
) -> None:
    network.say(streams=4)
    reader = TopicReader([kafka], topic(SPEAKER), look_every=0.1, silence=0.5)
    reader.resume({})
    while reader.poll(0.2).arrivals:
        pass
    # A paused client is what the known stalls look like from outside: no record, no error.
    reader._client.pause(*reader._client.assignment())
    network.say(streams=4)
    with pytest.raises(Stuck):
        poll_for(reader, seconds=10)
    reader.close()


def poll_for(reader: TopicReader, seconds: float) -> None:
    deadline = monotonic() + seconds
    while monotonic() < deadline:
        reader.poll(0.1)


def test_an_idle_topic_is_no_silent_client(kafka: str) -> None:
    create_topic([kafka], topic(SPEAKER))
    reader = TopicReader([kafka], topic(SPEAKER), look_every=0.05, silence=0.2)
    reader.resume({})
    batches = [reader.poll(0.1) for _ in range(10)]
    assert batches[-1].current
    reader.close()


def test_a_broker_that_does_not_answer_is_said_and_leaves_no_threads() -> None:
    threads = active_count()
    with silent_broker() as servers:
        reader = TopicReader(servers, topic(SPEAKER))
        reader.resume({})
        with pytest.raises(SourceUnavailable):
            reader.poll(0.1)
        reader.close()
    assert active_count() == threads
