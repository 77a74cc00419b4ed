"""Carry out what operators asked for, each act in one transaction with the record of it.

Part of the consumer, in whose thread and under whose lease it runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import structlog

from contracts.envelope import Message
from contracts.operations import ParkedAct, ParkedOutcome
from eventkit.consuming.effects import Progress
from eventkit.consuming.inbox import Park, known
from eventkit.consuming.incoming import SourceUnavailable
from eventkit.database import driver, session
from eventkit.parking.actions import SKIPPABLE, Wish, erases, open_wishes, record
from eventkit.parking.parked import (
    ParkedEvent,
    forget_stream,
    go_on,
    message_of,
    park,
    parked_event,
    pass_over,
    unpark,
)
from eventkit.parking.retries import Hands, Retries
from eventkit.store import Connection

_log = structlog.get_logger(component="consumer")


class Acts:
    """For one consumer; everything raises what is passing."""

    def __init__(self, hands: Hands, retries: Retries) -> None:
        self._with = hands
        self._retries = retries

    def step(self, epoch: int, generation: UUID | None) -> None:
        """Carry out what was asked for, some of it a step."""
        with session(self._with.kit.engine) as connection:
            wishes = open_wishes(driver(connection), self._with.source)
        for wish in wishes:
            self._with.renew(epoch)
            self._carry_out(wish, epoch, generation)

    def _carry_out(self, wish: Wish, epoch: int, generation: UUID | None) -> None:
        with session(self._with.kit.engine) as connection:
            found = parked_event(driver(connection), wish.parked_id)
        if found is None:
            self._tell(wish, None, epoch, ParkedOutcome.GONE)
        elif wish.revision not in (None, found.revision):
            self._tell(wish, found, epoch, ParkedOutcome.CHANGED)
        elif wish.act == ParkedAct.RETRY:
            self._retry(wish, found, epoch)
        elif wish.act == ParkedAct.SKIP:
            self._skip(wish, found, epoch, generation)
        else:
            self._discard(wish, found, epoch, generation)

    def _retry(self, wish: Wish, found: ParkedEvent, epoch: int) -> None:
        told = False
        if found.generation is not None and found.stream is not None:
            self._with.asking.insist()
            told = self._retries.stream(found.generation, found.stream, epoch, wish)
        if not told:
            self._tell(wish, found, epoch, ParkedOutcome.WAITS, why=found.reason)

    def _skip(self, wish: Wish, found: ParkedEvent, epoch: int, generation: UUID | None) -> None:
        message = message_of(found.message, found.generation)
        is_next = message is not None and message.version == self._head(message, generation) + 1
        if message is None or not is_next or not _may_be_skipped(found):
            self._tell(wish, found, epoch, ParkedOutcome.WAITS, why=found.reason)
            return
        source, kit = self._with.source, self._with.kit
        with self._with.effects.transaction(epoch, Progress(settled=(message.id,))) as connection:
            raw = driver(connection)
            pass_over(raw, source, message, by=wish.actor, why=wish.reason)
            unpark(raw, found.id)
            go_on(raw, source, message.generation, message.subject)
            done = wish.done(source, found, ParkedOutcome.DONE, events=1)
            told = record(kit, connection, wish, done)
        kit.tell(told)

    def _discard(self, wish: Wish, found: ParkedEvent, epoch: int, generation: UUID | None) -> None:
        message = message_of(found.message, found.generation)
        missing: list[Message] = []
        if message is not None and message.generation == generation:
            try:
                first = self._head(message, generation) + 1
                missing = self._with.asking.stream(message.subject, first)
            except SourceUnavailable as error:
                _log.warning("discard_waits", source=self._with.source, cause=str(error)[:300])
                return
        with self._with.effects.transaction(epoch, Progress()) as connection:
            events = self._forget(driver(connection), found, missing)
            done = wish.done(self._with.source, found, ParkedOutcome.DONE, events=events)
            told = record(self._with.kit, connection, wish, done)
        self._with.kit.tell(told)

    def _forget(self, raw: Connection, found: ParkedEvent, missing: Sequence[Message]) -> int:
        """Remove the one copy, or the stream, in whose place comes what is missing of it."""
        if found.generation is None or found.stream is None:
            unpark(raw, found.id)
            return 1
        at = (self._with.source, found.generation, found.stream)
        events = forget_stream(raw, *at)
        again = [Park(one, "waiting", "taken from the source again") for one in missing]
        park(raw, self._with.source, again)
        go_on(raw, *at)
        return events

    def _head(self, message: Message, generation: UUID | None) -> int:
        """The version up to which the message's stream was followed."""
        with session(self._with.kit.engine) as connection:
            heads = known(driver(connection), self._with.source, generation, [message]).heads
        return heads.get(message.subject, 0)

    def _tell(
        self,
        wish: Wish,
        found: ParkedEvent | None,
        epoch: int,
        outcome: ParkedOutcome,
        why: str | None = None,
    ) -> None:
        done = wish.done(self._with.source, found, outcome, why=why)
        with self._with.effects.transaction(epoch, Progress()) as connection:
            told = record(self._with.kit, connection, wish, done)
        self._with.kit.tell(told)


def _may_be_skipped(found: ParkedEvent) -> bool:
    return found.reason in SKIPPABLE and not erases(found.type)
