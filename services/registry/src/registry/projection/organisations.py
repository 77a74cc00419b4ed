"""The organisations of the network, the archived ones included."""

from collections.abc import Iterable
from typing import assert_never

import sqlalchemy as sa

from contracts.events.registry import (
    OrganisationArchived,
    OrganisationEvent,
    OrganisationRegistered,
)
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from eventkit.texts import caseless
from registry.tables import metadata

organisations = sa.Table(
    "organisations",
    metadata,
    sa.Column("organisation_id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    # What people look for, whatever its case and the form of its letters.
    sa.Column("name_folded", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("ags", sa.Text, index=True),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("stream_version", sa.Integer, nullable=False),
)


def keys(recorded: Recorded[OrganisationEvent]) -> Iterable[Key]:
    match recorded.event:
        case (
            OrganisationRegistered(organisation_id=organisation_id)
            | OrganisationArchived(organisation_id=organisation_id)
        ):
            return [(organisation_id,)]
    return []


def change(_: Key, row: Row | None, recorded: Recorded[OrganisationEvent]) -> Row | None:
    event = recorded.event
    match event:
        case OrganisationRegistered():
            return {
                "organisation_id": event.organisation_id,
                "name": event.name,
                "name_folded": caseless(event.name),
                "kind": event.kind.value,
                "ags": event.ags,
                "active": True,
            }
        case OrganisationArchived():
            return row and row | {"active": False}
    assert_never(event)


ORGANISATIONS = ReadModel(name="organisations", table=organisations, keys=keys, change=change)
