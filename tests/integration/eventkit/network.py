"""Two services and one flow of events between them: who speaks, who listens, what was heard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from contracts.envelope import Message
from eventkit.consuming.consumer import Consumer
from eventkit.consuming.incoming import Source
from eventkit.database import driver, session
from eventkit.outbox import Filters, Outbox
from eventkit.recorded import Recorded
from eventkit.service import Subscription
from eventkit.unit import Kit, Unit
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, TITLES, cancel, heard, plan, titles
from tests.integration.eventkit.wires import SPEAKER, FeedWire, KafkaWire, Wire, feed, served

_ALL = Filters()
Said = dict[tuple[str, int], int]


def hear(unit: Unit, recorded: Recorded[Any]) -> None:
    """Count how often each event was told, so that telling twice shows."""
    row = postgresql.insert(heard).values(
        event_id=recorded.event_id, stream=recorded.stream, version=recorded.version, times=1
    )
    again = row.on_conflict_do_update(
        index_elements=["event_id"], set_={"times": heard.c.times + 1}
    )
    unit.sql.execute(again)


@dataclass
class Network:
    speaker: Kit
    listener: Kit
    url: str
    wire: Wire
    ended: ExitStack
    relays_itself: bool = True

    def consumer(self, source: Source | None = None, **options: Any) -> Consumer:
        react = options.pop("react", hear)
        subscription = Subscription(source=SPEAKER, read_models=(TITLES,), react=react)
        source = source or self.wire.source()
        made = Consumer(self.listener, subscription, source, feed(self.url), wait=0.5, **options)
        self.ended.callback(made.close)
        return made

    def introduce(self) -> None:
        """Let the listener know the source's address, as if it had handled an event of it."""
        query = (
            "INSERT INTO consumers (name, origin) VALUES (%s, %s)"
            " ON CONFLICT (name) DO UPDATE SET origin = excluded.origin RETURNING 1"
        )
        self.rows(query, SPEAKER, self.speaker.settings.source)

    def say(self, streams: int = 1, events: int = 1) -> list[UUID]:
        """Store events in so many streams: plans, and a cancellation as the last of several."""
        keys = [uuid4() for _ in range(streams)]
        for number in range(events):
            last = number == events - 1 and events > 1
            with self.speaker.unit(CONTEXT) as unit:
                for key in keys:
                    command = cancel(key) if last else plan(key, f"Treffen {number}")
                    unit.execute(SAMPLE, key, command)
        if self.relays_itself:
            self.wire.deliver()
        return keys

    def said(self) -> list[Message]:
        """What the speaker published so far, as its own feed has it."""
        found: list[Message] = []
        outbox = Outbox(self.speaker, self.speaker.settings.source)
        while page := outbox.page(found[-1].position if found else 0, 200, _ALL).messages:
            found += page
        return found

    def messages(self, stream_events: int) -> list[Message]:
        """One stream of so many events, stored by the speaker and not yet on the wire."""
        key = uuid4()
        for number in range(stream_events):
            self.speaker.execute(SAMPLE, key, plan(key, f"Treffen {number}"), context=CONTEXT)
        return [one for one in self.said() if one.subject == SAMPLE.stream(key)]

    def heard(self) -> Said:
        """How often the listener was told of each stream and version."""
        with session(self.listener.engine) as connection:
            rows = connection.execute(sa.select(heard)).all()
        return {(row.stream, row.version): row.times for row in rows}

    def seen(self, message: Message) -> list[int]:
        """The versions that the listener's row of this stream was folded from."""
        key = UUID(message.subject.removeprefix("sample-"))
        with session(self.listener.engine) as connection:
            query = sa.select(titles.c.seen).where(titles.c.meeting_id == key)
            return list(connection.execute(query).scalar_one_or_none() or [])

    def parked(self) -> list[tuple[int | None, str]]:
        """Version and reason of everything parked, in the order of parking."""
        return self.rows("SELECT version, reason FROM parked ORDER BY id")

    def rows(self, query: str, *values: object) -> list[Any]:
        with session(self.listener.engine) as connection:
            return driver(connection).execute(query, values).fetchall()

    def mirrors(self) -> bool:
        """Whether the listener's read model equals the speaker's own."""
        return _titles(self.listener) == _titles(self.speaker)


def once(messages: Iterable[Message]) -> Said:
    """What must have been heard when each of these had its effect exactly once."""
    return {(one.subject, one.version): 1 for one in messages}


def follow(consumer: Consumer, until: Callable[[], bool], seconds: float = 30) -> None:
    """Step until the condition holds."""
    deadline = monotonic() + seconds
    while not until():
        assert monotonic() < deadline, "what was waited for did not come"
        consumer.step()


def catch_up(network: Network, consumer: Consumer) -> None:
    """Step until the consumer knows that it has everything."""
    query = "SELECT current_at > %s FROM consumers"
    # A first step makes the row, whose time of making says nothing.
    consumer.step()
    ((start,),) = network.rows("SELECT clock_timestamp()")
    follow(consumer, lambda: network.rows(query, start) == [(True,)])


def _titles(kit: Kit) -> list[Any]:
    with session(kit.engine) as connection:
        return list(connection.execute(sa.select(titles).order_by(titles.c.meeting_id)))


@contextmanager
def over_feed(make_kit: Callable[[str], Kit]) -> Iterator[Network]:
    speaker, listener = make_kit("sample"), make_kit("listener")
    scripted: list[bytes] = []
    with served(speaker, scripted) as url, ExitStack() as ended:
        yield Network(speaker, listener, url, FeedWire(url, scripted), ended)


@contextmanager
def over_kafka(make_kit: Callable[[str], Kit], servers: str) -> Iterator[Network]:
    speaker, listener = make_kit("sample"), make_kit("listener")
    with served(speaker, []) as url, ExitStack() as ended:
        wire = KafkaWire(servers, speaker)
        ended.callback(wire.relay.close)
        yield Network(speaker, listener, url, wire, ended)
