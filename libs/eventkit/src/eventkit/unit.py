"""A unit of work: commands, their events, the read models and the caller's record, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString, TypeVar

import sqlalchemy as sa

from eventkit.database import driver, session
from eventkit.domain import Aggregate
from eventkit.projection import Projector
from eventkit.recorded import Context, Recorded, Written
from eventkit.settings import Settings
from eventkit.store import Connection, History, Pending, Store, VersionConflict
from eventkit.vault import Vault

State = TypeVar("State")
Command = TypeVar("Command")
Event = TypeVar("Event")

ATTEMPTS = 5

_TRY_KEY: LiteralString = (
    "SELECT pg_try_advisory_xact_lock(%s, %s), i.fingerprint, i.resource, i.stream, i.version"
    " FROM (SELECT) one LEFT JOIN idempotency i"
    " ON i.scope = %s AND i.recorded_at > now() - interval '24 hours'"
)
_KEEP_KEY: LiteralString = (
    "INSERT INTO idempotency VALUES (%s, %s, %s, %s, %s, now()) ON CONFLICT (scope) DO UPDATE"
    " SET fingerprint = excluded.fingerprint, resource = excluded.resource,"
    " stream = excluded.stream, version = excluded.version, recorded_at = excluded.recorded_at"
)


class StaleVersion(Exception):
    """The caller expected another version of the stream than it has."""

    def __init__(self, version: int) -> None:
        super().__init__(f"the stream has version {version}")
        self.version = version


class KeyBusy(Exception):
    """The first call with this idempotency key still runs."""


class KeyReused(Exception):
    """The idempotency key was used for another request before."""


@dataclass(frozen=True, kw_only=True)
class Idempotency:
    """A caller's key: `scope` says whose and where (32 bytes), `fingerprint` digests the request.

    `resource` is kept and given back when the key comes again; it must hold no secret.
    """

    scope: bytes
    fingerprint: bytes
    resource: str

    @property
    def lock(self) -> tuple[int, int]:
        first, second = self.scope[:4], self.scope[4:8]
        return int.from_bytes(first, signed=True), int.from_bytes(second, signed=True)


class Unit:
    """One transaction. Not for sharing between threads, and of no use after its block."""

    def __init__(self, kit: Kit, connection: sa.Connection, context: Context) -> None:
        self.sql = connection
        self.context = context
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
        stream = aggregate.stream(key)
        history = History()
        if expected != 0:
            history = self._kit.store.load(self._raw, [stream])[stream]
            if expected is not None and expected != history.version:
                raise StaleVersion(history.version)
        events = _decide(aggregate, history, command)
        recorded = self._append([self._pending(stream, history, events)])
        return Written(
            stream=stream, version=history.version + len(events), recorded=tuple(recorded)
        )

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
        return self._append(
            [
                self._pending(stream, history, _decide(aggregate, history, streams[stream]))
                for stream, history in histories.items()
            ]
        )

    def _pending(self, stream: str, history: History, events: Sequence[Any]) -> Pending:
        return Pending(stream=stream, history=history, events=events, context=self.context)

    def _append(self, pendings: Sequence[Pending]) -> list[Recorded[Any]]:
        recorded = self._kit.store.append(self._raw, pendings, self._kit.now())
        if recorded:
            for projector in self._kit.projectors:
                projector.apply(self._raw, recorded)
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
        self.now = now
        # Called after each commit that stored events; must be quick and must not raise.
        self.committed: list[Callable[[Sequence[Recorded[Any]]], None]] = []

    @contextmanager
    def unit(self, context: Context) -> Iterator[Unit]:
        """One transaction for the block; it ends with the block, by commit or by any exception."""
        with session(self.engine) as connection, driver(connection).transaction():
            yield Unit(self, connection, context)

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

        Raises Refusal, StaleVersion, KeyBusy, KeyReused, Unavailable, and VersionConflict after
        five lost races.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                written = self._once(aggregate, key, command, context, expected, idempotency)
            except VersionConflict:
                if attempt == ATTEMPTS or expected == 0:
                    raise
            else:
                self._tell(written.recorded)
                return written
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close the pools."""
        self.engine.dispose()
        self.vault.close()

    def _once(
        self,
        aggregate: Aggregate[State, Command, Event],
        key: object,
        command: Command,
        context: Context,
        expected: int | None,
        idempotency: Idempotency | None,
    ) -> Written[Event]:
        with session(self.engine) as connection:
            raw = driver(connection)
            # The pipeline sends statements without waiting; only reading a result waits.
            with raw.pipeline(), raw.transaction():
                if idempotency and (earlier := _earlier(raw, idempotency)):
                    return earlier
                unit = Unit(self, connection, context)
                written = unit.execute(aggregate, key, command, expected=expected)
                if idempotency:
                    _keep(raw, idempotency, written)
                return written

    def _tell(self, recorded: Sequence[Recorded[Any]]) -> None:
        if recorded:
            for listener in self.committed:
                listener(recorded)


def _decide(
    aggregate: Aggregate[State, Command, Event], history: History, command: Command
) -> list[Event]:
    state: State | None = None
    for event in history.events:
        state = aggregate.evolve(state, event)
    return aggregate.decide(state, command)


def _earlier(raw: Connection, idempotency: Idempotency) -> Written[Any] | None:
    """What an earlier call with the key left behind, or None after taking the key's lock."""
    row = raw.execute(_TRY_KEY, (*idempotency.lock, idempotency.scope)).fetchone()
    assert row is not None  # noqa: S101  (a left join of one row has one row)
    got, fingerprint, resource, stream, version = row
    if not got:
        raise KeyBusy
    if fingerprint is None:
        return None
    if fingerprint != idempotency.fingerprint:
        raise KeyReused
    return Written(stream=stream, version=version, recorded=(), replayed=True, resource=resource)


def _keep(raw: Connection, idempotency: Idempotency, written: Written[Any]) -> None:
    raw.execute(
        _KEEP_KEY,
        (
            idempotency.scope,
            idempotency.fingerprint,
            idempotency.resource,
            written.stream,
            written.version,
        ),
    )
