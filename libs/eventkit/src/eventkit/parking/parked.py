"""Parked events: kept in the order of their stream until they can be handled."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args
from uuid import UUID

from contracts.envelope import Malformed, Message, from_structured, to_structured
from eventkit.consuming.inbox import Park, Reason
from eventkit.consuming.incoming import Unreadable
from eventkit.store import Connection

# What only the source can settle may settle by itself: it may have been away when it was asked.
# Tried again after so many seconds, then after twice as long, at most after an hour.
RETRIED_BY_ITSELF = {"gap": 30, "origin": 30}
DUE_AT_ONCE = 20
REASONS: tuple[str, ...] = get_args(Reason)
# So much is kept of what is no event: enough to see what it was, and nobody can handle it.
KEPT_UNREADABLE = 64 * 1024

# What is no event has no identity but its bytes, and the place that `detail` names.
_PARK = (
    "INSERT INTO parked (source, generation, stream, version, event_id, type, reason, detail,"
    " message, retry_at) SELECT %(source)s, %(generation)s, %(stream)s, %(version)s, %(event)s,"
    " %(type)s, %(reason)s, %(detail)s, %(message)s,"
    " clock_timestamp() + make_interval(secs => %(after)s)"
    " WHERE %(stream)s::text IS NOT NULL OR NOT EXISTS (SELECT FROM parked WHERE stream IS NULL"
    " AND source = %(source)s AND detail = %(detail)s AND message = %(message)s)"
    " ON CONFLICT ON CONSTRAINT parked_event DO NOTHING"
)
_DUE = (
    "SELECT DISTINCT generation, stream FROM parked WHERE source = %s AND stream IS NOT NULL"
    " AND retry_at <= clock_timestamp() AND reason <> ALL(%s::text[]) LIMIT %s"
)
_STREAM = (
    "SELECT id, message FROM parked"
    " WHERE source = %s AND generation = %s AND stream = %s ORDER BY version, id"
)
_AGAIN = """
UPDATE parked SET
    reason = CASE WHEN parked.id = failed.id THEN %s ELSE parked.reason END,
    detail = CASE WHEN parked.id = failed.id THEN %s ELSE parked.detail END,
    retry_at = CASE WHEN parked.id = failed.id THEN clock_timestamp()
                    + make_interval(secs => %s * least(120, 2 ^ least(parked.revision, 9))) END,
    revision = parked.revision + (parked.id = failed.id)::int
FROM parked failed
WHERE failed.id = %s AND failed.source = parked.source AND failed.stream = parked.stream
  AND failed.generation = parked.generation
"""
_LIST = (
    "SELECT coalesce(min(id) FILTER (WHERE reason <> 'waiting'), min(id)), source, generation,"
    " stream, coalesce(min(reason) FILTER (WHERE reason <> 'waiting'), 'waiting'), count(*),"
    " min(parked_at)"
    " FROM parked GROUP BY source, generation, stream, CASE WHEN stream IS NULL THEN id END"
    " ORDER BY min(parked_at)"
)
_ASK = "UPDATE parked SET retry_at = clock_timestamp() WHERE id = %s AND stream IS NOT NULL"
_GO_ON = (
    "UPDATE parked SET retry_at = clock_timestamp() WHERE id = (SELECT id FROM parked"
    " WHERE source = %s AND generation = %s AND stream = %s ORDER BY version, id LIMIT 1)"
)
_FORGET = "DELETE FROM parked WHERE source = %s AND generation = %s AND stream = %s"
_SKIP = (
    "INSERT INTO inbox (source, generation, stream, version, event_id, skipped, skipped_by,"
    " skipped_why) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
)
_SKIPPED = "SELECT stream, version FROM inbox WHERE source = %s AND skipped_by IS NOT NULL"


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
    generation: UUID | None
    stream: str | None
    version: int | None
    event_id: UUID | None
    type: str | None
    reason: str
    detail: str
    since: datetime
    revision: int
    message: bytes


def park(raw: Connection, source: str, parks: Sequence[Park]) -> None:
    """Keep what could not be handled; an event that is parked already stays as it is."""
    for one in parks:
        after = RETRIED_BY_ITSELF.get(one.reason)
        raw.execute(_PARK, {"source": source, "after": after, **_columns(one)})


def due(
    raw: Connection, source: str, *, but: Collection[str] = frozenset()
) -> list[tuple[UUID, str]]:
    """Generation and name of the streams to try again now, but for those parked for `but`."""
    rows = raw.execute(_DUE, (source, list(but), DUE_AT_ONCE)).fetchall()
    return [(generation, stream) for generation, stream in rows]


def parked_events(
    raw: Connection, source: str, generation: UUID, stream: str
) -> list[tuple[int, Message]]:
    """Ids and messages of a parked stream, in its order, up to a copy that was spoilt."""
    rows = raw.execute(_STREAM, (source, generation, stream)).fetchall()
    events: list[tuple[int, Message]] = []
    for number, copy in rows:
        message = message_of(copy, generation)
        if message is None:
            break
        events.append((number, message))
    return events


def message_of(copy: bytes, generation: UUID | None) -> Message | None:
    """The event of a copy; None for what is no event, or was spoilt.

    Whatever it says, it is of the generation that its row was carried over to.
    """
    try:
        message = from_structured(copy)
    except Malformed:
        return None
    return None if generation is None else replace(message, generation=generation)


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
        "SELECT id, source, generation, stream, version, event_id, type, reason, detail,"
        " parked_at, revision, message FROM parked WHERE id = %s"
    )
    row = raw.execute(query, (number,)).fetchone()
    return None if row is None else ParkedEvent(*row)


def ask_for_retry(raw: Connection, number: int) -> bool:
    """Have the consumer try the stream of this event again; False where there is no such event.

    The consumer does it in its next step, because nobody else may touch the stream.
    """
    return raw.execute(_ASK, (number,)).rowcount == 1


def go_on(raw: Connection, source: str, generation: UUID, stream: str) -> None:
    """Have what is left of the stream handled in the next step, from its first event on."""
    raw.execute(_GO_ON, (source, generation, stream))


def forget_stream(raw: Connection, source: str, generation: UUID, stream: str) -> int:
    """Remove all that is parked of a stream; how many events that were."""
    return raw.execute(_FORGET, (source, generation, stream)).rowcount


def pass_over(raw: Connection, source: str, message: Message, *, by: str, why: str | None) -> None:
    """The stream goes on behind this event, which has no effect here; who wanted that, and why."""
    identity = (message.generation, message.subject, message.version, message.id)
    raw.execute(_SKIP, (source, *identity, message.type, by, why))


def passed_over(raw: Connection, source: str) -> set[tuple[str, int]]:
    """Stream and version of all that operators had passed over: a rebuild has to leave these out.

    Not the generation: a restore of the source changes that here, and not what the source tells.
    """
    return {tuple(row) for row in raw.execute(_SKIPPED, (source,))}


def _columns(one: Park) -> dict[str, object]:
    arrival, told = one.arrival, {"reason": one.reason, "detail": one.detail}
    if isinstance(arrival, Unreadable):
        names = ("generation", "stream", "version", "event", "type")
        return {**told, **dict.fromkeys(names), "message": arrival.raw[:KEPT_UNREADABLE]}
    return {
        **told,
        "generation": arrival.generation,
        "stream": arrival.subject,
        "version": arrival.version,
        "event": arrival.id,
        "type": arrival.type,
        "message": to_structured(arrival),
    }
