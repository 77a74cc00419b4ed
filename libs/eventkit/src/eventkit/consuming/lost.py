"""Events of other services that their stores lost in a restore."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import structlog

from contracts.envelope import to_structured
from eventkit.consuming.inbox import Lost
from eventkit.store import Connection

_log = structlog.get_logger(component="consumer")

TOLD = 20
_KEEP = (
    "INSERT INTO lost_events AS known"
    " (source, event_id, generation, stream, version, had_effect, message)"
    " VALUES (%s, %s, %s, %s, %s, false, %s)"
    " ON CONFLICT (source, event_id) DO UPDATE"
    " SET message = coalesce(known.message, excluded.message)"
)
# What came back under another generation was not lost. Of the table `lost_events l`.
STILL_LOST: LiteralString = (
    "NOT EXISTS (SELECT FROM inbox i WHERE i.source = l.source"
    " AND i.stream = l.stream AND i.version = l.version AND i.event_id = l.event_id"
    " AND i.generation = (SELECT generation FROM consumers WHERE name = l.source))"
)
LOST: LiteralString = f"FROM lost_events l WHERE {STILL_LOST}"
_COLUMNS = (
    "source, event_id, generation, stream, version, had_effect, found_at, message, acknowledged_at"
)


@dataclass(frozen=True)
class LostEvent:
    """One of them; `had_effect` here before, and `message` where it was seen after the restore.

    `acknowledged_at` is when an operator said to have seen it.
    """

    source: str
    event_id: UUID
    generation: UUID
    stream: str
    version: int
    had_effect: bool
    found_at: datetime
    message: bytes | None
    acknowledged_at: datetime | None


def tell_lost(source: str, ids: Sequence[UUID]) -> None:
    """For the log: how many, and the first of them."""
    if ids:
        told = [str(one) for one in ids[:TOLD]]
        _log.error("events_lost", source=source, events=len(ids), ids=told)


def keep_lost(raw: Connection, source: str, lost: Sequence[Lost]) -> None:
    """Note events that still stand on a topic, though the store has others in their place."""
    for one in lost:
        m = one.arrival
        values = (source, m.id, m.generation, m.subject, m.version, to_structured(m))
        raw.execute(_KEEP, values)


def lost_events(raw: Connection) -> list[LostEvent]:
    """All that are known here, stream by stream."""
    query = f"SELECT {_COLUMNS} {LOST} ORDER BY source, stream, version"
    return [LostEvent(*row) for row in raw.execute(query)]
