"""Webhook endpoints: where a member of the network wants to hear of events, and which.

Pure: no I/O, no clock. Whether an address may be called at all is vetted before the command.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from typing import assert_never
from uuid import UUID

from contracts.events.notifications import (
    EndpointDisabled,
    EndpointEvent,
    EndpointRegistered,
    EndpointRemoved,
    EndpointSecretRotated,
)
from contracts.filters import UnknownFilter
from eventkit.domain import Aggregate, Conflict, Invalid, NotFound
from notifications.domain import filters


@dataclass(frozen=True, kw_only=True)
class RegisterEndpoint:
    endpoint_id: UUID
    owner: str
    owner_role: str
    url: str
    event_types: tuple[str, ...]
    secret: str


@dataclass(frozen=True, kw_only=True)
class RotateSecret:
    endpoint_id: UUID
    secret: str
    at: datetime
    previous_until: datetime


@dataclass(frozen=True, kw_only=True)
class DisableEndpoint:
    endpoint_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class RemoveEndpoint:
    endpoint_id: UUID


EndpointCommand = RegisterEndpoint | RotateSecret | DisableEndpoint | RemoveEndpoint


class Stage(Enum):
    """Whether an endpoint gets anything."""

    ACTIVE = auto()
    DISABLED = auto()
    REMOVED = auto()


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """All that later decisions must remember; an older secret signs as well until that time."""

    stage: Stage = Stage.ACTIVE
    older_until: datetime | None = None


def decide(endpoint: Endpoint | None, command: EndpointCommand) -> list[EndpointEvent]:
    match command:
        case RegisterEndpoint():
            return register(endpoint, command)
        case RotateSecret():
            return rotate(endpoint, command)
        case DisableEndpoint():
            return disable(endpoint, command)
        case RemoveEndpoint():
            return remove(endpoint, command)
    assert_never(command)


def evolve(endpoint: Endpoint | None, event: EndpointEvent) -> Endpoint:
    match event:
        case EndpointRegistered():
            return Endpoint()
        case EndpointSecretRotated():
            return replace(endpoint or Endpoint(), older_until=event.previous_until)
        case EndpointDisabled():
            return replace(endpoint or Endpoint(), stage=Stage.DISABLED)
        case EndpointRemoved():
            return replace(endpoint or Endpoint(), stage=Stage.REMOVED)
    assert_never(event)


def register(endpoint: Endpoint | None, command: RegisterEndpoint) -> list[EndpointEvent]:
    if endpoint is not None:
        raise Conflict("already-registered", "This endpoint is already registered.")
    wanted = [_filter(text, place) for place, text in enumerate(command.event_types)]
    return [
        EndpointRegistered(
            endpoint_id=command.endpoint_id,
            owner=command.owner,
            owner_role=command.owner_role,
            url=command.url,
            event_types=tuple(wanted),
            secret=command.secret,
        )
    ]


def _filter(text: str, place: int) -> str:
    try:
        return filters.parse(text)
    except UnknownFilter as error:
        pointer = f"/event_types/{place}"
        raise Invalid("bad-event-type", str(error), pointer=pointer) from error


def rotate(endpoint: Endpoint | None, command: RotateSecret) -> list[EndpointEvent]:
    present = _present(endpoint)
    if present.stage is Stage.DISABLED:
        raise Conflict("endpoint-disabled", "A disabled endpoint gets no new secret.")
    if present.older_until is not None and command.at < present.older_until:
        # A third one would end the first at once, which a receiver may still know alone.
        raise Conflict(
            "two-secrets", "This endpoint has two secrets; wait until the older one has ended."
        )
    return [
        EndpointSecretRotated(
            endpoint_id=command.endpoint_id,
            previous_until=command.previous_until,
            secret=command.secret,
        )
    ]


def disable(endpoint: Endpoint | None, command: DisableEndpoint) -> list[EndpointEvent]:
    """Nothing to do for what gets nothing any more; several deliveries may fail at once."""
    if endpoint is None or endpoint.stage is not Stage.ACTIVE:
        return []
    return [EndpointDisabled(endpoint_id=command.endpoint_id, reason=command.reason)]


def remove(endpoint: Endpoint | None, command: RemoveEndpoint) -> list[EndpointEvent]:
    _present(endpoint)
    return [EndpointRemoved(endpoint_id=command.endpoint_id)]


def _present(endpoint: Endpoint | None) -> Endpoint:
    if endpoint is None or endpoint.stage is Stage.REMOVED:
        raise NotFound("unknown-endpoint", "There is no such endpoint.")
    return endpoint


ENDPOINT = Aggregate(name="endpoint", decide=decide, evolve=evolve)
