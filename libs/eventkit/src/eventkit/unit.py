"""A unit of work: commands, their events, the read models and the caller's record, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, LiteralString, TypeVar

import sqlalchemy as sa

from eventkit.conflicts import GenerationChanged, VersionConflict
from eventkit.crash_points import reach
from eventkit.database import driver, raw_session, session, transaction
from eventkit.domain import Aggregate, Refusal
from eventkit.erasure.holdings import Holding, People
from eventkit.idempotency import Idempotency, KeyTaken
from eventkit.projection import Projector
from eventkit.recorded import Context, Recorded, Unplaced, Written
from eventkit.settings import Settings
from eventkit.store import Connection, History, Pending, Statement, Store
from eventkit.vault import Vault

State = TypeVar("State")
Command = TypeVar("Command")
Event = TypeVar("Event")

ATTEMPTS = 5

_QUEUE: LiteralString = "SELECT pg_advisory_xact_lock(20052, hashtext(%s))"
_EARLIER: LiteralString = (
    "SELECT fingerprint, resource, stream, version FROM idempotency"
    " WHERE scope = %s AND recorded_at > now() - interval '24 hours'"
)


class StaleVersion(Exception):
    """The caller expected another version of the stream than it has."""

    def __init__(self, version: int) -> None:
        super().__init__(f"the stream has version {version}")
        self.version = version


class KeyReused(Exception):
    """The idempotency key was used for another request before."""


class Unit:
    """One transaction. Not for sharing between threads, and of no use after its block."""

    def __init__(self, kit: Kit, connection: sa.Connection, context: Context) -> None:
        self.sql = connection
        self.context = context
        self.recorded: list[Recorded[Any]] = []
        self._kit = kit
        self._raw = driver(connection)

    def execute(
        self,
        aggregate: Aggregate[State, Command, Event],
        key: object,
        command: Command,
        *,
        expected: int | None = None,
    ) -> Written[Event]:
        """Load, fold, decide, append, and change the read models.

        `expected` is the version that the caller saw; 0 says that the stream is new, and saves
        the load. Raises what `decide` refuses, StaleVersion, or VersionConflict (then the
        transaction is lost).
        """
        pending = self._kit.decide(self._raw, aggregate, key, command, self.context, expected)
        written = self._kit.write(self._raw, pending)
        self.recorded += written.recorded
        return written

    def execute_all(
        self,
        aggregate: Aggregate[State, Command, Event],
        commands: Sequence[tuple[object, Command]],
    ) -> list[Recorded[Event]]:
        """Execute one command on each of many streams with one load and one append.

        Keys must differ. Raises like `execute`; nothing is stored then.
        """
        streams = {aggregate.stream(key): command for key, command in commands}
        histories = self._kit.store.load(self._raw, streams)
        pendings = [
            Pending(
                stream=stream,
                history=history,
                events=aggregate.decide(_fold(aggregate, history), streams[stream]),
                context=self.context,
            )
            for stream, history in histories.items()
        ]
        recorded = self._kit.append(self._raw, pendings)
        self.recorded += recorded
        return recorded


class Kit:
    """What a process of a service works with. Made after a fork, closed at its end."""

    def __init__(
        self,
        *,
        name: str,
        settings: Settings,
        engine: sa.Engine,
        store: Store,
        projectors: Sequence[Projector],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name = name
        self.settings = settings
        self.engine = engine
        self.store = store
        self.vault: Vault = store.vault
        self.projectors = tuple(projectors)
        self.people: People | None = None
        self.holdings: tuple[Holding, ...] = ()
        self._needs_place = any(projector.model.needs_place for projector in self.projectors)
        self.now = now
        # Called after each commit that stored events; must be quick and must not raise.
        self.committed: list[Callable[[Sequence[Recorded[Any]]], None]] = []
        # Called before the pools are closed: what else lives as long as the kit.
        self.closing: list[Callable[[], None]] = []

    @contextmanager
    def unit(self, context: Context) -> Iterator[Unit]:
        """One transaction for the block; it ends with the block, by commit or by any exception."""
        with session(self.engine) as connection:
            unit = Unit(self, connection, context)
            with driver(connection).transaction():
                yield unit
        self.tell(unit.recorded)

    def execute(
        self,
        aggregate: Aggregate[State, Command, Event],
        key: object,
        command: Command,
        *,
        context: Context,
        expected: int | None = None,
        idempotency: Idempotency | None = None,
    ) -> Written[Event]:
        """One command in a transaction of its own, tried again when somebody was faster.

        Raises Refusal, StaleVersion, KeyBusy, KeyReused, StoreSuspect, Unavailable, and
        VersionConflict after five lost races.
        """
        stream = aggregate.stream(key)

        def decide(raw: Connection) -> Pending:
            return self.decide(raw, aggregate, key, command, context, expected)

        for attempt in range(1, ATTEMPTS + 1):
            queue = stream if attempt > 1 else None
            try:
                written = self._once(decide, idempotency, queue)
            except (Refusal, StaleVersion, VersionConflict, KeyTaken) as refused:
                # A call that comes again is refused by what its first one did, so the key is
                # looked up only here.
                if idempotency and (earlier := self.earlier(idempotency)):
                    return earlier
                lost = isinstance(refused, KeyTaken | VersionConflict) and expected != 0
                again = lost or isinstance(refused, GenerationChanged)
                if attempt == ATTEMPTS or not again:
                    raise
            else:
                self.tell(written.recorded)
                return written
        raise AssertionError("unreachable")

    def earlier(self, idempotency: Idempotency) -> Written[Any] | None:
        """What an earlier call with the key left behind; raises KeyReused for another request."""
        with raw_session(self.engine) as raw:
            found = raw.execute(_EARLIER, (idempotency.scope,)).fetchone()
        if found is None:
            return None
        fingerprint, resource, stream, version = found
        if fingerprint != idempotency.fingerprint:
            raise KeyReused
        return Written(
            stream=stream, version=version, recorded=(), replayed=True, resource=resource
        )

    def close(self) -> None:
        """End what works with the kit, then close the pools."""
        for close in self.closing:
            close()
        self.engine.dispose()
        self.vault.close()

    def decide(
        self,
        raw: Connection,
        aggregate: Aggregate[State, Command, Event],
        key: object,
        command: Command,
        context: Context,
        expected: int | None,
    ) -> Pending:
        """Load and fold a stream and decide on it; see `Unit.execute`."""
        stream = aggregate.stream(key)
        history = History() if expected == 0 else self.store.load_one(raw, stream)
        state = _fold(aggregate, history)
        if aggregate.judge is not None:
            aggregate.judge(state)
        # Of a thing that does not exist the rules speak, not the version.
        if history.version and expected is not None and expected != history.version:
            raise StaleVersion(history.version)
        events = aggregate.decide(state, command)
        reach("append.before")
        return Pending(stream=stream, history=history, events=events, context=context)

    def write(
        self, raw: Connection, pending: Pending, idempotency: Idempotency | None = None
    ) -> Written[Any]:
        """Append what was decided, on the connection's transaction; see `Unit.execute`."""
        return _written(pending, self.append(raw, [pending], idempotency))

    def append(
        self, raw: Connection, pendings: Sequence[Pending], idempotency: Idempotency | None = None
    ) -> list[Recorded[Any]]:
        """Append to many streams and change the read models, on the connection's transaction."""
        recorded = self.store.append(raw, pendings, self.now(), idempotency)
        for projector in self.projectors:
            projector.apply(raw, recorded)
        reach("append.after")
        return recorded

    def _once(
        self,
        decide: Callable[[Connection], Pending],
        idempotency: Idempotency | None,
        queue: str | None,
    ) -> Written[Any]:
        with raw_session(self.engine) as raw:
            if queue is not None:
                # Appends take this lock shared, so whoever waits for it here wins the next race.
                with raw.transaction():
                    raw.execute(_QUEUE, (queue,))
                    return self.write(raw, decide(raw), idempotency)
            pending = decide(raw)
            if self._in_one_statement(pending):
                return _written(
                    pending,
                    self.store.append(raw, [pending], self.now(), idempotency, self._first_rows),
                )
            with transaction(raw):
                return self.write(raw, pending, idempotency)

    def _in_one_statement(self, pending: Pending) -> bool:
        # Rows of a stream that goes on have to be read, in the transaction that changes them:
        # between two, a rebuild could put another table in their place.
        begins = pending.history.version == 0 and not self._needs_place
        return len(pending.events) == 1 and (begins or not self.projectors)

    def _first_rows(self, fact: Unplaced[Any]) -> list[Statement]:
        return [statement for projector in self.projectors for statement in projector.first(fact)]

    def tell(self, recorded: Sequence[Recorded[Any]]) -> None:
        """Let the listeners know of events whose transaction has committed."""
        if recorded:
            reach("append.committed")
            for listener in self.committed:
                listener(recorded)


def _written(pending: Pending, recorded: Sequence[Recorded[Any]]) -> Written[Any]:
    version = pending.history.version + len(recorded)
    return Written(stream=pending.stream, version=version, recorded=tuple(recorded))


def _fold(aggregate: Aggregate[State, Any, Any], history: History) -> State | None:
    state: State | None = None
    for event in history.events:
        state = aggregate.evolve(state, event)
    return state
