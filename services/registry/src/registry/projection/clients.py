"""The machine clients, with the digests of their secrets."""

from collections.abc import Iterable
from typing import assert_never

import sqlalchemy as sa

from contracts.events.registry import ClientEvent, ClientRegistered, ClientRevoked
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from registry.tables import metadata

clients = sa.Table(
    "clients",
    metadata,
    sa.Column("client_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("tenant", sa.Text),
    sa.Column("secret_digest", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("revoked_at", sa.DateTime(timezone=True)),
    sa.Column("stream_version", sa.Integer, nullable=False),
)


def keys(recorded: Recorded[ClientEvent]) -> Iterable[Key]:
    match recorded.event:
        case ClientRegistered(client_id=client_id) | ClientRevoked(client_id=client_id):
            return [(client_id,)]
    return []


def change(_: Key, row: Row | None, recorded: Recorded[ClientEvent]) -> Row | None:
    event = recorded.event
    match event:
        case ClientRegistered():
            return {
                "client_id": event.client_id,
                "name": event.name,
                "role": event.role,
                "tenant": event.tenant,
                "secret_digest": event.secret_digest,
                "active": True,
                "registered_at": recorded.occurred_at,
                "revoked_at": None,
            }
        case ClientRevoked():
            return row and row | {"active": False, "revoked_at": recorded.occurred_at}
    assert_never(event)


CLIENTS = ReadModel(name="clients", table=clients, keys=keys, change=change)
