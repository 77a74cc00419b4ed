"""A read model that follows another service is rebuilt from that service's feed."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import pytest

from contracts.operations import ParkedAct, ParkedTarget
from eventkit.consuming.incoming import SourceUnavailable
from eventkit.origins import ForeignEvents
from eventkit.parking.actions import PARKED_ACTION, requested
from eventkit.rebuild import contents_hash, rebuild
from eventkit.unit import Kit
from tests.conftest import MakeDatabases
from tests.integration.eventkit.conftest import migrated, opened
from tests.integration.eventkit.network import Network, catch_up, once, over_feed
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, TITLES, plan
from tests.integration.eventkit.wires import SPEAKER, Raw, feed


@dataclass(frozen=True, kw_only=True)
class Followed:
    network: Network
    owner: str

    def rebuild(self, url: str | None = None) -> int:
        with closing(feed(url or self.network.url)) as source:
            return rebuild(self.owner, ForeignEvents(SPEAKER, source), TITLES)

    def contents(self) -> str:
        return contents_hash(self.network.listener.engine, "titles")

    def spoil(self) -> None:
        self.network.rows("UPDATE titles SET title = 'verfälscht' RETURNING 1")


@pytest.fixture
def followed(databases: MakeDatabases, tmp_path: Path) -> Iterator[Followed]:
    owners: dict[str, str] = {}

    def make(name: str) -> Kit:
        made = migrated(databases(name), tmp_path)
        owners[name] = made.migration_environment()["MIGRATION_DATABASE_URL"]
        return opened(name, made, tmp_path)

    with over_feed(make) as network:
        yield Followed(network=network, owner=owners["listener"])
    network.speaker.close()
    network.listener.close()


def test_a_rebuild_from_the_feed_heals_wrong_rows_and_repeats_no_reaction(
    followed: Followed,
) -> None:
    network = followed.network
    network.say(streams=120, events=3)
    catch_up(network, network.consumer())
    before = followed.contents()
    followed.spoil()
    assert followed.contents() != before
    assert followed.rebuild() == 360
    assert followed.contents() == before
    assert network.heard() == once(network.said())


def test_a_consumer_that_goes_on_meanwhile_loses_nothing(followed: Followed) -> None:
    network = followed.network
    consumer = network.consumer()
    enough = Event()

    def go_on() -> None:
        while not enough.is_set():
            network.say(streams=2, events=2)
            consumer.step()

    thread = Thread(target=go_on)
    thread.start()
    try:
        for _ in range(4):
            followed.rebuild()
    finally:
        enough.set()
        thread.join()
    catch_up(network, consumer)
    assert network.mirrors()
    assert network.heard() == once(network.said())


def test_what_the_consumer_reads_after_the_rebuild_did_changes_nothing(followed: Followed) -> None:
    network = followed.network
    (key,) = network.say()
    consumer = network.consumer()
    catch_up(network, consumer)
    for title in ("Zweiter Titel", "Dritter Titel"):
        network.speaker.execute(SAMPLE, key, plan(key, title), context=CONTEXT)
    followed.rebuild()
    assert network.mirrors()
    catch_up(network, consumer)
    assert network.mirrors()
    assert network.heard() == once(network.said())


def test_what_cannot_be_read_is_passed_over(followed: Followed) -> None:
    network = followed.network
    network.say(streams=3)
    network.wire.script([Raw(b'{"no": "event"}'), *network.said()])
    assert followed.rebuild(f"{network.url}/scripted") == 3
    assert network.mirrors()


def test_a_silent_source_leaves_the_live_table_alone(followed: Followed) -> None:
    network = followed.network
    network.say(streams=3)
    catch_up(network, network.consumer())
    before = followed.contents()
    with pytest.raises(SourceUnavailable):
        followed.rebuild("http://127.0.0.1:9")
    assert followed.contents() == before


def test_what_was_passed_over_stays_without_effect_in_a_rebuild(followed: Followed) -> None:
    network = followed.network
    one, two, three = network.messages(3)
    broken = replace(two, data=b'{"meeting_id": 7}')
    consumer = network.consumer(network.wire.script([one, broken, three]))
    catch_up(network, consumer)
    ((number,),) = network.rows("SELECT min(id) FROM parked")
    target = ParkedTarget(parked_id=number, source=SPEAKER)
    action = uuid4()
    command = requested(action, ParkedAct.SKIP, [target], "a test")
    network.listener.execute(PARKED_ACTION, action, command, context=CONTEXT)
    catch_up(network, consumer)
    assert network.seen(one) == [1, 3]
    before = followed.contents()
    followed.spoil()
    assert followed.rebuild() == 2
    assert followed.contents() == before
    # As whoever follows a restored source leaves it; what stands is told as it was.
    network.rows("UPDATE inbox SET generation = gen_random_uuid() RETURNING 1")
    assert followed.rebuild() == 2
    assert followed.contents() == before
