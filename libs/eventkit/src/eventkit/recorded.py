"""An event as it was stored, with everything that is known about its storing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID, uuid4

Event_co = TypeVar("Event_co", covariant=True)


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """Who caused an event, for whom, and in which history of the store; never a name."""

    actor: str
    tenant: str | None = None
    correlation_id: str
    causation_id: str | None = None
    traceparent: str | None = None
    generation: UUID


@dataclass(frozen=True, kw_only=True)
class Recorded(Generic[Event_co]):
    """One stored event, decoded to its newest version.

    `version` counts from 1 within the stream, `position` rises through the whole store but has
    gaps. `occurred_at` is when the fact became true, `recorded_at` when it was stored.
    """

    event: Event_co
    type: str
    stream: str
    version: int
    position: int
    event_id: UUID
    occurred_at: datetime
    recorded_at: datetime
    metadata: Metadata


@dataclass(frozen=True, kw_only=True)
class Context:
    """On whose behalf a command runs. `occurred_at` is set where a fact became true earlier."""

    actor: str
    tenant: str | None = None
    correlation_id: str = field(default_factory=lambda: str(uuid4()))
    causation_id: str | None = None
    traceparent: str | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Written(Generic[Event_co]):
    """What a command left behind: the stream's version, and the events (none if nothing changed).

    `replayed` tells that an earlier call with the same idempotency key did it; `resource` is
    what that call kept.
    """

    stream: str
    version: int
    recorded: tuple[Recorded[Event_co], ...]
    replayed: bool = False
    resource: str | None = None
