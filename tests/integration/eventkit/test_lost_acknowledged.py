"""The alarm for what a source lost ends once an operator has seen it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from eventkit.database import session
from eventkit.generation_gauges import lost_events
from eventkit.restoring.acknowledged import acknowledge
from tests.conftest import MakeDatabases
from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import Network, catch_up, over_feed
from tests.integration.eventkit.restores import (
    Take,
    behind,
    command,
    taking,
)
from tests.integration.eventkit.sample import CONTEXT
from tests.integration.eventkit.wires import SPEAKER


@pytest.fixture
def take(postgres: str, databases: MakeDatabases) -> Iterator[Take]:  # noqa: ARG001  (ends first)
    with taking(postgres) as take:
        yield take


@pytest.fixture
def network(make_kit: MakeKit) -> Iterator[Network]:
    with over_feed(make_kit) as network:
        yield network


def lose_two(network: Network, postgres: str, take: Take) -> None:
    """The speaker is set back behind two events that were read here."""
    network.say()
    consumer = network.consumer()
    catch_up(network, consumer)
    behind(network, consumer, postgres, take(network.speaker), more=2)


def alarming(network: Network) -> float:
    """How many lost events the metric tells of."""
    with session(network.listener.engine) as connection:
        (metric,) = lost_events([SPEAKER])(connection)
    (sample,) = metric.samples
    return float(sample.value)


def test_the_alarm_ends_once_somebody_has_seen_what_was_lost_and_the_list_stays(
    network: Network, postgres: str, take: Take
) -> None:
    lose_two(network, postgres, take)
    assert alarming(network) == 2
    acknowledge = ("lost", "acknowledge", SPEAKER, "--reason", "Neu erfasst.")
    seen = command(network.listener, network, postgres, *acknowledge)
    assert (seen.stdout, alarming(network)) == ("2 acknowledged.\n", 0)
    listed = command(network.listener, network, postgres, "lost", "list").stdout.splitlines()
    assert [line.rpartition("\t")[2] for line in listed] == ["acknowledged"] * 2
    again = command(network.listener, network, postgres, *acknowledge)
    assert (again.exit_code, "lost nothing" in again.stderr) == (1, True)
    told = "SELECT metadata::json->>'actor', data::json FROM events WHERE type = %s"
    ((actor, data),) = network.rows(told, "lost_acknowledgement.given")
    assert (actor, data["source"], data["events"]) == ("command-line", SPEAKER, 2)
    assert data["reason"] == "Neu erfasst."


def test_two_operators_at_once_acknowledge_what_was_lost_once(
    network: Network, postgres: str, take: Take
) -> None:
    lose_two(network, postgres, take)
    gate = Barrier(2)

    def say(_: int) -> int:
        gate.wait(30)
        told = acknowledge(network.listener, SPEAKER, "Neu erfasst.", CONTEXT)
        return told.events if told else 0

    with ThreadPoolExecutor(2) as operators:
        assert sorted(operators.map(say, range(2))) == [0, 2]
    told = "SELECT count(*) FROM events WHERE type = 'lost_acknowledgement.given'"
    assert network.rows(told) == [(1,)]
