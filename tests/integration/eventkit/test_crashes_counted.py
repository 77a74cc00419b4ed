"""Handlers that really end their process: who repeats it alone is parked, and nobody else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, NoReturn
from uuid import uuid4

import pytest

from contracts.envelope import Message
from eventkit.consuming.claims import Claims
from eventkit.consuming.incoming import SourceUnavailable
from eventkit.database import driver, session
from eventkit.parking.parked import ask_for_retry
from eventkit.recorded import Recorded
from eventkit.unit import Unit
from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import Network, catch_up, once, over_feed
from tests.integration.eventkit.sample import KEY

CHECKOUT = Path(__file__).parents[3]
MODULE = "tests.integration.eventkit.deadly_process"


@pytest.fixture
def network(make_kit: MakeKit) -> Iterator[Network]:
    with over_feed(make_kit) as network:
        yield network


@dataclass
class Supervised:
    """The consumer, started again whenever it died, as a supervisor does."""

    network: Network
    folder: Path
    how: str
    deadly: Sequence[str]
    failures: int
    codes: list[int] = field(default_factory=list)

    def run(self, until: Callable[[], bool]) -> None:
        deadline = monotonic() + 90
        process = self._start()
        try:
            while not until():
                assert monotonic() < deadline, (self.folder / "log").read_text()[-3000:]
                if process.poll() is not None:
                    self.codes.append(process.returncode)
                    process = self._start()
                Event().wait(0.05)
        finally:
            process.terminate()
            process.wait(30)

    def deaths(self) -> list[str]:
        file = self.folder / "deaths"
        return file.read_text().split() if file.exists() else []

    def _start(self) -> subprocess.Popen[bytes]:
        settings = self.network.listener.settings
        environment = os.environ | {
            "DATABASE_URL": settings.database_url,
            "KEY_DATABASE_URL": settings.key_database_url,
            "MASTER_KEY": KEY,
            "CHAIN_KEY": KEY,
            "FAILURES_BEFORE_PARKING": str(self.failures),
            "PYTHONPATH": f"{os.environ.get('PYTHONPATH', '.')}:{CHECKOUT}:{CHECKOUT / 'deploy'}",
        }
        words = [self.network.url, self.how, str(self.folder / "deaths"), *self.deadly]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", MODULE, *words],
                env=environment,
                stdout=log,
                stderr=log,
                cwd=CHECKOUT,
            )


def mixed(network: Network, streams: int, events: int) -> list[list[Message]]:
    return [network.messages(events) for _ in range(streams)]


def at(message: Message, times: int) -> str:
    return f"{message.subject}:{message.version}:{times}"


@pytest.mark.parametrize(("how", "failures"), [("kill", 5), ("exit", 1)])
def test_an_event_that_kills_again_and_again_parks_its_stream_and_no_other(
    network: Network, tmp_path: Path, how: str, failures: int
) -> None:
    streams = mixed(network, 4, 3)
    bad = streams[1]
    network.wire.script([stream[n] for n in range(3) for stream in streams])
    others = [one for stream in streams if stream is not bad for one in stream]
    child = Supervised(network, tmp_path, how, [at(bad[1], 99)], failures)
    child.run(lambda: len(network.parked()) == 2 and len(network.heard()) == len(others) + 1)
    assert network.heard() == once([*others, bad[0]])
    assert network.parked() == [(2, "crash"), (3, "waiting")]
    # Once in the batch, where nobody knows which event it was, and then alone.
    assert child.deaths() == [f"{bad[1].subject}:2"] * (failures + 1)
    assert set(child.codes) == {7 if how == "exit" else -9}
    assert network.rows("SELECT count(*) FROM claims") == [(0,)]


def test_crashes_that_stop_by_themselves_park_nothing(network: Network, tmp_path: Path) -> None:
    """Each of these kills, but none so often; what one did is not counted for another."""
    streams = mixed(network, 3, 2)
    messages = [one for stream in streams for one in stream]
    network.wire.script(messages)
    deadly = [at(streams[0][0], 1), at(streams[1][1], 2), at(streams[2][0], 2)]
    child = Supervised(network, tmp_path, "kill", deadly, 3)
    child.run(lambda: len(network.heard()) == len(messages))
    assert len(child.deaths()) == 5
    assert network.heard() == once(messages)
    assert network.parked() == []
    child.run(lambda: network.rows("SELECT count(*) FROM claims") == [(0,)])


def test_a_retry_that_kills_is_counted_as_well_until_the_handler_is_mended(
    network: Network, tmp_path: Path
) -> None:
    (bad,) = mixed(network, 1, 2)
    network.wire.script(bad)
    child = Supervised(network, tmp_path, "kill", [at(bad[0], 6)], 2)
    child.run(lambda: len(network.parked()) == 2)
    for deaths in (5, 6):
        with session(network.listener.engine) as connection:
            ((number,),) = network.rows("SELECT min(id) FROM parked")
            assert ask_for_retry(driver(connection), number)
        due = "SELECT count(*) FROM parked WHERE retry_at IS NOT NULL"
        child.run(lambda: network.rows(due) == [(0,)])  # noqa: B023  (runs within the loop)
        assert len(child.deaths()) == deaths
    assert network.heard() == once(bad)
    assert network.parked() == []


def test_consumers_that_end_in_good_order_leave_no_claim(network: Network) -> None:
    """Each is stopped while it waits for something; that says nothing about the event."""
    messages = network.messages(2)
    source = network.wire.script(messages)

    def waits(_: Unit, __: Recorded[Any]) -> None:
        raise SourceUnavailable("not now")

    for _ in range(network.listener.settings.failures_before_parking + 3):
        consumer = network.consumer(source, react=waits)
        with pytest.raises(SourceUnavailable):
            consumer.step()
        consumer.close()
        assert network.rows("SELECT count(*) FROM claims") == [(0,)]
        source = network.wire.script([])
    catch_up(network, network.consumer(source))
    assert network.heard() == once(messages)
    assert network.parked() == []


def test_failures_before_an_end_in_good_order_still_count(network: Network) -> None:
    event, engine = uuid4(), network.listener.engine
    counts = [Claims(engine, "a-source").take(event).failures for _ in range(3)]
    assert counts == [0, 1, 2]
    ended = Claims(engine, "a-source")
    assert ended.take(event).failures == 3
    with session(engine) as connection:
        ended.give_back(driver(connection))
    assert not ended.are_open()
    assert Claims(engine, "a-source").take(event).failures == 3


def test_what_was_handled_is_in_flight_no_more(network: Network) -> None:
    network.say(streams=2)
    consumer = network.consumer()
    catch_up(network, consumer)
    assert not consumer._claims.are_open()


@pytest.mark.parametrize("is_back", [False, True])
def test_who_was_overtaken_gives_nothing_back_of_who_died_since(
    network: Network, is_back: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One stands still in mid-batch, another takes over and dies of it, and the first is ended."""
    network.say()

    def away(*_: object) -> NoReturn:
        raise SourceUnavailable("not now")

    first = network.consumer(react=away)
    with pytest.raises(SourceUnavailable):
        first.step()
    # The other one held the lease in between, and it ran out with it.
    network.rows("UPDATE consumers SET epoch = epoch + 1, held_until = NULL RETURNING 1")
    first._lease.lost()
    if is_back:
        # It has the lease again, and is ended before there was anything to do.
        monkeypatch.setattr(first._source, "poll", away)
        with pytest.raises(SourceUnavailable):
            first.step()
    first.close()
    assert network.rows("SELECT count(*) FROM claims") == [(1,)]
