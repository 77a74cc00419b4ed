"""Parked streams tried again: by themselves, after an upcast, and while their source is away."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Thread
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from contracts.envelope import Message
from contracts.events.meetings import InvitationsOpened, TargetGroup, TargetKind
from eventkit.consuming.consumer import Consumer
from eventkit.database import driver, session
from eventkit.parking.parked import ask_for_retry
from eventkit.recorded import Recorded
from eventkit.service import Subscription
from eventkit.unit import Unit
from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import Network, catch_up, hear, once, over_feed
from tests.integration.eventkit.sample import TITLES
from tests.integration.eventkit.wires import SPEAKER, feed

FREE = "UPDATE consumers SET held_until = NULL RETURNING 1"
DUE = "UPDATE parked SET retry_at = clock_timestamp() WHERE reason = 'gap' RETURNING 1"


@pytest.fixture
def network(make_kit: MakeKit) -> Iterator[Network]:
    with over_feed(make_kit) as network:
        yield network


@dataclass
class Rude:
    """A server that hangs up on everybody, and counts how many came."""

    url: str
    came: int = 0


@contextmanager
def hanging_up() -> Iterator[Rude]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        rude = Rude(f"http://127.0.0.1:{server.getsockname()[1]}")

        def answer() -> None:
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:
                    return
                rude.came += 1
                caller.close()

        thread = Thread(target=answer)
        thread.start()
        try:
            yield rude
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def asking(network: Network, url: str) -> Consumer:
    """A consumer that reads the scripted wire and asks for what is missing at the address."""
    subscription = Subscription(source=SPEAKER, read_models=(TITLES,), react=hear)
    source = network.wire.script([])
    made = Consumer(network.listener, subscription, source, feed(url), wait=0.2)
    network.ended.callback(made.close)
    return made


def known(network: Network) -> Message:
    """A source that was never heard of can't be followed; so one event while it is there."""
    (first,) = network.messages(1)
    network.wire.script([first])
    catch_up(network, asking(network, network.url))
    network.rows(FREE)
    return first


def test_many_gaps_cost_one_question_while_the_source_is_away(network: Network) -> None:
    first = known(network)
    gaps, good = [network.messages(2)[1] for _ in range(25)], network.messages(2)
    network.wire.script([*gaps, *good])
    with hanging_up() as away:
        consumer = asking(network, away.url)
        catch_up(network, consumer)
        assert network.heard() == once([first, *good])
        assert network.parked() == [(2, "gap")] * 25
        # One is about generations.
        assert away.came <= 2
        network.rows(DUE)
        for _ in range(5):
            consumer.step()
        assert away.came <= 4


def test_gaps_close_by_themselves_in_order_once_the_source_answers(network: Network) -> None:
    first = known(network)
    streams = [network.messages(3) for _ in range(3)]
    network.wire.script([stream[1] for stream in streams] + [stream[2] for stream in streams])
    with hanging_up() as away:
        catch_up(network, asking(network, away.url))
    assert network.heard() == once([first])
    network.rows(FREE)
    network.rows(DUE)
    catch_up(network, asking(network, network.url))
    assert network.heard() == once([first, *(one for stream in streams for one in stream)])
    assert [network.seen(stream[0]) for stream in streams] == [[1, 2, 3]] * 3
    assert network.parked() == []


def test_a_gap_that_stays_is_asked_for_less_and_less_often(network: Network) -> None:
    (sample,) = network.messages(1)
    strange = replace(sample, id=uuid4(), subject=f"sample-{uuid4()}", version=3)
    network.introduce()
    consumer = network.consumer(network.wire.script([strange]))
    catch_up(network, consumer)
    pauses = []
    for _ in range(10):
        wait = "SELECT round(extract(epoch FROM retry_at - clock_timestamp()) / 30) FROM parked"
        pauses.append(int(network.rows(wait)[0][0]))
        network.rows(DUE)
        catch_up(network, consumer)
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 120, 120, 120]


def test_an_event_of_an_old_version_is_lifted_when_it_is_tried_again(network: Network) -> None:
    """The copy is kept as it came, and read by the software that tries it."""
    (sample,) = network.messages(1)
    cohort, key = uuid4(), uuid4()
    data = msgspec.json.encode({"meeting_id": key, "cohort_id": cohort, "capacity": 20})
    old = replace(sample, id=uuid4(), subject=f"x-{key}", type="invitations.opened.v1", data=data)
    # In the batch, and alone.
    fails = iter([True, True])
    told: list[Any] = []

    def react(unit: Unit, recorded: Recorded[Any]) -> None:
        if next(fails, False):
            raise RuntimeError("a bug")
        hear(unit, recorded)
        told.append(recorded.event)

    network.introduce()
    consumer = network.consumer(network.wire.script([old]), react=react)
    catch_up(network, consumer)
    assert network.parked() == [(1, "handler")]
    ((number,),) = network.rows("SELECT id FROM parked")
    with session(network.listener.engine) as connection:
        assert ask_for_retry(driver(connection), number)
    catch_up(network, consumer)
    (event,) = told
    assert isinstance(event, InvitationsOpened)
    assert event.audience == (TargetGroup(kind=TargetKind.COHORT, id=cohort),)
    assert (network.heard(), network.parked()) == (once([old]), [])
