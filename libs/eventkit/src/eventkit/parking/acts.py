"""Carry out what operators asked for, each act in one transaction with the record of it.

Part of the consumer, in whose thread and under whose lease it runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import structlog

from contracts.envelope import Message
from contracts.operations import ParkedAct, ParkedOutcome
from eventkit.consuming.effects import Progress
from eventkit.consuming.inbox import Park, head_of
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
        head = 0 if message is None else self._head(message.subject, generation)
        if message is None or message.version != head + 1 or not _may_be_skipped(found):
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
        try:
            missing = self._missing(found, generation)
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

    def _missing(self, found: ParkedEvent, generation: UUID | None) -> list[Message]:
        """What the source has of the stream behind what was followed, whatever became of the copy.

        Before a restore of the source it was told under other generations than it stands in here.
        """
        if found.stream is None or generation is None or found.generation != generation:
            return []
        first = self._head(found.stream, generation) + 1
        events = self._with.asking.stream(found.stream, first)
        return [replace(one, generation=generation) for one in events]

    def _head(self, stream: str, generation: UUID | None) -> int:
        with session(self._with.kit.engine) as connection:
            return head_of(driver(connection), self._with.source, generation, stream)

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
