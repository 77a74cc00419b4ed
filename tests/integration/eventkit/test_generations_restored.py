"""A store restored from an older backup is found out, and once it is said everybody goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

from eventkit.commands import UPKEEP
from eventkit.conflicts import StoreSuspect
from eventkit.console import Console
from eventkit.consumer import Consumer
from eventkit.database import Unavailable
from eventkit.incoming import SourceUnavailable
from eventkit.service import Service
from eventkit.unit import Kit
from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import (
    KafkaWire,
    Network,
    catch_up,
    over_feed,
    over_kafka,
)
from tests.integration.eventkit.restores import Backup, is_suspect
from tests.integration.eventkit.sample import CONTEXT, KEY, SAMPLE, cancel, plan

Take = Callable[[Kit], Backup]


@pytest.fixture(params=["feed", "kafka"])
def network(
    request: pytest.FixtureRequest, make_kit: MakeKit, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Network]:
    monkeypatch.setattr("eventkit.relay.LOG_CHECKED_EVERY", 0.0)
    if request.param == "feed":
        with over_feed(make_kit) as network:
            yield network
    else:
        with over_kafka(make_kit, request.getfixturevalue("kafka")) as network:
            yield network


@pytest.fixture
def take(network: Network, postgres: str) -> Iterator[Take]:
    """Takes backups of the stores of this test, which end with it."""
    with ExitStack() as taken:

        def one(kit: Kit) -> Backup:
            backup = Backup.of(kit, postgres)
            taken.callback(backup.drop)
            return backup

        yield one


def say_restored(network: Network, postgres: str, *options: str) -> Result:
    """`store-restored` at the speaker; the server's superuser stands for the owner's role."""
    return command(network.speaker, network, postgres, "store-restored", *options)


def command(kit: Kit, network: Network, postgres: str, *arguments: str) -> Result:
    service = kit.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    environment = {
        "DATABASE_URL": service,
        "KEY_DATABASE_URL": service,
        "MIGRATION_DATABASE_URL": postgres.rpartition("/")[0] + f"/{kit.engine.url.database}",
        "MASTER_KEY": KEY,
        "CHAIN_KEY": KEY,
    }
    if isinstance(network.wire, KafkaWire):
        environment["KAFKA_BOOTSTRAP_SERVERS"] = network.wire.servers
    (wanted,) = [one for one in UPKEEP if one.name == arguments[0]]
    console = Console(Service(name=kit.name, migrations=Path()))
    try:
        return CliRunner().invoke(wanted, arguments[1:], obj=console, env=environment)
    finally:
        if "kit" in vars(console):
            console.kit.close()


def wait_for_suspicion(network: Network, consumer: Consumer) -> None:
    """Let whoever can see it look at the store, as their loops do."""
    for _ in range(10):
        if is_suspect(network.speaker):
            return
        with suppress(Unavailable, SourceUnavailable, StoreSuspect):
            network.wire.deliver()
        with suppress(Unavailable, SourceUnavailable):
            consumer.step()
    raise AssertionError("nobody noticed")


def ids(network: Network) -> set[UUID]:
    return {one.id for one in network.said()}


def heard(network: Network) -> dict[UUID, int]:
    return dict(network.rows("SELECT event_id, times FROM heard"))


def lost(network: Network) -> set[UUID]:
    return {one for (one,) in network.rows("SELECT event_id FROM lost_events")}


def speak(network: Network, key: UUID, what: Any) -> None:
    network.speaker.execute(SAMPLE, key, what, context=CONTEXT)
    network.wire.deliver()


def test_after_a_restore_everybody_goes_on_and_says_what_was_lost(
    network: Network, postgres: str, take: Take
) -> None:
    kept, changed = network.say(streams=2)
    consumer = network.consumer()
    catch_up(network, consumer)
    backup = take(network.speaker)
    old = network.speaker.store.generation
    speak(network, changed, cancel(changed))
    network.say(streams=3, events=2)
    catch_up(network, consumer)
    before = ids(network)

    backup.restore()
    wait_for_suspicion(network, consumer)
    with pytest.raises(StoreSuspect):
        speak(network, kept, cancel(kept))
    survived = ids(network)
    assert len(before) == 9
    assert len(survived) == 2

    said = say_restored(network, postgres)
    assert said.exit_code == 0, said.output
    speak(network, changed, plan(changed, "Anders"))
    network.say(streams=2, events=2)
    catch_up(network, consumer)
    assert network.mirrors()
    assert heard(network) == dict.fromkeys(before | ids(network), 1)
    assert lost(network) == before - survived
    assert network.parked() == []
    told = {one.generation for one in network.said() if one.id not in survived}
    assert told == {network.speaker.store.generation} != {old}
    shown = command(network.listener, network, postgres, "lost", "list")
    assert {UUID(line.partition("\t")[0]) for line in shown.stdout.splitlines()} == lost(network)
