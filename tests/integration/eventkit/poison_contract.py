"""What becomes of poison, whichever way it comes: a suite that every transport must pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.codec import read
from contracts.envelope import Message
from contracts.operations import ParkedAct, ParkedTarget
from eventkit.consuming.consumer import Consumer
from eventkit.consuming.effects import recorded_message
from eventkit.parking.actions import PARKED_ACTION, requested
from eventkit.projection import folded
from eventkit.recorded import Recorded
from eventkit.unit import Unit
from tests.integration.eventkit.network import Network, catch_up, hear, once
from tests.integration.eventkit.poison import MEGABYTE, POISONS
from tests.integration.eventkit.sample import CONTEXT, TITLES
from tests.integration.eventkit.wires import SPEAKER, Raw

# Of each sort one: the others differ in nothing that can be seen before the source is known.
FIRST = (
    "no value",
    "data of the wrong type",
    "an unknown type",
    "a generation that the source does not know",
    "a forged source",
    "a forged source before its stream",
)


class PoisonContract:
    """Subclasses give the fixture `network`, with a wire of their kind."""

    @pytest.mark.parametrize("kind", POISONS)
    def test_it_is_parked_or_skipped_and_touches_no_other_stream(
        self, network: Network, kind: str
    ) -> None:
        poison = POISONS[kind]
        stream, others = network.messages(3), network.messages(2)
        wire = [stream[0], *poison.items(stream[1]), stream[2], *others]
        catch_up(network, network.consumer(network.wire.script(wire)))
        effects = [stream[0], *([] if poison.stops else stream[1:]), *others]
        if poison.reason is None:
            effects.remove(stream[1])
        assert network.heard() == once(effects)
        parked = [] if poison.reason is None else [poison.reason]
        assert [reason for _, reason in network.parked()] == [
            *parked,
            *(["waiting"] if poison.stops else []),
        ]
        skipped = network.rows("SELECT version FROM inbox WHERE skipped IS NOT NULL")
        assert skipped == ([] if poison.reason else [(2,)])

    @pytest.mark.parametrize("kind", FIRST)
    def test_first_of_all_it_tells_nobody_who_the_source_is(
        self, network: Network, kind: str
    ) -> None:
        """The source is asked, and has the true event in the place of a spoilt one."""
        poison = POISONS[kind]
        stream = network.messages(3)
        consumer = network.consumer(network.wire.script(poison.items(stream[0])[:1]))
        catch_up(network, consumer)
        stands_beside = poison.reason is not None and not poison.stops
        told = None if stands_beside else stream[0].source
        assert network.rows("SELECT origin FROM consumers") == [(told,)]
        network.wire.script(stream)
        catch_up(network, consumer)
        assert network.heard() == once(stream)
        assert network.mirrors()
        parked = [reason for _, reason in network.parked()]
        assert parked == ([poison.reason] if stands_beside else [])

    def test_what_is_no_event_is_kept_once_and_cut_short(self, network: Network) -> None:
        items = [Raw(MEGABYTE), Raw(b"17")]
        catch_up(network, network.consumer(network.wire.script(items)))
        kept = "SELECT count(*), max(length(message)) FROM parked"
        assert network.rows(kept) == [(2, 64 * 1024)]
        network.rows("DELETE FROM consumer_offsets RETURNING 1")
        network.rows("UPDATE consumers SET held_until = NULL RETURNING 1")
        catch_up(network, network.consumer(network.wire.script([])))
        assert network.rows(kept) == [(2, 64 * 1024)]

    def test_six_kinds_in_a_thousand_events_stop_one_stream_of_fifty(
        self, network: Network
    ) -> None:
        messages = published(network, streams=50, events=20)
        bad = [one for one in messages if one.subject == messages[0].subject]
        wrong = replace(bad[6], data=b'{"meeting_id": 7}')
        wire: list[Any] = [wrong if one is bad[6] else one for one in messages]
        for at, value in enumerate((b"no JSON", b"", None, MEGABYTE)):
            wire.insert(400 + 50 * at, Raw(value))
        is_mended: list[bool] = []

        def react(unit: Unit, recorded: Recorded[Any]) -> None:
            hear(unit, recorded)
            if recorded.event_id == bad[11].id and not is_mended:
                raise RuntimeError("a bug")

        consumer = network.consumer(network.wire.script(wire), react=react)
        catch_up(network, consumer)
        others = [one for one in messages if one.subject != bad[0].subject]
        assert network.heard() == once([*others, *bad[:6]])
        reasons = [reason for _, reason in network.parked()]
        assert (reasons.count("unreadable"), reasons.count("refused")) == (4, 1)
        assert reasons.count("waiting") == 13
        # What was spoilt on its way is taken from its source again, up to where the bug is.
        act(network, consumer, ParkedAct.DISCARD, "refused")
        assert network.heard() == once([*others, *bad[:11]])
        is_mended.append(True)
        act(network, consumer, ParkedAct.RETRY, "handler")
        assert network.heard() == once(messages)
        assert network.mirrors()
        for _ in range(4):
            act(network, consumer, ParkedAct.DISCARD, "unreadable")
        assert network.parked() == []

    def test_any_order_with_any_repetition_ends_in_the_fold(self, network: Network) -> None:
        consumer = network.consumer(network.wire.script([]))

        @settings(
            max_examples=12,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(data=st.data())
        def holds(data: st.DataObject) -> None:
            messages = published(network, streams=3, events=4)
            arriving = data.draw(st.lists(st.sampled_from(messages), min_size=1, max_size=30))
            network.wire.script(arriving)
            catch_up(network, consumer)
            for stream in {one.subject for one in arriving}:
                last = max(one.version for one in arriving if one.subject == stream)
                whole = [one for one in messages if one.subject == stream][:last]
                assert network.seen(whole[0]) == list(range(1, last + 1))
                assert shown(network, stream) == fold(whole)

        holds()
        assert set(network.heard().values()) == {1}
        assert network.parked() == []

    def test_the_sources_new_address_is_believed_when_the_source_says_so(
        self, network: Network
    ) -> None:
        stream = network.messages(3)
        catch_up(network, network.consumer(network.wire.script(stream[:1])))
        network.rows("UPDATE consumers SET origin = 'https://old.example.org', held_until = NULL"
                     " RETURNING 1")  # fmt: skip
        consumer = network.consumer(network.wire.script(stream[1:]))
        catch_up(network, consumer)
        assert network.heard() == once(stream)
        assert network.parked() == []
        assert network.rows("SELECT origin FROM consumers") == [(stream[0].source,)]


def published(network: Network, *, streams: int, events: int) -> list[Message]:
    """Stored by the speaker, and not on the wire yet."""
    seen = max((one.position for one in network.said()), default=0)
    network.relays_itself = False
    network.say(streams=streams, events=events)
    return [one for one in network.said() if one.position > seen]


def act(network: Network, consumer: Consumer, what: ParkedAct, reason: str) -> None:
    """Ask for it as an operator does, about the first that is parked for this reason."""
    query = "SELECT min(id) FROM parked WHERE reason = %s"
    ((number,),) = network.rows(query, reason)
    action = uuid4()
    target = ParkedTarget(parked_id=number, source=SPEAKER)
    command = requested(action, what, [target], "a test")
    network.listener.execute(PARKED_ACTION, action, command, context=CONTEXT)
    catch_up(network, consumer)
    catch_up(network, consumer)


def shown(network: Network, stream: str) -> dict[str, Any]:
    query = (
        "SELECT meeting_id, title, state, seen, stream_version FROM titles WHERE meeting_id = %s"
    )
    ((key, title, state, seen, version),) = network.rows(query, stream.removeprefix("sample-"))
    told = {"meeting_id": key, "title": title, "state": state}
    return told | {"seen": seen, "stream_version": version}


def fold(messages: Sequence[Message]) -> dict[str, Any] | None:
    """The row that a clean fold of these leaves."""
    facts = [recorded_message(one, read(one.type, one.data), SPEAKER) for one in messages]
    (row,) = folded(TITLES, facts).values()
    return row
