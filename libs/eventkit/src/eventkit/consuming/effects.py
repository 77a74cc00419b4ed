"""The consumer's transaction: handlers' writes, inbox, parked events and position, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa

from contracts.envelope import Message
from eventkit.consuming.claims import settle
from eventkit.consuming.inbox import Action, Handle, Lost, Park, keep
from eventkit.consuming.incoming import Batch, Place
from eventkit.consuming.lost import keep_lost
from eventkit.crash_points import reach
from eventkit.database import driver, session
from eventkit.erasure.hearing import hear
from eventkit.lease import Fenced
from eventkit.parking.parked import park
from eventkit.projection import Projector
from eventkit.recorded import Context, Metadata, Recorded
from eventkit.store import Connection
from eventkit.unit import Kit, Unit

if TYPE_CHECKING:
    from eventkit.service import Subscription

_SAVE = (
    "UPDATE consumers SET generation = coalesce(%s, generation), origin = coalesce(%s, origin),"
    " position = coalesce(%s, position), head = coalesce(%s, head),"
    " current_at = CASE WHEN %s THEN clock_timestamp() ELSE current_at END"
    " WHERE name = %s AND epoch = %s"
)
_SAVE_OFFSETS = (
    "INSERT INTO consumer_offsets (source, log, partition, cursor)"
    " SELECT %s, * FROM unnest(%s::text[], %s::int[], %s::text[])"
    " ON CONFLICT (source, log, partition) DO UPDATE SET cursor = excluded.cursor"
)
_OFFSETS = "SELECT log, partition, cursor FROM consumer_offsets WHERE source = %s"


@dataclass(frozen=True)
class Progress:
    """What a transaction says of the source: its generation, and where to read on.

    `origin` is how the source's events name it; `settled` are the claims that end with it.
    """

    generation: UUID | None = None
    batch: Batch | None = None
    origin: str | None = None
    settled: tuple[UUID, ...] = ()


class Effects:
    """Writes for one subscription, each time in one transaction under the given epoch.

    `renew` keeps the lease while reactions run; it raises Fenced when the epoch is over.
    """

    def __init__(self, kit: Kit, subscription: Subscription, renew: Callable[[int], None]) -> None:
        self._kit = kit
        self._subscription = subscription
        self._renew = renew
        self._projectors = [Projector(model) for model in subscription.read_models]

    def commit(self, actions: Sequence[Action], epoch: int, progress: Progress) -> None:
        """Carry the actions out, in order; raises Fenced and keeps nothing under an old epoch."""
        if actions:
            reach("consumer.before_tx")
        with self.transaction(epoch, progress) as connection:
            recorded = self.carry_out(connection, actions, epoch)
            if actions:
                reach("consumer.inside_tx")
        if actions:
            reach("consumer.after_commit")
        self._kit.tell(recorded)

    def carry_out(
        self, connection: sa.Connection, actions: Sequence[Action], epoch: int
    ) -> list[Recorded[Any]]:
        """The same inside of a transaction that `transaction` has opened.

        Gives the events that the reactions appended here, to be told after the commit.
        """
        raw = driver(connection)
        handled = [action for action in actions if isinstance(action, Handle)]
        keep(raw, self._subscription.source, handled)
        parks = [action for action in actions if isinstance(action, Park)]
        park(raw, self._subscription.source, parks)
        lost = [action for action in actions if isinstance(action, Lost)]
        keep_lost(raw, self._subscription.source, lost)
        facts = [self._recorded(one) for one in handled if one.event is not None]
        return self._react(connection, facts, epoch)

    @contextmanager
    def transaction(self, epoch: int, progress: Progress) -> Iterator[sa.Connection]:
        """One transaction for the block; the epoch is compared last, just before the commit."""
        with session(self._kit.engine) as connection, driver(connection).transaction():
            yield connection
            self._save(driver(connection), epoch, progress)

    def places(self, raw: Connection) -> dict[Place, str]:
        """Where to read on, as the last transaction left it."""
        rows = raw.execute(_OFFSETS, (self._subscription.source,)).fetchall()
        return {(log, partition): cursor for log, partition, cursor in rows}

    def _react(
        self, connection: sa.Connection, facts: list[Recorded[Any]], epoch: int
    ) -> list[Recorded[Any]]:
        for projector in self._projectors:
            projector.apply(driver(connection), facts)
        for fact in facts:
            hear(connection, self._kit, self._subscription.source, fact)
        if self._subscription.react is None:
            return []
        appended: list[Recorded[Any]] = []
        for fact in facts:
            self._renew(epoch)
            unit = Unit(self._kit, connection, self._context(fact))
            self._subscription.react(unit, fact)
            appended += unit.recorded
        return appended

    def _save(self, raw: Connection, epoch: int, progress: Progress) -> None:
        batch = progress.batch or Batch(after={})
        if batch.after:
            self._save_offsets(raw, batch.after)
        settle(raw, self._subscription.source, progress.settled)
        says = (progress.generation, progress.origin)
        values = (*says, batch.position, batch.head, batch.current)
        if raw.execute(_SAVE, (*values, self._subscription.source, epoch)).rowcount != 1:
            raise Fenced

    def _save_offsets(self, raw: Connection, after: Mapping[Place, str]) -> None:
        rows = [(log, number, cursor) for (log, number), cursor in after.items()]
        columns = [list(column) for column in zip(*rows, strict=True)]
        raw.execute(_SAVE_OFFSETS, (self._subscription.source, *columns))

    def _recorded(self, handled: Handle) -> Recorded[Any]:
        return recorded_message(handled.message, handled.event, self._subscription.source)

    def _context(self, fact: Recorded[Any]) -> Context:
        return Context(
            actor=f"service:{self._kit.name}",
            tenant=fact.metadata.tenant,
            correlation_id=fact.metadata.correlation_id,
            causation_id=str(fact.event_id),
            traceparent=fact.metadata.traceparent,
        )


def recorded_message(message: Message, event: Any, source: str) -> Recorded[Any]:
    """A foreign event as if it stood in a store of ours; its source is the actor."""
    metadata = Metadata(
        actor=f"service:{source}",
        tenant=message.tenant,
        correlation_id=message.correlation_id,
        causation_id=message.causation_id,
        traceparent=message.traceparent,
        generation=message.generation,
    )
    return Recorded(
        event=event,
        type=message.type,
        stream=message.subject,
        version=message.version,
        position=message.position,
        event_id=message.id,
        occurred_at=message.time,
        recorded_at=message.recorded_at,
        metadata=metadata,
    )
