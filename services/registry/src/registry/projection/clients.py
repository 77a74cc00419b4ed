"""The machine clients, with the digests of their secrets, and when each secret was used."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, assert_never, get_args

import sqlalchemy as sa

from contracts.events.registry import (
    ClientEvent,
    ClientRegistered,
    ClientRevoked,
    ClientSecretEnded,
    ClientSecretIssued,
)
from eventkit.auth.principal import usual_scopes
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from registry.domain.client import FIRST_SECRET
from registry.tables import metadata

clients = sa.Table(
    "clients",
    metadata,
    sa.Column("client_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("tenant", sa.Text),
    sa.Column("scopes", sa.JSON, nullable=False),
    # By id: digest, made_at, ends_at.
    sa.Column("secrets", sa.JSON, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("revoked_at", sa.DateTime(timezone=True)),
    sa.Column("stream_version", sa.Integer, nullable=False),
)
# No read model: nothing that happened follows from it.
secret_uses = sa.Table(
    "client_secret_uses",
    metadata,
    sa.Column("client_id", sa.Text, primary_key=True),
    sa.Column("secret_id", sa.Text, primary_key=True),
    sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
)
Secret = dict[str, Any]


def keys(recorded: Recorded[ClientEvent]) -> Iterable[Key]:
    if isinstance(recorded.event, get_args(ClientEvent)):
        return [(recorded.event.client_id,)]
    return []


def change(_: Key, row: Row | None, recorded: Recorded[ClientEvent]) -> Row | None:
    event, at = recorded.event, recorded.occurred_at
    match event:
        case ClientRegistered():
            return _registered(event, at)
        case ClientSecretIssued():
            return row and row | {"secrets": _issued(row["secrets"], event, at)}
        case ClientSecretEnded():
            return row and row | {"secrets": _without(row["secrets"], event.secret_id)}
        case ClientRevoked():
            return row and row | {"active": False, "revoked_at": at}
    assert_never(event)


def _registered(event: ClientRegistered, at: datetime) -> Row:
    secret_id = event.secret_id or FIRST_SECRET
    scopes = usual_scopes(event.role) if event.scopes is None else event.scopes
    return {
        "client_id": event.client_id,
        "name": event.name,
        "role": event.role,
        "tenant": event.tenant,
        "scopes": sorted(scopes),
        "secrets": {secret_id: _secret(event.secret_digest, at)},
        "active": True,
        "registered_at": at,
        "revoked_at": None,
    }


def _issued(
    secrets: dict[str, Secret], event: ClientSecretIssued, at: datetime
) -> dict[str, Secret]:
    """The older ones that have ended by now are forgotten."""
    live = {one: kept for one, kept in secrets.items() if is_live(kept, at)}
    older = {one: _until(kept, event.older_end_at) for one, kept in live.items()}
    return {**older, event.secret_id: _secret(event.secret_digest, at)}


def _secret(digest: str, made_at: datetime) -> Secret:
    return {"digest": digest, "made_at": made_at.isoformat(), "ends_at": None}


def _until(secret: Secret, end: datetime) -> Secret:
    ends_at = secret["ends_at"]
    if ends_at is not None and datetime.fromisoformat(ends_at) < end:
        return secret
    return {**secret, "ends_at": end.isoformat()}


def _without(secrets: dict[str, Secret], secret_id: str) -> dict[str, Secret]:
    return {one: kept for one, kept in secrets.items() if one != secret_id}


def is_live(secret: Secret, at: datetime) -> bool:
    """Whether the secret opens anything at that time."""
    return secret["ends_at"] is None or datetime.fromisoformat(secret["ends_at"]) > at


CLIENTS = ReadModel(name="clients", table=clients, keys=keys, change=change)
