"""A store restored from an older backup is found out, and once it is said everybody goes on."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from eventkit.conflicts import StoreSuspect
from eventkit.consuming.incoming import SourceUnavailable
from eventkit.database import session
from eventkit.erasure.parts import Told, carry_out, settle, unsettled
from tests.conftest import MakeDatabases
from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import Network, catch_up, follow, over_feed, over_kafka
from tests.integration.eventkit.restores import (
    Take,
    behind,
    command,
    heard,
    ids,
    is_suspect,
    lost,
    say_restored,
    speak,
    taking,
    wait_for_suspicion,
)
from tests.integration.eventkit.sample import cancel, plan
from tests.integration.eventkit.wires import SPEAKER


@pytest.fixture
def take(postgres: str, databases: MakeDatabases) -> Iterator[Take]:  # noqa: ARG001  (ends first)
    with taking(postgres) as take:
        yield take


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


def test_after_a_restore_everybody_goes_on_and_says_what_was_lost(
    network: Network, postgres: str, take: Take
) -> None:
    _, changed = network.say(streams=2)
    consumer = network.consumer()
    catch_up(network, consumer)
    backup, survived = take(network.speaker), ids(network)
    speak(network, changed, cancel(changed))
    network.say(streams=3, events=2)
    catch_up(network, consumer)
    before = ids(network)

    backup.restore()
    wait_for_suspicion(network, consumer)
    with pytest.raises(StoreSuspect):
        speak(network, changed, cancel(changed))
    assert say_restored(network, postgres).exit_code == 0
    speak(network, changed, plan(changed, "Anders"))
    network.say(streams=2, events=2)
    catch_up(network, consumer)

    assert network.mirrors()
    assert heard(network) == dict.fromkeys(before | ids(network), 1)
    assert lost(network) == before - survived
    assert network.parked() == []
    listed = command(network.listener, network, postgres, "lost", "list").stdout
    assert {UUID(line.partition("\t")[0]) for line in listed.splitlines()} == lost(network)


def test_two_restores_of_one_backup_never_look_alike(
    network: Network, postgres: str, take: Take
) -> None:
    network.say(streams=2)
    consumer = network.consumer()
    catch_up(network, consumer)
    backup, first = take(network.speaker), ids(network)
    for _ in range(2):
        network.say(streams=3)
        catch_up(network, consumer)
        backup.restore()
        assert say_restored(network, postgres, "--yes").exit_code == 0
        speak(network, key := uuid4(), plan(key))
        catch_up(network, consumer)
        assert network.mirrors()
    said = network.said()
    assert len({one.generation for one in said if one.id not in first}) == 1
    assert lost(network) == set(heard(network)) - {one.id for one in said}
    assert len(lost(network)) == 7
    assert set(heard(network).values()) == {1}
    assert network.parked() == []


def test_a_consumer_does_not_go_back_to_a_generation_that_its_source_left(
    network: Network, postgres: str, take: Take
) -> None:
    network.say(streams=2)
    consumer = network.consumer()
    catch_up(network, consumer)
    backup = take(network.speaker)
    backup.restore(as_dump=True)
    assert say_restored(network, postgres).exit_code == 0
    speak(network, key := uuid4(), plan(key))
    catch_up(network, consumer)
    backup.restore()
    network.rows("UPDATE consumers SET held_until = NULL RETURNING 1")
    with pytest.raises(SourceUnavailable, match="which it left"):
        follow(network.consumer(), lambda: False)
    assert len(heard(network)) == 3


def test_what_was_written_before_anybody_noticed_is_kept(
    network: Network, postgres: str, take: Take
) -> None:
    """A restored store took events in the old generation, at positions that others know taken."""
    network.say(streams=2)
    consumer = network.consumer()
    catch_up(network, consumer)
    backup, survived = take(network.speaker), ids(network)
    network.say(streams=4)
    catch_up(network, consumer)
    before = ids(network)

    backup.restore()
    network.relays_itself = False
    network.say(streams=2)
    unnoticed = ids(network) - survived
    wait_for_suspicion(network, consumer)
    said = say_restored(network, postgres)
    assert said.exit_code == 0
    network.relays_itself = True
    speak(network, key := uuid4(), plan(key))
    catch_up(network, consumer)

    assert network.mirrors()
    assert heard(network) == dict.fromkeys(before | ids(network), 1)
    assert unnoticed <= set(heard(network))
    assert lost(network) == before - survived
    new = {one.generation for one in network.said() if one.id in unnoticed}
    assert new == {network.speaker.store.generation}


def test_a_store_that_was_behind_before_anybody_read_on_is_not_noticed(
    network: Network, postgres: str, take: Take
) -> None:
    """Nobody had seen what was lost: no witness, and nothing that anybody could miss."""
    network.say(streams=2)
    consumer = network.consumer()
    catch_up(network, consumer)
    backup = take(network.speaker)
    network.relays_itself = False
    network.say(streams=3)
    backup.restore()
    network.relays_itself = True
    network.say(streams=3)
    catch_up(network, consumer)
    assert is_suspect(network.speaker) is None
    assert network.mirrors()
    refused = say_restored(network, postgres)
    assert (refused.exit_code, "--yes" in refused.output) == (1, True)
    assert say_restored(network, postgres, "--yes").exit_code == 0
    speak(network, key := uuid4(), plan(key))
    catch_up(network, consumer)
    assert (network.mirrors(), lost(network)) == (True, set())
    assert heard(network) == dict.fromkeys(ids(network), 1)


def test_a_fork_that_is_too_low_costs_nothing(network: Network, postgres: str) -> None:
    """What stands above it is told again, also to who never heard it under the old generation."""
    network.say(streams=5)
    wrong = say_restored(network, postgres, "--yes", "--fork-position", "6")
    assert (wrong.exit_code, "from 0 to 5" in wrong.output) == (1, True)
    assert say_restored(network, postgres, "--yes", "--fork-position", "2").exit_code == 0
    speak(network, key := uuid4(), plan(key))
    consumer = network.consumer()
    catch_up(network, consumer)
    assert network.mirrors()
    assert heard(network) == dict.fromkeys(ids(network), 1)
    assert command(network.listener, network, postgres, "lost", "list").stdout == ""
    assert network.parked() == []


def test_a_restored_dump_knows_it_and_forks_at_its_end(
    network: Network, postgres: str, take: Take
) -> None:
    network.say(streams=3)
    consumer = network.consumer()
    catch_up(network, consumer)
    backup = take(network.speaker)
    network.say(streams=2)
    catch_up(network, consumer)
    backup.restore(as_dump=True)
    assert is_suspect(network.speaker) == "restored from a dump"
    said = say_restored(network, postgres)
    assert (said.exit_code, "after position 3 of" in said.stdout) == (0, True)
    speak(network, key := uuid4(), plan(key))
    catch_up(network, consumer)
    assert network.mirrors()
    assert len(lost(network)) == 2


def test_a_consumer_whose_own_database_was_restored_reads_again(
    network: Network, take: Take
) -> None:
    network.say(streams=3, events=2)
    catch_up(network, network.consumer())
    backup = take(network.listener)
    network.say(streams=3, events=2)
    network.rows("UPDATE consumers SET held_until = NULL RETURNING 1")
    catch_up(network, network.consumer())
    backup.restore()
    assert len(heard(network)) == 6
    network.rows("UPDATE consumers SET held_until = NULL RETURNING 1")
    catch_up(network, network.consumer())
    assert network.mirrors()
    assert heard(network) == dict.fromkeys(ids(network), 1)
    assert lost(network) == set()


def test_what_a_restored_owner_may_have_forgotten_of_an_erasure_is_acknowledged_again(
    network: Network, postgres: str, take: Take
) -> None:
    network.say(streams=1)
    consumer = network.consumer()
    catch_up(network, consumer)
    told = Told(owner=SPEAKER, person=uuid4(), event_id=None, erased_at=network.listener.now())
    with session(network.listener.engine) as sql:
        carry_out(sql, (), told, held=0)
        settle(sql, SPEAKER, told.person, None)
        assert unsettled(sql) == []
    behind(network, consumer, postgres, take(network.speaker), more=1)
    with session(network.listener.engine) as sql:
        assert [row["person"] for row in unsettled(sql)] == [told.person]
