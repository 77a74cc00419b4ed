"""What operators are told of the flow, also while the process behind it is dead."""

from collections.abc import Iterator
from dataclasses import replace
from math import isnan
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import pytest

from eventkit.database import driver, session
from eventkit.lag import gauges
from eventkit.service import Service, Subscription
from eventkit.unit import Kit
from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import Network, catch_up, over_feed
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, plan

Numbers = dict[str, float]


@pytest.fixture
def network(make_kit: MakeKit) -> Iterator[Network]:
    with over_feed(make_kit) as network:
        yield network


def numbers(kit: Kit, *sources: str) -> Numbers:
    """Every gauge of a service that follows these sources and has a broker."""
    subscriptions = tuple(Subscription(source=source) for source in sources)
    service = Service(name=kit.name, subscriptions=subscriptions, migrations=Path())
    settings = replace(kit.settings, kafka_bootstrap_servers=("127.0.0.1:9",))
    with session(kit.engine) as connection:
        return {
            sample.name: sample.value
            for ask in gauges(service, settings)
            for metric in ask(connection)
            for sample in metric.samples
        }


def write(kit: Kit) -> None:
    key = uuid4()
    kit.execute(SAMPLE, key, plan(key), context=CONTEXT)


def test_relay_lag_grows_while_nobody_publishes(kit: Kit) -> None:
    assert numbers(kit)["relay_lag_events"] == numbers(kit)["relay_lag_seconds"] == 0
    write(kit)
    write(kit)
    before, after = numbers(kit), numbers(kit)
    assert before["relay_lag_events"] == 2
    assert 0 < before["relay_lag_seconds"] < after["relay_lag_seconds"]


def test_relay_lag_is_counted_from_the_saved_position(kit: Kit) -> None:
    write(kit)
    write(kit)
    with session(kit.engine) as connection:
        driver(connection).execute("INSERT INTO relays (name, position) VALUES ('kafka', 1)")
    assert numbers(kit)["relay_lag_events"] == 1


def test_consumer_lag_grows_while_the_consumer_is_dead(network: Network) -> None:
    network.say(streams=3)
    consumer = network.consumer()
    catch_up(network, consumer)
    before, after = numbers(network.listener, "sample"), numbers(network.listener, "sample")
    assert before["consumer_lag_events"] == 0
    assert before["consumer_lag_seconds"] < after["consumer_lag_seconds"]
    catch_up(network, consumer)
    assert numbers(network.listener, "sample")["consumer_lag_seconds"] < 5


def test_a_source_that_was_never_followed_has_lag_from_the_start(kit: Kit) -> None:
    before, after = numbers(kit, "registry"), numbers(kit, "registry")
    assert 0 < before["consumer_lag_seconds"] < after["consumer_lag_seconds"]
    assert isnan(before["consumer_lag_events"])


def test_the_age_of_what_is_parked_is_told(network: Network) -> None:
    assert numbers(network.listener, "sample")["parked_oldest_seconds"] == 0
    (message,) = network.messages(1)
    network.introduce()
    source = network.wire.script([replace(message, data=b"[]")])
    catch_up(network, network.consumer(source))
    told = numbers(network.listener, "sample")
    assert (told["parked_events"], told["parked_oldest_seconds"] > 0) == (1, True)


def test_what_is_parked_is_counted_by_its_reason(network: Network) -> None:
    one, two = network.messages(2)
    network.introduce()
    source = network.wire.script([replace(one, data=b"[]"), two])
    catch_up(network, network.consumer(source))
    with network.listener.engine.connect() as connection:
        samples = [
            (sample.labels, sample.value)
            for ask in gauges(Service(name="x", migrations=Path()), network.listener.settings)
            for metric in ask(connection)
            for sample in metric.samples
            if sample.name == "parked_streams"
        ]
    assert samples == [({"source": "sample", "reason": "refused"}, 1)]


def test_an_append_that_stays_open_shows_as_the_oldest_mark(kit: Kit) -> None:
    assert numbers(kit)["event_mark_oldest_seconds"] == 0
    appended, done = Event(), Event()

    def dawdle() -> None:
        with kit.unit(CONTEXT) as unit:
            key = uuid4()
            unit.execute(SAMPLE, key, plan(key))
            appended.set()
            done.wait(20)

    thread = Thread(target=dawdle)
    thread.start()
    appended.wait(20)
    try:
        assert numbers(kit)["event_mark_oldest_seconds"] > 0
    finally:
        done.set()
        thread.join()
