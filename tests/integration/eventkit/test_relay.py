"""The relay: in order, at least once, never a position beyond what the broker acknowledged."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient

from contracts.envelope import Message
from contracts.events.notifications import EndpointRemoved
from contracts.topics import topic
from eventkit.database import driver, session
from eventkit.domain import Aggregate
from eventkit.kafka.clients import Servers
from eventkit.kafka.publisher import TopicPublisher
from eventkit.kafka.reader import TopicReader
from eventkit.kafka.topics import create_topic
from eventkit.lease import Lease
from eventkit.relay import BrokerUnavailable, Relay
from eventkit.unit import Kit
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, plan
from tests.integration.eventkit.wires import SPEAKER, silent_broker

PRIVATE = Aggregate[str, EndpointRemoved, EndpointRemoved](
    name="endpoint", decide=lambda _, command: [command], evolve=lambda _, __: "removed"
)


class Failing(TopicPublisher):
    """The real publisher, until it is told to fail before or after the broker has it all."""

    fails: str | None = None

    def publish(self, page: Sequence[Message], log: str) -> None:
        if self.fails == "before":
            raise BrokerUnavailable
        super().publish(page, log)
        if self.fails == "after":
            raise BrokerUnavailable


@pytest.fixture
def publisher(kafka: str) -> Iterator[Failing]:
    create_topic([kafka], topic(SPEAKER), partitions=3)
    publisher = Failing([kafka], topic(SPEAKER))
    yield publisher
    publisher.close()


def relay(kit: Kit, publisher: TopicPublisher, *, seconds: float = 10) -> Relay:
    lease = Lease("relays", "kafka", seconds=seconds)
    return Relay(kit, publisher, source=kit.settings.source, lease=lease)


def write(kit: Kit, events: int) -> None:
    for _ in range(events):
        key = uuid4()
        kit.execute(SAMPLE, key, plan(key), context=CONTEXT)


def position(kit: Kit) -> int:
    with session(kit.engine) as connection:
        row = driver(connection).execute("SELECT position FROM relays").fetchone()
    return row[0] if row else 0


def on_topic(kafka: str, events: int) -> list[int]:
    """The positions on the topic once there are so many, in the order of each partition."""
    reader = TopicReader([kafka], topic(SPEAKER), look_every=0.1)
    reader.resume({})
    found: list[int] = []
    current = False
    while len(found) < events or not current:
        batch = reader.poll(0.5)
        found += [one.position for one in batch.arrivals if isinstance(one, Message)]
        current = batch.current
    reader.close()
    return found


def test_everything_is_published_and_then_the_position_is_saved(
    kit: Kit, publisher: Failing, kafka: str
) -> None:
    write(kit, 20)
    worker = relay(kit, publisher)
    assert worker.step()
    assert not worker.step()
    assert position(kit) == 20
    assert sorted(on_topic(kafka, 20)) == list(range(1, 21))


@pytest.mark.parametrize("moment", ["before", "after"])
def test_the_position_stays_where_the_broker_did_not_acknowledge(
    kit: Kit, publisher: Failing, kafka: str, moment: str
) -> None:
    write(kit, 5)
    worker = relay(kit, publisher)
    publisher.fails = moment
    with pytest.raises(BrokerUnavailable):
        worker.step()
    assert position(kit) == 0
    publisher.fails = None
    while worker.step():
        pass
    assert set(on_topic(kafka, 5)) == {1, 2, 3, 4, 5}


def test_a_broker_that_does_not_answer_is_said_and_costs_nothing(kit: Kit) -> None:
    write(kit, 1)
    with silent_broker() as servers:
        worker = relay(kit, TopicPublisher(servers, topic(SPEAKER)))
        with pytest.raises(BrokerUnavailable):
            worker.step()
    assert position(kit) == 0


def test_private_events_stay_and_the_position_passes_them(
    kit: Kit, publisher: Failing, kafka: str
) -> None:
    write(kit, 1)
    kit.execute(PRIVATE, key := uuid4(), EndpointRemoved(endpoint_id=key), context=CONTEXT)
    write(kit, 1)
    assert relay(kit, publisher).step()
    assert position(kit) == 3
    assert sorted(on_topic(kafka, 2)) == [1, 3]


def test_positions_that_nobody_got_are_waited_for_by_nobody(
    kit: Kit, publisher: Failing, kafka: str
) -> None:
    """Appends that were rolled back leave one; a crash of the database leaves up to 32."""
    write(kit, 1)
    for _ in range(3):
        with suppress(KeyboardInterrupt), kit.unit(CONTEXT) as unit:
            unit.execute(SAMPLE, key := uuid4(), plan(key))
            raise KeyboardInterrupt
    with session(kit.engine) as connection:
        drawn = "nextval(pg_get_serial_sequence('events', 'position'))"
        driver(connection).execute(f"SELECT {drawn} FROM generate_series(1, 32)")
    write(kit, 1)
    assert relay(kit, publisher).step()
    assert position(kit) == 1 + 3 + 32 + 1
    assert sorted(on_topic(kafka, 2)) == [1, 37]


def test_each_session_draws_one_position_at_a_time(kit: Kit) -> None:
    """A session that kept some ahead would store later events below earlier ones."""
    query = (
        "SELECT seqcache, seqincrement FROM pg_sequence"
        " WHERE seqrelid = pg_get_serial_sequence('events', 'position')::regclass"
    )
    with session(kit.engine) as connection:
        assert driver(connection).execute(query).fetchall() == [(1, 1)]


def test_of_two_relays_one_works_and_the_other_takes_over(kit: Kit, publisher: Failing) -> None:
    first, second = relay(kit, publisher), relay(kit, publisher)
    write(kit, 3)
    assert first.step()
    write(kit, 3)
    assert not second.step()
    assert position(kit) == 3
    first.close()
    assert second.step()
    assert position(kit) == 6


def test_a_relay_that_was_overtaken_moves_nothing_and_stops(
    kit: Kit, publisher: Failing, kafka: str
) -> None:
    """It slept past its lease between the broker's acknowledgement and the save."""
    fresh = relay(kit, publisher, seconds=0.05)

    def overtake() -> None:
        while not fresh.step():
            pass
        write(kit, 2)
        fresh.step()

    slow = Sleepy([kafka], topic(SPEAKER), overtake)
    write(kit, 4)
    assert not relay(kit, slow, seconds=0.05).step()
    assert position(kit) == 6
    assert set(on_topic(kafka, 10)) == set(range(1, 7))
    slow.close()


class Sleepy(TopicPublisher):
    """Publishes, and lets something else happen before it returns."""

    def __init__(self, servers: Servers, topic: str, meanwhile: Callable[[], None]) -> None:
        super().__init__(servers, topic)
        self._meanwhile = meanwhile

    def publish(self, page: Sequence[Message], log: str) -> None:
        super().publish(page, log)
        self._meanwhile()


def test_a_topic_made_anew_gets_everything_again(
    kit: Kit, publisher: Failing, kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventkit.relay.LOG_CHECKED_EVERY", 0.0)
    write(kit, 5)
    worker = relay(kit, publisher)
    assert worker.step()
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.delete_topics([topic(SPEAKER)])
    admin.close()
    create_topic([kafka], topic(SPEAKER), partitions=3)
    write(kit, 1)
    while worker.step():
        pass
    assert set(on_topic(kafka, 6)) == set(range(1, 7))


def test_an_event_of_newer_software_is_left_to_a_newer_relay(kit: Kit, publisher: Failing) -> None:
    write(kit, 2)
    with session(kit.engine) as connection:
        driver(connection).execute(
            "INSERT INTO events (stream, version, event_id, type, schema_version, data, metadata,"
            " hash, occurred_at, recorded_at) SELECT 'sample-x', 1, gen_random_uuid(),"
            " 'meeting.dreamt', 1, data, metadata, hash, occurred_at, recorded_at"
            " FROM events LIMIT 1"
        )
    worker = relay(kit, publisher)
    assert worker.step()
    assert not worker.step()
    assert position(kit) == 2
    with session(kit.engine) as connection:
        assert Lease("relays", "kafka").hold(driver(connection)) is not None
