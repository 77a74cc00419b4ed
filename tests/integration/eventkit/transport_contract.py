"""What holds whichever way events travel: a suite that every transport must pass."""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from typing import Any
from uuid import uuid4

import pytest

from contracts.envelope import Message
from eventkit.database import Unavailable, driver, session
from eventkit.lease import Lease
from eventkit.parking.parked import ask_for_retry
from eventkit.recorded import Recorded
from eventkit.unit import Unit
from tests.integration.eventkit.network import Network, catch_up, follow, hear, once
from tests.integration.eventkit.wires import SPEAKER, Raw


class TransportContract:
    """Subclasses give the fixture `network`, with a wire of their kind."""

    def test_every_event_has_its_effect_once_and_in_order(self, network: Network) -> None:
        network.say(streams=40, events=6)
        consumer = network.consumer()
        follow(consumer, lambda: len(network.heard()) == 240)
        assert network.heard() == once(network.said())
        assert network.mirrors()

    def test_the_bytes_on_the_wire_are_the_stored_ones(self, network: Network) -> None:
        network.say(streams=3, events=2)
        source = network.wire.source()
        network.ended.callback(source.close)
        source.resume({})
        came: dict[Any, Any] = {}
        while len(came) < 6:
            came |= {one.id: one for one in source.poll(1).arrivals if isinstance(one, Message)}
        with session(network.speaker.engine) as connection:
            rows = driver(connection).execute("SELECT event_id, data::text FROM events").fetchall()
        assert {key: one.data.decode() for key, one in came.items()} == dict(rows)
        assert came == {one.id: one for one in network.said()}

    def test_reading_everything_again_changes_nothing(self, network: Network) -> None:
        network.say(streams=5, events=3)
        catch_up(network, network.consumer())
        network.rows("DELETE FROM consumer_offsets RETURNING 1")
        network.rows("UPDATE consumers SET held_until = NULL RETURNING 1")
        catch_up(network, network.consumer())
        assert network.heard() == once(network.said())

    def test_duplicates_and_disorder_end_in_one_effect_each(self, network: Network) -> None:
        one, two, three = network.messages(3)
        consumer = network.consumer(network.wire.script([one, three, two, two, one]))
        catch_up(network, consumer)
        assert network.heard() == once([one, two, three])
        assert network.seen(one) == [1, 2, 3]
        assert network.parked() == []

    def test_a_gap_is_closed_from_the_sources_feed(self, network: Network) -> None:
        messages = network.messages(5)
        catch_up(network, network.consumer(network.wire.script([messages[4]])))
        assert network.heard() == once(messages)
        assert network.seen(messages[0]) == [1, 2, 3, 4, 5]

    def test_a_gap_wider_than_a_page_is_closed_too(
        self, network: Network, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("eventkit.consuming.feed.PAGE", 2)
        messages = network.messages(6)
        catch_up(network, network.consumer(network.wire.script([messages[5]])))
        assert network.heard() == once(messages)
        assert network.parked() == []

    def test_a_gap_that_nobody_can_close_parks_its_stream_only(self, network: Network) -> None:
        # On Kafka any stream may come first, and what is strange tells nobody's address.
        network.introduce()
        first, other = network.messages(1)[0], network.messages(1)[0]
        strange = replace(first, id=uuid4(), subject=f"sample-{uuid4()}", version=3)
        after = replace(strange, id=uuid4(), version=4)
        source = network.wire.script([first, strange, after, other])
        catch_up(network, network.consumer(source))
        assert network.heard() == once([first, other])
        assert network.parked() == [(3, "gap"), (4, "waiting")]

    def test_another_event_under_a_seen_version_is_a_fork(self, network: Network) -> None:
        one, two = network.messages(2)
        forged = replace(one, id=uuid4())
        three = replace(two, id=uuid4(), version=3)
        catch_up(network, network.consumer(network.wire.script([one, two, forged, three])))
        assert network.heard() == once([one, two])
        assert network.parked() == [(1, "fork"), (3, "waiting")]

    def test_an_unknown_type_is_recorded_as_skipped(self, network: Network) -> None:
        one, two, three = network.messages(3)
        strange = replace(two, type="meeting.hybridised.v1", data=b'{"new": true}')
        catch_up(network, network.consumer(network.wire.script([one, strange, three])))
        assert network.heard() == once([one, three])
        skipped = "SELECT version, skipped FROM inbox WHERE skipped IS NOT NULL"
        assert network.rows(skipped) == [(2, "meeting.hybridised.v1")]

    def test_a_higher_version_of_a_known_event_waits(self, network: Network) -> None:
        one, two = network.messages(2)
        newer = replace(two, type="meeting.planned.v9")
        catch_up(network, network.consumer(network.wire.script([one, newer])))
        assert network.parked() == [(2, "newer")]

    @pytest.mark.parametrize("data", [b'{"meeting_id": 7}', b"[]", b'"text"', b"1e999"])
    def test_data_that_breaks_its_schema_parks_its_stream(
        self, network: Network, data: bytes
    ) -> None:
        one, two, three = network.messages(3)
        other = network.messages(1)[0]
        source = network.wire.script([one, replace(two, data=data), three, other])
        catch_up(network, network.consumer(source))
        assert network.heard() == once([one, other])
        assert network.parked() == [(2, "refused"), (3, "waiting")]

    def test_what_is_no_event_is_parked_and_stops_nothing(self, network: Network) -> None:
        one, two = network.messages(2)
        raws = [Raw(b'{"no": "event"}'), Raw(b"17"), Raw(None)]
        catch_up(network, network.consumer(network.wire.script([one, *raws, two])))
        assert network.heard() == once([one, two])
        assert network.parked() == [(None, "unreadable")] * 3

    def test_another_generation_is_not_merged_into_the_known_one(self, network: Network) -> None:
        one, two = network.messages(2)
        foreign = replace(two, id=uuid4(), generation=uuid4())
        catch_up(network, network.consumer(network.wire.script([one, foreign, two])))
        assert network.heard() == once([one, two])
        assert network.parked() == [(2, "generation")]

    def test_a_bug_parks_its_stream_in_order_until_it_is_mended(self, network: Network) -> None:
        broken, others = network.messages(4), network.messages(4)
        catch_up(
            network,
            network.consumer(
                network.wire.script([x for pair in zip(broken, others, strict=True) for x in pair]),
                react=failing_at(broken[1].subject, 2),
            ),
        )
        assert network.heard() == once([broken[0], *others])
        assert network.parked() == [(2, "handler"), (3, "waiting"), (4, "waiting")]
        network.rows("UPDATE consumers SET held_until = NULL RETURNING 1")
        ((number,),) = network.rows("SELECT min(id) FROM parked")
        with session(network.listener.engine) as connection:
            assert ask_for_retry(driver(connection), number)
        catch_up(network, network.consumer(network.wire.script([])))
        assert network.heard() == once([*broken, *others])
        assert (network.seen(broken[0]), network.parked()) == ([1, 2, 3, 4], [])

    def test_a_retry_that_fails_again_keeps_the_order(self, network: Network) -> None:
        broken = network.messages(3)
        react = failing_at(broken[0].subject, 1)
        consumer = network.consumer(network.wire.script(broken), react=react)
        catch_up(network, consumer)
        ((number,),) = network.rows("SELECT min(id) FROM parked")
        with session(network.listener.engine) as connection:
            ask_for_retry(driver(connection), number)
        catch_up(network, consumer)
        assert network.parked() == [(1, "handler"), (2, "waiting"), (3, "waiting")]
        assert network.rows("SELECT count(*) FROM parked WHERE retry_at IS NOT NULL") == [(0,)]
        assert network.heard() == {}

    def test_a_database_that_goes_away_in_the_middle_costs_nothing(self, network: Network) -> None:
        network.say(streams=4, events=3)
        consumer = network.consumer(react=away_once())
        with pytest.raises(Unavailable):
            follow(consumer, lambda: network.heard() != {})
        assert network.heard() == {}
        catch_up(network, consumer)
        assert network.heard() == once(network.said())
        assert network.parked() == []

    def test_one_of_two_consumers_works_and_the_other_takes_over(self, network: Network) -> None:
        network.say(streams=3)
        first, second = network.consumer(), network.consumer()
        catch_up(network, first)
        assert not second.step()
        first.close()
        network.say(streams=3)
        follow(second, lambda: len(network.heard()) == 6)
        assert network.heard() == once(network.said())

    def test_a_batch_may_take_longer_than_the_lease(self, network: Network) -> None:
        """Two consumers would else overtake each other for ever, and none would get through."""
        network.say(streams=6)
        other = network.consumer()
        turns: list[bool] = []

        def slowly(unit: Unit, recorded: Recorded[Any]) -> None:
            hear(unit, recorded)
            Event().wait(0.2)
            turns.append(other.step())

        first = network.consumer(react=slowly, lease=Lease("consumers", SPEAKER, seconds=0.6))
        follow(first, lambda: len(network.heard()) == 6)
        assert turns == [False] * 6
        assert network.heard() == once(network.said())

    def test_a_consumer_that_was_overtaken_writes_nothing(self, network: Network) -> None:
        network.say(streams=3)
        late = network.consumer(react=overtaken_while_hearing(network))
        follow(late, lambda: network.rows("SELECT 1 FROM consumers WHERE epoch > 1") != [])
        assert network.heard() == {}
        catch_up(network, network.consumer())
        assert network.heard() == once(network.said())


def failing_at(stream: str, version: int) -> Any:
    def react(unit: Unit, recorded: Recorded[Any]) -> None:
        hear(unit, recorded)
        if (recorded.stream, recorded.version) == (stream, version):
            raise RuntimeError("a bug")

    return react


def away_once() -> Any:
    """The database is gone when the third event is told, and back when they come again."""
    told: list[int] = []

    def react(unit: Unit, recorded: Recorded[Any]) -> None:
        hear(unit, recorded)
        told.append(recorded.position)
        if len(told) == 3:
            raise Unavailable("a test")

    return react


def overtaken_while_hearing(network: Network) -> Any:
    """Let another consumer find the lease expired while this one is at work."""

    def react(unit: Unit, recorded: Recorded[Any]) -> None:
        hear(unit, recorded)
        network.rows("UPDATE consumers SET epoch = epoch + 1, held_until = NULL RETURNING 1")

    return react
