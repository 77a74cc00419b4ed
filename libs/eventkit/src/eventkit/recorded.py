"""An event as it was stored, with everything that is known about its storing."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID, uuid4

from msgspec import Struct, field

Event_co = TypeVar("Event_co", covariant=True)


class Metadata(Struct, frozen=True, kw_only=True):
    """Who caused an event, for whom, and in which history of the store; never a name."""

    actor: str
    tenant: str | None = None
    correlation_id: str
    causation_id: str | None = None
    traceparent: str | None = None
    generation: UUID


class Unplaced(Struct, Generic[Event_co], frozen=True, kw_only=True):
    """A decided event before its append, decoded to its newest version.

    `version` counts from 1 within the stream; `occurred_at` is when the fact became true.
    """

    event: Event_co
    type: str
    stream: str
    version: int
    event_id: UUID
    occurred_at: datetime
    metadata: Metadata


class Recorded(Unplaced[Event_co], Generic[Event_co], frozen=True, kw_only=True):
    """One stored event: `position` rises through the whole store but has gaps.

    `recorded_at` is when it was stored.
    """

    position: int
    recorded_at: datetime


class Context(Struct, frozen=True, kw_only=True):
    """On whose behalf a command runs. `occurred_at` is set where a fact became true earlier."""

    actor: str
    tenant: str | None = None
    correlation_id: str = field(default_factory=lambda: str(uuid4()))
    causation_id: str | None = None
    traceparent: str | None = None
    occurred_at: datetime | None = None


class Written(Struct, Generic[Event_co], frozen=True, kw_only=True):
    """What a command left behind: the stream's version, and the events (none if nothing changed).

    `replayed` tells that an earlier call with the same idempotency key did it; `resource` is
    what that call kept.
    """

    stream: str
    version: int
    recorded: tuple[Recorded[Event_co], ...]
    replayed: bool = False
    resource: str | None = None
