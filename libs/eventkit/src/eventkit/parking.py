"""Parked events: kept in the order of their stream until they can be handled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.envelope import Message, from_structured, to_structured
from eventkit.inbox import Park
from eventkit.incoming import Unreadable
from eventkit.store import Connection

# A gap may close by itself: the source may have been away when it was asked.
RETRIED_BY_ITSELF = {"gap": 30}
DUE_AT_ONCE = 20

_PARK = (
    "INSERT INTO parked (source, generation, stream, version, event_id, type, reason, detail,"
    " message, retry_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s,"
    " clock_timestamp() + make_interval(secs => %s))"
    " ON CONFLICT ON CONSTRAINT parked_event DO NOTHING"
)
_DUE = (
    "SELECT DISTINCT generation, stream FROM parked"
    " WHERE source = %s AND retry_at <= clock_timestamp() AND stream IS NOT NULL LIMIT %s"
)
_STREAM = (
    "SELECT id, message FROM parked"
    " WHERE source = %s AND generation = %s AND stream = %s ORDER BY version, id"
)
_AGAIN = """
UPDATE parked SET
    reason = CASE WHEN parked.id = failed.id THEN %s ELSE parked.reason END,
    detail = CASE WHEN parked.id = failed.id THEN %s ELSE parked.detail END,
    retry_at = CASE WHEN parked.id = failed.id
                    THEN clock_timestamp() + make_interval(secs => %s) END
FROM parked failed
WHERE failed.id = %s AND failed.source = parked.source AND failed.stream = parked.stream
  AND failed.generation = parked.generation
"""
_LIST = (
    "SELECT min(id) FILTER (WHERE reason <> 'waiting'), source, generation, stream,"
    " min(reason) FILTER (WHERE reason <> 'waiting'), count(*), min(parked_at)"
    " FROM parked GROUP BY source, generation, stream, CASE WHEN stream IS NULL THEN id END"
    " ORDER BY min(parked_at)"
)
_ASK = "UPDATE parked SET retry_at = clock_timestamp() WHERE id = %s AND stream IS NOT NULL"


@dataclass(frozen=True)
class ParkedStream:
    """A stream that waits: `id` names the event that it waits for."""

    id: int
    source: str
    generation: UUID | None
    stream: str | None
    reason: str
    events: int
    since: datetime


@dataclass(frozen=True)
class ParkedEvent:
    """One parked event, whole."""

    id: int
    source: str
    stream: str | None
    version: int | None
    type: str | None
    reason: str
    detail: str
    since: datetime
    message: bytes


def park(raw: Connection, source: str, parks: Sequence[Park]) -> None:
    """Keep what could not be handled; an event that is parked already stays as it is."""
    for one in parks:
        raw.execute(_PARK, (source, *_columns(one), RETRIED_BY_ITSELF.get(one.reason)))


def due(raw: Connection, source: str) -> list[tuple[UUID, str]]:
    """Generation and name of the streams to try again now."""
    rows = raw.execute(_DUE, (source, DUE_AT_ONCE)).fetchall()
    return [(generation, stream) for generation, stream in rows]


def parked_events(
    raw: Connection, source: str, generation: UUID, stream: str
) -> list[tuple[int, Message]]:
    """Ids and messages of a parked stream, in its order."""
    rows = raw.execute(_STREAM, (source, generation, stream)).fetchall()
    return [(number, from_structured(message)) for number, message in rows]


def unpark(raw: Connection, number: int) -> None:
    """Remove an event that has been handled."""
    raw.execute("DELETE FROM parked WHERE id = %s", (number,))


def park_again(raw: Connection, number: int, park: Park) -> None:
    """The retry failed: say why now, and wait to be asked again."""
    values = (park.reason, park.detail, RETRIED_BY_ITSELF.get(park.reason), number)
    raw.execute(_AGAIN, values)


def parked_streams(raw: Connection) -> list[ParkedStream]:
    """Everything that waits, the oldest first."""
    return [ParkedStream(*row) for row in raw.execute(_LIST)]


def parked_event(raw: Connection, number: int) -> ParkedEvent | None:
    """One parked event by its id."""
    query = (
        "SELECT id, source, stream, version, type, reason, detail, parked_at, message"
        " FROM parked WHERE id = %s"
    )
    row = raw.execute(query, (number,)).fetchone()
    return None if row is None else ParkedEvent(*row)


def ask_for_retry(raw: Connection, number: int) -> bool:
    """Have the consumer try the stream of this event again; False where there is no such event.

    The consumer does it in its next step, because nobody else may touch the stream.
    """
    return raw.execute(_ASK, (number,)).rowcount == 1


def _columns(one: Park) -> tuple[object, ...]:
    arrival = one.arrival
    if isinstance(arrival, Unreadable):
        return (None, None, None, None, None, one.reason, one.detail, arrival.raw)
    identity = (arrival.generation, arrival.subject, arrival.version, arrival.id, arrival.type)
    return (*identity, one.reason, one.detail, to_structured(arrival))
