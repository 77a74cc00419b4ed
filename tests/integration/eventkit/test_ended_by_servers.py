"""What a server ends by itself is told as being away, and never as a bug."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
import sqlalchemy as sa
from kafka import KafkaProducer

from contracts.topics import topic
from eventkit.database import Unavailable, driver, raw_session, session
from eventkit.kafka.publisher import TopicPublisher
from eventkit.kafka.topics import create_topic
from eventkit.outbox import Filters, Outbox
from eventkit.relay import BrokerUnavailable
from eventkit.unit import Kit
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, plan
from tests.integration.eventkit.wires import SPEAKER

# The server ends a transaction in which its client stands still, as it does a slow one.
STANDS_STILL = "SET idle_in_transaction_session_timeout = '50ms'"
ENDED = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s"


def wait_for_the_end(kit: Kit, pid: int) -> None:
    with raw_session(kit.engine) as other:
        while other.execute(ENDED, (pid,)).fetchone() != (0,):
            pass


def stand_still_over_core(kit: Kit) -> None:
    with session(kit.engine) as connection:
        raw = driver(connection)
        raw.execute(STANDS_STILL)
        with raw.transaction():
            connection.execute(sa.text("SELECT 1"))
            wait_for_the_end(kit, raw.info.backend_pid)
            connection.execute(sa.text("SELECT 1"))


def stand_still_over_the_driver(kit: Kit) -> None:
    with raw_session(kit.engine) as raw:
        raw.execute(STANDS_STILL)
        with raw.transaction():
            raw.execute("SELECT 1")
            wait_for_the_end(kit, raw.info.backend_pid)
            raw.execute("SELECT 1")


@pytest.mark.parametrize("stand_still", [stand_still_over_core, stand_still_over_the_driver])
def test_a_transaction_that_stood_still_is_told_as_a_database_that_is_away(
    kit: Kit, stand_still: Callable[[Kit], None]
) -> None:
    with pytest.raises(Unavailable):
        stand_still(kit)
    kit.execute(SAMPLE, key := uuid4(), plan(key), context=CONTEXT)


def test_another_fault_of_a_statement_stays_what_it_is(kit: Kit) -> None:
    with session(kit.engine) as connection, pytest.raises(sa.exc.ProgrammingError):
        connection.execute(sa.text("SELECT nothing FROM nowhere"))


def test_a_producer_that_still_has_something_to_send_is_given_up(
    kit: Kit, kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker says nothing for so long that the page is given up, and then its producer."""

    def slow(servers: list[str], _topic: str, _log: str) -> KafkaProducer:
        return KafkaProducer(bootstrap_servers=servers, acks="all", linger_ms=60_000)

    create_topic([kafka], topic(SPEAKER))
    monkeypatch.setattr("eventkit.kafka.publisher.producer", slow)
    monkeypatch.setattr("eventkit.kafka.publisher.DELIVERY_SECONDS", 0.1)
    kit.execute(SAMPLE, key := uuid4(), plan(key), context=CONTEXT)
    page = Outbox(kit, kit.settings.source).page(0, 10, Filters()).messages
    publisher = TopicPublisher([kafka], topic(SPEAKER))
    with pytest.raises(BrokerUnavailable):
        publisher.publish(page, publisher.log())
    publisher.close()
