"""The event store: append with an expected version, read a stream, read all in order.

Works on psycopg connections, because this is the path where layers cost (decision 0001).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, LiteralString
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg.rows import TupleRow

from contracts.catalog import event_type
from contracts.codec import decode, encode, personal_values
from eventkit.chain import Chains
from eventkit.conflicts import REFUSALS, GenerationChanged, refusal
from eventkit.idempotency import Idempotency
from eventkit.prepared import fetch
from eventkit.recorded import Context, Metadata, Recorded, Unplaced
from eventkit.stored import Stored
from eventkit.vault import Vault

Connection = psycopg.Connection[TupleRow]
Statement = tuple[str, Sequence[Any]]

COLUMNS: LiteralString = (
    "stream, version, position, event_id, type, schema_version, data::text, metadata::text,"
    " hash, occurred_at, recorded_at"
)
# S608: all are built from constants alone.
_READ: LiteralString = f"SELECT {COLUMNS} FROM read_events(%s, %s)"  # noqa: S608
_VISIBLE: LiteralString = "WHERE position > %s ORDER BY position LIMIT %s"
_READ_VISIBLE: LiteralString = f"SELECT {COLUMNS} FROM events {_VISIBLE}"  # noqa: S608
_OF_STREAM: LiteralString = "WHERE stream = %s AND version >= %s ORDER BY version LIMIT %s"
_READ_STREAM: LiteralString = f"SELECT {COLUMNS} FROM events {_OF_STREAM}"  # noqa: S608
_LOAD: LiteralString = (
    "SELECT stream, version, type, schema_version, data::text, hash FROM events"
    " WHERE stream = ANY(%s) ORDER BY stream, version"
)
_APPEND_ONE: LiteralString = (
    "SELECT new_position, new_recorded_at FROM append_event(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
_APPEND_ONCE: LiteralString = (
    "SELECT new_position, new_recorded_at FROM append_event_once("
    "%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
_KEEP_KEY: LiteralString = "SELECT keep_idempotency_key(%s, %s, %s, %s, %s, %s)"
_APPEND: LiteralString = (
    "SELECT new_position, new_recorded_at FROM append_events(%s, %s::text[], %s::int[], %s::int[],"
    " %s::uuid[], %s::text[], %s::int[], %s::text[], %s::text[], %s::bytea[], %s::timestamptz[])"
)


class History(msgspec.Struct):
    """A stream as far as it goes: its last version and hash, and its events in order."""

    version: int = 0
    hash: bytes = b""
    events: list[Any] = msgspec.field(default_factory=list)


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """Events to append to one stream, on top of the history they were decided on."""

    stream: str
    history: History
    events: Sequence[Any]
    context: Context


class Store:
    """One service's events. Stateless but for its keys and its generation; safe across threads."""

    def __init__(self, *, chain_key: bytes, generation: UUID, vault: Vault) -> None:
        self.generation = generation
        self._chain_key = chain_key
        self._chains = Chains(self.digest)
        self.vault = vault

    def load_one(self, connection: Connection, stream: str) -> History:
        """A stream's history; an absent stream has version 0. Personal fields stay sealed.

        Raises BrokenStream where somebody changed it past the store.
        """
        history = History()
        for version, name, schema_version, data, digest, *_ in self._chains.load(
            connection, stream
        ):
            history.version, history.hash = version, digest
            history.events.append(decode(f"{name}.v{schema_version}", data))
        return history

    def load(self, connection: Connection, streams: Iterable[str]) -> dict[str, History]:
        """The histories of many streams."""
        histories = {stream: History() for stream in streams}
        rows = connection.execute(_LOAD, (list(histories),)).fetchall()
        for stream, version, name, schema_version, data, digest in rows:
            history = histories[stream]
            history.version, history.hash = version, digest
            history.events.append(decode(f"{name}.v{schema_version}", data))
        return histories

    def append(
        self,
        connection: Connection,
        pendings: Sequence[Pending],
        now: datetime,
        key: Idempotency | None = None,
        beside: Callable[[Unplaced[Any]], list[Statement]] | None = None,
    ) -> list[Recorded[Any]]:
        """Append to many streams at once, all or nothing, and keep the caller's key.

        One statement for one event, so on a connection in autocommit it needs no transaction;
        otherwise it stands in the connection's own. What `beside` gives for a single event, not
        yet placed, becomes part of that statement. Raises VersionConflict when a stream is no
        longer as it was loaded, GenerationChanged (and goes by the present one from then on),
        StoreSuspect, KeyTaken or KeyBusy for the key; a transaction is then lost.
        """
        rows = [row for pending in pendings for row in self._rows(pending, now)]
        try:
            placed = _place(connection, rows, pendings, key, beside)
        except REFUSALS as error:
            if (refused := refusal(error)) is None:
                raise
            if isinstance(refused, GenerationChanged):
                self.generation = refused.present
            raise refused from error
        return [
            row.recorded(position, recorded_at)
            for row, (position, recorded_at) in zip(rows, placed, strict=True)
        ]

    def read(self, connection: Connection, after: int, limit: int) -> list[Stored]:
        """The next events of all streams by position, none of which can appear later below.

        The connection must be in autocommit and READ COMMITTED (decision 0002).
        """
        return [Stored(*row) for row in connection.execute(_READ, (after, limit))]

    def read_visible(self, connection: Connection, after: int, limit: int) -> list[Stored]:
        """The next events that are visible now; an event may still appear below them later."""
        return [Stored(*row) for row in connection.execute(_READ_VISIBLE, (after, limit))]

    def read_stream(
        self, connection: Connection, stream: str, from_version: int = 1, limit: int = 1000
    ) -> list[Stored]:
        """The events of one stream in order."""
        rows = connection.execute(_READ_STREAM, (stream, from_version, limit))
        return [Stored(*row) for row in rows]

    def digest(self, previous: bytes, stored: Stored) -> bytes:
        """The hash of an event from the hash before it and everything that we stored with it.

        Position and `recorded_at` are the database's own and not covered.
        """
        parts = (
            stored.event_id.bytes,
            stored.stream.encode(),
            b"%d" % stored.version,
            stored.wire.encode(),
            stored.occurred_at.astimezone(UTC).isoformat().encode(),
            stored.data.encode(),
            stored.metadata.encode(),
        )
        told = b"".join(b"%d:%b" % (len(part), part) for part in (previous, *parts))
        return hmac.digest(self._chain_key, told, "sha256")

    def _rows(self, pending: Pending, now: datetime) -> Iterable[_Row]:
        previous = pending.history.hash
        metadata = self._metadata(pending.context)
        described = msgspec.json.encode(metadata).decode()
        for number, event in enumerate(pending.events, 1):
            event_id = uuid4()
            sealed = self._sealed(event, event_id)
            declared = event_type(event)
            stored = Stored(
                stream=pending.stream,
                version=pending.history.version + number,
                position=0,
                event_id=event_id,
                name=declared.name,
                schema_version=declared.version,
                data=encode(sealed).decode(),
                metadata=described,
                hash=b"",
                occurred_at=pending.context.occurred_at or now,
                recorded_at=now,
            )
            previous = self.digest(previous, stored)
            yield _Row(stored, previous, pending.history.version, sealed, metadata)

    def _metadata(self, context: Context) -> Metadata:
        return Metadata(
            actor=context.actor,
            tenant=context.tenant,
            correlation_id=context.correlation_id,
            causation_id=context.causation_id,
            traceparent=context.traceparent,
            generation=self.generation,
        )

    def _sealed(self, event: Any, event_id: UUID) -> Any:
        values = personal_values(event)
        if not values:
            return event
        sealed = {
            name: self.vault.seal(person, event_id, name, plain)
            for name, (person, plain) in values.items()
        }
        return replace(event, **sealed)


def _place(
    connection: Connection,
    rows: Sequence[_Row],
    pendings: Sequence[Pending],
    key: Idempotency | None,
    beside: Callable[[Unplaced[Any]], list[Statement]] | None,
) -> list[TupleRow]:
    if len(rows) == 1:
        one = rows[0]
        statement = _APPEND_ONCE if key else _APPEND_ONE
        values = (one.metadata.generation, *one.values, *(key.values if key else ()))
        sql, all_values = _with(beside(one.unplaced()) if beside else [], statement, values)
        return fetch(connection, sql, all_values)
    if key:
        # Also where nothing is to be stored: that was the answer, and stays it.
        last = pendings[-1]
        version = last.history.version + len(last.events)
        connection.execute(_KEEP_KEY, (*key.values, last.stream, version)).fetchall()
    if not rows:
        return []
    columns = [list(column) for column in zip(*(row.values for row in rows), strict=True)]
    values = (rows[0].metadata.generation, *columns[:2], [row.base for row in rows], *columns[2:])
    return connection.execute(_APPEND, values).fetchall()


def _with(beside: list[Statement], sql: str, values: Sequence[Any]) -> Statement:
    """One statement of several, which stand or fall together."""
    if not beside:
        return sql, values
    parts = ", ".join(f"beside{number} AS ({sql})" for number, (sql, _) in enumerate(beside))
    return f"WITH {parts} {sql}", [*(value for _, given in beside for value in given), *values]


class _Row(msgspec.Struct, frozen=True):
    stored: Stored
    hash: bytes
    base: int
    event: Any
    metadata: Metadata

    @property
    def values(self) -> tuple[Any, ...]:
        s = self.stored
        return (
            s.stream,
            s.version,
            s.event_id,
            s.name,
            s.schema_version,
            s.data,
            s.metadata,
            self.hash,
            s.occurred_at,
        )

    def unplaced(self) -> Unplaced[Any]:
        return Unplaced(
            event=self.event,
            type=self.stored.wire,
            stream=self.stored.stream,
            version=self.stored.version,
            event_id=self.stored.event_id,
            occurred_at=self.stored.occurred_at,
            metadata=self.metadata,
        )

    def recorded(self, position: int, recorded_at: datetime) -> Recorded[Any]:
        return Recorded(
            event=self.event,
            type=self.stored.wire,
            stream=self.stored.stream,
            version=self.stored.version,
            position=position,
            event_id=self.stored.event_id,
            occurred_at=self.stored.occurred_at,
            recorded_at=recorded_at,
            metadata=self.metadata,
        )
