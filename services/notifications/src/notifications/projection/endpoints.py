"""Webhook endpoints with their filters; secrets as ciphertext."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from contracts.events.notifications import (
    EndpointDisabled,
    EndpointRegistered,
    EndpointRemoved,
    EndpointSecretRotated,
)
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from notifications.projection.schema import METADATA


class EndpointState(StrEnum):
    """Whether an endpoint gets anything; a removed one has no row."""

    ACTIVE = "active"
    DISABLED = "disabled"


endpoints = sa.Table(
    "endpoints",
    METADATA,
    sa.Column("endpoint_id", sa.Uuid, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False, index=True),
    sa.Column("owner_role", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("event_types", sa.JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("disabled_reason", sa.Text),
    sa.Column("secret", sa.Text),
    sa.Column("previous_secret", sa.Text),
    sa.Column("previous_until", sa.DateTime(timezone=True)),
    sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("stream_version", sa.Integer, nullable=False),
)


def keys(recorded: Recorded[Any]) -> Iterable[Key]:
    match recorded.event:
        case (
            EndpointRegistered() | EndpointSecretRotated() | EndpointDisabled() | EndpointRemoved()
        ):
            return [(recorded.event.endpoint_id,)]
    return []


def change(_key: Key, row: Row | None, recorded: Recorded[Any]) -> Row | None:
    fact = recorded.event
    if isinstance(fact, EndpointRegistered):
        return _registered(fact, recorded)
    if row is None or isinstance(fact, EndpointRemoved):
        return None
    if isinstance(fact, EndpointDisabled):
        return row | {"state": EndpointState.DISABLED.value, "disabled_reason": fact.reason}
    return row | {
        "secret": fact.secret,
        "previous_secret": row["secret"],
        "previous_until": fact.previous_until,
    }


def _registered(fact: EndpointRegistered, recorded: Recorded[Any]) -> Row:
    return {
        "endpoint_id": fact.endpoint_id,
        "owner": fact.owner,
        "owner_role": fact.owner_role,
        "url": fact.url,
        "event_types": list(fact.event_types),
        "state": EndpointState.ACTIVE.value,
        "disabled_reason": None,
        "secret": fact.secret,
        "previous_secret": None,
        "previous_until": None,
        "registered_at": recorded.recorded_at,
    }


ENDPOINTS = ReadModel(name="endpoints", table=endpoints, keys=keys, change=change, needs_place=True)
