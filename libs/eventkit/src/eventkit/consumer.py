"""The consumer: another service's events, each with its effect exactly once (decision 0004)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from contracts.envelope import Message
from eventkit.conflicts import StoreSuspect, VersionConflict
from eventkit.crash_points import reach
from eventkit.database import Unavailable, driver, session
from eventkit.effects import Effects, Progress
from eventkit.inbox import Action, Handle, Inbox, Park, first_line, known
from eventkit.incoming import Arrival, Batch, Place, Source, SourceUnavailable, Streams
from eventkit.lease import Fenced, Lease
from eventkit.logs import crash
from eventkit.parking import due, park_again, parked_events, unpark
from eventkit.unit import Kit

if TYPE_CHECKING:
    from eventkit.service import Subscription

_log = structlog.get_logger(component="consumer")

WAIT = 2.0
NOTED_EVERY = 1.0
# These say that this was not the moment, and nothing about the event.
PASSING = (Unavailable, Fenced, VersionConflict, StoreSuspect, SourceUnavailable)


class Consumer:
    """One of any number of consumers of a source; only the one with the lease reads."""

    def __init__(
        self,
        kit: Kit,
        subscription: Subscription,
        source: Source,
        streams: Streams,
        *,
        lease: Lease | None = None,
        wait: float = WAIT,
    ) -> None:
        self.name = subscription.source
        self._kit = kit
        self._source = source
        self._streams = streams
        self._effects = Effects(kit, subscription, self._renew)
        self._lease = lease or Lease("consumers", subscription.source)
        self._wait = wait
        self._epoch: int | None = None
        self._generation: UUID | None = None
        self._after: dict[Place, str] = {}
        self._noted = 0.0

    def step(self) -> bool:
        """Read and handle the next batch; False when there was none or another consumer works.

        Raises Unavailable or SourceUnavailable (try again later) and Stuck (end the process).
        """
        try:
            return self._step()
        except Fenced:
            _log.warning("fenced", source=self.name)
            self._lease.lost()
            self._epoch = None
            return False
        except BaseException:
            # What was read and not committed must be read again.
            self._epoch = None
            raise

    def close(self) -> None:
        """Hand the lease over and let go of the source."""
        self._source.close()
        self._streams.close()
        with session(self._kit.engine) as connection:
            self._lease.release(driver(connection))

    def _step(self) -> bool:
        epoch = self._hold()
        if epoch is None:
            return False
        self._retry(epoch)
        batch = self._source.poll(self._wait)
        if batch.arrivals:
            reach("consumer.fetched")
        if batch.arrivals or self._is_news(batch):
            self._handle(batch, epoch)
        return bool(batch.arrivals)

    def _hold(self) -> int | None:
        with session(self._kit.engine) as connection:
            raw = driver(connection)
            epoch = self._lease.hold(raw)
            if epoch is not None and epoch != self._epoch:
                query = "SELECT generation FROM consumers WHERE name = %s"
                row = raw.execute(query, (self.name,)).fetchone()
                self._generation = row[0] if row else None
                self._after = self._effects.places(raw)
                self._source.resume(self._after)
            self._epoch = epoch
        return epoch

    def _is_news(self, batch: Batch) -> bool:
        return batch.after != self._after or monotonic() - self._noted >= NOTED_EVERY

    def _handle(self, batch: Batch, epoch: int) -> None:
        inbox = self._inbox(batch.arrivals)
        actions = [action for arrival in batch.arrivals for action in inbox.sort(arrival)]
        moved = {place: at for place, at in batch.after.items() if self._after.get(place) != at}
        progress = Progress(generation=inbox.generation, batch=replace(batch, after=moved))
        try:
            self._effects.commit(actions, epoch, progress)
        except PASSING:
            raise
        except Exception as error:
            _log.warning("one_by_one", source=self.name, **crash(error))
            self._one_by_one(actions, epoch, inbox.generation)
            self._effects.commit((), epoch, progress)
        self._after |= moved
        self._generation = inbox.generation
        self._noted = monotonic()
        _alarm(self.name, actions)

    def _inbox(self, arrivals: Sequence[Arrival]) -> Inbox:
        with session(self._kit.engine) as connection:
            found = known(driver(connection), self.name, self._generation, arrivals)
        return Inbox(self._generation, found, self._streams.stream)

    def _one_by_one(self, actions: Sequence[Action], epoch: int, generation: UUID | None) -> None:
        """Find the events whose handling fails; park their streams and handle all others."""
        parked: set[str] = set()
        for action in actions:
            self._renew(epoch)
            todo = action
            if isinstance(action, Handle) and action.message.subject in parked:
                todo = Park(action.message, "waiting", "behind a parked event of its stream")
            try:
                self._effects.commit([todo], epoch, Progress(generation=generation))
            except PASSING:
                raise
            except Exception as error:
                if isinstance(todo, Park):
                    raise
                parked.add(todo.message.subject)
                self._effects.commit([self._failed(todo.message, error)], epoch, Progress())

    def _renew(self, epoch: int) -> None:
        """Keep the lease during long work; over a connection of its own, so that it is seen."""
        if not self._lease.is_due():
            return
        with session(self._kit.engine) as connection:
            if self._lease.hold(driver(connection)) != epoch:
                raise Fenced

    def _failed(self, message: Message, error: Exception) -> Park:
        told = {"source": self.name, "stream": message.subject, "type": message.type}
        _log.error("parked", **told, **crash(error))
        return Park(message, "handler", first_line(error))

    def _retry(self, epoch: int) -> None:
        with session(self._kit.engine) as connection:
            raw = driver(connection)
            waiting = [
                parked_events(raw, self.name, generation, stream)
                for generation, stream in due(raw, self.name)
            ]
        for events in waiting:
            for number, message in events:
                self._renew(epoch)
                if (failed := self._retry_event(number, message, epoch)) is not None:
                    with self._effects.transaction(epoch, Progress()) as connection:
                        park_again(driver(connection), number, failed)
                    break

    def _retry_event(self, number: int, message: Message, epoch: int) -> Park | None:
        """Handle a parked event as if it came now; why it must wait on, or None."""
        with session(self._kit.engine) as connection:
            found = known(driver(connection), self.name, self._generation, [message])
        found.parked.clear()
        actions = Inbox(self._generation, found, self._streams.stream).sort(message)
        for action in actions:
            if isinstance(action, Park):
                return action
        try:
            with self._effects.transaction(epoch, Progress()) as connection:
                recorded = self._effects.carry_out(connection, actions, epoch)
                unpark(driver(connection), number)
            self._kit.tell(recorded)
        except PASSING:
            raise
        except Exception as error:
            return self._failed(message, error)
        return None


def _alarm(source: str, actions: Sequence[Action]) -> None:
    """Tell of each arrival that starts a wait; those behind it are told by the metric."""
    for action in actions:
        if isinstance(action, Park) and action.reason != "waiting":
            stream = getattr(action.arrival, "subject", None)
            version = getattr(action.arrival, "version", None)
            told = {"reason": action.reason, "stream": stream, "version": version}
            _log.error("parked", source=source, **told)
