"""A handler that takes too long for the database, and a database that takes too long for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import sqlalchemy as sa

from eventkit.consuming.consumer import Consumer
from eventkit.database import Unavailable
from eventkit.recorded import Recorded
from eventkit.unit import Unit
from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import Network, catch_up, follow, hear, once, over_feed

Owner = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]
MOST = 5


@pytest.fixture
def network(make_kit: MakeKit) -> Iterator[Network]:
    with over_feed(make_kit) as network:
        yield network


@pytest.fixture
def owner(network: Network, postgres: str) -> Owner:
    """Opens another session on the listener's database, which may do anything."""
    database = urlsplit(network.listener.settings.database_url).path
    url = urlsplit(postgres)._replace(scheme="postgresql", path=database).geturl()
    return lambda: psycopg.connect(url, autocommit=True)


def sleeping_at(stream: str, version: int, until: Callable[[], bool] = lambda: False) -> Any:
    """A handler whose statement runs into the timeout at this event."""

    def react(unit: Unit, recorded: Recorded[Any]) -> None:
        hear(unit, recorded)
        if (recorded.stream, recorded.version) == (stream, version) and not until():
            unit.sql.execute(sa.text("SET LOCAL statement_timeout = '100ms'"))
            unit.sql.execute(sa.text("SELECT pg_sleep(20)"))

    return react


def waits(consumer: Consumer) -> None:
    with pytest.raises(Unavailable):
        follow(consumer, lambda: False)


def failures(network: Network) -> list[tuple[int, str]]:
    query = "SELECT failures, reason FROM claims WHERE event_id <> %s"
    return network.rows(query, "00000000-0000-0000-0000-000000000000")


def test_an_event_that_always_times_out_parks_its_stream_and_no_other(network: Network) -> None:
    bad, other = network.messages(3), network.messages(3)
    both = [x for pair in zip(bad, other, strict=True) for x in pair]
    consumer = network.consumer(network.wire.script(both), react=sleeping_at(bad[1].subject, 2))
    for _ in range(MOST):
        waits(consumer)
        assert network.parked() == []
        # All other streams have gone on, and the one before it in its own.
        assert network.heard() == once([bad[0], *other])
    catch_up(network, consumer)
    assert network.parked() == [(2, "timeout"), (3, "waiting")]
    assert network.heard() == once([bad[0], *other])
    assert network.rows("SELECT count(*) FROM claims") == [(0,)]


def test_a_handler_that_is_late_now_and_then_is_tried_again(network: Network) -> None:
    bad = network.messages(3)
    late = iter([False, False, False])
    react = sleeping_at(bad[1].subject, 2, until=lambda: next(late, True))
    consumer = network.consumer(network.wire.script(bad), react=react)
    waits(consumer)
    waits(consumer)
    catch_up(network, consumer)
    assert network.heard() == once(bad)
    assert network.parked() == []
    assert network.rows("SELECT count(*) FROM claims") == [(0,)]


def test_a_database_that_is_slow_for_everybody_parks_nothing(
    network: Network, owner: Owner
) -> None:
    messages = network.messages(2)
    slow = """
    CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(1.1); RETURN NEW; END $$;
    CREATE TRIGGER slowly BEFORE UPDATE ON claims FOR EACH ROW EXECUTE FUNCTION slowly();
    """
    is_well: list[bool] = []
    react = sleeping_at(messages[0].subject, 1, until=lambda: bool(is_well))
    consumer = network.consumer(network.wire.script(messages), react=react)
    with owner() as raw:
        raw.execute(slow)
        for _ in range(MOST + 2):
            waits(consumer)
        assert (network.parked(), failures(network)) == ([], [(0, "crash")])
        raw.execute("DROP TRIGGER slowly ON claims")
    is_well.append(True)
    catch_up(network, consumer)
    assert network.heard() == once(messages)


def test_a_lock_that_somebody_holds_parks_nothing(network: Network, owner: Owner) -> None:
    messages = network.messages(2)

    def impatient(unit: Unit, recorded: Recorded[Any]) -> None:
        unit.sql.execute(sa.text("SET LOCAL lock_timeout = '50ms'"))
        hear(unit, recorded)

    consumer = network.consumer(network.wire.script(messages), react=impatient)
    with owner() as raw, raw.transaction():
        raw.execute("LOCK TABLE heard IN ACCESS EXCLUSIVE MODE")
        for _ in range(MOST + 2):
            waits(consumer)
    catch_up(network, consumer)
    assert network.heard() == once(messages)
    assert network.parked() == []
